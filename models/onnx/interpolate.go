package onnx

import (
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// Resizing by linear and cubic interpolation: what [runtime.Interpolate] does with taps that are made here.

func (c *call) interpolate(r *resizing, t *axes.Tensor) (*value, error) {
	taps := make([]kernels.Taps, len(t.Dims))
	for d, n := range r.size {
		if r.stays(d) {
			continue
		}
		per := r.reach(d)
		if per > 1<<12 || n > 1<<24/per {
			return nil, fmt.Errorf("%d to %d by %d of each: %w", r.dims[d], n, per, runtime.ErrLimit)
		}
		if err := c.im.b.Take(2 * n * per); err != nil {
			return nil, err
		}
		taps[d] = r.taps(d)
	}
	fill := c.float("extrapolation_value", 0)
	x, op, err := c.im.b.Rows(c.name(), t, taps, fill)
	switch {
	case err != nil:
		return nil, err
	case op != nil && c.typ == 0:
		return c.add(op, x)
	case c.typ != 0:
		c.unsupported("%s interpolation of %v", r.mode, c.typ)
		return nil, nil
	}
	if c.quanta {
		ts, err := c.floats(t)
		if err != nil {
			return nil, err
		}
		t = ts[0]
	}
	return c.done(c.im.b.Interpolate(c.name(), t, taps, fill))
}

// reach is how many indices of dimension d an output index is made of.
func (r *resizing) reach(d int) int {
	half := 1.
	if r.mode == "cubic" {
		half = 2
	}
	if s := float64(r.scale[d]); r.antialias && s < 1 {
		return 2 - 2*int(math.Floor(-half/s)+1)
	}
	return int(2 * half)
}

// taps are those of dimension d: of the indices around the point that the output's index is at, those outside repeat
// the edge, or count nothing.
func (r *resizing) taps(d int) kernels.Taps {
	per, in, from := r.reach(d), r.dims[d], r.at(d)
	squeeze := 1. // of the filter's argument
	if r.antialias {
		squeeze = min(float64(r.scale[d]), 1)
	}
	t := kernels.Taps{Per: per, At: make([]int32, 0, per*r.size[d]), Weights: make([]float32, 0, per*r.size[d])}
	w := make([]float64, per)
	for i := range r.size[d] {
		x := from(float32(i))
		whole := math.Floor(float64(x))
		ratio, sum := float64(x)-whole, 0.
		first := whole - float64(per/2-1)
		for k := range w {
			w[k] = r.filter(squeeze * (first + float64(k) - whole - ratio))
			if at := first + float64(k); r.excludes && (at < 0 || at > float64(in-1)) {
				w[k] = 0
			}
			sum += w[k]
		}
		if !r.excludes && !r.antialias || sum == 0 {
			sum = 1
		}
		for k := range w {
			at := int32(min(max(first+float64(k), 0), float64(in-1)))
			if r.outside(x, in) {
				at = -1
			}
			t.At, t.Weights = append(t.At, at), append(t.Weights, float32(w[k]/sum))
		}
	}
	return t
}

// filter is the weight of an index at a distance from the point.
func (r *resizing) filter(x float64) float64 {
	x = math.Abs(x)
	a := r.cubic
	switch {
	case r.mode != "cubic":
		return max(1-x, 0)
	case x <= 1:
		return ((a+2)*x-(a+3))*x*x + 1
	case x < 2:
		return ((a*x-5*a)*x+8*a)*x - 4*a
	}
	return 0
}

// reals returns an attribute that is a list of numbers.
func (c *call) reals(name string) (vs []float32, err error) {
	var raw []byte
	c.each(name, func(f wire.Field) (err error) {
		if f.Num == 7 {
			raw, err = f.AppendFixed(raw, 4)
		}
		return err
	})
	if len(raw) == 0 || c.err != nil {
		return nil, c.err
	}
	vs = make([]float32, len(raw)/4)
	(&tensor{typ: elemFloat, raw: raw}).decode(vs, 0)
	return vs, nil
}
