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
)

func concat(c *call) (*value, error) {
	if len(c.in) == 0 || slices.Contains(c.in, nil) {
		return nil, fmt.Errorf("an input is missing: %w", runtime.ErrGraph)
	}
	if !slices.ContainsFunc(c.in, func(v *value) bool { return v.c == nil }) {
		return c.concatInts()
	}
	parts := make([]joined, len(c.in))
	var first *axes.Tensor
	for i, v := range c.in {
		if parts[i].k = v; v.c != nil {
			continue
		}
		t, err := c.any(i)
		if t == nil || err != nil {
			return nil, err
		}
		if parts[i].t = t; first == nil {
			first = t
		}
	}
	a, err := axis(c.int("axis", 1), len(first.Dims))
	if err != nil {
		return nil, err
	}
	for i := range parts {
		if p := &parts[i]; p.t == nil {
			if p.k, err = c.real(i); p.k == nil || err != nil {
				return nil, err
			}
			p.near = first
		}
	}
	return c.join(parts, a)
}

func identity(c *call) (*value, error) {
	if !c.has(0) {
		return nil, fmt.Errorf("input 1 is missing: %w", runtime.ErrGraph)
	}
	v := *c.in[0]
	v.fresh = false // it has two names now
	return &v, nil
}

func dropout(c *call) (*value, error) {
	if c.has(2) {
		v, err := c.constant(2)
		if v == nil || err != nil {
			return nil, err
		}
		if is, ok := v.c.ints(1); !ok || len(is) != 1 || is[0] != 0 {
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
	case v.c != nil && to == v.c.typ:
		return v, nil
	case v.c != nil && (to == elemInt64 || to == elemInt32):
		if is, ok := v.c.ints(2 * maxRank); ok {
			return constant(intTensor(v.c.dims, is)), nil
		}
	}
	if v.t != nil || v.c != nil {
		c.unsupported("from %v to %v", v.typ, to)
	}
	return nil, nil
}
