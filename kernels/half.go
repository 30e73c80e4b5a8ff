package kernels

import (
	"math"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// Half precision, IEEE binary16, in which graphs may keep weights and activations ([F16]).
const (
	OpNarrow OpKind = "narrow" // float32 to float16; func(*convertArgs)
	OpWiden  OpKind = "widen"  // float16 to float32; func(*convertArgs)
)

// Half is a float16: a sign, five bits of exponent, ten of fraction. Its normal numbers are 2⁻¹⁴ to 65504 in size, its
// smallest is 2⁻²⁴.
type Half uint16

// ToHalf rounds to the nearest float16, of two to the even one: from 65520 on to infinity, up to 2⁻²⁵ to zero. A NaN
// stays one, quiet, with the first ten bits of its fraction.
func ToHalf(x float32) Half {
	b := math.Float32bits(x)
	sign, size := Half(b>>16&0x8000), b&0x7fff_ffff
	switch {
	case size > 0x7f80_0000: // NaN
		return sign | 0x7e00 | Half(size>>13&0x3ff)
	case size >= 0x4780_0000: // 2¹⁶ and more
		return sign | 0x7c00
	case size < 0x3880_0000: // less than 2⁻¹⁴: in units of 2⁻²⁴
		units := math.Float32frombits(size) + 0.5 // whose last bit is worth 2⁻²⁴: the sum rounds to the nearest, even
		return sign | Half(math.Float32bits(units)-math.Float32bits(0.5))
	}
	return sign | Half((size-0x3800_0000+0xfff+size>>13&1)>>13) // a carry goes on into the exponent, up to infinity
}

// Float returns the number, exactly. A NaN stays one, quiet.
func (h Half) Float() float32 {
	sign, exponent, fraction := uint32(h&0x8000)<<16, uint32(h>>10&0x1f), uint32(h&0x3ff)
	switch {
	case exponent == 0: // in units of 2⁻²⁴
		return math.Float32frombits(sign | math.Float32bits(float32(fraction)*0x1p-24))
	case exponent == 0x1f && fraction == 0:
		return math.Float32frombits(sign | 0x7f80_0000)
	case exponent == 0x1f:
		return math.Float32frombits(sign | 0x7fc0_0000 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
}

func halves(p unsafe.Pointer, offset, n int) []Half {
	return unsafe.Slice((*Half)(unsafe.Add(p, offset)), n)
}

func narrowGeneric(a *convertArgs) {
	for r := range a.rows {
		dst := halves(a.dst, r*a.dstStride, a.c)
		for i, x := range floats(a.src, r*a.srcStride, a.c) {
			dst[i] = ToHalf(x)
		}
	}
}

func widenGeneric(a *convertArgs) {
	for r := range a.rows {
		dst := floats(a.dst, r*a.dstStride, a.c)
		for i, h := range halves(a.src, r*a.srcStride, a.c) {
			dst[i] = h.Float()
		}
	}
}

// NewNarrow returns the operation that makes float16 of float32, as [ToHalf].
func NewNarrow(limit arch.ISA) (Op, error) {
	return newConvertOf(OpNarrow, F32, F16, convertArgs{}, limit), nil
}

// NewWiden returns the operation that makes float32 of float16, exactly.
func NewWiden(limit arch.ISA) (Op, error) {
	return newConvertOf(OpWiden, F16, F32, convertArgs{}, limit), nil
}
