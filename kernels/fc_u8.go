package kernels

import (
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// fcU8Args is the argument of the inner kernels of the quantised fully connected layer: for each of four rows of
// weights
//
//	sum[r] += Σ_{i<c} w[r][i]·x[i]     exactly, in int32
type fcU8Args struct {
	_   uncompared
	w   [4]unsafe.Pointer // int8 rows; a row may be given twice
	x   unsafe.Pointer    // uint8
	c   int               // > 0, a multiple of the kernel's KR
	sum [4]int32
}

func fcU8Generic(t *fcU8Args) {
	x := unsafe.Slice((*uint8)(t.x), t.c)
	for r := range t.w {
		w := unsafe.Slice((*int8)(t.w[r]), len(x))
		var s int32
		for i, v := range x {
			s += int32(w[i]) * int32(v)
		}
		t.sum[r] += s
	}
}

// FCU8 is a quantised fully connected layer's parameters.
type FCU8 struct {
	Weights []int8    // [K][C], in −127…127; the op keeps the slice, and nobody may change it
	Bias    []int32   // [K], or nil for zeros
	Scale   []float32 // [K], inputScale·weightScale; positive and finite
	InZero  uint8
}

// NewFCU8 returns the quantised fully connected layer with float output
//
//	out[n][k] = float32(Bias[k] + Σ_{i<c} (in[n][i] − InZero)·Weights[k][i])·Scale[k]
//
// over n images of c uint8 elements in NHWC order without gaps. The sum is exact in int32 and the product rounded once:
// the same on every tier.
func NewFCU8(n, c, k int, q FCU8, limit arch.ISA) (Op, error) {
	return PackFCU8(nil, n, c, k, q, limit)
}

// PackFCU8 is NewFCU8 with what it needs to know of the weights kept in p.
func PackFCU8(p *Packing, n, c, k int, layer FCU8, limit arch.ISA) (Op, error) {
	weights, bias, scale := layer.Weights, layer.Bias, layer.Scale
	if n < 1 || c < 1 || k < 1 || len(weights)%c != 0 || len(weights)/c != k || len(scale) != k ||
		(bias != nil && len(bias) != k) {
		return nil, errorf("%w: fully connected: %d images, %d×%d weights: %d; %d scales, %d biases", ErrShape, n, k, c,
			len(weights), len(scale), len(bias))
	}
	o := &fcU8{n: n, c: c, k: k, weights: weights, scale: scale}
	q := ConvU8{Weights: weights, Bias: bias, Scale: scale, InZero: layer.InZero, Out: []OutU8{{Hi: 255}}, pack: p}
	if err := q.check(&ConvShape{C: c, K: k, R: 1, S: 1, Groups: 1}, 1); err != nil {
		return nil, err
	}
	o.bias = q.foldedBias(k, 0)
	o.kernel, o.fn = Select[func(*fcU8Args)](OpFC, U8, limit)
	o.tiles = (k + len(fcU8Args{}.w) - 1) / len(fcU8Args{}.w)
	const unit = 32 << 10 // weights of a unit of work, unless that makes too few units
	o.perUnit = max(1, min(unit/(c*len(fcU8Args{}.w)), o.tiles/8))
	return o, nil
}

type fcU8 struct {
	basic
	fn             func(*fcU8Args)
	n, c, k        int
	weights        []int8
	bias           []int32 // the input's zero point folded in
	scale          []float32
	tiles, perUnit int
}

func (o *fcU8) PackedBytes() int { return len(o.weights) + 8*o.k }

func (o *fcU8) Bind(in, out []View, _ []byte, workers int) Task {
	checkViews("fully connected layer", len(in) == 1 && len(out) == 1 && in[0].DType == U8 && out[0].DType == F32 &&
		in[0].N == o.n &&
		out[0].N == o.n && in[0].H*in[0].W*in[0].C == o.c && in[0].Stride >= in[0].C &&
		(in[0].Dense() || in[0].H*in[0].W == 1) &&
		out[0].H == 1 && out[0].W == 1 && out[0].C == o.k && out[0].Stride >= o.k)
	return &fcU8Task{fcU8: o, in: in[0], out: out[0], workers: make([]fcU8Worker, workers)}
}

type fcU8Task struct {
	*fcU8
	onlyTask
	in, out View
	workers []fcU8Worker
}

type fcU8Worker struct {
	args fcU8Args
	_    [64]byte
}

func (t *fcU8Task) Units() int { return (t.tiles + t.perUnit - 1) / t.perUnit }

func (t *fcU8Task) Run(worker, lo, hi int, stop *Stop) {
	const most = 64 << 10 // elements of a row in one call
	a := &t.workers[worker].args
	whole := t.c / t.kernel.KR * t.kernel.KR
	for tile := lo * t.perUnit; tile < min(hi*t.perUnit, t.tiles) && !stop.Asked(); tile++ {
		k0 := tile * len(a.w)
		rows := min(len(a.w), t.k-k0)
		for n := 0; n < t.n && !stop.Asked(); n++ {
			x := t.in.at(n * t.in.H * t.in.W * t.in.Stride)
			a.sum = [4]int32{}
			for at := 0; at < whole && !stop.Asked(); at += most {
				a.x, a.c = unsafe.Add(x, at), min(most, whole-at)
				for r := range a.w {
					a.w[r] = unsafe.Pointer(&t.weights[(k0+min(r, rows-1))*t.c+at])
				}
				t.fn(a)
			}
			dst := floats(t.out.at(n*t.out.Stride+k0), 0, rows)
			for r := range dst {
				acc := t.bias[k0+r] + a.sum[r]
				for i, w := range t.weights[(k0+r)*t.c+whole:][:t.c-whole] {
					acc += int32(w) * int32(*(*uint8)(unsafe.Add(x, whole+i)))
				}
				dst[r] = float32(acc) * t.scale[k0+r]
			}
		}
	}
}
