package onnx

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerStructure() {
	register("Concat", operator{handle: concat, heeds: "axis", takes: onQuanta, integers: true})
	register("Dropout", operator{handle: dropout, heeds: "| ratio seed", takes: onLazy})
	register("Identity", operator{handle: identity, takes: onLazy})
}

func concat(c *call) (*value, error) {
	if len(c.in) == 0 || slices.Contains(c.in, nil) {
		return nil, fmt.Errorf("an input is missing: %w", runtime.ErrGraph)
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
	if first == nil {
		c.unsupported("constants of %v", c.in[0].c.typ)
		return nil, nil
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
		}
	}
	return c.join(parts, a)
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
