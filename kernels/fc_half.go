package kernels

import (
	"fmt"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// FCHalf is the parameters of a fully connected layer of float16 tensors.
type FCHalf struct {
	Weights []Half    // [K][C]
	Bias    []float32 // [K], or nil for zeros
	Act     Clamp
}

// NewFCHalf is [NewFCF32] of float16 tensors and weights, of which the output is rounded ([ToHalf]). The weights are
// kept as they are, and become float32 a piece at a time, on their way to the kernels of float32.
func NewFCHalf(n, c, k int, layer FCHalf, limit arch.ISA) (Op, error) {
	if n < 1 || c < 1 || k < 1 || len(layer.Weights)%c != 0 || len(layer.Weights)/c != k ||
		(layer.Bias != nil && len(layer.Bias) != k) {
		return nil, fmt.Errorf("%w: fully connected: %d images, %d×%d weights: %d; %d biases", ErrShape, n, k, c,
			len(layer.Weights), len(layer.Bias))
	}
	o := &fcHalf{FCHalf: layer, n: n, c: c, k: k}
	o.kernel, o.fn = Select[func(*fcArgs)](OpFC, F32, limit)
	o.wide, o.widen = Select[func(*convertArgs)](OpWiden, F16, limit)
	o.tiles = (k + o.kernel.MR - 1) / o.kernel.MR
	return o, nil
}

type fcHalf struct {
	basic
	FCHalf
	fn      func(*fcArgs)
	widen   func(*convertArgs)
	wide    *Kernel
	n, c, k int
	tiles   int
}

const fcHalfPiece = 1 << 10 // weights of a row that become float32 at a time

func (o *fcHalf) Kernel() string   { return o.wide.Name + " + " + o.kernel.Name }
func (o *fcHalf) PackedBytes() int { return 2*len(o.Weights) + 4*len(o.Bias) }

// Scratch: the inputs in float32, and pieces of a tile's rows.
func (o *fcHalf) Scratch(workers int) int { return workers * o.each() }

func (o *fcHalf) each() int { return roundUp(4*o.c, 64) + 4*fcHalfPiece*o.kernel.MR }

func (o *fcHalf) Bind(in, out []View, scratch []byte, workers int) Task {
	ok := len(in) == 1 && len(out) == 1 && in[0].DType == F16 && out[0].DType == F16 && in[0].N == o.n &&
		out[0].N == o.n &&
		in[0].H*in[0].W*in[0].C == o.c && in[0].Stride >= in[0].C && (in[0].Dense() || in[0].H*in[0].W == 1) &&
		out[0].H == 1 && out[0].W == 1 && out[0].C == o.k && out[0].Stride >= o.k && len(scratch) >= o.Scratch(workers)
	checkViews("fully connected layer", ok)
	t := &fcHalfTask{fcHalf: o, in: in[0], out: out[0], workers: make([]fcHalfWorker, workers)}
	t.perUnit = max(1, min(16*fcHalfPiece/(o.c*o.kernel.MR), o.tiles/8))
	for i := range t.workers {
		mem := scratch[i*o.each():][:o.each()]
		t.workers[i].x, t.workers[i].w = addr(mem), addr(mem[roundUp(4*o.c, 64):])
	}
	return t
}

type fcHalfTask struct {
	*fcHalf
	onlyTask
	in, out View
	perUnit int // tiles
	workers []fcHalfWorker
}

type fcHalfWorker struct {
	args fcArgs
	conv convertArgs
	x, w unsafe.Pointer // float32
	_    [64]byte
}

func (t *fcHalfTask) Units() int { return (t.tiles + t.perUnit - 1) / t.perUnit }

func (t *fcHalfTask) Run(worker, lo, hi int, stop *Stop) {
	w := &t.workers[worker]
	for n := 0; n < t.n && !stop.Asked(); n++ {
		from := View{Data: t.in.at(n * t.in.H * t.in.W * t.in.Stride), DType: F16, N: 1, H: 1, W: 1, C: t.c, Stride: t.c}
		to := View{Data: w.x, DType: F32, N: 1, H: 1, W: 1, C: t.c, Stride: t.c}
		convertPixels(t.widen, &w.conv, &to, 0, &from, 0, 1, stop)
		for tile := lo * t.perUnit; tile < min(hi*t.perUnit, t.tiles) && !stop.Asked(); tile++ {
			t.tile(w, n, tile, stop)
		}
	}
}

// tile computes the outputs of a tile of rows for image n.
func (t *fcHalfTask) tile(w *fcHalfWorker, n, tile int, stop *Stop) {
	a, mr := &w.args, t.kernel.MR
	k0 := tile * mr
	rows := min(mr, t.k-k0)
	for r := range rows {
		a.sum[r] = 0
		if t.Bias != nil {
			a.sum[r] = t.Bias[k0+r]
		}
	}
	for r := range mr {
		a.w[r] = unsafe.Add(w.w, 4*fcHalfPiece*min(r, rows-1))
	}
	for at := 0; at < t.c && !stop.Asked(); at += fcHalfPiece {
		a.x, a.c = unsafe.Add(w.x, 4*at), min(fcHalfPiece, t.c-at)
		w.conv = convertArgs{src: unsafe.Pointer(&t.Weights[k0*t.c+at]), dst: w.w, srcStride: 2 * t.c,
			dstStride: 4 * fcHalfPiece, rows: rows, c: a.c}
		t.widen(&w.conv)
		t.fn(a)
	}
	dst := halves(t.out.at(n*t.out.Stride+k0), 0, rows)
	for r := range dst {
		dst[r] = ToHalf(t.Act.apply(a.sum[r]))
	}
}
