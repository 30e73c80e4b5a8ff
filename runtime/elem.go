package runtime

import (
	"math"
)

// Elem is the type that the model gives the elements of a value, where the value's own says less: its whole numbers,
// of whatever type, are int32 here ([I32]), its int8 levels are bytes ([U8]).
//
// Whole numbers that the model has as int64, uint32 or uint64 are those of them that are int32: importers refuse
// constants beyond, CopyFrom refuses others. What is computed of them is computed as int32.
type Elem uint8

// The types of elements. A bool is 0 or 1; whatever is not 0 is taken as true.
const (
	ElemSame Elem = iota // float32, uint8 or int32, as the value's own type
	ElemInt8
	ElemUint8
	ElemInt16
	ElemUint16
	ElemUint32
	ElemInt64
	ElemUint64
	ElemBool
	elems
)

// String returns the type's word: int64, bool.
func (e Elem) String() string {
	if e >= elems {
		return "Elem"
	}
	return [...]string{"same", "int8", "uint8", "int16", "uint16", "uint32", "int64", "uint64", "bool"}[e]
}

// Range returns the least and the largest number of the type, as far as they are int32.
func (e Elem) Range() (lo, hi int32) {
	switch e {
	case ElemInt8:
		return math.MinInt8, math.MaxInt8
	case ElemUint8:
		return 0, math.MaxUint8
	case ElemInt16:
		return math.MinInt16, math.MaxInt16
	case ElemUint16:
		return 0, math.MaxUint16
	case ElemUint32, ElemUint64:
		return 0, math.MaxInt32
	case ElemBool:
		return 0, 1
	}
	return math.MinInt32, math.MaxInt32
}

// SetElem says what the model has the elements of a value of the graph as. Of a quantised value it may be int8: its
// level q is the byte q + 128. A float value has none but its own.
func (g *Graph) SetElem(v *Value, e Elem) error {
	switch {
	case v == nil || v.graph != g:
		return errorf("elements of a value that is not of this graph: %w", ErrGraph)
	case e >= elems || e != ElemSame && v.DType != I32 && (v.DType != U8 || e != ElemInt8):
		return errorf("%q: elements %v of a value of type %v: %w", v.Name, e, v.DType, ErrGraph)
	}
	v.elem = e
	return nil
}

// Elem returns what the model has the value's elements as.
func (v *Value) Elem() Elem { return v.elem }

// SetSigned says that the model has a quantised value of the graph as int8.
func (g *Graph) SetSigned(v *Value) error {
	if v != nil && v.DType != U8 {
		return errorf("%q: signed, but not quantised: %w", v.Name, ErrGraph)
	}
	return g.SetElem(v, ElemInt8)
}

// Signed reports whether the model has a quantised value as int8.
func (v *Value) Signed() bool { return v.DType == U8 && v.elem == ElemInt8 }
