package tflite

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

const (
	opTopK         = 48
	opCast         = 53
	opArgMax       = 56
	opLess         = 58
	opGreater      = 61
	opGreaterEqual = 62
	opLessEqual    = 63
	opSelect       = 64
	opEqual        = 71
	opNotEqual     = 72
	opArgMin       = 79
	opLogicalOr    = 84
	opOneHot       = 85
	opLogicalAnd   = 86
	opLogicalNot   = 87
	opScatterND    = 122
	opSelectV2     = 123
)

func registerWhole() {
	// Operations on whole numbers and bools, and such as make them.
	register(opCast, form{handle: cast, options: 37, fields: 2})     // in_data_type, out_data_type
	register(opArgMax, form{handle: argMax, options: 40, fields: 1}) // output_type
	register(opArgMin, form{handle: argMax, options: 57, fields: 1}) // output_type
	register(opTopK, form{handle: topK, options: 34})
	register(opOneHot, form{handle: oneHot, options: 61, fields: 1}) // axis
	register(opLess, form{handle: compare, options: 41})
	register(opGreater, form{handle: compare, options: 44})
	register(opGreaterEqual, form{handle: compare, options: 45})
	register(opLessEqual, form{handle: compare, options: 46})
	register(opEqual, form{handle: compare, options: 53})
	register(opNotEqual, form{handle: compare, options: 54})
	register(opSelect, form{handle: choose, options: 47})
	register(opSelectV2, form{handle: choose, options: 98})
	register(opLogicalOr, form{handle: logic, options: 60})
	register(opLogicalAnd, form{handle: logic, options: 62})
	register(opLogicalNot, form{handle: logicNot, options: 63})
	register(opScatterND, form{handle: scatterND, options: 97})
}

// wholes are operations that have another handler where their output is of whole numbers.
var wholes = map[int]form{
	0:   {handle: wholeArithmetic, options: 11, fields: 2}, // ADD: activation, pot_scale_int16
	18:  {handle: wholeArithmetic, options: 21, fields: 1}, // MUL
	41:  {handle: wholeArithmetic, options: 28, fields: 2}, // SUB
	42:  {handle: wholeArithmetic, options: 29, fields: 1}, // DIV
	55:  {handle: wholeArithmetic, options: 39},            // MAXIMUM
	57:  {handle: wholeArithmetic, options: 39},            // MINIMUM
	59:  {handle: wholeNeg, options: 42},                   // NEG
	90:  {handle: wholeArithmetic, options: 65},            // FLOOR_DIV
	95:  {handle: wholeArithmetic, options: 72},            // FLOOR_MOD
	101: {handle: wholeNeg, options: 78},                   // ABS
}

// elemOf is how values say that the model has their elements of that type.
var elemOf = map[dtype]runtime.Elem{typeInt8: runtime.ElemInt8, typeUint8: runtime.ElemUint8,
	typeInt16: runtime.ElemInt16, typeInt32: runtime.ElemSame, typeInt64: runtime.ElemInt64, typeBool: runtime.ElemBool}

// whole reports whether a tensor has whole numbers that stand for themselves.
func (t *tensor) whole() bool {
	_, ok := elemOf[t.dtype]
	return ok && len(t.scale) == 0
}

// operand returns input i as a value, a constant too: floats, those that stand for floats dequantised, or whole
// numbers.
func (n *node) operand(i int) (*axes.Tensor, error) {
	t := n.tensor(i)
	if t == nil || !t.constant() {
		x, err := n.input(i)
		if err != nil || x.DType != runtime.U8 {
			return x, err
		}
		return n.b.Each(fmt.Sprintf("%s/real%d", n.name, i), &runtime.Dequantize{}, x)
	}
	name := fmt.Sprintf("%s/input%d", n.name, i)
	if _, ok := axes.Product(1<<28, t.shape...); !ok {
		return nil, fmt.Errorf("a constant of shape %v: %w", t.shape, runtime.ErrShape)
	}
	if !t.whole() {
		k, err := n.reals(t)
		if err != nil {
			return nil, err
		}
		return n.b.Constant(name, &axes.Source{Dims: t.shape, Decode: func(dst []float32, from int) { copy(dst, k[from:]) }}, nil)
	}
	w, err := n.wholeNumbers(t)
	if err != nil {
		return nil, err
	}
	return n.b.Ints(name, t.shape, w)
}

// wholeNumbers decodes a constant of whole numbers, of which each must be an int32.
func (im *importer) wholeNumbers(t *tensor) ([]int32, error) {
	size := map[dtype]int{typeInt8: 1, typeUint8: 1, typeBool: 1, typeInt16: 2, typeInt32: 4, typeInt64: 8}[t.dtype]
	raw, err := im.raw(t, size)
	if err != nil {
		return nil, err
	}
	le, w := binary.LittleEndian, make([]int32, len(raw)/size)
	for i := range w {
		switch t.dtype {
		case typeInt8:
			w[i] = int32(int8(raw[i]))
		case typeUint8:
			w[i] = int32(raw[i])
		case typeBool:
			w[i] = int32(min(raw[i], 1))
		case typeInt16:
			w[i] = int32(int16(le.Uint16(raw[2*i:])))
		case typeInt32:
			w[i] = int32(le.Uint32(raw[4*i:]))
		default:
			v := int64(le.Uint64(raw[8*i:]))
			if v < math.MinInt32 || v > math.MaxInt32 {
				return nil, fmt.Errorf("constant %q has the number %d; only such as int32 has: %w", t.name, v, runtime.ErrLimit)
			}
			w[i] = int32(v)
		}
	}
	return w, nil
}

