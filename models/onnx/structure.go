package onnx

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

var (
	_ = register("Cast", operator{handle: cast, heeds: "to | saturate round_mode", integers: true}) // of float8
	_ = register("Concat", operator{handle: concat, heeds: "axis", takes: onQuanta, integers: true})
	_ = register("Dropout", operator{handle: dropout, heeds: "| ratio seed", takes: onLazy})
	_ = register("Identity", operator{handle: identity, takes: onLazy})
	_ = register("Pad", operator{handle: pad, heeds: "mode pads value"})
)

func concat(c *call) (*value, error) {
	if len(c.in) == 0 || slices.Contains(c.in, nil) {
		return nil, fmt.Errorf("an input is missing: %w", runtime.ErrGraph)
	}
	ts := make([]*axes.Tensor, len(c.in))
	for i := range c.in {
		var err error
		if ts[i], err = c.tensor(i); ts[i] == nil || err != nil {
			return nil, err
		}
		if len(ts[i].Dims) != len(ts[0].Dims) {
			return nil, fmt.Errorf("%v beside %v: %w", ts[i].Dims, ts[0].Dims, runtime.ErrShape)
		}
	}
	a, err := axis(c.int("axis", 1), len(ts[0].Dims))
	if err != nil {
		return nil, err
	}
	if len(ts) == 1 {
		return c.done(ts[0], nil)
	}
	if a != ts[0].ChannelAxis() {
		if c.quanta && slices.ContainsFunc(ts, func(t *axes.Tensor) bool { return t.Quant() != ts[0].Quant() }) {
			if ts, err = c.floats(ts...); err != nil {
				return nil, err
			}
		}
		return c.concatAlong(ts, a)
	}
	return c.add(&runtime.Concat{}, ts...)
}

func identity(c *call) (*value, error) {
	if !c.has(0) {
		return nil, fmt.Errorf("input 1 is missing: %w", runtime.ErrGraph)
	}
	return renamed(c.in[0]), nil
}

// dropout is for inference, or for training with a ratio of 0, which drops nothing.
func dropout(c *call) (*value, error) {
	if c.has(2) {
		training, ok, err := c.truth(2)
		if !ok || err != nil {
			return nil, err
		}
		ratio := float32(0.5)
		if c.has(1) {
			f, err := c.vector(1, 1)
			if f == nil || err != nil {
				return nil, err
			}
			ratio = f[0]
		}
		if training && ratio != 0 {
			c.unsupported("training_mode; export the model for inference")
			return nil, nil
		}
	}
	return identity(c)
}

func cast(c *call) (*value, error) {
	to := elem(c.int("to", 0))
	v, err := identity(c)
	switch {
	case err != nil:
		return nil, err
	case v.t != nil && v.t.DType == runtime.U8:
		c.unsupported("of quantised elements; only DequantizeLinear")
		return nil, nil
	case v.t != nil && to.real():
		v.typ = to
		return v, nil
	}
	if v.t != nil || v.c != nil {
		c.unsupported("from %v to %v", v.typ, to)
	}
	return nil, nil
}

// pads reads what a Pad puts around each of rank axes: first before all, then behind. ok is false if it is computed.
func (c *call) pads(rank int) (pads []int, ok bool, err error) {
	if pads, ok, err = c.list("pads", 1); !ok || err != nil {
		return nil, false, err
	}
	if c.has(3) { // only some axes
		as, ok, err := c.list("axes", 3)
		if !ok || err != nil {
			return nil, false, err
		}
		if len(pads) != 2*len(as) {
			return nil, false, fmt.Errorf("pads %v of axes %v: %w", pads, as, runtime.ErrShape)
		}
		full := make([]int, 2*rank)
		for i, a := range as {
			if a, err = axis(a, rank); err != nil {
				return nil, false, err
			}
			full[a], full[a+rank] = pads[i], pads[i+len(as)]
		}
		pads = full
	}
	if len(pads) != 2*rank {
		return nil, false, fmt.Errorf("pads %v of %d dimensions: %w", pads, rank, runtime.ErrShape)
	}
	return pads, true, nil
}

func pad(c *call) (*value, error) {
	if mode := c.str("mode", "constant"); mode != "constant" {
		c.unsupported("mode %s; only constant zeros", mode)
		return nil, c.err
	}
	value := c.float("value", 0)
	if c.has(2) {
		f, err := c.vector(2, 1)
		if f == nil || err != nil {
			return nil, err
		}
		value = f[0]
	}
	t, err := c.tensor(0)
	if t == nil || err != nil {
		return nil, err
	}
	rank := len(t.Dims)
	pads, ok, err := c.pads(rank)
	if !ok || err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(pads, func(n int) bool { return n != 0 }) {
		return identity(c)
	}
	if rank != 4 || pads[0] != 0 || pads[1] != 0 || pads[4] != 0 || pads[5] != 0 || slices.Min(pads) < 0 || value != 0 {
		c.unsupported("pads %v with %v; only zeros around height and width", pads, value)
		return nil, nil
	}
	out, ok := c.im.b.Pad(t, axes.Pad{Top: pads[2], Left: pads[3], Bottom: pads[6], Right: pads[7]})
	if !ok {
		return nil, fmt.Errorf("pads %v over %v: %w", pads, t.Dims, runtime.ErrLimit)
	}
	return c.done(out, nil)
}
