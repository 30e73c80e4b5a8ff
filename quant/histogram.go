package quant

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/gneiss-go/gneiss/runtime"
)

// bins is the number of bins on each side of zero. At least half of them are in use on the side of the largest
// magnitude: 16 bins and more for each of 256 levels.
const bins = 8192

// Histogram counts the numbers a value takes. Bin i of a side holds the magnitudes i·width ≤ |x| < (i+1)·width, with
// a width that is a power of two and as small as the largest magnitude allows. Growing merges pairs of bins, so a
// histogram depends only on the numbers seen: not on their order, nor on how they were split over histograms that were
// merged. Exact zeros are counted apart: they cost nothing, for they are always quantised exactly.
type Histogram struct {
	Min, Max float32 // of the finite numbers; 0, 0 when there were none
	Count    int64   // finite numbers, zeros included
	Zeros    int64
	Strange  int64 // NaNs and infinities, counted nowhere else

	exp      int // width = 2^exp
	fine     int // log₂ of the bins on a side; 0 stands for that of bins
	pos, neg []int64
}

// coarse is log₂ of the bins on a side of a channel's histogram.
const coarse = 7

// side is log₂ of the bins on a side.
func (h *Histogram) side() int {
	if h.fine > 0 {
		return h.fine
	}
	return bits.TrailingZeros(bins)
}

// Range of the exponent of a bin's width, the upper end for a single bin on a side: smaller numbers than 2^minExp all
// fall into the first bin, and the largest finite float32 into one within 2^side bins of 2^(maxExp−side).
const minExp, maxExp = -139, 128

// Width returns the width of a bin.
func (h *Histogram) Width() float64 { return math.Ldexp(1, h.exp) }

// Observe counts the numbers of a tensor.
func (h *Histogram) Observe(xs []float32) {
	lo, hi, strange := float32(math.Inf(1)), float32(math.Inf(-1)), int64(0)
	for _, x := range xs {
		if x-x != 0 {
			strange++
			continue
		}
		lo, hi = min(lo, x), max(hi, x)
	}
	h.Strange += strange
	if int64(len(xs)) == strange {
		return
	}
	h.include(lo, hi)
	h.Count += int64(len(xs)) - strange
	inv := math.Ldexp(1, -h.exp)
	for _, x := range xs {
		switch {
		case x == 0:
			h.Zeros++
		case x-x != 0:
		case x > 0:
			h.pos[int(float64(x)*inv)]++
		default:
			h.neg[int(float64(-x)*inv)]++
		}
	}
}

// include makes room for numbers between lo and hi.
func (h *Histogram) include(lo, hi float32) {
	if h.Count == 0 {
		h.Min, h.Max, h.exp = lo, hi, minExp
	} else {
		h.Min, h.Max = min(h.Min, lo), max(h.Max, hi)
	}
	h.widen(exponent(max(-h.Min, h.Max), h.side()))
	if h.pos == nil && h.Max > 0 {
		h.pos = make([]int64, 1<<h.side())
	}
	if h.neg == nil && h.Min < 0 {
		h.neg = make([]int64, 1<<h.side())
	}
}

// exponent is the smallest for which a magnitude falls into one of 2^side bins.
func exponent(magnitude float32, side int) int {
	if magnitude == 0 {
		return minExp
	}
	_, e := math.Frexp(float64(magnitude)) // magnitude < 2^e
	return max(e-side, minExp)
}

func (h *Histogram) widen(exp int) {
	if exp <= h.exp {
		return
	}
	shift := min(exp-h.exp, 14)
	for _, side := range [][]int64{h.pos, h.neg} {
		for i, n := range side {
			side[i] = 0
			side[i>>shift] += n
		}
	}
	h.exp = exp
}

// Merge adds what another histogram has seen.
func (h *Histogram) Merge(o *Histogram) {
	h.Strange += o.Strange
	if o.Count == 0 {
		return
	}
	h.include(o.Min, o.Max)
	h.Count += o.Count
	h.Zeros += o.Zeros
	shift := min(h.exp-o.exp, 14)
	for i, n := range o.pos {
		h.pos[i>>shift] += n
	}
	for i, n := range o.neg {
		h.neg[i>>shift] += n
	}
}

