package onnx

import (
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerQuantops() {
	register("DequantizeLinear", operator{handle: dequantizeLinear, contrib: alsoContrib,
		heeds: "axis block_size | output_dtype", takes: onLazy, quantises: true})
	register("QuantizeLinear", operator{handle: quantizeLinear, contrib: alsoContrib,
		heeds: "axis block_size output_dtype | saturate", takes: onLazy, quantises: true}) // of float8
}

// coded names a tensor of integers held as floats, and what they are to stand for.
type coded struct {
	t  *axes.Tensor
	to runtime.Quant
}

// params are the scales and zero points of inputs of a node.
type params struct {
	scale []float32
	zero  []int32
	typ   elem // of the zero point; 0 if there is none
}

// params reads scale input si and zero point input zi, constants. It returns nil if one is unknown or unsupported.
func (c *call) params(si, zi int) (*params, error) {
	s, err := c.real(si)
	if s == nil || err != nil {
		return nil, err
	}
	p := &params{}
	if p.scale, err = c.im.b.Floats(s.src); err != nil {
		return nil, err
	}
	if err := c.im.b.Take(len(p.scale)); err != nil {
		return nil, err
	}
	p.zero = make([]int32, len(p.scale))
	if !c.has(zi) {
		return p, nil
	}
	z, err := c.constant(zi)
	if z == nil || err != nil {
		return nil, err
	}
	if p.typ = z.c.typ; p.typ != elemUint8 && p.typ != elemInt8 && p.typ != elemInt32 || z.c.raw == nil {
		c.unsupported("quantisation to %v; only to uint8 and int8", p.typ)
		return nil, nil
	}
	n := z.c.elements()
	if n != len(p.zero) && n != 1 {
		return nil, fmt.Errorf("%d zero points for %d scales: %w", n, len(p.scale), runtime.ErrShape)
	}
	q := quantum{typ: p.typ, scale: []float32{1}, zero: []int32{0}, inner: 1}
	for i := range p.zero {
		v, _ := q.at(z.c.raw, i%n)
		p.zero[i] = int32(v)
	}
	return p, nil
}

// quant returns the parameters of an activation of that type, int8 shifted to uint8. ok is false if they are
// unsupported.
func (c *call) quant(p *params, typ elem) (q runtime.Quant, ok bool, err error) {
	switch {
	case typ != elemUint8 && typ != elemInt8:
		c.unsupported("quantisation of activations to %v; only to uint8 and int8", typ)
		return q, false, nil
	case p.typ != 0 && p.typ != typ:
		return q, false, fmt.Errorf("%v elements with a zero point of %v: %w", typ, p.typ, runtime.ErrShape)
	case len(p.scale) != 1:
		c.unsupported("%d scales for an activation; only one", len(p.scale))
		return q, false, nil
	case !normal(p.scale[0]):
		return q, false, fmt.Errorf("scale %v is not a positive normal number: %w", p.scale[0], runtime.ErrShape)
	}
	zero := p.zero[0]
	if typ == elemInt8 {
		zero += 128
	}
	return runtime.Quant{Scale: p.scale[0], Zero: uint8(zero)}, true, nil
}

// along returns the elements for each index of the axis that n scales are along; ok is false if they do not fit.
func (c *call) along(dims []int, n, a int) (inner int, ok bool, err error) {
	if n == 1 {
		return 1, true, nil
	}
	if a, err = axis(a, len(dims)); err != nil {
		return 0, false, err
	}
	if dims[a] != n {
		c.unsupported("%d scales along axis %d of %v", n, a, dims)
		return 0, false, nil
	}
	inner = 1
	for _, d := range dims[a+1:] {
		inner *= d
	}
	return inner, true, nil
}

func dequantizeLinear(c *call) (*value, error) {
	if c.int("block_size", 0) != 0 {
		c.unsupported("block_size; only one scale, or one for each index of an axis")
		return nil, c.err
	}
	return c.dequant(0, 1, 2, c.int("axis", 1))
}

// dequant returns the dequantisation of input xi by the scale of input si and the zero point of input zi.
func (c *call) dequant(xi, si, zi, a int) (*value, error) {
	if !c.has(xi) {
		return nil, fmt.Errorf("input %d is missing: %w", xi+1, runtime.ErrGraph)
	}
	p, err := c.params(si, zi)
	if p == nil || err != nil {
		return nil, err
	}
	x := c.in[xi]
	switch {
	case x.c != nil:
		return c.dequantConstant(x.c, p, a)
	case x.lazy != nil:
		return nil, fmt.Errorf("its input %q is float: %w", c.n.in[xi], runtime.ErrShape)
	case x.t == nil:
		return nil, nil
	}
	q, ok, err := c.quant(p, x.typ)
	if !ok || err != nil {
		return nil, err
	}
	u, err := c.bytes(c.n.in[xi], x, q)
	if u == nil || err != nil {
		return nil, err
	}
	name := c.name()
	if c.n.op != "DequantizeLinear" {
		name = u.Name() + "/dequantized"
	}
	return c.im.dequantised(name, u), nil
}

func (c *call) dequantConstant(t *tensor, p *params, a int) (*value, error) {
	switch {
	case t.typ != elemUint8 && t.typ != elemInt8 && t.typ != elemInt32 || t.raw == nil || t.q != nil:
		c.unsupported("constants of %v; only of int8, uint8 and int32", t.typ)
		return nil, nil
	case p.typ != 0 && p.typ != t.typ:
		return nil, fmt.Errorf("%v elements with a zero point of %v: %w", t.typ, p.typ, runtime.ErrShape)
	}
	inner, ok, err := c.along(t.dims, len(p.scale), a)
	if !ok || err != nil {
		return nil, err
	}
	k := *t
	k.typ, k.q = elemFloat, &quantum{typ: t.typ, scale: p.scale, zero: p.zero, inner: inner}
	return constant(&k), nil
}

// bytes returns an integer tensor as the uint8 tensor that stands for what q says; nil if it stands for something else.
func (c *call) bytes(name string, x *value, q runtime.Quant) (*axes.Tensor, error) {
	if x.t.DType == runtime.U8 {
		if have := x.t.Quant(); have != q {
			c.unsupported("its input %q is quantised by %v and zero point %d, and read by %v and %d", name, have.Scale,
				have.Zero, q.Scale, q.Zero)
			return nil, nil
		}
		return x.t, nil
	}
	key := coded{x.t, q}
	if u := c.im.bytes[key]; u != nil {
		return u, nil
	}
	if !(q.Scale >= 1e-30 && q.Scale <= 1e30) {
		c.unsupported("scale %v of an input of integers", q.Scale)
		return nil, nil
	}
	// The integer v stands for s·(v − z), which, divided by s and rounded, is v − z again: the error is far below ½.
	zero := float32(q.Zero)
	if x.typ == elemInt8 {
		zero -= 128
	}
	real := x.t
	var err error
	if q.Scale != 1 || zero != 0 {
		if real, err = c.im.b.Affine(name+"/real", x.t, []float32{q.Scale}, []float32{-zero * q.Scale}); err != nil {
			return nil, err
		}
	}
	u, err := c.im.b.Each(name+"/quantized", &runtime.Quantize{To: q}, real)
	if err == nil {
		c.im.bytes[key] = u
	}
	return u, err
}

func quantizeLinear(c *call) (*value, error) {
	if c.int("block_size", 0) != 0 {
		c.unsupported("block_size; only one scale, or one for each index of an axis")
		return nil, c.err
	}
	p, err := c.params(1, 2)
	if p == nil || err != nil {
		return nil, err
	}
	if !c.has(0) {
		return nil, fmt.Errorf("input 1 is missing: %w", runtime.ErrGraph)
	}
	typ := elem(c.int("output_dtype", 0))
	if typ == 0 {
		if typ = p.typ; typ == 0 {
			typ = elemUint8
		}
	}
	if x := c.in[0]; x.c != nil {
		return c.quantConstant(x, p, typ)
	}
	return c.quantiseAs(c.in[0], p, typ)
}

// quantiseAs returns a float activation as integers.
func (c *call) quantiseAs(x *value, p *params, typ elem) (*value, error) {
	if x == nil || x.t == nil && x.lazy == nil {
		return nil, nil
	}
	q, ok, err := c.quant(p, typ)
	if !ok || err != nil {
		return nil, err
	}
	if !x.typ.real() {
		return nil, fmt.Errorf("its input has %v elements: %w", x.typ, runtime.ErrShape)
	}
	u, err := c.im.quantise(c.name(), x, q)
	if err != nil {
		return nil, err
	}
	return &value{t: u, typ: typ}, nil
}

// quantConstant rounds a constant, as exporters of quantisation-aware training leave it to be done.
func (c *call) quantConstant(x *value, p *params, typ elem) (*value, error) {
	lo, hi := 0., 255.
	switch {
	case typ == elemInt8:
		lo, hi = -128, 127
	case typ != elemUint8:
		c.unsupported("quantisation to %v; only to uint8 and int8", typ)
		return nil, nil
	}
	f, err := c.real(0)
	if f == nil || err != nil {
		return nil, err
	}
	inner, ok, err := c.along(x.c.dims, len(p.scale), c.int("axis", 1))
	if !ok || err != nil {
		return nil, err
	}
	fs, err := c.im.b.Floats(x.src)
	if err != nil {
		return nil, err
	}
	if err := c.im.b.Take(len(fs)); err != nil {
		return nil, err
	}
	raw := make([]byte, len(fs))
	for i, v := range fs {
		ch := i / inner % len(p.scale)
		level := math.RoundToEven(float64(v/p.scale[ch])) + float64(p.zero[ch])
		if !(level >= lo) { // NaN too
			level = lo
		}
		raw[i] = byte(int(min(level, hi)))
	}
	return constant(&tensor{typ: typ, dims: x.c.dims, raw: raw}), nil
}

// The operators of the QOperator format are a DequantizeLinear of each input, a float operator and a QuantizeLinear.
