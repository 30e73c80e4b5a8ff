package kernels

import (
	"math"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// OpSoftmax is over channels: func(*softmaxArgs).
const OpSoftmax OpKind = "softmax"

// softmaxArgs is the argument of softmax over channels: for each pixel
//
//	m = max_i src[i];  e_i = expNegative(src[i] − m);  dst[i] = e_i / Σ e
//
// in IEEE binary32, each operation rounded, with Σ in this order: eight partial sums, the l-th over the channels
// i ≡ l (mod 8) ascending, then ((s0+s4)+(s2+s6)) + ((s1+s5)+(s3+s7)). So every tier gives the same bits. The
// relative error of a result is within (|src[i] − m| + c/8 + 12)·ε. A NaN or +Inf makes the whole pixel NaN, as does
// a pixel of only −Inf.
// dst may be src exactly (in place); otherwise they do not overlap.
type softmaxArgs struct {
	_                    uncompared
	src, dst             unsafe.Pointer
	srcStride, dstStride int   // bytes
	pixels, c            int   // ≥ 1
	stop                 *Stop // of the portable kernel, which takes pixels of any width
}

// The exponential of Cephes' expf.c (Moshier, netlib.org/cephes): with n = round(x·log₂e) and r = x − n·ln 2, the
// latter in two steps, eˣ = 2ⁿ·(1 + r + r²·P(r)). Its relative error is below 1.5 ε over the range used.
const (
	expMin   = -87.3365    // below, the result would not be normal and is 0
	expRound = 3 << 22     // added and subtracted, rounds to the nearest integer, ties to even
	expLog2e = 1.44269504  // log₂ e
	expLn2Hi = 0.693359375 // ln 2 in few bits, so that its product with n is exact
	expLn2Lo = -2.12194440e-4
	expP0    = 1.9875691500e-4
	expP1    = 1.3981999507e-3
	expP2    = 8.3334519073e-3
	expP3    = 4.1665795894e-2
	expP4    = 1.6666665459e-1
	expP5    = 5.0000001201e-1
)

// expNegative is eˣ for x ≤ 0; a NaN stays a NaN.
func expNegative(x float32) float32 {
	if x < expMin {
		return 0
	}
	t := float32(x*expLog2e) + expRound
	n := t - expRound
	r := x - float32(n*expLn2Hi)
	r -= float32(n * expLn2Lo)
	p := float32(expP0*r) + expP1
	p = float32(p*r) + expP2
	p = float32(p*r) + expP3
	p = float32(p*r) + expP4
	p = float32(p*r) + expP5
	p = float32(p*float32(r*r)) + r
	p += 1
	return p * math.Float32frombits((math.Float32bits(t)+127)<<23) // t's low bits are n
}

func softmaxF32Generic(b *softmaxArgs) {
	for p := range b.pixels {
		src, dst := floats(b.src, p*b.srcStride, b.c), floats(b.dst, p*b.dstStride, b.c)
		m := negInf
		for at := 0; at < b.c && !b.stop.Asked(); at += heed {
			for _, x := range src[at:min(at+heed, b.c)] {
				if x > m {
					m = x
				}
			}
		}
		var s [8]float32
		for at := 0; at < b.c && !b.stop.Asked(); at += heed {
			to := dst[at:min(at+heed, b.c)]
			for i, x := range src[at:][:len(to)] {
				e := expNegative(x - m)
				to[i] = e
				s[i%8] += e
			}
		}
		sum := ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
		for at := 0; at < b.c && !b.stop.Asked(); at += heed {
			to := dst[at:min(at+heed, b.c)]
			for i := range to {
				to[i] /= sum
			}
		}
	}
}

// NewSoftmaxF32 returns softmax over the channels of each pixel; softmaxArgs defines it, and every tier gives the
// same bits. In place is allowed.
func NewSoftmaxF32(limit arch.ISA) (Op, error) {
	o := &softmax{}
	o.kernel, o.fn = Select[func(*softmaxArgs)](OpSoftmax, F32, limit)
	return o, nil
}

type softmax struct {
	basic
	fn func(*softmaxArgs)
}

func (o *softmax) Bind(in, out []View, _ []byte, workers int) Task {
	checkViews("softmax", len(in) == 1 && len(out) == 1 && in[0].DType == F32 && out[0].DType == F32 &&
		sameShape(&in[0], &out[0]))
	t := &softmaxTask{fn: o.fn, in: in[0], out: out[0], pixelBlocks: newPixelBlocks(in[0].Pixels(), in[0].C),
		workers: make([]softmaxWorker, workers)}
	if in[0].C > maxChannels {
		t.fn = softmaxF32Generic
	}
	return t
}

type softmaxTask struct {
	pixelBlocks
	fn      func(*softmaxArgs)
	in, out View
	workers []softmaxWorker
}

type softmaxWorker struct {
	args softmaxArgs
	_    [64]byte
}

func (t *softmaxTask) Run(worker, lo, hi int, stop *Stop) {
	b := &t.workers[worker].args
	for u := lo; u < hi && !stop.Asked(); u++ {
		p0, p1 := t.block(u)
		*b = softmaxArgs{src: t.in.at(p0 * t.in.Stride), dst: t.out.at(p0 * t.out.Stride), srcStride: 4 * t.in.Stride,
			dstStride: 4 * t.out.Stride, pixels: p1 - p0, c: t.in.C, stop: stop}
		t.fn(b)
	}
}