// operands returns so many inputs.
func (n *node) operands(count int) ([]*axes.Tensor, error) {
	if len(n.inputs) != count {
		return nil, fmt.Errorf("%d inputs, want %d: %w", len(n.inputs), count, runtime.ErrGraph)
	}
	ts := make([]*axes.Tensor, count)
	for i := range ts {
		var err error
		if ts[i], err = n.operand(i); err != nil {
			return nil, err
		}
	}
	return ts, nil
}

func cast(n *node) error {
	t, err := n.output()
	if err != nil {
		return err
	}
	x, err := n.operand(0)
	if err != nil {
		return err
	}
	elem, whole := elemOf[t.dtype]
	switch {
	case len(t.scale) > 0 || !whole && t.dtype != typeFloat32:
		return fmt.Errorf("to %v of %d scales: %w", t.dtype, len(t.scale), runtime.ErrGraph)
	case whole:
		return n.is(n.b.Each(n.name, &runtime.Cast{To: runtime.I32, Elem: elem}, x))
	case x.DType == runtime.F32:
		return n.is(x, nil)
	}
	return n.is(n.b.Each(n.name, &runtime.Cast{To: runtime.F32}, x))
}

var relations = map[int]kernels.Comparison{opLess: kernels.Less, opGreater: kernels.Greater,
	opGreaterEqual: kernels.GreaterOrEqual, opLessEqual: kernels.LessOrEqual, opEqual: kernels.Equal,
	opNotEqual: kernels.NotEqual}

func compare(n *node) error {
	ts, err := n.operands(2)
	if err != nil {
		return err
	}
	return n.is(n.b.Broadcast(n.name, &runtime.Compare{How: relations[n.code]}, ts...))
}

func logic(n *node) error {
	ts, err := n.operands(2)
	if err != nil {
		return err
	}
	how := kernels.WholeAnd
	if n.code == opLogicalOr {
		how = kernels.WholeOr
	}
	return n.is(n.b.Broadcast(n.name, &runtime.Whole{How: how}, ts...))
}

func logicNot(n *node) error {
	ts, err := n.operands(1)
	if err != nil {
		return err
	}
	return n.is(n.with(n.name, &runtime.Compare{How: kernels.Equal}, ts[0], 0))
}

// with appends an operation over x and a number.
func (n *node) with(name string, op runtime.Op, x *axes.Tensor, number int32) (*axes.Tensor, error) {
	k, err := n.b.Ints(name+"/number", nil, []int32{number})
	if err != nil {
		return nil, err
	}
	return n.b.Broadcast(name, op, x, k)
}

// choose is SELECT, whose condition may be of fewer dimensions, one for each image, and SELECT_V2, which broadcasts.
func choose(n *node) error {
	ts, err := n.operands(3)
	if err != nil {
		return err
	}
	if is := ts[0]; n.code == opSelect && len(is.Dims) == 1 && len(ts[1].Dims) > 1 {
		dims := slices.Repeat([]int{1}, len(ts[1].Dims))
		dims[0] = is.Dims[0]
		if ts[0], err = n.b.Rearrange(n.name+"/images", is, nil, dims); err != nil {
			return err
		}
	}
	y, err := n.b.Broadcast(n.name, &runtime.Where{}, ts...)
	if err == nil && y.DType == runtime.F32 {
		return n.isReal(y, nil)
	}
	return n.is(y, err)
}

var wholeOps = map[int]kernels.Whole{0: kernels.WholePlus, 18: kernels.WholeTimes, 41: kernels.WholeMinus,
	42: kernels.WholeOver, 55: kernels.WholeLarger, 57: kernels.WholeSmaller, 90: kernels.WholeFloorQuotient,
	95: kernels.WholeFloorRemainder}

func wholeArithmetic(n *node) error {
	ts, err := n.operands(2)
	if err != nil {
		return err
	}
	if n.code < 50 && n.options.byte(0) != 0 { // of ADD, SUB, MUL and DIV
		return fmt.Errorf("an activation of whole numbers: %w", runtime.ErrGraph)
	}
	return n.is(n.narrowed(n.b.Broadcast(n.name, &runtime.Whole{How: wholeOps[n.code]}, ts...)))
}

// narrowed keeps what was computed of whole numbers within the type of the output.
func (n *node) narrowed(x *axes.Tensor, err error) (*axes.Tensor, error) {
	if err != nil {
		return nil, err
	}
	t, err := n.output()
	if err != nil || t.dtype == typeInt32 || t.dtype == typeInt64 {
		return x, err
	}
	return n.b.Each(n.name+"/narrowed", &runtime.Cast{To: runtime.I32, Elem: elemOf[t.dtype]}, x)
}

// wholeNeg is NEG and ABS.
func wholeNeg(n *node) error {
	ts, err := n.operands(1)
	if err != nil {
		return err
	}
	x, err := n.with(n.name+"/negated", &runtime.Whole{How: kernels.WholeTimes}, ts[0], -1)
	if err == nil && n.code == 101 {
		x, err = n.b.Broadcast(n.name, &runtime.Whole{How: kernels.WholeLarger}, ts[0], x)
	}
	return n.is(n.narrowed(x, err))
}
