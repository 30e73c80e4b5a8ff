package onnx

import (
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

var (
	_ = register("HardSigmoid", operator{handle: hard, heeds: "alpha beta"})
	_ = register("HardSwish", operator{handle: hard})
	_ = register("LeakyRelu", operator{handle: leaky, heeds: "alpha"})
	_ = register("PRelu", operator{handle: leaky})
	_ = register("Sigmoid", operator{handle: curve})
	_ = register("Tanh", operator{handle: curve})
)

// Operators in the generality that ONNX gives them: along any axis, with any broadcasting. Where a graph has a faster
// way to say the same, the handlers take that first and come here otherwise.

// curve is Sigmoid and Tanh.
func curve(c *call) (*value, error) {
	t, err := c.any(0)
	if t == nil || err != nil {
		return nil, err
	}
	of := kernels.Sigmoid
	if c.n.op == "Tanh" {
		of = kernels.Tanh
	}
	return c.done(c.im.b.Each(c.name(), &runtime.Curve{Of: of}, t))
}

// hard is HardSigmoid, max(0, min(1, alpha·x + beta)), and HardSwish, x times that with 1/6 and 1/2.
func hard(c *call) (*value, error) {
	t, err := c.any(0)
	if t == nil || err != nil {
		return nil, err
	}
	alpha, beta, name := c.float("alpha", 0.2), c.float("beta", 0.5), c.name()
	swish := c.n.op == "HardSwish"
	if swish {
		alpha, beta, name = 1./6, 0.5, name+"/gate"
	}
	gate, err := c.im.b.Affine(c.name()+"/line", t, []float32{alpha}, []float32{beta})
	if err != nil {
		return nil, err
	}
	if gate, err = c.im.b.Each(name, &runtime.Activation{Act: runtime.Clamp{On: true, Lo: 0, Hi: 1}}, gate); err != nil ||
		!swish {
		return c.done(gate, err)
	}
	return c.done(c.im.b.Binary(c.name(), kernels.Times, t, gate))
}

// leaky is LeakyRelu and PRelu: max(x, 0) + slope·min(x, 0).
func leaky(c *call) (*value, error) {
	t, err := c.any(0)
	if t == nil || err != nil {
		return nil, err
	}
	inf := float32(math.Inf(1))
	half := func(name string, lo, hi float32) (*axes.Tensor, error) {
		return c.im.b.Add(c.name()+name, &runtime.Activation{Act: runtime.Clamp{On: true, Lo: lo, Hi: hi}}, t)
	}
	up, err := half("/positive", 0, inf)
	if err != nil {
		return nil, err
	}
	down, err := half("/negative", -inf, 0)
	if err != nil {
		return nil, err
	}
	if c.n.op == "PRelu" {
		if !c.has(1) {
			return nil, fmt.Errorf("no slope: %w", runtime.ErrGraph)
		}
		if c.in[1].t != nil {
			if down, err = c.im.b.Binary(c.name()+"/sloped", kernels.Times, down, c.in[1].t); err != nil {
				return nil, err
			}
			return c.done(c.im.b.Add(c.name(), &runtime.Add{}, up, down))
		}
		k, err := c.real(1)
		if k == nil || err != nil {
			return nil, err
		}
		side, err := c.beside(down, k)
		if side == nil || err != nil {
			return nil, err
		}
		if down, err = side.Affine(c.im.b, c.name()+"/sloped", side.Of, nil); err != nil {
			return nil, err
		}
		return c.done(c.im.b.Add(c.name(), &runtime.Add{}, up, down))
	}
	slope := []float32{c.float("alpha", 0.01)}
	if down, err = c.im.b.Affine(c.name()+"/sloped", down, slope, nil); err != nil {
		return nil, err
	}
	return c.done(c.im.b.Add(c.name(), &runtime.Add{}, up, down))
}
