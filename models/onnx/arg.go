package onnx

import (
	"fmt"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerArg() {
	register("ArgMax", operator{handle: argMax, heeds: "axis keepdims select_last_index", takes: onQuanta,
		integers: true})
	register("ArgMin", operator{handle: argMax, heeds: "axis keepdims select_last_index", takes: onQuanta,
		integers: true})
	register("TopK", operator{handle: topK, heeds: "axis k largest | sorted", integers: true})
}

// ordered is input i for what compares its elements: floats, whole numbers, or bytes of one scale.
func (c *call) ordered(i int) (*axes.Tensor, error) {
	if c.has(i) && c.in[i].c == nil && c.in[i].t != nil && c.in[i].t.DType != runtime.I32 {
		return c.in[i].t, nil
	}
	return c.operand(i)
}

// argMax is ArgMax and ArgMin.
func argMax(c *call) (*value, error) {
	t, err := c.ordered(0)
	if t == nil || err != nil {
		return nil, err
	}
	a, err := axis(c.int("axis", 0), len(t.Dims))
	if err != nil {
		return nil, err
	}
	op := &runtime.Arg{Least: c.n.op == "ArgMin", Last: c.int("select_last_index", 0) != 0}
	if c.int("keepdims", 1) != 0 {
		t, err = c.im.b.Along(c.name(), op, t, a)
		return of(elemInt64, t, err)
	}
	if t, err = c.im.b.Along(c.name()+"/kept", op, t, a); err == nil {
		t, err = c.im.b.Without(c.name(), t, a)
	}
	return of(elemInt64, t, err)
}

// topK has two outputs, each of which is computed by itself.
func topK(c *call) (*value, error) {
	t, err := c.ordered(0)
	if t == nil || err != nil {
		return nil, err
	}
	k := c.int("k", 0)
	if len(c.in) > 1 {
		ks, ok, err := c.list("k", 1)
		if !ok || err != nil {
			return nil, err
		}
		if len(ks) != 1 {
			return nil, fmt.Errorf("k is %v: %w", ks, runtime.ErrShape)
		}
		k = ks[0]
	}
	a, err := axis(c.int("axis", -1), len(t.Dims))
	if err != nil {
		return nil, err
	}
	if k < 1 || k > t.Dims[a] {
		c.unsupported("the best %d of %d", k, t.Dims[a])
		return nil, nil
	}
	op := runtime.TopK{K: k, Least: c.int("largest", 1) == 0}
	values, indices := op, op
	indices.Indices = true
	out := func(i int, op *runtime.TopK) (*axes.Tensor, error) {
		if i >= len(c.n.out) || c.n.out[i] == "" || c.im.uses[c.n.out[i]] == 0 {
			return nil, nil
		}
		return c.im.b.Along(c.n.out[i], op, t, a)
	}
	v, err := out(0, &values)
	if err != nil {
		return nil, err
	}
	at, err := out(1, &indices)
	if err != nil {
		return nil, err
	}
	if at != nil {
		c.more = []*value{{t: at, typ: elemInt64}}
	}
	if v == nil {
		return &value{t: at, typ: elemInt64}, nil // nobody reads the first
	}
	return of(c.elem(0), v, nil)
}
