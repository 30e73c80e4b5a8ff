package quant

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Observer chooses the range of numbers that 256 levels are spread over, lo ≤ 0 ≤ hi, from what was seen of a value.
// Numbers outside are clipped to it.
type Observer interface {
	Range(h *Histogram) (lo, hi float64)
	String() string // as ParseObserver reads it
}

// MinMax covers everything that was seen.
func MinMax() Observer { return minMax{} }

type minMax struct{}

func (minMax) String() string { return "minmax" }

func (minMax) Range(h *Histogram) (lo, hi float64) {
	return min(0, float64(h.Min)), max(0, float64(h.Max))
}

// Percentile covers p percent of the numbers (50 < p ≤ 100) and leaves the rest to be clipped: above, if none is
// negative, as after a ReLU; otherwise half of it on each side.
func Percentile(p float64) Observer {
	if !(p > 50 && p <= 100) {
		panic(fmt.Sprintf("quant: percentile %v is not in (50, 100]", p))
	}
	return percentile(p)
}

type percentile float64

func (p percentile) String() string {
	return "percentile:" + strconv.FormatFloat(float64(p), 'g', -1, 64)
}

func (p percentile) Range(h *Histogram) (lo, hi float64) {
	lo, hi = minMax{}.Range(h)
	clip := (100 - float64(p)) / 100 * float64(h.Count)
	if lo < 0 && hi > 0 {
		clip /= 2
	}
	return max(lo, -quantile(h.neg, clip, h.Width())), min(hi, quantile(h.pos, clip, h.Width()))
}

// quantile is the magnitude beyond which `above` numbers of a side lie, spread evenly over their bins.
func quantile(side []int64, above, width float64) float64 {
	for i := len(side) - 1; i >= 0; i-- {
		if n := float64(side[i]); n > above {
			return (float64(i+1) - above/n) * width
		} else {
			above -= n
		}
	}
	return 0
}

// Entropy clips at the magnitude for which the distribution, once quantised, diverges least from what was seen
// (Kullback–Leibler): S. Migacz, "8-bit inference with TensorRT", GTC 2017; the calibrations of ncnn and ONNX Runtime
// are the same idea. Zeros are left out, for they cost nothing.
func Entropy() Observer { return entropy{} }

type entropy struct{}

func (entropy) String() string { return "entropy" }

func (entropy) Range(h *Histogram) (lo, hi float64) {
	lo, hi = minMax{}.Range(h)
	l := newLine(h)
	reach := max(l.zero, len(l.n)-l.zero) // bins of the longer side
	best, at := math.Inf(1), reach
	for t := reach; t >= levels/2; t -= max(1, reach/128) {
		if kl := l.divergence(max(0, l.zero-t), min(len(l.n), l.zero+t)); kl <= best {
			best, at = kl, t
		}
	}
	return max(lo, -float64(at)*l.width), min(hi, float64(at)*l.width)
}

// levels of a uint8.
const levels = 256

// line is a histogram as one row of bins, from the least number to the greatest, zeros left out.
type line struct {
	n     []float64
	zero  int // bins below zero
	width float64
}

// lineBins is the greatest number of bins on a side of a line.
const lineBins = 2048

func newLine(h *Histogram) *line {
	pos, neg := trimmed(h.pos), trimmed(h.neg)
	merge := 1
	for max(len(pos), len(neg)) > merge*lineBins {
		merge *= 2
	}
	l := &line{zero: (len(neg) + merge - 1) / merge, width: h.Width() * float64(merge)}
	l.n = make([]float64, l.zero+(len(pos)+merge-1)/merge)
	for i, n := range neg {
		l.n[l.zero-1-i/merge] += float64(n)
	}
	for i, n := range pos {
		l.n[l.zero+i/merge] += float64(n)
	}
	return l
}

// divergence compares the bins, those outside a ≤ i < b counted into the outermost, with the bins a ≤ i < b after
// quantisation to 256 levels, which makes all non-empty bins of a level alike.
func (l *line) divergence(a, b int) float64 {
	inside, below, above := 0.0, 0.0, 0.0
	for i, n := range l.n {
		switch {
		case i < a:
			below += n
		case i >= b:
			above += n
		default:
			inside += n
		}
	}
	if inside == 0 {
		return math.Inf(1)
	}
	total, kl := inside+below+above, 0.0
	steps := min(levels, b-a)
	for s := range steps {
		from, to := a+s*(b-a)/steps, a+(s+1)*(b-a)/steps
		sum, filled := 0.0, 0
		for _, n := range l.n[from:to] {
			if sum += n; n > 0 {
				filled++
			}
		}
		q := sum / float64(max(1, filled)) / inside
		for i := from; i < to; i++ {
			p, q := l.n[i], q
			if p == 0 {
				q = 0
			}
			if i == a {
				p += below
			}
			if i == b-1 {
				p += above
			}
			if p /= total; p > 0 {
				kl += p * math.Log(p/max(q, 1e-9))
			}
		}
	}
	return kl
}

// MSE takes the range with the least mean squared error after quantisation, clipped numbers included.
func MSE() Observer { return mse{} }

type mse struct{}

func (mse) String() string { return "mse" }

func (mse) Range(h *Histogram) (lo, hi float64) {
	lo, hi = minMax{}.Range(h)
	l := newLine(h)
	least := l.squaredError(lo, hi)
	fullLo, fullHi := lo, hi
	const steps = 96
	for range 2 { // each bound in turn, and once more
		for i := range steps {
			if at := fullHi * float64(i+1) / steps; hi > 0 {
				if e := l.squaredError(lo, at); e < least {
					least, hi = e, at
				}
			}
		}
		if lo == 0 {
			break
		}
		for i := range steps {
			at := fullLo * float64(i+1) / steps
			if e := l.squaredError(at, hi); e < least {
				least, lo = e, at
			}
		}
	}
	return lo, hi
}

// squaredError sums the squared errors of the bins' middles when 256 levels are spread over lo…hi.
func (l *line) squaredError(lo, hi float64) (sum float64) {
	q := quantOf(lo, hi)
	scale, zero := float64(q.Scale), float64(q.Zero)
	inv := 1 / scale
	bottom, top := -zero, 255-zero
	for i, n := range l.n {
		if n == 0 {
			continue
		}
		x := (float64(i-l.zero) + 0.5) * l.width
		e := x - scale*min(max(math.RoundToEven(x*inv), bottom), top)
		sum += n * e * e
	}
	return sum
}

// ParseObserver reads minmax, percentile:99.99, entropy or mse.
func ParseObserver(s string) (Observer, error) {
	name, arg, has := strings.Cut(strings.ToLower(s), ":")
	switch {
	case name == "minmax" && !has:
		return MinMax(), nil
	case name == "entropy" && !has, name == "kl" && !has:
		return Entropy(), nil
	case name == "mse" && !has:
		return MSE(), nil
	case name == "percentile":
		p := 99.99
		if has {
			var err error
			if p, err = strconv.ParseFloat(arg, 64); err != nil || !(p > 50 && p <= 100) {
				return nil, fmt.Errorf("percentile %q is not a number in (50, 100]", arg)
			}
		}
		return Percentile(p), nil
	}
	return nil, fmt.Errorf("observer %q is none of minmax, percentile:99.99, entropy, mse", s)
}
