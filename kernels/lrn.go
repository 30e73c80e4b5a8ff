package kernels

import (
	"math"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// OpLRN normalises across channels: func(*lrnArgs), above generic only β = 3/4; quantised func(*lrnU8Args).
const OpLRN OpKind = "lrn"

// lrnArgs is the argument of local response normalisation across channels (Krizhevsky et al. 2012, §3.3), with α
// already divided by the window as in Caffe and ONNX: for each pixel p and channel i < c
//
//	sum = Σ_{j<size} src[p][i−before+j]²     zeros outside the pixel, in ascending order
//	x   = alpha·sum + bias
//	dst[p][i] = src[p][i] / x^beta
//
// in IEEE binary32, each operation rounded. For β = 3/4, t = √x and x^β = t·√t, so that every tier gives the same
// bits; the relative error is within (size + 5)·ε. Other β run on the generic kernel, by math.Pow in binary64
// rounded once. A NaN makes NaN of the channels whose window sees it.
// dst may be src exactly (in place); otherwise they do not overlap. lrnHalfGeneric is of float16.
type lrnArgs struct {
	_                    uncompared
	src, dst             unsafe.Pointer
	srcStride, dstStride int            // bytes
	pixels, c            int            // ≥ 1
	size, before         int            // channels in the window; those before its own, < size
	squares              unsafe.Pointer // [lrnSquares(c, size)] float32, scratch; zeros at the start
	alpha, bias, beta    float32
	near                 bool  // size is 5, alpha in 0…2^10, bias in 2^±20: see lrn_f32_neon_arm64.s
	stop                 *Stop // of the portable kernel, which takes windows and pixels of any size
}

// lrnSquares is the length of the scratch row: squares of the channels in its middle, zeros around them, such that
// the window of channel i is squares[i : i+size].
func lrnSquares(c, size int) int { return roundUp(c, 8) + size - 1 }

func lrnF32Generic(b *lrnArgs) {
	squares := floats(b.squares, 0, lrnSquares(b.c, b.size))
	for p := range b.pixels {
		src, dst := floats(b.src, p*b.srcStride, b.c), floats(b.dst, p*b.dstStride, b.c)
		for at := 0; at < b.c && !b.stop.Asked(); at += heed {
			squares := squares[b.before+at:]
			for i, v := range src[at:min(at+heed, b.c)] {
				squares[i] = v * v
			}
		}
		for i, v := range src {
			if i%lrnHeed == 0 && b.stop.Asked() {
				return
			}
			var sum float32
			for _, q := range squares[i : i+b.size] {
				sum += q
			}
			x := float32(b.alpha*sum) + b.bias
			if b.beta == 0.75 {
				t := sqrt(x)
				dst[i] = v / float32(t*sqrt(t))
			} else {
				dst[i] = v / float32(math.Pow(float64(x), float64(b.beta)))
			}
		}
	}
}

// lrnHeed is how many channels the portable kernels handle between two looks at a Stop; each costs as much as its
// window.
const lrnHeed = 256

// sqrt is the IEEE binary32 square root: rounding the binary64 root gives the same.
func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// NewLRNF32 returns local response normalisation across c channels, out = in / (bias + alpha/size·Σ in²)^beta, the
// sum over `size` channels of which (size−1)/2 come before. lrnArgs defines it. In place is allowed.
func NewLRNF32(c, size int, alpha, beta, bias float32, limit arch.ISA) (Op, error) {
	if c < 1 || size < 1 || size > 1<<20 {
		return nil, errorf("%w: LRN of %d channels over %d", ErrShape, c, size)
	}
	if beta != 0.75 || c*size > 16*maxChannels {
		limit = arch.Generic
	}
	o := &lrn{dtype: F32, c: c, size: size, alpha: alpha / float32(size), beta: beta, bias: bias}
	o.kernel, o.fn = Select[func(*lrnArgs)](OpLRN, F32, limit)
	return o, nil
}

type lrn struct {
	basic
	fn                func(*lrnArgs)
	dtype             DType
	c, size           int
	alpha, beta, bias float32
}

func (o *lrn) scratchEach() int { return roundUp(4*lrnSquares(o.c, o.size), 64) }

func (o *lrn) Scratch(workers int) int { return workers * o.scratchEach() }

func (o *lrn) Bind(in, out []View, scratch []byte, workers int) Task {
	checkViews("LRN", len(in) == 1 && len(out) == 1 && in[0].DType == o.dtype && out[0].DType == o.dtype &&
		in[0].C == o.c && sameShape(&in[0], &out[0]) && len(scratch) >= o.Scratch(workers))
	t := &lrnTask{lrn: o, in: in[0], out: out[0], workers: make([]lrnWorker, workers)}
	t.pixelBlocks = newPixelBlocks(in[0].Pixels(), o.c*max(1, o.size/8))
	for i := range t.workers {
		t.workers[i].squares = scratch[i*o.scratchEach():][:o.scratchEach()]
	}
	return t
}

type lrnTask struct {
	*lrn
	onlyTask
	pixelBlocks
	in, out View
	workers []lrnWorker
}

type lrnWorker struct {
	squares []byte
	args    lrnArgs
	_       [64]byte
}

func (t *lrnTask) Run(worker, lo, hi int, stop *Stop) {
	wk, size := &t.workers[worker], t.dtype.Size()
	stop.clear(wk.squares) // the margins; the memory may have served another step since
	for u := lo; u < hi && !stop.Asked(); u++ {
		p0, p1 := t.block(u)
		wk.args = lrnArgs{src: t.in.at(p0 * t.in.Stride), dst: t.out.at(p0 * t.out.Stride), srcStride: size * t.in.Stride,
			dstStride: size * t.out.Stride, pixels: p1 - p0, c: t.c, size: t.size, before: (t.size - 1) / 2,
			squares: addr(wk.squares), alpha: t.alpha, bias: t.bias, beta: t.beta, stop: stop,
			near: t.size == 5 && t.alpha >= 0 && t.alpha <= 1<<10 && t.bias >= 0x1p-20 && t.bias <= 1<<20}
		t.fn(&wk.args)
	}
}
