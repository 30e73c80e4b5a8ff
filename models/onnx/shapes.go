package onnx

import (
	"fmt"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

var (
	_ = register("Constant", operator{handle: constantNode,
		heeds: "value value_int value_ints value_float value_floats sparse_value value_string value_strings"})
	_ = register("Flatten", operator{handle: flatten, heeds: "axis", takes: onQuanta, integers: true})
	_ = register("Gather", operator{handle: gather, heeds: "axis", takes: onQuanta, integers: true})
	_ = register("Reshape", operator{handle: reshape, heeds: "allowzero shape", takes: onQuanta, integers: true})
	_ = register("Shape", operator{handle: shape, heeds: "start end", takes: onQuanta, integers: true})
	_ = register("Slice", operator{handle: slice, heeds: "starts ends axes steps", takes: onQuanta, integers: true})
	_ = register("Squeeze", operator{handle: squeeze, heeds: "axes", takes: onQuanta, integers: true})
	_ = register("Transpose", operator{handle: transpose, heeds: "perm", takes: onQuanta, integers: true})
	_ = register("Unsqueeze", operator{handle: unsqueeze, heeds: "axes", takes: onQuanta, integers: true})
)

// Operators that change dimensions, and the arithmetic on constants by which exporters compute dimensions.

// reshaped gives t other dimensions.
func (c *call) reshaped(t *axes.Tensor, dims []int) (*value, error) {
	return c.done(c.im.b.Rearrange(c.name(), t, nil, dims))
}

func flatten(c *call) (*value, error) {
	t, err := c.tensor(0)
	if t == nil || err != nil {
		return nil, err
	}
	a := c.int("axis", 1)
	if a != len(t.Dims) { // which is allowed here
		if a, err = axis(a, len(t.Dims)); err != nil {
			return nil, err
		}
	}
	d := []int{1, 1}
	for i, n := range t.Dims {
		if i < a {
			d[0] *= n
		} else {
			d[1] *= n
		}
	}
	return c.reshaped(t, d)
}

func reshape(c *call) (*value, error) {
	want, ok, err := c.list("shape", 1)
	zero := c.int("allowzero", 0) == 0
	if !ok || err != nil {
		return nil, err
	}
	if c.has(0) && c.in[0].c != nil {
		return c.constDims(func(from []int) ([]int, error) { return axes.ResolveReshape(from, want, zero) })
	}
	t, err := c.tensor(0)
	if t == nil || err != nil {
		return nil, err
	}
	d, err := axes.ResolveReshape(t.Dims, want, zero)
	if err != nil {
		return nil, err
	}
	return c.reshaped(t, d)
}

// constDims gives a constant other dimensions.
func (c *call) constDims(f func([]int) ([]int, error)) (*value, error) {
	k := *c.in[0].c
	var err error
	if k.dims, err = f(k.dims); err != nil {
		return nil, err
	}
	return constant(&k), nil
}

func squeeze(c *call) (*value, error) {
	return c.ones(func(dims, as []int) ([]int, error) {
		drop, err := flagged(as, len(dims))
		if err != nil {
			return nil, err
		}
		d := []int{}
		for i, n := range dims {
			if n != 1 && drop[i] {
				return nil, fmt.Errorf("axis %d of %v is not 1: %w", i, dims, runtime.ErrShape)
			}
			if n != 1 || !drop[i] && len(as) > 0 {
				d = append(d, n)
			}
		}
		return d, nil
	})
}

func unsqueeze(c *call) (*value, error) {
	return c.ones(func(dims, as []int) ([]int, error) {
		put, err := flagged(as, len(dims)+len(as))
		if err != nil {
			return nil, err
		}
		d, rest := []int{}, dims
		for i := range put {
			switch {
			case put[i]:
				d = append(d, 1)
			case len(rest) == 0:
				return nil, fmt.Errorf("axes %v twice: %w", as, runtime.ErrShape)
			default:
				d, rest = append(d, rest[0]), rest[1:]
			}
		}
		return d, nil
	})
}

// ones drops or inserts dimensions of 1.
func (c *call) ones(f func(dims, as []int) ([]int, error)) (*value, error) {
	as, ok, err := c.list("axes", 1)
	if !ok || err != nil {
		return nil, err
	}
	if c.has(0) && c.in[0].c != nil {
		return c.constDims(func(d []int) ([]int, error) { return f(d, as) })
	}
	t, err := c.tensor(0)
	if t == nil || err != nil {
		return nil, err
	}
	d, err := f(t.Dims, as)
	if err != nil {
		return nil, err
	}
	return c.reshaped(t, d)
}

func transpose(c *call) (*value, error) {
	perm := c.ints("perm")
	t, err := c.any(0)
	if t == nil || err != nil {
		return nil, err
	}
	rank := len(t.Dims)
	if perm == nil {
		for i := range rank {
			perm = append(perm, rank-1-i)
		}
	}
	if len(perm) != rank {
		return nil, fmt.Errorf("perm %v of %d dimensions: %w", perm, rank, runtime.ErrShape)
	}
	seen := make([]bool, rank)
	for _, p := range perm {
		if p < 0 || p >= rank || seen[p] {
			return nil, fmt.Errorf("perm %v: %w", perm, runtime.ErrShape)
		}
		seen[p] = true
	}
	return c.done(c.im.b.Transpose(c.name(), t, perm))
}

func constantNode(c *call) (*value, error) {
	var t *tensor
	c.each("value", func(f wire.Field) error {
		if f.Num != 5 {
			return nil
		}
		raw, err := f.Msg()
		if err == nil {
			t, err = decodeTensor(raw)
		}
		if err == nil && t.ext != nil {
			err = t.ext.missing()
		}
		return err
	})
	var vs []int64
	c.each("value_int", func(f wire.Field) error {
		if f.Num != 3 {
			return nil
		}
		v, err := f.Varint()
		t = intTensor(nil, []int64{v})
		return err
	})
	if c.each("value_ints", func(f wire.Field) (err error) {
		if f.Num == 8 {
			vs, err = f.AppendVarints(vs, 2*maxRank)
		}
		return err
	}) {
		t = intTensor([]int{len(vs)}, vs)
	}
	var raw []byte
	c.each("value_float", func(f wire.Field) (err error) {
		if f.Num == 2 {
			raw, err = f.AppendFixed(nil, 4)
			t = &tensor{typ: elemFloat, raw: raw}
		}
		return err
	})
	if c.each("value_floats", func(f wire.Field) (err error) {
		if f.Num == 7 {
			raw, err = f.AppendFixed(raw, 4)
		}
		return err
	}) {
		t = &tensor{typ: elemFloat, dims: []int{len(raw) / 4}, raw: raw}
	}
	if t == nil || c.err != nil {
		if c.err == nil {
			c.unsupported("a sparse or textual constant")
		}
		return nil, c.err
	}
	return constant(t), nil
}

// shape is the constant that a tensor's dimensions are, once the batch is fixed.
func shape(c *call) (*value, error) {
	var dims []int
	switch {
	case c.has(0) && c.in[0].c != nil:
		dims = c.in[0].c.dims
	default:
		t, err := c.any(0)
		if t == nil || err != nil {
			return nil, err
		}
		dims = t.Dims
	}
	from, to := c.int("start", 0), c.int("end", len(dims))
	if from < 0 {
		from += len(dims)
	}
	if to < 0 {
		to += len(dims)
	}
	from, to = min(max(from, 0), len(dims)), min(max(to, 0), len(dims))
	vs := []int64{}
	for _, d := range dims[min(from, to):to] {
		vs = append(vs, int64(d))
	}
	return constant(intTensor([]int{len(vs)}, vs)), nil
}

// gather picks from a constant list of integers, as exporters do with shapes.
func gather(c *call) (*value, error) {
	if c.has(0) && c.in[0].t != nil {
		return c.gathered()
	}
	k, err := c.constant(0)
	if k == nil || err != nil {
		return nil, err
	}
	if !c.has(1) {
		return nil, fmt.Errorf("input 2 is missing: %w", runtime.ErrGraph)
	}
	at, ok, err := c.list("", 1)
	if !ok || err != nil {
		return nil, err
	}
	vs, ok := k.c.ints(2 * maxRank)
	if !ok || len(k.c.dims) != 1 || c.int("axis", 0) != 0 {
		c.unsupported("from %v %v; only from a shape", k.c.typ, k.c.dims)
		return nil, nil
	}
	var out []int64
	for _, i := range at {
		if i, err = axis(i, len(vs)); err != nil {
			return nil, err
		}
		out = append(out, vs[i])
	}
	return constant(intTensor(c.in[1].c.dims, out)), nil
}

// slice cuts from a constant list of integers, as exporters do with shapes.
func slice(c *call) (*value, error) {
	if c.has(0) && c.in[0].t != nil {
		return c.sliced()
	}
	k, err := c.constant(0)
	if k == nil || err != nil {
		return nil, err
	}
	vs, ok := k.c.ints(2 * maxRank)
	if !ok || len(k.c.dims) != 1 {
		c.unsupported("of %v %v; only of a shape", k.c.typ, k.c.dims)
		return nil, nil
	}
	get := func(name string, input, def int) (int, bool, error) {
		raw, ok, err := c.wide(name, input)
		if raw == nil || !ok || err != nil {
			return def, ok, err
		}
		if len(raw) != 1 {
			return 0, false, fmt.Errorf("%s %v of one axis: %w", name, raw, runtime.ErrShape)
		}
		return int(min(max(raw[0], -maxInt), maxInt)), true, nil // the end is often the largest int64
	}
	from, ok, err := get("starts", 1, 0)
	if !ok || err != nil {
		return nil, err
	}
	to, ok, err := get("ends", 2, len(vs))
	if !ok || err != nil {
		return nil, err
	}
	step, ok, err := get("steps", 4, 1)
	if !ok || err != nil {
		return nil, err
	}
	for _, p := range []*int{&from, &to} {
		if *p < 0 {
			*p += len(vs)
		}
		*p = min(max(*p, 0), len(vs))
	}
	if step != 1 {
		c.unsupported("steps of %d; only 1", step)
		return nil, nil
	}
	vs = vs[min(from, to):to]
	return constant(intTensor([]int{len(vs)}, vs)), nil
}

// concatInts joins constant lists of integers, as exporters do with shapes.
func (c *call) concatInts() (*value, error) {
	var out []int64
	for _, v := range c.in {
		vs, ok := v.c.ints(2 * maxRank)
		if !ok || len(v.c.dims) != 1 || len(out) > 2*maxRank {
			c.unsupported("constants of %v %v; only shapes", v.c.typ, v.c.dims)
			return nil, nil
		}
		out = append(out, vs...)
	}
	return constant(intTensor([]int{len(out)}, out)), nil
}
