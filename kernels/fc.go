package kernels

import (
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// OpFC is dot products of weight rows with one input: func(*fcArgs), quantised func(*fcU8Args).
const OpFC OpKind = "fc"

// fcMaxRows bounds MR of the fully connected kernels.
const fcMaxRows = 8

// fcArgs is the argument of the inner kernels of the fully connected layer: for each of MR rows of weights
//
//	sum[r] += Σ_{i<c} w[r][i]·x[i]
//
// The order of the additions is the kernel's; its error is within c·ε·Σ|w·x|.
type fcArgs struct {
	_   uncompared
	w   [fcMaxRows]unsafe.Pointer // MR rows; a row may be given twice
	x   unsafe.Pointer
	c   int // ≥ 1
	sum [fcMaxRows]float32
}

const genericFCRows = 4

func fcF32Generic(t *fcArgs) {
	x := floats(t.x, 0, t.c)
	w0, w1 := floats(t.w[0], 0, len(x)), floats(t.w[1], 0, len(x))
	w2, w3 := floats(t.w[2], 0, len(x)), floats(t.w[3], 0, len(x))
	var s0, s1, s2, s3 float32
	for i, v := range x {
		s0 += w0[i] * v
		s1 += w1[i] * v
		s2 += w2[i] * v
		s3 += w3[i] * v
	}
	t.sum[0] += s0
	t.sum[1] += s1
	t.sum[2] += s2
	t.sum[3] += s3
}

// FCF32 is a fully connected layer's parameters.
type FCF32 struct {
	Weights []float32 // [K][C]
	Bias    []float32 // [K], or nil for zeros
	Act     Clamp
}

// NewFCF32 returns the fully connected layer
//
//	out[n][k] = clamp(Bias[k] + Σ_{i<c} Weights[k][i]·in[n][i])
//
// over n images of c elements in NHWC order without gaps (an image of one pixel may be followed by a gap). The output
// view is n images of one pixel with k channels. The time goes to reading the weights once, so they are neither packed
// nor copied: the op keeps the slice, and nobody may change it.
func NewFCF32(n, c, k int, layer FCF32, limit arch.ISA) (Op, error) {
	weights, bias, act := layer.Weights, layer.Bias, layer.Act
	if n < 1 || c < 1 || k < 1 || len(weights)%c != 0 || len(weights)/c != k || (bias != nil && len(bias) != k) {
		return nil, errorf("%w: fully connected: %d images, %d×%d weights: %d; %d biases", ErrShape, n, k, c,
			len(weights), len(bias))
	}
	o := &fc{n: n, c: c, k: k, weights: weights, bias: bias, act: act}
	o.kernel, o.fn = Select[func(*fcArgs)](OpFC, F32, limit)
	tiles := (k + o.kernel.MR - 1) / o.kernel.MR
	const unit = 32 << 10 // weights of a unit of work, unless that makes too few units
	o.perUnit = max(1, min(unit/(c*o.kernel.MR), tiles/8))
	o.tiles = tiles
	return o, nil
}

type fc struct {
	basic
	fn             func(*fcArgs)
	n, c, k        int
	weights, bias  []float32
	act            Clamp
	tiles, perUnit int
}

func (o *fc) PackedBytes() int { return 4 * (len(o.weights) + len(o.bias)) }

func (o *fc) Bind(in, out []View, _ []byte, workers int) Task {
	ok := len(in) == 1 && len(out) == 1 && in[0].DType == F32 && out[0].DType == F32 && in[0].N == o.n &&
		out[0].N == o.n &&
		in[0].H*in[0].W*in[0].C == o.c && in[0].Stride >= in[0].C && (in[0].Dense() || in[0].H*in[0].W == 1) &&
		out[0].H == 1 && out[0].W == 1 && out[0].C == o.k && out[0].Stride >= o.k
	checkViews("fully connected layer", ok)
	return &fcTask{fc: o, in: in[0], out: out[0], workers: make([]fcWorker, workers)}
}

type fcTask struct {
	*fc
	onlyTask
	in, out View
	workers []fcWorker
}

type fcWorker struct {
	args fcArgs
	_    [64]byte
}

func (t *fcTask) Units() int { return (t.tiles + t.perUnit - 1) / t.perUnit }

func (t *fcTask) Run(worker, lo, hi int, stop *Stop) {
	const most = 32 << 10 // elements of a row in one call
	a := &t.workers[worker].args
	mr := t.kernel.MR
	for tile := lo * t.perUnit; tile < min(hi*t.perUnit, t.tiles) && !stop.Asked(); tile++ {
		k0 := tile * mr
		rows := min(mr, t.k-k0)
		for n := 0; n < t.n && !stop.Asked(); n++ {
			x := t.in.at(n * t.in.H * t.in.W * t.in.Stride)
			for r := range rows {
				a.sum[r] = 0
				if t.bias != nil {
					a.sum[r] = t.bias[k0+r]
				}
			}
			for at := 0; at < t.c && !stop.Asked(); at += most {
				a.x, a.c = unsafe.Add(x, 4*at), min(most, t.c-at)
				for r := range mr {
					a.w[r] = unsafe.Pointer(&t.weights[(k0+min(r, rows-1))*t.c+at])
				}
				t.fn(a)
			}
			dst := floats(t.out.at(n*t.out.Stride+k0), 0, rows)
			for r := range dst {
				dst[r] = t.act.apply(a.sum[r])
			}
		}
	}
}
