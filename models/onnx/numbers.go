package onnx

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// whole reports whether elements of the type are integers, of which bool is one.
func (e elem) whole() bool { return e.size() > 0 && !e.real() }

// real returns an element as a float64.
func (t *tensor) real(i int) float64 {
	le := binary.LittleEndian
	switch {
	case t.q != nil:
		v, ch := t.q.at(t.raw, i)
		return float64(float32(v) * t.q.scale[ch])
	case t.typ == elemFloat:
		return float64(math.Float32frombits(le.Uint32(t.raw[4*i:])))
	case t.typ == elemDouble:
		return math.Float64frombits(le.Uint64(t.raw[8*i:]))
	case t.typ == elemFloat16:
		return float64(kernels.Half(le.Uint16(t.raw[2*i:])).Float())
	case t.typ == elemBfloat16:
		return float64(math.Float32frombits(uint32(le.Uint16(t.raw[2*i:])) << 16))
	}
	return float64(t.int(i))
}

// int returns an element of an integer type; of uint64, what is beyond int64 is negative.
func (t *tensor) int(i int) int64 {
	le := binary.LittleEndian
	switch t.typ {
	case elemInt64, elemUint64:
		return int64(le.Uint64(t.raw[8*i:]))
	case elemInt32:
		return int64(int32(le.Uint32(t.raw[4*i:])))
	case elemUint32:
		return int64(le.Uint32(t.raw[4*i:]))
	case elemInt16:
		return int64(int16(le.Uint16(t.raw[2*i:])))
	case elemUint16:
		return int64(le.Uint16(t.raw[2*i:]))
	case elemInt8:
		return int64(int8(t.raw[i]))
	}
	return int64(t.raw[i])
}

// put sets an element of a floating-point type, rounded once.
func (t *tensor) put(i int, v float64) {
	le := binary.LittleEndian
	switch t.typ {
	case elemDouble:
		le.PutUint64(t.raw[8*i:], math.Float64bits(v))
	case elemFloat:
		le.PutUint32(t.raw[4*i:], math.Float32bits(float32(v)))
	case elemFloat16:
		le.PutUint16(t.raw[2*i:], narrowFloat(v, 10, 15))
	case elemBfloat16:
		le.PutUint16(t.raw[2*i:], narrowFloat(v, 7, 127))
	}
}

// putInt sets an element; what an integer type does not hold is cut off, as its arithmetic does.
func (t *tensor) putInt(i int, v int64) {
	le := binary.LittleEndian
	switch t.typ {
	case elemInt64, elemUint64:
		le.PutUint64(t.raw[8*i:], uint64(v))
	case elemInt32, elemUint32:
		le.PutUint32(t.raw[4*i:], uint32(v))
	case elemInt16, elemUint16:
		le.PutUint16(t.raw[2*i:], uint16(v))
	case elemInt8, elemUint8:
		t.raw[i] = byte(v)
	case elemBool:
		t.raw[i] = 0
		if v != 0 {
			t.raw[i] = 1
		}
	case elemFloat:
		le.PutUint32(t.raw[4*i:], math.Float32bits(float32(v)))
	default:
		t.put(i, float64(v))
	}
}

// narrowFloat rounds to 16 bits, of which mant are the fraction, half to even; bias is that of the exponent.
func narrowFloat(v float64, mant, bias int) uint16 {
	sign := uint16(math.Float64bits(v) >> 48 & 0x8000)
	v = math.Abs(v)
	inf := uint16(2*bias+1) << mant
	switch {
	case v != v:
		return sign | inf | 1<<(mant-1)
	case v == 0 || math.IsInf(v, 0):
		if v > 0 {
			sign |= inf
		}
		return sign
	}
	_, e := math.Frexp(v)                       // v < 2^e
	unit := max(e-1, 1-bias) - mant             // the exponent of the last place
	q := math.RoundToEven(math.Ldexp(v, -unit)) // exact but for the rounding
	if e-1 < 1-bias {
		return sign | uint16(q) // subnormal; what is rounded up to the first normal number has its bits
	}
	bits := uint64(e-1+bias)<<mant + uint64(q) - 1<<mant
	return sign | uint16(min(bits, uint64(inf)))
}

// converted is an element of t as it is in another type.
func (t *tensor) converted(i int, out *tensor) error {
	switch {
	case out.typ.real() && t.typ.real():
		out.put(i, t.real(i))
	case out.typ.real():
		if t.typ == elemUint64 && t.int(i) < 0 {
			out.put(i, float64(uint64(t.int(i))))
			return nil
		}
		out.putInt(i, t.int(i))
	case t.typ.real():
		v := t.real(i)
		if out.typ == elemBool {
			out.raw[i] = 0
			if v != 0 {
				out.raw[i] = 1
			}
			return nil
		}
		whole := int64(max(min(v, 1<<62), -1<<62))
		out.putInt(i, whole)
		if v != v || out.int(i) != whole || math.Abs(v) >= 1<<62 {
			return fmt.Errorf("%v as %v: %w", v, out.typ, runtime.ErrShape)
		}
	default:
		out.putInt(i, t.int(i))
	}
	return nil
}