// each calls f for every bin that is not empty, with the middle of the numbers it holds, from the least to the
// greatest.
func (h *Histogram) each(f func(x float64, n int64)) {
	w := h.Width()
	for i := len(h.neg) - 1; i >= 0; i-- {
		if n := h.neg[i]; n > 0 {
			f(-(float64(i)+0.5)*w, n)
		}
	}
	if h.Zeros > 0 {
		f(0, h.Zeros)
	}
	for i, n := range h.pos {
		if n > 0 {
			f((float64(i)+0.5)*w, n)
		}
	}
}

// histogramJSON is a histogram's file form.
type histogramJSON struct {
	Min     float32 `json:"min"`
	Max     float32 `json:"max"`
	Count   int64   `json:"count"`
	Zeros   int64   `json:"zeros,omitempty"`
	Strange int64   `json:"strange,omitempty"`
	Exp     int     `json:"exp"`            // bins are 2^exp wide
	Fine    int     `json:"fine,omitempty"` // log₂ of the bins on a side; 0 means 13
	Pos     []int64 `json:"pos,omitempty"`
	Neg     []int64 `json:"neg,omitempty"`
}

// MarshalJSON writes the bins up to the last that is not empty.
func (h *Histogram) MarshalJSON() ([]byte, error) {
	return json.Marshal(histogramJSON{h.Min, h.Max, h.Count, h.Zeros, h.Strange, h.exp, h.fine, trimmed(h.pos),
		trimmed(h.neg)})
}

func trimmed(side []int64) []int64 {
	n := len(side)
	for n > 0 && side[n-1] == 0 {
		n--
	}
	return side[:n]
}

// UnmarshalJSON accepts only what is consistent; otherwise its error wraps runtime.ErrCorrupt.
func (h *Histogram) UnmarshalJSON(data []byte) error {
	var j histogramJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	if err := j.check(); err != nil {
		return fmt.Errorf("histogram: %w: %w", err, runtime.ErrCorrupt)
	}
	*h = Histogram{Min: j.Min, Max: j.Max, Count: j.Count, Zeros: j.Zeros, Strange: j.Strange, exp: j.Exp, fine: j.Fine}
	if len(j.Pos) > 0 {
		h.pos = append(j.Pos, make([]int64, 1<<h.side()-len(j.Pos))...)
	}
	if len(j.Neg) > 0 {
		h.neg = append(j.Neg, make([]int64, 1<<h.side()-len(j.Neg))...)
	}
	return nil
}

func (j *histogramJSON) check() error {
	if j.Fine != 0 && j.Fine != coarse {
		return fmt.Errorf("2^%d bins on a side", j.Fine)
	}
	side := (&Histogram{fine: j.Fine}).side()
	if j.Count == 0 {
		if len(j.Pos)+len(j.Neg) > 0 || j.Zeros != 0 || j.Min != 0 || j.Max != 0 || j.Exp != 0 || j.Strange < 0 {
			return errors.New("not empty, and counts nothing")
		}
		return nil
	}
	if j.Exp < minExp || j.Exp > maxExp-side || j.Exp < exponent(max(-j.Min, j.Max), side) || j.Min > j.Max ||
		j.Strange < 0 || j.Zeros < 0 {
		return errors.New("bins do not fit its range")
	}
	if max(len(j.Pos), len(j.Neg)) > 1<<side {
		return fmt.Errorf("more than %d bins", 1<<side)
	}
	if (len(j.Pos) > 0) != (j.Max > 0) || (len(j.Neg) > 0) != (j.Min < 0) {
		return errors.New("bins on the wrong side of zero")
	}
	left := j.Count - j.Zeros
	for _, side := range [][]int64{j.Pos, j.Neg} {
		for _, n := range side {
			if n < 0 || n > left {
				return errors.New("counts do not add up")
			}
			left -= n
		}
	}
	if left != 0 {
		return errors.New("counts do not add up")
	}
	return nil
}

// within returns a histogram of the numbers between lo and hi, bin by bin.
func (h *Histogram) within(lo, hi float64) *Histogram {
	c := *h
	cut := func(side []int64, far float64) []int64 {
		side = slices.Clone(side)
		for i := min(len(side), int(far/h.Width())+1); i < len(side); i++ {
			c.Count -= side[i]
			side[i] = 0
		}
		return side
	}
	c.neg, c.pos = cut(h.neg, -lo), cut(h.pos, hi)
	c.Min, c.Max = max(h.Min, float32(lo)), min(h.Max, float32(hi))
	return &c
}
