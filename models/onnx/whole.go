package onnx

import (
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

// Values of whole numbers: int32, int64, bool and their like. Those of uint8 and int8 inputs are floats until something
// wants them as whole numbers.

func registerWhole() {
	register("Equal", operator{handle: compare, integers: true})
	register("Greater", operator{handle: compare, integers: true})
	register("GreaterOrEqual", operator{handle: compare, integers: true})
	register("Less", operator{handle: compare, integers: true})
	register("LessOrEqual", operator{handle: compare, integers: true})
	register("And", operator{handle: logic, integers: true})
	register("Or", operator{handle: logic, integers: true})
	register("Xor", operator{handle: logic, integers: true})
	register("Not", operator{handle: not, integers: true})
	register("BitwiseAnd", operator{handle: wholeArithmetic, integers: true})
	register("BitwiseOr", operator{handle: wholeArithmetic, integers: true})
	register("BitwiseXor", operator{handle: wholeArithmetic, integers: true})
	register("BitwiseNot", operator{handle: wholeUnary, integers: true})
	register("Where", operator{handle: where, integers: true})
}

// wholes are operators that have another handler where their first input is of whole numbers.
var wholes = map[string]operator{
	"Abs": {handle: wholeUnary}, "Neg": {handle: wholeUnary}, "Sign": {handle: wholeUnary},
	"Relu": {handle: wholeUnary}, "Add": {handle: wholeArithmetic}, "Sub": {handle: wholeArithmetic},
	"Mul": {handle: wholeArithmetic}, "Div": {handle: wholeArithmetic}, "Max": {handle: wholeArithmetic},
	"Min": {handle: wholeArithmetic}, "Sum": {handle: wholeArithmetic}, "Mod": {handle: wholeArithmetic, heeds: "fmod"},
	"Pow": {handle: wholePower}, "Clip": {handle: wholeClip},
}

// operator is what is known of the node's operator, for its inputs.
func (c *call) operator() operator {
	op := operators[c.n.op]
	if c.n.op == "Gather" && len(c.in) > 1 && c.in[1] != nil && c.in[1].t != nil {
		return operator{handle: gatherBy, heeds: op.heeds, integers: true}
	}
	if whole, ok := wholes[c.n.op]; ok && len(c.in) > 0 && c.in[0].whole() {
		whole.integers = true
		return whole
	}
	return op
}

// whole reports whether a value is of whole numbers.
func (v *value) whole() bool {
	return v != nil && v.lazy == nil && (v.c != nil && v.c.typ.whole() || v.t != nil && v.typ.whole())
}

// elemOf is how values say that the model has their elements of that type.
var elemOf = map[elem]runtime.Elem{elemInt8: runtime.ElemInt8, elemUint8: runtime.ElemUint8,
	elemInt16: runtime.ElemInt16, elemUint16: runtime.ElemUint16, elemInt32: runtime.ElemSame,
	elemUint32: runtime.ElemUint32, elemInt64: runtime.ElemInt64, elemUint64: runtime.ElemUint64,
	elemBool: runtime.ElemBool}

// outElem is what the elements of an output of the graph are.
func (v *value) outElem() runtime.Elem {
	if v.t.DType != runtime.I32 {
		return runtime.ElemSame
	}
	return elemOf[v.typ]
}

// operand returns input i as a tensor, a constant too: floats, or int32 if it is of whole numbers. It is nil if the
// input is unknown or unsupported, which is noted.
func (c *call) operand(i int) (*axes.Tensor, error) {
	if !c.has(i) {
		return nil, fmt.Errorf("input %d is missing: %w", i+1, runtime.ErrGraph)
	}
	v, name := c.in[i], fmt.Sprintf("%s/input%d", c.name(), i)
	switch {
	case v.c != nil && v.c.typ.real():
		k, err := c.real(i)
		if k == nil || err != nil {
			return nil, err
		}
		return c.im.b.Constant(name, k.src, nil)
	case v.c != nil:
		return c.im.wholeConstant(name, v.c, func(format string, args ...any) {
			c.unsupported("its input %q "+format, append([]any{c.n.in[i]}, args...)...)
		})
	case v.t == nil || v.typ.real() || v.t.DType == runtime.I32:
		return v.t, nil
	case v.t.DType == runtime.U8:
		c.unsupported("its input %q is quantised, of %v elements; only dequantised", c.n.in[i], v.typ)
		return nil, nil
	}
	return c.im.b.Each(name, &runtime.Cast{To: runtime.I32, Elem: elemOf[v.typ]}, v.t)
}

// wholeConstant makes a constant of whole numbers a tensor; nil if one of them is no int32, which is noted.
func (im *importer) wholeConstant(name string, k *tensor, unsupported func(string, ...any)) (*axes.Tensor, error) {
	n := k.elements()
	if k.raw == nil && n > 0 || k.typ.size() == 0 {
		unsupported("has %v elements", k.typ)
		return nil, nil
	}
	if err := im.b.Take(n); err != nil {
		return nil, err
	}
	w := make([]int32, n)
	for i := range w {
		v := k.int(i)
		if v < math.MinInt32 || v > math.MaxInt32 || k.typ == elemUint64 && v < 0 {
			unsupported("has the number %d; only such as int32 has", v)
			return nil, nil
		}
		w[i] = int32(v)
	}
	return im.b.Ints(name, k.dims, w)
}

// given makes a constant that is an output of the graph a tensor; nil if that cannot be, which is noted.
func (im *importer) given(name string, v *value) (*axes.Tensor, error) {
	unsupported := func(format string, args ...any) { im.b.Unsupported("output", name, format, args...) }
	switch {
	case v.c.elements() == 0 || v.c.raw == nil:
		unsupported("it is a constant of %v elements, %v", v.c.typ, v.c.dims)
		return nil, nil
	case v.c.typ.real():
		return im.b.Constant(name, v.src, nil)
	}
	return im.wholeConstant(name, v.c, unsupported)
}

// operands returns all inputs as tensors; nil if one is nil.
func (c *call) operands(n int) ([]*axes.Tensor, error) {
	if len(c.in) != n {
		return nil, fmt.Errorf("%d inputs, want %d: %w", len(c.in), n, runtime.ErrGraph)
	}
	ts := make([]*axes.Tensor, n)
	for i := range ts {
		var err error
		if ts[i], err = c.operand(i); ts[i] == nil || err != nil {
			return nil, err
		}
	}
	return ts, nil
}

// of is a value of elements of that type.
func of(typ elem, t *axes.Tensor, err error) (*value, error) {
	if err != nil {
		return nil, err
	}
	return &value{t: t, typ: typ}, nil
}

// elem is the type of input i's elements.
func (c *call) elem(i int) elem {
	if v := c.in[i]; v.c != nil {
		return v.c.typ
	}
	return c.in[i].typ
}

var relations = map[string]kernels.Comparison{"Equal": kernels.Equal, "Greater": kernels.Greater,
	"GreaterOrEqual": kernels.GreaterOrEqual, "Less": kernels.Less, "LessOrEqual": kernels.LessOrEqual}

func compare(c *call) (*value, error) {
	ts, err := c.operands(2)
	if ts == nil || err != nil {
		return nil, err
	}
	t, err := c.im.b.Broadcast(c.name(), &runtime.Compare{How: relations[c.n.op]}, ts...)
	return of(elemBool, t, err)
}

var wholeOps = map[string]kernels.Whole{"And": kernels.WholeAnd, "Or": kernels.WholeOr, "Xor": kernels.WholeXor,
	"BitwiseAnd": kernels.WholeBitAnd, "BitwiseOr": kernels.WholeBitOr, "BitwiseXor": kernels.WholeBitXor,
	"Add": kernels.WholePlus, "Sub": kernels.WholeMinus, "Mul": kernels.WholeTimes, "Div": kernels.WholeOver,
	"Max": kernels.WholeLarger, "Min": kernels.WholeSmaller, "Sum": kernels.WholePlus, "Mod": kernels.WholeFloorRemainder,
	"Pow": kernels.WholePower}

func logic(c *call) (*value, error) {
	ts, err := c.operands(2)
	if ts == nil || err != nil {
		return nil, err
	}
	t, err := c.im.b.Broadcast(c.name(), &runtime.Whole{How: wholeOps[c.n.op]}, ts...)
	return of(elemBool, t, err)
}

func not(c *call) (*value, error) {
	ts, err := c.operands(1)
	if ts == nil || err != nil {
		return nil, err
	}
	t, err := c.with(c.name(), &runtime.Compare{How: kernels.Equal}, ts[0], 0)
	return of(elemBool, t, err)
}

// with appends an operation over t and a number.
func (c *call) with(name string, op runtime.Op, t *axes.Tensor, number int32) (*axes.Tensor, error) {
	k, err := c.im.b.Ints(name+"/number", nil, []int32{number})
	if err != nil {
		return nil, err
	}
	return c.im.b.Broadcast(name, op, t, k)
}

// narrowed keeps what was computed of whole numbers within the type that the model has them as.
func (c *call) narrowed(typ elem, t *axes.Tensor, err error) (*value, error) {
	if err != nil {
		return nil, err
	}
	switch typ {
	case elemInt8, elemUint8, elemInt16, elemUint16:
		t, err = c.im.b.Each(c.name()+"/narrowed", &runtime.Cast{To: runtime.I32, Elem: elemOf[typ]}, t)
	}
	return of(typ, t, err)
}

// wholeArithmetic is arithmetic between two or more values.
func wholeArithmetic(c *call) (*value, error) {
	ts, err := c.operands(len(c.in))
	if ts == nil || err != nil {
		return nil, err
	}
	typ, how := c.elem(0), wholeOps[c.n.op]
	if c.n.op == "Mod" && c.int("fmod", 0) != 0 {
		how = kernels.WholeRemainder
	}
	for i := range c.in {
		if c.elem(i) != typ {
			return nil, fmt.Errorf("%v beside %v: %w", c.elem(i), typ, runtime.ErrShape)
		}
	}
	unsigned := typ == elemUint32 || typ == elemUint64
	if exact := how == kernels.WholeLarger || how == kernels.WholeSmaller; unsigned && !exact {
		c.unsupported("of %v elements; only up to int32 and int64", typ)
		return nil, nil
	}
	acc := ts[0]
	for i, t := range ts[1:] {
		name := c.name()
		if i < len(ts)-2 {
			name = fmt.Sprintf("%s/%d", name, i)
		}
		if acc, err = c.im.b.Broadcast(name, &runtime.Whole{How: how}, acc, t); err != nil {
			return nil, err
		}
	}
	return c.narrowed(typ, acc, nil)
}

// wholeUnary is a function of one whole number.
func wholeUnary(c *call) (*value, error) {
	ts, err := c.operands(1)
	if ts == nil || err != nil {
		return nil, err
	}
	typ, t := c.elem(0), ts[0]
	b := c.im.b
	var out *axes.Tensor
	switch c.n.op {
	case "Relu":
		out, err = c.with(c.name(), &runtime.Whole{How: kernels.WholeLarger}, t, 0)
	case "BitwiseNot":
		out, err = c.with(c.name(), &runtime.Whole{How: kernels.WholeBitXor}, t, -1)
	case "Sign":
		if out, err = c.with(c.name()+"/most", &runtime.Whole{How: kernels.WholeSmaller}, t, 1); err == nil {
			out, err = c.with(c.name(), &runtime.Whole{How: kernels.WholeLarger}, out, -1)
		}
	default: // Neg and Abs
		if out, err = c.with(c.name()+"/negated", &runtime.Whole{How: kernels.WholeTimes}, t, -1); err == nil &&
			c.n.op == "Abs" {
			out, err = b.Broadcast(c.name(), &runtime.Whole{How: kernels.WholeLarger}, t, out)
		}
	}
	return c.narrowed(typ, out, err)
}

// wholeClip keeps whole numbers within bounds, of which either may be missing.
func wholeClip(c *call) (*value, error) {
	t, err := c.operand(0)
	if t == nil || err != nil {
		return nil, err
	}
	for i, how := range []kernels.Whole{kernels.WholeLarger, kernels.WholeSmaller} {
		if !c.has(i + 1) {
			continue
		}
		bound, err := c.operand(i + 1)
		if bound == nil || err != nil {
			return nil, err
		}
		if t, err = c.im.b.Broadcast(fmt.Sprintf("%s/%v", c.name(), how), &runtime.Whole{How: how}, t, bound); err != nil {
			return nil, err
		}
	}
	return of(c.elem(0), t, nil)
}

// wholePower is a whole number to the power of another.
func wholePower(c *call) (*value, error) {
	ts, err := c.operands(2)
	if ts == nil || err != nil {
		return nil, err
	}
	if !c.elem(1).whole() {
		c.unsupported("%v to the power of %v; cast the first", c.elem(0), c.elem(1))
		return nil, nil
	}
	t, err := c.im.b.Broadcast(c.name(), &runtime.Whole{How: kernels.WholePower}, ts...)
	return c.narrowed(c.elem(0), t, err)
}

func where(c *call) (*value, error) {
	ts, err := c.operands(3)
	if ts == nil || err != nil {
		return nil, err
	}
	t, err := c.im.b.Broadcast(c.name(), &runtime.Where{}, ts...)
	return of(c.elem(1), t, err)
}
