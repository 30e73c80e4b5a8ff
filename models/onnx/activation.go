package onnx

import (
	"math"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

var (
	_ = register("Clip", operator{handle: clip, heeds: "min max", takes: onLazy})
	_ = register("Max", operator{handle: bound})
	_ = register("Min", operator{handle: bound})
	_ = register("Relu", operator{handle: relu, takes: onLazy})
)

func relu(c *call) (*value, error) { return c.activation(runtime.ReLU) }

func (c *call) activation(clamp runtime.Clamp) (*value, error) {
	if c.has(0) && c.in[0].lazy != nil {
		if v := c.clamped(c.in[0], clamp); v != nil {
			return v, nil
		}
		x, err := c.im.plain(c.in[0])
		if err != nil {
			return nil, err
		}
		c.in[0] = x
	}
	t, err := c.any(0)
	if t == nil || err != nil {
		return nil, err
	}
	if !c.in[0].typ.real() {
		c.unsupported("of %v elements; only floating point, or dequantised", c.in[0].typ)
		return nil, nil
	}
	return c.done(c.im.b.Each(c.name(), &runtime.Activation{Act: clamp}, t))
}

func clip(c *call) (*value, error) {
	clamp := runtime.Clamp{On: true, Lo: c.float("min", float32(math.Inf(-1))), Hi: c.float("max", float32(math.Inf(1)))}
	for i, bound := range []*float32{&clamp.Lo, &clamp.Hi} {
		if !c.has(i + 1) {
			continue
		}
		f, err := c.vector(i+1, 1)
		if f == nil || err != nil {
			return nil, err
		}
		*bound = f[0]
	}
	clamp.Lo = min(clamp.Lo, clamp.Hi) // as ONNX has it: the upper bound wins
	return c.activation(clamp)
}

// bound is Max and Min: of two activations, or of one and a number, another way to say Clip.
func bound(c *call) (*value, error) {
	for _, v := range c.in {
		if v != nil && v.c == nil && v.t == nil {
			return nil, nil // unknown
		}
	}
	if len(c.in) == 2 && c.has(0) && c.has(1) && c.in[0].t != nil && c.in[1].t != nil {
		how := kernels.Larger
		if c.n.op == "Min" {
			how = kernels.Smaller
		}
		return c.done(c.im.b.Binary(c.name(), how, c.in[0].t, c.in[1].t))
	}
	if len(c.in) != 2 || !c.has(0) || !c.has(1) || (c.in[0].c == nil) == (c.in[1].c == nil) {
		c.unsupported("only of two activations, or of one and a constant number")
		return nil, nil
	}
	if c.in[0].c != nil { // the constant comes second
		swapped := *c.n
		swapped.in = []string{c.n.in[1], c.n.in[0]}
		c.n, c.in = &swapped, []*value{c.in[1], c.in[0]}
	}
	if c.in[1].c.elements() != 1 {
		c.unsupported("a constant of %v; only one number", c.in[1].c.dims)
		return nil, nil
	}
	f, err := c.vector(1, 1)
	if f == nil || err != nil {
		return nil, err
	}
	clamp := runtime.Clamp{On: true, Lo: f[0], Hi: float32(math.Inf(1))}
	if c.n.op == "Min" {
		clamp = runtime.Clamp{On: true, Lo: float32(math.Inf(-1)), Hi: f[0]}
	}
	return c.activation(clamp)
}
