package quant

import (
	"math"

	"github.com/gneiss-go/gneiss/runtime"
)

// Channels is what calibration saw of each channel of a value.
type Channels struct {
	Min []float32    `json:"min"`
	Max []float32    `json:"max"`
	Of  []*Histogram `json:"of,omitempty"` // in bins fewer than those of a value
}

// observe takes in values [pixels][channels]; room is for the numbers of one channel, and comes back.
func (c *Channels) observe(xs []float32, channels int, room []float32) []float32 {
	if c.Min == nil {
		c.Min, c.Max, c.Of = make([]float32, channels), make([]float32, channels), make([]*Histogram, channels)
		for i := range c.Of {
			c.Of[i] = &Histogram{fine: coarse}
		}
	}
	for i, h := range c.Of {
		room = room[:0]
		for at := i; at < len(xs); at += channels {
			room = append(room, xs[at])
		}
		h.Observe(room)
		c.Min[i], c.Max[i] = min(c.Min[i], h.Min), max(c.Max[i], h.Max)
	}
	return room
}

// span is a range of numbers, lo ≤ 0 ≤ hi unless it is said otherwise.
type span struct{ lo, hi float64 }

// ranges are those of channels that only a function reads, or that are read as they are; nil if nothing is known of so
// many channels.
func (c *Channels) ranges(channels int, f runtime.Op, ob Observer) []span {
	if c == nil || len(c.Min) != channels || len(c.Max) != channels {
		return nil
	}
	of := make([]span, channels)
	for i := range of {
		if len(c.Of) == channels && c.Of[i] != nil && c.Of[i].Count > 0 {
			of[i].lo, of[i].hi = through(ob, c.Of[i], f)
			continue
		}
		of[i] = span{float64(c.Min[i]), float64(c.Max[i])}
		if f != nil {
			of[i].lo, of[i].hi = telling(f, of[i].lo, of[i].hi)
		}
	}
	return of
}

// through is the range that an observer chooses for numbers that only a function reads, or that are read as they are if
// that is nil. [MSE] counts errors where they are seen, behind the function; others are asked for what it tells apart.
func through(ob Observer, h *Histogram, f runtime.Op) (lo, hi float64) {
	if _, ok := ob.(mse); ok {
		return least(newCosts(h, f))
	}
	if f == nil {
		return ob.Range(h)
	}
	lo, hi = minMax{}.Range(h)
	return ob.Range(h.within(telling(f, lo, hi)))
}

// costs are what errors of the numbers in a line's bins cost behind a function: the square of its slope for each step's
// noise, and where numbers are clipped the square of the difference.
type costs struct {
	l      *line
	lo, hi float64
	of     runtime.Op
	slope  []float64 // numbers in a bin times the square of the slope there, summed over the bins before
	value  []float64 // the function's at a bin's middle
}

func newCosts(h *Histogram, f runtime.Op) *costs {
	c := &costs{l: newLine(h), of: f}
	c.lo, c.hi = minMax{}.Range(h)
	edges, middles := make([]float32, len(c.l.n)+1), make([]float32, len(c.l.n))
	for i := range edges {
		edges[i] = float32(float64(i-c.l.zero) * c.l.width)
	}
	for i := range middles {
		middles[i] = float32((float64(i-c.l.zero) + 0.5) * c.l.width)
	}
	if f != nil {
		runtime.Apply(f, edges)
		runtime.Apply(f, middles)
	}
	c.slope, c.value = make([]float64, len(edges)), make([]float64, len(middles))
	for i, n := range c.l.n {
		d := float64(edges[i+1]-edges[i]) / c.l.width
		c.slope[i+1], c.value[i] = c.slope[i]+n*d*d, float64(middles[i])
	}
	return c
}

// least is the range of least cost, found by moving each bound in turn.
func least(c *costs) (lo, hi float64) {
	const steps = 96
	at, n := c.l.zero, len(c.l.n)
	bound := func(i int) float64 { return min(max(float64(i-at)*c.l.width, c.lo), c.hi) }
	a, b := 0, n // bins within
	best := c.cost(a, b, bound(a), bound(b))
	for range 3 {
		for i := range steps {
			t := at + (n-at)*(i+1)/steps
			if e := c.cost(a, t, bound(a), bound(t)); t > a && e < best {
				best, b = e, t
			}
		}
		for i := range steps {
			t := at - at*(i+1)/steps
			if e := c.cost(t, b, bound(t), bound(b)); t < b && e < best {
				best, a = e, t
			}
		}
	}
	return bound(a), bound(b)
}

// cost is that of the range of bins a ≤ i < b, which is lo…hi.
func (c *costs) cost(a, b int, lo, hi float64) (sum float64) {
	if a >= b {
		return math.Inf(1)
	}
	step := (hi - lo) / 255
	sum = (c.slope[b] - c.slope[a]) * step * step / 12
	ends := []float32{float32(lo), float32(hi)}
	if c.of != nil {
		runtime.Apply(c.of, ends)
	}
	for i := range a {
		d := c.value[i] - float64(ends[0])
		sum += c.l.n[i] * d * d
	}
	for i := b; i < len(c.value); i++ {
		d := c.value[i] - float64(ends[1])
		sum += c.l.n[i] * d * d
	}
	return sum
}
