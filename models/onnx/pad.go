package onnx

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerPad() {
	register("Pad", operator{handle: pad, heeds: "mode pads value", takes: onQuanta, integers: true})
}

// pad puts elements around a tensor, or takes some away.
func pad(c *call) (*value, error) {
	mode := c.str("mode", "constant")
	kind, ok := map[string]axes.Border{"constant": axes.Constant, "edge": axes.Edge, "reflect": axes.Reflect,
		"wrap": axes.Wrap}[mode]
	if !ok {
		c.unsupported("mode %q", mode)
		return nil, c.err
	}
	t, err := c.any(0)
	if t == nil || err != nil {
		return nil, err
	}
	pads, err := c.pads(len(t.Dims))
	if pads == nil || err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(pads, func(n int) bool { return n != 0 }) {
		return c.done(t, nil)
	}
	fill := float32(0)
	if kind == axes.Constant {
		if fill, ok, err = c.fill(t); !ok || err != nil {
			return nil, err
		}
		if q := t.Quant(); c.quanta && float32(int(q.Level(fill))-int(q.Zero))*q.Scale != fill { // between two levels
			ts, err := c.floats(t)
			if err != nil {
				return nil, err
			}
			t = ts[0]
		}
	}
	rank := len(t.Dims)
	return c.done(c.im.b.Surround(c.name(), t, pads[:rank], pads[rank:], kind, fill))
}

// pads are the counts before and behind each dimension; nil if they are computed.
func (c *call) pads(rank int) ([]int, error) {
	pads, ok, err := c.list("pads", 1)
	if !ok || err != nil {
		return nil, err
	}
	if c.has(3) { // only some axes
		as, ok, err := c.list("axes", 3)
		if !ok || err != nil {
			return nil, err
		}
		if len(pads) != 2*len(as) {
			return nil, fmt.Errorf("pads %v of axes %v: %w", pads, as, runtime.ErrShape)
		}
		full := make([]int, 2*rank)
		for i, a := range as {
			if a, err = axis(a, rank); err != nil {
				return nil, err
			}
			full[a], full[a+rank] = pads[i], pads[i+len(as)]
		}
		pads = full
	}
	if len(pads) != 2*rank {
		return nil, fmt.Errorf("pads %v of %d dimensions: %w", pads, rank, runtime.ErrShape)
	}
	return pads, nil
}

// fill is the number that Pad puts around t; of integers, what the level stands for.
func (c *call) fill(t *axes.Tensor) (fill float32, ok bool, err error) {
	fill = c.float("value", 0)
	if c.has(2) {
		v, err := c.constant(2)
		if v == nil || err != nil {
			return 0, false, err
		}
		if v.c.elements() != 1 || v.c.raw == nil {
			return 0, false, fmt.Errorf("its value, %v %v, is not one number: %w", v.c.typ, v.c.dims, runtime.ErrShape)
		}
		if level, ok := v.c.ints(1); ok {
			fill = float32(level[0])
		} else if f, err := c.vector(2, 1); f != nil && err == nil {
			fill = f[0]
		} else {
			return 0, false, err
		}
	}
	if t.DType == runtime.U8 && !c.quanta {
		if c.typ == elemInt8 {
			fill += 128
		}
		fill = (fill - float32(t.Quant().Zero)) * t.Quant().Scale
	}
	return fill, true, nil
}
