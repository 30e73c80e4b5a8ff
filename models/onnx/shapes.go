package onnx

import (
	"fmt"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerShapes() {
	register("Constant", operator{handle: constantNode,
		heeds: "value value_int value_ints value_float value_floats sparse_value value_string value_strings"})
	register("Flatten", operator{handle: flatten, heeds: "axis", takes: onQuanta, integers: true})
	register("Reshape", operator{handle: reshape, heeds: "allowzero shape", takes: onQuanta, integers: true})
	register("Shape", operator{handle: shape, heeds: "start end", takes: onQuanta, integers: true})
	register("Size", operator{handle: size, takes: onQuanta, integers: true})
	register("Squeeze", operator{handle: squeeze, heeds: "axes", takes: onQuanta, integers: true})
	register("Transpose", operator{handle: transpose, heeds: "perm", takes: onQuanta, integers: true})
	register("Unsqueeze", operator{handle: unsqueeze, heeds: "axes", takes: onQuanta, integers: true})
}

// Operators that change dimensions, and the arithmetic on constants by which exporters compute dimensions.

// reshaped gives t other dimensions.
func (c *call) reshaped(t *axes.Tensor, dims []int) (*value, error) {
	return c.done(c.im.b.Rearrange(c.name(), t, nil, dims))
}

// laid is tensor for what is given other dimensions: images that lie as written stay so, for their elements are in the
// order in which they are counted.
func (c *call) laid(i int) (*axes.Tensor, error) {
	if t, err := c.any(i); t == nil || err != nil || len(t.Dims) > 2 {
		return t, err
	}
	return c.tensor(i)
}

func flatten(c *call) (*value, error) {
	a := c.int("axis", 1)
	flat := func(dims []int) ([]int, error) {
		if a != len(dims) { // which is allowed here
			var err error
			if a, err = axis(a, len(dims)); err != nil {
				return nil, err
			}
		}
		return []int{axes.Elements(dims[:a]), axes.Elements(dims[a:])}, nil
	}
	if c.has(0) && c.in[0].c != nil {
		return c.constDims(flat)
	}
	t, err := c.laid(0)
	if t == nil || err != nil {
		return nil, err
	}
	d, err := flat(t.Dims)
	if err != nil {
		return nil, err
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
	t, err := c.laid(0)
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
	t, err := c.laid(0)
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
	t, err := c.any(0)
	if t == nil || err != nil {
		return nil, err
	}
	perm, err := c.perm(len(t.Dims))
	if err != nil {
		return nil, err
	}
	return c.done(c.im.b.Transpose(c.name(), t, perm))
}

// perm reads the order in which a Transpose puts the axes; without one, they are reversed.
func (c *call) perm(rank int) ([]int, error) {
	perm := c.ints("perm")
	if perm == nil {
		for i := range rank {
			perm = append(perm, rank-1-i)
		}
	}
	if !axes.Permutes(perm, rank) {
		return nil, fmt.Errorf("perm %v of %d dimensions: %w", perm, rank, runtime.ErrShape)
	}
	return perm, nil
}

func constantNode(c *call) (*value, error) {
	t := c.tensorAttr("value")
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
			vs, err = f.AppendVarints(vs, maxList)
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
	dims, ok, err := c.dims()
	if !ok || err != nil {
		return nil, err
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

// size is the number of a tensor's elements.
func size(c *call) (*value, error) {
	dims, ok, err := c.dims()
	if !ok || err != nil {
		return nil, err
	}
	return constant(intTensor(nil, []int64{int64(axes.Elements(dims))})), nil
}

// dims returns the dimensions of input 1, constant or not; ok is false if they are unknown.
func (c *call) dims() (dims []int, ok bool, err error) {
	if c.has(0) && c.in[0].c != nil {
		return c.in[0].c.dims, true, nil
	}
	t, err := c.any(0)
	if t == nil || err != nil {
		return nil, false, err
	}
	return t.Dims, true, nil
}
