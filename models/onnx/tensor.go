package onnx

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/models/internal/modelfile"
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// elem is a TensorProto.DataType.
type elem int32

// The element types, by their numbers in onnx.proto.
const (
	elemFloat    elem = 1
	elemUint8    elem = 2
	elemInt8     elem = 3
	elemUint16   elem = 4
	elemInt16    elem = 5
	elemInt32    elem = 6
	elemInt64    elem = 7
	elemString   elem = 8
	elemBool     elem = 9
	elemFloat16  elem = 10
	elemDouble   elem = 11
	elemUint32   elem = 12
	elemUint64   elem = 13
	elemBfloat16 elem = 16
)

var elemNames = map[elem]string{elemFloat: "float32", elemUint8: "uint8", elemInt8: "int8", elemUint16: "uint16",
	elemInt16: "int16",
	elemInt32: "int32", elemInt64: "int64", elemString: "string", elemBool: "bool", elemFloat16: "float16",
	elemDouble: "float64",
	elemUint32: "uint32", elemUint64: "uint64", elemBfloat16: "bfloat16", 14: "complex64", 15: "complex128",
	17: "float8", 18: "float8", 19: "float8", 20: "float8", 21: "uint4", 22: "int4", 23: "float4"}

func (e elem) String() string {
	if s, ok := elemNames[e]; ok {
		return s
	}
	return fmt.Sprintf("element type %d", int32(e))
}

// size returns the bytes of one element, or 0 for a type that is not read.
func (e elem) size() int {
	switch e {
	case elemUint8, elemInt8, elemBool:
		return 1
	case elemUint16, elemInt16, elemFloat16, elemBfloat16:
		return 2
	case elemFloat, elemInt32, elemUint32:
		return 4
	case elemDouble, elemInt64, elemUint64:
		return 8
	}
	return 0
}

// real reports whether values of the type are computed as float32 here.
func (e elem) real() bool {
	return e == elemFloat || e == elemFloat16 || e == elemBfloat16 || e == elemDouble
}

// tensor is a TensorProto: a constant. raw has its elements, little-endian; for a decoded raw_data field or
// float_data it aliases the file.
type tensor struct {
	name string
	typ  elem
	dims []int
	raw  []byte
	ext  *external // in place of raw: it is in another file
	q    *quantum  // of a dequantised constant: raw has its integers, although typ is float32
}

// decodeTensor decodes a TensorProto and checks that it holds as many elements as its dimensions say. It always
// returns a tensor, for its name.
func decodeTensor(b []byte) (*tensor, error) {
	t := &tensor{}
	var dims []int64
	var raw, fixed []byte
	var hasRaw, outside bool
	place := external{length: -1}
	var varints []wire.Field
	err := wire.Each(b, func(f wire.Field) (err error) {
		switch f.Num {
		case 1:
			dims, err = f.AppendVarints(dims, maxRank)
		case 2:
			var v int64
			v, err = f.Varint()
			t.typ = elem(v)
		case 4: // float_data
			fixed, err = f.AppendFixed(fixed, 4)
		case 10: // double_data
			fixed, err = f.AppendFixed(fixed, 8)
		case 5, 7, 11: // int32_data, int64_data, uint64_data
			varints = append(varints, f)
		case 8:
			t.name, err = f.Str()
		case 9:
			raw, err = f.Msg()
			hasRaw = true
		case 13: // external_data
			outside = true
			err = place.entry(f)
		case 14: // data_location
			outside = outside || f.Int == 1
		}
		return err
	})
	if err != nil {
		return t, err
	}
	n := 1
	for _, d := range dims {
		if d < 0 || d > math.MaxInt32 || d > 0 && n > math.MaxInt32/int(d) {
			return t, fmt.Errorf("dimensions %v: %w", dims, runtime.ErrCorrupt)
		}
		n *= int(d)
		t.dims = append(t.dims, int(d))
	}
	size := t.typ.size()
	switch {
	case size == 0: // strings and exotic types: known by name only
		return t, nil
	case outside:
		if n > modelfile.Max/size {
			return t, fmt.Errorf("%v %v: %w", t.typ, t.dims, runtime.ErrLimit)
		}
		place.size = n * size
		t.ext = &place
		return t, nil
	case hasRaw:
		t.raw = raw
	case fixed != nil:
		t.raw = fixed
	case len(varints) > 0:
		var ints []int64
		for _, f := range varints {
			if ints, err = f.AppendVarints(ints, n); err != nil {
				return t, err
			}
		}
		t.raw = pack(ints, size)
	}
	if len(t.raw)%size != 0 || len(t.raw)/size != n {
		return t, fmt.Errorf("%v %v needs %d bytes of data, the file has %d: %w", t.typ, t.dims, uint64(n)*uint64(size),
			len(t.raw), runtime.ErrCorrupt)
	}
	return t, nil
}

// pack writes integers as little-endian elements of size bytes.
func pack(ints []int64, size int) []byte {
	raw := make([]byte, 0, len(ints)*size)
	for _, v := range ints {
		raw = append(raw, binary.LittleEndian.AppendUint64(nil, uint64(v))[:size]...)
	}
	return raw
}

// intTensor returns a constant of int64, as shape arithmetic makes them.
func intTensor(dims []int, ints []int64) *tensor {
	return &tensor{typ: elemInt64, dims: dims, raw: pack(ints, 8)}
}

// elements returns the number of elements.
func (t *tensor) elements() int {
	n := 1
	for _, d := range t.dims {
		n *= d
	}
	return n
}

// ints returns the elements of an integer tensor; ok is false for other types or more than limit elements.
func (t *tensor) ints(limit int) (vs []int64, ok bool) {
	if t.elements() > limit || !t.typ.whole() {
		return nil, false
	}
	for i := range t.elements() {
		vs = append(vs, t.int(i))
	}
	return vs, true
}

// decode fills dst with the elements of a tensor, of which the first is that.
func (t *tensor) decode(dst []float32, from int) {
	switch {
	case t.q != nil:
		t.q.decode(t.raw, dst, from)
	case t.typ == elemFloat:
		raw := t.raw[4*from:]
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
	default:
		for i := range dst {
			dst[i] = float32(t.real(from + i))
		}
	}
}

// asFloat returns a constant of integers as one of the nearest floating-point numbers.
func (t *tensor) asFloat() *value {
	f := *t
	f.typ, f.raw = elemFloat, make([]byte, 0, 4*t.elements())
	v := make([]float32, t.elements())
	t.decode(v, 0)
	for _, x := range v {
		f.raw = binary.LittleEndian.AppendUint32(f.raw, math.Float32bits(x))
	}
	return constant(&f)
}
