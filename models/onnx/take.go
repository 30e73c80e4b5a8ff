package onnx

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

var (
	_ = register("Expand", operator{handle: expand, takes: onQuanta, integers: true})
	_ = register("Split", operator{handle: split, heeds: "axis num_outputs split", takes: onQuanta, integers: true})
	_ = register("Tile", operator{handle: tile, takes: onQuanta, integers: true})
)

// Operators that pick and repeat elements by indices that are constants. Each is a [runtime.Take].

// sliced is Slice of an activation.
func (c *call) sliced() (*value, error) {
	t, err := c.any(0)
	if t == nil || err != nil {
		return nil, err
	}
	var lists [4][]int64 // starts, ends, axes, steps
	for i, name := range []string{"starts", "ends", "axes", "steps"} {
		var ok bool
		if lists[i], ok, err = c.wide(name, i+1); !ok || err != nil {
			return nil, err
		}
	}
	starts, ends, as, steps := lists[0], lists[1], lists[2], lists[3]
	if as == nil {
		for i := range starts {
			as = append(as, int64(i))
		}
	}
	if steps == nil {
		steps = slices.Repeat([]int64{1}, len(starts))
	}
	if len(ends) != len(starts) || len(as) != len(starts) || len(steps) != len(starts) {
		return nil, fmt.Errorf("starts %v, ends %v, axes %v and steps %v: %w", starts, ends, as, steps, runtime.ErrShape)
	}
	ranges := make([]axes.Range, len(t.Dims))
	for i, a := range c.narrowAll(as) {
		if a, err = axis(a, len(t.Dims)); err != nil {
			return nil, err
		}
		if ranges[a] != (axes.Range{}) || steps[i] == 0 {
			return nil, fmt.Errorf("axes %v in steps of %v: %w", as, steps, runtime.ErrShape)
		}
		if ranges[a] = rangeOf(t.Dims[a], starts[i], ends[i], steps[i]); ranges[a].Count == 0 {
			c.unsupported("from %d to %d in steps of %d of %v: nothing is left", starts[i], ends[i], steps[i], t.Dims)
			return nil, nil
		}
	}
	return c.done(c.im.b.Slice(c.name(), t, ranges))
}

// rangeOf is what a slice leaves of n indices; the end is often the largest int64.
func rangeOf(n int, from, to, step int64) axes.Range {
	bound := func(v int64, lo, hi int) int {
		v = min(max(v, -maxInt), maxInt)
		if v < 0 {
			v += int64(n)
		}
		return int(min(max(v, int64(lo)), int64(hi)))
	}
	s := int(min(max(step, -maxInt), maxInt))
	r := axes.Range{From: bound(from, 0, n), Step: s}
	if s < 0 {
		r.From = bound(from, 0, n-1)
		r.Count = max(0, (r.From-bound(to, -1, n-1)-s-1)/-s)
	} else {
		r.Count = max(0, (bound(to, 0, n)-r.From+s-1)/s)
	}
	return r
}

// split gives each output a part of an axis.
func split(c *call) (*value, error) {
	t, err := c.any(0)
	if t == nil || err != nil {
		return nil, err
	}
	a, err := axis(c.int("axis", 0), len(t.Dims))
	if err != nil {
		return nil, err
	}
	sizes, ok, err := c.list("split", 1)
	if !ok || err != nil {
		return nil, err
	}
	n, parts := t.Dims[a], len(c.n.out)
	if sizes == nil {
		if c.int("num_outputs", parts) != parts || parts > n {
			return nil, fmt.Errorf("%d outputs of %d parts of %d: %w", parts, c.int("num_outputs", parts), n, runtime.ErrShape)
		}
		size := (n + parts - 1) / parts
		if c.im.m.opset < 18 && n%parts != 0 || size*(parts-1) >= n {
			return nil, fmt.Errorf("%d equal parts of %d: %w", parts, n, runtime.ErrShape)
		}
		sizes = append(slices.Repeat([]int{size}, parts-1), n-size*(parts-1))
	}
	if len(sizes) != parts {
		return nil, fmt.Errorf("%d outputs of parts %v: %w", parts, sizes, runtime.ErrShape)
	}
	at := 0
	values := make([]*value, parts)
	for i, size := range sizes {
		if size < 0 || size > n-at {
			return nil, fmt.Errorf("parts %v of %d: %w", sizes, n, runtime.ErrShape)
		}
		if c.n.out[i] != "" && c.im.uses[c.n.out[i]] > 0 {
			if size == 0 {
				c.unsupported("its output %d, %q, is empty", i+1, c.n.out[i])
				return nil, nil
			}
			ranges := make([]axes.Range, len(t.Dims))
			ranges[a] = axes.Range{From: at, Step: 1, Count: size}
			if values[i], err = c.doneAs(c.n.out[i])(c.im.b.Slice(c.n.out[i], t, ranges)); err != nil {
				return nil, err
			}
		}
		at += size
	}
	if at != n {
		return nil, fmt.Errorf("parts %v of %d: %w", sizes, n, runtime.ErrShape)
	}
	c.more = values[1:]
	if values[0] == nil { // nobody reads it
		values[0] = &value{}
	}
	return values[0], nil
}

// gathered is Gather of an activation by indices that are constants.
func (c *call) gathered() (*value, error) {
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
