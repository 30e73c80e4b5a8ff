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

// fcHalfBlock is how many elements of a row are added up in float16 between two sums in float32, of each lane of eight
// an eighth.
const fcHalfBlock = 256

// fcHalfGeneric is [fcArgs] of float16 with eight rows: of each block of fcHalfBlock elements lane l < 8 adds up those
// with i%8 = l, in order, by fused multiplications and additions that round to float16. To four sums of float32, from
// zero, lanes 0–3 of each block are added, then lanes 4–7. sum[r] += (s₀+s₁) + (s₂+s₃). The last c%16 elements are
// likewise added after all others.
func fcHalfGeneric(t *fcArgs) {
	whole := t.c &^ 15
	fcHalfPart(t, 0, whole)
	fcHalfRest(t)
}

func fcHalfRest(t *fcArgs) { fcHalfPart(t, t.c&^15, t.c) }

func fcHalfPart(t *fcArgs, from, to int) {
	if from == to {
		return
	}
	for r := range t.sum {
		var s [4]float32
		for at := from; at < to; at += fcHalfBlock {
			var lanes [8]float64
			for i := at; i < min(at+fcHalfBlock, to); i++ {
				lanes[i%8] = fmaHalf(lanes[i%8], halfAt(t.w[r], 2*i), halfAt(t.x, 2*i))
			}
			for l, v := range lanes {
				s[l%4] += float32(v)
			}
		}
		t.sum[r] += (s[0] + s[1]) + (s[2] + s[3])
	}
}

// NewFCHalf is [NewFCF32] of float16 tensors and weights, of which the output is rounded ([ToHalf]). The weights are
// kept as they are. Where this CPU has arithmetic of float16, sums are float16 too, by blocks; elsewhere weights become
// float32 a piece at a time, on their way to the kernels of float32.
func NewFCHalf(n, c, k int, layer FCHalf, limit arch.ISA) (Op, error) {
	if n < 1 || c < 1 || k < 1 || len(layer.Weights)%c != 0 || len(layer.Weights)/c != k ||
		(layer.Bias != nil && len(layer.Bias) != k) {
		return nil, fmt.Errorf("%w: fully connected: %d images, %d×%d weights: %d; %d biases", ErrShape, n, k, c,
			len(layer.Weights), len(layer.Bias))
	}
	o := &fcHalf{FCHalf: layer, n: n, c: c, k: k}
	if o.kernel, o.fn = Select[func(*fcArgs)](OpFC, F16, limit); o.kernel.Portable() {
		o.kernel, o.fn = Select[func(*fcArgs)](OpFC, F32, limit)
		o.wide, o.widen = Select[func(*convertArgs)](OpWiden, F16, limit)
	}
	o.tiles = (k + o.kernel.MR - 1) / o.kernel.MR
	return o, nil
}

type fcHalf struct {
	basic
	FCHalf
	fn      func(*fcArgs)
	widen   func(*convertArgs)
	wide    *Kernel // nil where the kernel takes float16
	n, c, k int
	tiles   int
}

const fcHalfPiece = 1 << 10 // weights of a row that become float32 at a time

func (o *fcHalf) Kernel() string {
	if o.wide == nil {
		return o.kernel.Name
	}
	return o.wide.Name + " + " + o.kernel.Name
}

func (o *fcHalf) PackedBytes() int { return 2*len(o.Weights) + 4*len(o.Bias) }

// Scratch: the inputs in float32, and pieces of a tile's rows.
func (o *fcHalf) Scratch(workers int) int { return workers * o.each() }

func (o *fcHalf) each() int {
	if o.wide == nil {
		return 0
	}
	return roundUp(4*o.c, 64) + 4*fcHalfPiece*o.kernel.MR
}

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
		if len(mem) == 0 {
			break
		}
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
		if t.wide == nil {
			for tile := lo * t.perUnit; tile < min(hi*t.perUnit, t.tiles) && !stop.Asked(); tile++ {
				t.halves(w, from.Data, n, tile, stop)
			}
			continue
		}
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
	k0, rows := t.begin(a, tile)
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
	t.end(a, n, k0, rows)
}

// halves does, of the input x of float16, what tile does.
func (t *fcHalfTask) halves(w *fcHalfWorker, x unsafe.Pointer, n, tile int, stop *Stop) {
	const most = 32 << 10 // elements of a row in one call: a multiple of a block
	a := &w.args
	k0, rows := t.begin(a, tile)
	for at := 0; at < t.c && !stop.Asked(); at += most {
		a.x, a.c = unsafe.Add(x, 2*at), min(most, t.c-at)
		for r := range t.kernel.MR {
			a.w[r] = unsafe.Pointer(&t.Weights[(k0+min(r, rows-1))*t.c+at])
		}
		t.fn(a)
	}
	t.end(a, n, k0, rows)
}

// begin makes a tile's sums the bias, and returns its first row and how many there are.
func (t *fcHalfTask) begin(a *fcArgs, tile int) (k0, rows int) {
	k0 = tile * t.kernel.MR
	rows = min(t.kernel.MR, t.k-k0)
	for r := range rows {
		a.sum[r] = 0
		if t.Bias != nil {
			a.sum[r] = t.Bias[k0+r]
		}
	}
	return k0, rows
}

// end makes of a tile's sums outputs of image n.
func (t *fcHalfTask) end(a *fcArgs, n, k0, rows int) {
	dst := halves(t.out.at(n*t.out.Stride+k0), 0, rows)
	for r := range dst {
		dst[r] = ToHalf(t.Act.apply(a.sum[r]))
	}
}
