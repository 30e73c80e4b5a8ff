package onnx

import (
	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerSoftmax() {
	register("Hardmax", operator{handle: softmax, heeds: "axis", old: true})
	register("LogSoftmax", operator{handle: softmax, heeds: "axis", old: true})
	register("QLinearSoftmax", operator{handle: qlinearSoftmax, contrib: onlyContrib, heeds: "axis opset",
		takes: onLazy, quantises: true})
	register("Softmax", operator{handle: softmax, heeds: "axis", takes: onQuanta, old: true})
}

// softmax is Softmax, LogSoftmax and Hardmax: along one axis, or before operator set 13 along all from that on
// together.
func softmax(c *call) (*value, error) { return c.softmax(int(min(c.im.m.opset, 13))) }

func (c *call) softmax(opset int) (*value, error) {
	t, err := c.any(0)
	if t == nil || err != nil {
		return nil, err
	}
	def, joined := -1, false
	if opset < 13 {
		def, joined = 1, true
	}
	rank := len(t.Dims)
	a := c.int("axis", def)
	if !joined || a != rank { // where it is of one element each
		if a, err = axis(a, rank); err != nil {
			return nil, err
		}
	}
	over := make([]bool, rank)
	for i := range over {
		over[i] = i == a || joined && i > a
	}
	form := map[string]kernels.SoftmaxForm{"Softmax": kernels.SoftmaxPlain, "LogSoftmax": kernels.SoftmaxLog,
		"Hardmax": kernels.SoftmaxHard}[c.n.op]
	if !c.quanta {
		return c.done(c.im.b.Softmax(c.name(), t, over, form))
	}
	return c.putOff(t, func(x *axes.Tensor, act runtime.Clamp) (*axes.Tensor, error) {
		y, err := c.im.b.Softmax(c.name(), x, over, form)
		if err != nil || !act.On {
			return y, err
		}
		return c.im.b.Each(c.name()+"/activation", &runtime.Activation{Act: act}, y)
	}, func(to runtime.Quant, act runtime.Clamp) (*axes.Tensor, error) {
		op, ok := c.im.b.PlainSoftmax(t, over)
		if !ok || act.On || !hasQuantised(op, to, []*axes.Tensor{t}) {
			return nil, nil
		}
		return c.im.b.Add(c.name(), &runtime.Quantised{Op: op, Out: to}, t)
	}), nil
}

// qlinearSoftmax is Softmax of the operator set of its attribute.
func qlinearSoftmax(c *call) (*value, error) {
	x, err := c.dequant(0, 1, 2, 1)
	if x == nil || err != nil {
		return nil, err
	}
	opset := c.int("opset", 0)
	v, err := c.as("Softmax", func(c *call) (*value, error) { return c.softmax(opset) }, x)
	return c.requant(v, err, 3, 4)
}
