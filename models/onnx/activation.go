package onnx

import (
	"math"

	"github.com/gneiss-go/gneiss/runtime"
)

func registerActivation() {
	register("Clip", operator{handle: clip, heeds: "min max", takes: onLazy})
	register("Relu", operator{handle: relu, takes: onLazy})
}

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
