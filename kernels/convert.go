package kernels

import (
	"math"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// Conversions.
const (
	OpQuantize   OpKind = "quantize"   // float32 to uint8; func(*convertArgs)
	OpDequantize OpKind = "dequantize" // uint8 to float32; func(*convertArgs)
	OpCast       OpKind = "cast"       // float32 to int32, and int32 to float32; func(*convertArgs)
	OpWrap       OpKind = "wrap"       // int32 to fewer bits; func(*convertArgs)
	OpTruth      OpKind = "truth"      // float32 or int32 to 0 or 1; func(*convertArgs)
	OpLookup     OpKind = "lookup"     // uint8 to float32 by a table; func(*convertArgs)
	OpLevels     OpKind = "levels"     // float32 sums of levels to uint8; func(*convertArgs)
)

// convertArgs is the argument of the kernels between types: for each of rows rows of c elements
//
//	quantize:    dst[i] = zero + roundEven(min(max(src[i]/scale, −zero), 255 − zero))     a NaN gives 0
//	dequantize:  dst[i] = float32(src[i] − zero)·scale
//	cast:        dst[i] = src[i], toward zero, then within lo and hi; a NaN gives 0       to int32
//	             dst[i] = float32(src[i]), to the nearest, of two to the even one         to float32
//	wrap:        dst[i] = lo + (src[i] − lo) mod (hi − lo + 1)                            which is a power of two
//	truth:       dst[i] = 1 if src[i] is not 0, so of a NaN, else 0
//	lookup:      dst[i] = table[src[i]]
//	narrow:      dst[i] = ToHalf(src[i])
//	widen:       dst[i] = src[i].Float()
//	levels:      dst[i] = zero + round(min(max(src[i]·scale, lo), hi))                    no NaN
//
// Rounding is to the nearest, of two to the even one; of levels to the upper one where up is set. All is
// in IEEE binary32, and the same on every tier.
type convertArgs struct {
	_                    uncompared
	dst, src             unsafe.Pointer
	dstStride, srcStride int // bytes
	rows, c              int // ≥ 1
	scale                float32
	zero                 int32
	lo, hi               int32
	table                *[256]float32
	up                   bool
}

func quantizeGeneric(a *convertArgs) {
	lo, hi := float32(-a.zero), float32(255-a.zero)
	for r := range a.rows {
		dst := unsafe.Slice((*uint8)(unsafe.Add(a.dst, r*a.dstStride)), a.c)
		for i, x := range floats(a.src, r*a.srcStride, a.c) {
			dst[i] = quantized(x/a.scale, lo, hi, a.zero)
		}
	}
}

// quantized rounds v into the output's bounds; NaN is the lower bound.
func quantized(v, lo, hi float32, zero int32) uint8 {
	if !(v > lo) {
		v = lo
	}
	if v > hi {
		v = hi
	}
	return uint8(int32(math.RoundToEven(float64(v))) + zero)
}

func levelsGeneric(a *convertArgs) {
	lo, hi := float32(a.lo), float32(a.hi)
	for r := range a.rows {
		dst := unsafe.Slice((*uint8)(unsafe.Add(a.dst, r*a.dstStride)), a.c)
		for i, x := range floats(a.src, r*a.srcStride, a.c) {
			v := float64(min(max(x*a.scale, lo), hi))
			if a.up {
				v = math.Floor(v + 0.5)
			} else {
				v = math.RoundToEven(v)
			}
			dst[i] = uint8(int32(v) + a.zero)
		}
	}
}

func dequantizeGeneric(a *convertArgs) {
	for r := range a.rows {
		dst := floats(a.dst, r*a.dstStride, a.c)
		for i, q := range unsafe.Slice((*uint8)(unsafe.Add(a.src, r*a.srcStride)), a.c) {
			dst[i] = float32(int32(q)-a.zero) * a.scale
		}
	}
}

func lookupGeneric(a *convertArgs) {
	for r := range a.rows {
		dst := floats(a.dst, r*a.dstStride, a.c)
		for i, q := range unsafe.Slice((*uint8)(unsafe.Add(a.src, r*a.srcStride)), a.c) {
			dst[i] = a.table[q]
		}
	}
}

// NewQuantize returns the operation that makes uint8 of float32; convertArgs defines it.
func NewQuantize(scale float32, zero uint8, limit arch.ISA) (Op, error) {
	return newConvert(OpQuantize, F32, U8, scale, zero, limit)
}

// NewDequantize returns the operation that makes float32 of uint8; convertArgs defines it.
func NewDequantize(scale float32, zero uint8, limit arch.ISA) (Op, error) {
	return newConvert(OpDequantize, U8, F32, scale, zero, limit)
}

// NewLookup returns the operation that makes float32 of uint8 by a table of 256 numbers; convertArgs defines it.
func NewLookup(table *[256]float32, limit arch.ISA) (Op, error) {
	copied := *table
	return newConvertOf(OpLookup, U8, F32, convertArgs{table: &copied}, limit), nil
}

func newConvert(kind OpKind, from, to DType, scale float32, zero uint8, limit arch.ISA) (Op, error) {
	if !(scale > 0) || scale > math.MaxFloat32 {
		return nil, errorf("%w: scale %v is not positive and finite", ErrShape, scale)
	}
	return newConvertOf(kind, from, to, convertArgs{scale: scale, zero: int32(zero)}, limit), nil
}

func newConvertOf(kind OpKind, from, to DType, args convertArgs, limit arch.ISA) Op {
	o := &convert{from: from, to: to, args: args}
	o.kernel, o.fn = Select[func(*convertArgs)](kind, from, limit)
	return o
}

type convert struct {
	basic
	from, to DType
	fn       func(*convertArgs)
	args     convertArgs
}

func (o *convert) Bind(in, out []View, _ []byte, workers int) Task {
	checkViews("conversion", len(in) == 1 && len(out) == 1 && in[0].DType == o.from && out[0].DType == o.to &&
		sameShape(&in[0], &out[0]))
	t := &convertTask{convert: o, in: in[0], out: out[0], workers: make([]convertWorker, workers)}
	if v := &t.in; v.Dense() && t.out.Dense() { // one long row, cut as it comes
		t.long = true
		t.in.C, t.in.Stride, t.out.C, t.out.Stride = 1, 1, 1, 1
		t.in.W *= v.H * v.N * out[0].C
		t.in.N, t.in.H = 1, 1
	}
	t.pixelBlocks = newPixelBlocks(t.in.Pixels(), t.in.C)
	return t
}

type convertTask struct {
	*convert
	onlyTask
	pixelBlocks
	in, out View
	long    bool
	workers []convertWorker
}

type convertWorker struct {
	args convertArgs
	_    [64]byte
}

func (t *convertTask) Run(worker, lo, hi int, stop *Stop) {
	a := &t.workers[worker].args
	for u := lo; u < hi && !stop.Asked(); u++ {
		p0, p1 := t.block(u)
		rows, c := p1-p0, t.in.C
		if t.long {
			rows, c = 1, p1-p0
		}
		for at := 0; at < c && !stop.Asked(); at += maxChannels { // a pixel may be too wide for one call
			*a = t.args
			a.src, a.dst = t.in.at(p0*t.in.Stride+at), t.out.at(p0*t.out.Stride+at)
			a.srcStride, a.dstStride = t.in.Stride*t.from.Size(), t.out.Stride*t.to.Size()
			a.rows, a.c = rows, min(c-at, maxChannels)
			t.fn(a)
		}
	}
}
