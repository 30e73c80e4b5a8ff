package kernels

import (
	"math"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

func castF32Generic(a *convertArgs) {
	convertRows(a, func(x float32) int32 { return ToInt32(x, a.lo, a.hi) })
}

// ToInt32 is x cut toward zero and then brought within lo and hi; a NaN gives 0. (Go leaves open what becomes of
// numbers beyond int32 in a conversion.)
func ToInt32(x float32, lo, hi int32) int32 {
	v := float64(x)
	if v != v {
		v = 0
	}
	return max(lo, min(hi, int32(max(math.MinInt32, min(math.MaxInt32, v)))))
}

func castS32Generic(a *convertArgs) { convertRows(a, func(x int32) float32 { return float32(x) }) }

func wrapGeneric(a *convertArgs) {
	mask := uint32(a.hi) - uint32(a.lo)
	convertRows(a, func(x int32) int32 { return int32(uint32(a.lo) + (uint32(x)-uint32(a.lo))&mask) })
}

func truthF32Generic(a *convertArgs) { convertRows(a, truth[float32]) }
func truthS32Generic(a *convertArgs) { convertRows(a, truth[int32]) }

func truth[T float32 | int32](x T) int32 {
	if x != 0 {
		return 1
	}
	return 0
}

// convertRows converts elements of four bytes to others.
func convertRows[S, D float32 | int32](a *convertArgs, of func(S) D) {
	for r := range a.rows {
		dst := unsafe.Slice((*D)(unsafe.Add(a.dst, r*a.dstStride)), a.c)
		for i, x := range unsafe.Slice((*S)(unsafe.Add(a.src, r*a.srcStride)), a.c) {
			dst[i] = of(x)
		}
	}
}

// NewCast returns the operation that makes int32, from lo to hi, of float32 or int32; convertArgs defines it. From 0 to
// 1 it is whether a number is not 0. Of int32 the bounds are those of a type of fewer bits.
func NewCast(from DType, lo, hi int32, limit arch.ISA) (Op, error) {
	kind, n := OpCast, uint64(int64(hi)-int64(lo))+1
	switch {
	case lo > hi || from != F32 && from != S32:
		return nil, errorf("%w: %v to whole numbers from %d to %d", ErrShape, from, lo, hi)
	case lo == 0 && hi == 1:
		kind = OpTruth
	case from == S32:
		if kind = OpWrap; n&(n-1) != 0 {
			return nil, errorf("%w: int32 to whole numbers from %d to %d", ErrShape, lo, hi)
		}
	}
	return newConvertOf(kind, from, S32, convertArgs{lo: lo, hi: hi}, limit), nil
}

// NewFloat returns the operation that makes float32 of int32; convertArgs defines it.
func NewFloat(limit arch.ISA) (Op, error) {
	return newConvertOf(OpCast, S32, F32, convertArgs{lo: math.MinInt32, hi: math.MaxInt32}, limit), nil
}
