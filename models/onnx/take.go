package onnx

import (
	"fmt"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerTake() {
	register("Gather", operator{handle: gather, heeds: "axis", takes: onQuanta, integers: true})
	register("Slice", operator{handle: slice, heeds: "starts ends axes steps", takes: onQuanta, integers: true})
	register("Expand", operator{handle: expand, takes: onQuanta, integers: true})
	register("Split", operator{handle: split, heeds: "axis num_outputs split", takes: onQuanta, integers: true})
	register("Tile", operator{handle: tile, takes: onQuanta, integers: true})
}

// Operators that pick and repeat elements by indices that are constants. Each is a [runtime.Take].

func slice(c *call) (*value, error) {
	t, err := c.any(0)
	if t == nil || err != nil {
		return nil, err
	}
	ranges, ok, err := c.ranges(t.Dims)
	if !ok || err != nil {
		return nil, err
	}
	for a, r := range ranges {
		if r.Step != 0 && r.Count == 0 {
			c.unsupported("of axis %d of %v: nothing is left", a, t.Dims)
			return nil, nil
		}
	}
	return c.done(c.im.b.Slice(c.name(), t, ranges))
}

// split gives each output a part of an axis.
func split(c *call) (*value, error) {
	t, err := c.any(0)
	if t == nil || err != nil {
		return nil, err
	}
	a, parts, ok, err := c.parts(t.Dims)
	if !ok || err != nil {
		return nil, err
	}
	at := 0
	values := make([]*value, len(parts))
	for i, size := range parts {
		if name := c.n.out[i]; name != "" && c.im.uses[name] > 0 {
			if size == 0 {
				c.unsupported("its output %d, %q, is empty", i+1, name)
				return nil, nil
			}
			ranges := make([]axes.Range, len(t.Dims))
			ranges[a] = axes.Range{From: at, Step: 1, Count: size}
			if values[i], err = c.doneAs(name)(c.im.b.Slice(name, t, ranges)); err != nil {
				return nil, err
			}
		}
		at += size
	}
	c.more = values[1:]
	if values[0] == nil { // nobody reads it
		values[0] = &value{}
	}
	return values[0], nil
}

// gather picks from an activation by indices that are constants.
func gather(c *call) (*value, error) {
	t, err := c.any(0)
	if t == nil || err != nil {
		return nil, err
	}
	k, err := c.constant(1)
	if k == nil || err != nil {
		return nil, err
	}
	a, err := axis(c.int("axis", 0), len(t.Dims))
	if err != nil {
		return nil, err
	}
	n := k.c.elements()
	if err := c.im.b.Take(2 * n); err != nil {
		return nil, err
	}
	wide, ok := k.c.ints(n)
	if !ok || n == 0 {
		return nil, fmt.Errorf("its input %q, %v %v, is no list of integers: %w", c.n.in[1], k.c.typ, k.c.dims,
			runtime.ErrShape)
	}
	at := make([]int32, n)
	for i, v := range c.narrowAll(wide) {
		if v, err = axis(v, t.Dims[a]); err != nil {
			return nil, err
		}
		at[i] = int32(v)
	}
	return c.done(c.im.b.Pick(c.name(), t, a, at, k.c.dims))
}

func expand(c *call) (*value, error) {
	t, err := c.any(0)
	if t == nil || err != nil {
		return nil, err
	}
	dims, ok, err := c.list("", 1)
	if !ok || err != nil {
		return nil, err
	}
	return c.done(c.im.b.Expand(c.name(), t, dims))
}

func tile(c *call) (*value, error) {
	t, err := c.any(0)
	if t == nil || err != nil {
		return nil, err
	}
	times, ok, err := c.list("", 1)
	if !ok || err != nil {
		return nil, err
	}
	if len(times) != len(t.Dims) {
		return nil, fmt.Errorf("repeats %v of %v: %w", times, t.Dims, runtime.ErrShape)
	}
	return c.done(c.im.b.Repeat(c.name(), t, times))
}
