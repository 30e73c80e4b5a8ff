package kernels

import (
	"math"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// SoftmaxExact is the argument of softmax by IEEE binary32 operations in one written order, the same bytes on every
// tier and architecture: for each of rows rows of c numbers
//
//	m = max src;  e[i] = expExact(src[i] − m);  dst[i] = e[i] / ((e[0] + e[1]) + e[2] + …)
//
// A NaN makes the whole row NaN. dst may be src (in place).
type SoftmaxExact struct {
	dst, src             unsafe.Pointer
	dstStride, srcStride int // bytes
	rows, c              int // ≥ 1
}

func softmaxExactGeneric(a *SoftmaxExact) {
	for r := range a.rows {
		src, dst := floats(a.src, r*a.srcStride, a.c), floats(a.dst, r*a.dstStride, a.c)
		top := src[0]
		for _, x := range src {
			if x > top || x != x {
				top = x
			}
			if top != top {
				break
			}
		}
		var sum float32
		for i, x := range src {
			e := expExact(x - top)
			dst[i] = e
			sum += e
		}
		for i := range dst {
			dst[i] /= sum
		}
	}
}

// expExact is eˣ for x ≤ 0 within 2 ulp, by IEEE operations alone: with n = roundEven(x·log₂e), r = x − n·ln 2 in two
// parts (Cody & Waite 1980), eˣ = 2ⁿ·eʳ, |r| ≤ ½·ln 2, and eʳ by its Taylor polynomial of degree 7, whose remainder is
// below 2⁻²⁷. Results below the normal numbers are 0. Every product is rounded before it is added.
func expExact(x float32) float32 {
	const (
		log2e = 1.4426950408889634
		hi    = 0.693359375 // ln 2 to 10 bits: n·hi is exact
		lo    = -2.12194440e-4
		least = -87.0 // e⁻⁸⁷ is still normal
	)
	if !(x >= least) {
		if x != x {
			return x
		}
		return 0
	}
	n := float32(math.RoundToEven(float64(float32(x * log2e))))
	r := x - float32(n*hi)
	r -= float32(n * lo)
	p := float32(1.0 / 5040)
	for _, c := range [...]float32{1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1, 1} {
		p = float32(p*r) + c
	}
	return float32(p * math.Float32frombits(uint32(int32(n)+127)<<23))
}

// NewSoftmaxExact returns softmax over the channels of each pixel, float32 to float32; [SoftmaxExact] defines it. In
// place is allowed. Every tier runs the same portable code: a thousand classes take microseconds.
func NewSoftmaxExact(limit arch.ISA) (Op, error) {
	o := &softmaxExact{}
	o.kernel, o.fn = Select[func(*SoftmaxExact)](OpSoftmaxExact, F32, limit)
	return o, nil
}

type softmaxExact struct {
	basic
	fn func(*SoftmaxExact)
}

func (o *softmaxExact) Bind(in, out []View, _ []byte, workers int) Task {
	checkViews("softmax", len(in) == 1 && len(out) == 1 && in[0].DType == F32 && out[0].DType == F32 && sameShape(&in[0], &out[0]))
	t := &softmaxExactTask{softmaxExact: o, in: in[0], out: out[0], workers: make([]softmaxExactWorker, workers)}
	t.pixelBlocks = newPixelBlocks(in[0].Pixels(), in[0].C)
	return t
}

type softmaxExactTask struct {
	*softmaxExact
	pixelBlocks
	in, out View
	workers []softmaxExactWorker
}

type softmaxExactWorker struct {
	args SoftmaxExact
	_    [64]byte
}

func (t *softmaxExactTask) Run(worker, lo, hi int) {
	for u := lo; u < hi; u++ {
		p0, p1 := t.block(u)
		a := &t.workers[worker].args
		*a = SoftmaxExact{dst: t.out.at(p0 * t.out.Stride), src: t.in.at(p0 * t.in.Stride), dstStride: 4 * t.out.Stride,
			srcStride: 4 * t.in.Stride, rows: p1 - p0, c: t.in.C}
		t.fn(a)
	}
}
