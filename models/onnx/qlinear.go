package onnx

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/runtime"
)

func registerQlinear() {
	register("QGemm", operator{handle: qGemm, contrib: onlyContrib, heeds: "alpha transA transB",
		takes: onLazy, quantises: true})
	register("QLinearAdd", operator{handle: qlinearArithmetic, contrib: onlyContrib, takes: onLazy, quantises: true})
	register("QLinearAveragePool", operator{handle: qlinearPool, contrib: onlyContrib,
		heeds: "auto_pad ceil_mode channels_last count_include_pad dilations kernel_shape pads strides",
		takes: onLazy, quantises: true})
	register("QLinearConcat", operator{handle: qlinearConcat, contrib: onlyContrib, heeds: "axis",
		takes: onLazy, quantises: true})
	register("QLinearConv", operator{handle: qlinearConv, heeds: "auto_pad dilations group kernel_shape pads strides",
		takes: onLazy, quantises: true})
	register("QLinearGlobalAveragePool", operator{handle: qlinearPool, contrib: onlyContrib, heeds: "channels_last",
		takes: onLazy, quantises: true})
	register("QLinearLeakyRelu", operator{handle: qlinearCurve, contrib: onlyContrib, heeds: "alpha", takes: onLazy,
		quantises: true})
	register("QLinearMul", operator{handle: qlinearArithmetic, contrib: onlyContrib, takes: onLazy, quantises: true})
	register("QLinearSigmoid", operator{handle: qlinearCurve, contrib: onlyContrib, takes: onLazy, quantises: true})
	register("QLinearMatMul", operator{handle: qlinearMatMul, takes: onLazy, quantises: true})
}

// as calls a float operator's handler on other inputs, with this node's attributes and output.
func (c *call) as(op string, h handler, in ...*value) (*value, error) {
	for _, v := range in {
		if v == nil { // unknown
			return nil, nil
		}
	}
	n := *c.n
	n.op, n.in = op, slices.Repeat([]string{c.n.out[0]}, len(in))
	sub := &call{im: c.im, n: &n, in: in}
	v, err := sub.run(h)
	if v == nil || err != nil {
		return nil, err
	}
	return v, nil
}

// requant quantises a result by scale input si and zero point input zi.
func (c *call) requant(v *value, err error, si, zi int) (*value, error) {
	if v == nil || err != nil {
		return nil, err
	}
	p, err := c.params(si, zi)
	if p == nil || err != nil {
		return nil, err
	}
	typ := p.typ
	if typ == 0 {
		typ = elemUint8
	}
	return c.quantiseAs(v, p, typ)
}

// bias returns the int32 constant of input i, in units of in times each of the weights' scales.
func (c *call) bias(i int, in *value, w *value) (*value, error) {
	b, err := c.constant(i)
	if b == nil || err != nil {
		return nil, err
	}
	if b.c.typ != elemInt32 || in.lazy == nil || in.lazy.u == nil || w.c == nil || w.c.q == nil {
		c.unsupported("a bias of %v; only int32", b.c.typ)
		return nil, nil
	}
	n := len(w.c.q.scale)
	if n != 1 && n != b.c.elements() {
		return nil, fmt.Errorf("%d biases for %d scales: %w", b.c.elements(), n, runtime.ErrShape)
	}
	p := &params{scale: make([]float32, n), zero: make([]int32, n)}
	for k, s := range w.c.q.scale {
		p.scale[k] = in.lazy.u.Quant().Scale * s
	}
	k := *b.c
	k.dims = []int{b.c.elements()}
	return c.dequantConstant(&k, p, 0)
}

func qlinearConv(c *call) (*value, error) {
	x, err := c.dequant(0, 1, 2, 1)
	if err != nil {
		return nil, err
	}
	w, err := c.dequant(3, 4, 5, 0)
	if x == nil || w == nil || err != nil {
		return nil, err
	}
	in := []*value{x, w}
	if c.has(8) {
		b, err := c.bias(8, x, w)
		if err != nil {
			return nil, err
		}
		in = append(in, b)
	}
	v, err := c.as("Conv", conv, in...)
	return c.requant(v, err, 6, 7)
}

func qlinearMatMul(c *call) (*value, error) {
	a, err := c.dequant(0, 1, 2, 1)
	if err != nil {
		return nil, err
	}
	w, err := c.dequant(3, 4, 5, 1)
	if err != nil {
		return nil, err
	}
	v, err := c.as("MatMul", matMul, a, w)
	return c.requant(v, err, 6, 7)
}

func qGemm(c *call) (*value, error) {
	a, err := c.dequant(0, 1, 2, 1)
	if err != nil {
		return nil, err
	}
	axis := 1
	if c.int("transB", 0) != 0 {
		axis = 0
	}
	w, err := c.dequant(3, 4, 5, axis)
	if a == nil || w == nil || err != nil {
		return nil, err
	}
	in := []*value{a, w}
	if c.has(6) {
		if c.float("alpha", 1) != 1 {
			c.unsupported("alpha %v", c.float("alpha", 1))
			return nil, nil
		}
		b, err := c.bias(6, a, w)
		if err != nil {
			return nil, err
		}
		in = append(in, b)
	}
	v, err := c.as("Gemm", gemm, in...)
	if !c.has(7) {
		return v, err
	}
	return c.requant(v, err, 7, 8)
}

// qlinearArithmetic is of two tensors, broadcast.
func qlinearArithmetic(c *call) (*value, error) {
	a, err := c.dequant(0, 1, 2, 1)
	if err != nil {
		return nil, err
	}
	b, err := c.dequant(3, 4, 5, 1)
	if err != nil {
		return nil, err
	}
	v, err := c.as(strings.TrimPrefix(c.n.op, "QLinear"), arithmetic, a, b)
	return c.requant(v, err, 6, 7)
}

// qlinearCurve is of single elements.
func qlinearCurve(c *call) (*value, error) {
	x, err := c.dequant(0, 1, 2, 1)
	if err != nil {
		return nil, err
	}
	v, err := c.as(strings.TrimPrefix(c.n.op, "QLinear"), curve, x)
	return c.requant(v, err, 3, 4)
}

func qlinearPool(c *call) (*value, error) {
	if c.int("channels_last", 0) != 0 {
		c.unsupported("channels_last; only [N C H W]")
		return nil, c.err
	}
	x, err := c.dequant(0, 1, 2, 1)
	if err != nil {
		return nil, err
	}
	op, h := "AveragePool", handler(pool)
	if c.n.op == "QLinearGlobalAveragePool" {
		op, h = "GlobalAveragePool", globalPool
	}
	v, err := c.as(op, h, x)
	return c.requant(v, err, 3, 4)
}

func qlinearConcat(c *call) (*value, error) {
	var in []*value
	for i := 2; i < len(c.in); i += 3 {
		x, err := c.dequant(i, i+1, i+2, 1)
		if err != nil {
			return nil, err
		}
		in = append(in, x)
	}
	v, err := c.as("Concat", concat, in...)
	return c.requant(v, err, 0, 1)
}
