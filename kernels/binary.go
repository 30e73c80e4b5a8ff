package kernels

import (
	"fmt"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// OpBinary is arithmetic between tensors, repeated where one is smaller: func(*binaryArgs).
const OpBinary OpKind = "binary"

// Arithmetic is an operation between two numbers.
type Arithmetic uint8

// The operations of [NewBinaryF32]. Maximum and minimum are a NaN if either number is.
const (
	Plus Arithmetic = iota
	Minus
	Times
	Over
	Larger
	Smaller
	arithmetics
)

// String returns the operation's word.
func (a Arithmetic) String() string {
	if a >= arithmetics {
		return "Arithmetic"
	}
	return [...]string{"Plus", "Minus", "Times", "Over", "Larger", "Smaller"}[a]
}

// Check refuses a number that stands for no operation.
func (a Arithmetic) Check() error {
	if a >= arithmetics {
		return fmt.Errorf("%w: arithmetic %d", ErrShape, uint8(a))
	}
	return nil
}

// binaryArgs is the argument of arithmetic on one pixel: dst[i] = a[i·aStep] ∘ b[i·bStep] for i < c, in IEEE binary32,
// each operation rounded. A step of 0 repeats one number for all channels. dst, a and b do not overlap.
type binaryArgs struct {
	dst, a, b    unsafe.Pointer
	aStep, bStep int // 0 or 1
	c            int // ≥ 1
	how          Arithmetic
}

func binaryF32Generic(b *binaryArgs) {
	dst := floats(b.dst, 0, b.c)
	x, y := floats(b.a, 0, (b.c-1)*b.aStep+1), floats(b.b, 0, (b.c-1)*b.bStep+1)
	for i := range dst {
		p, q := x[i*b.aStep], y[i*b.bStep]
		switch b.how {
		case Plus:
			p += q
		case Minus:
			p -= q
		case Times:
			p *= q
		case Over:
			p /= q
		case Larger:
			p = max(p, q)
		case Smaller:
			p = min(p, q)
		}
		dst[i] = p
	}
}

// NewBinaryF32 returns the operation out = in₀ ∘ in₁, elementwise; binaryArgs defines it. Where an input's N, H, W or
// C is 1 and the output's is not, its elements are repeated along that dimension.
func NewBinaryF32(how Arithmetic, limit arch.ISA) (Op, error) {
	if err := how.Check(); err != nil {
		return nil, err
	}
	o := &binaryOp{how: how}
	o.kernel, o.fn = Select[func(*binaryArgs)](OpBinary, F32, limit)
	return o, nil
}

type binaryOp struct {
	basic
	fn  func(*binaryArgs)
	how Arithmetic
}

func (o *binaryOp) Bind(in, out []View, _ []byte, workers int) Task {
	ok := len(in) == 2 && len(out) == 1 && out[0].DType == F32 && out[0].Stride >= out[0].C
	for i := 0; ok && i < len(in); i++ {
		ok = in[i].DType == F32 && in[i].Stride >= in[i].C && repeats(in[i].N, out[0].N) && repeats(in[i].H, out[0].H) &&
			repeats(in[i].W, out[0].W) && repeats(in[i].C, out[0].C)
	}
	checkViews("binary", ok)
	return &binaryTask{binaryOp: o, a: in[0], b: in[1], out: out[0],
		pixelBlocks: newPixelBlocks(out[0].Pixels(), out[0].C), workers: make([]binaryWorker, workers)}
}

// repeats reports whether a dimension of n can be repeated to one of m.
func repeats(n, m int) bool { return n == m || n == 1 }

type binaryTask struct {
	*binaryOp
	pixelBlocks
	a, b, out View
	workers   []binaryWorker
}

type binaryWorker struct {
	args binaryArgs
	_    [64]byte
}

func (t *binaryTask) Run(worker, lo, hi int, stop *Stop) {
	args := &t.workers[worker].args
	for u := lo; u < hi && !stop.Asked(); u++ {
		p0, p1 := t.block(u)
		for p := p0; p < p1; p++ {
			n, y, x := p/(t.out.H*t.out.W), p/t.out.W%t.out.H, p%t.out.W
			aStep, bStep := min(t.a.C-1, 1), min(t.b.C-1, 1)
			for at := 0; at < t.out.C && !stop.Asked(); at += maxChannels {
				*args = binaryArgs{dst: t.out.at(p*t.out.Stride + at), a: t.a.repeated(n, y, x, at*aStep),
					b:     t.b.repeated(n, y, x, at*bStep),
					aStep: aStep, bStep: bStep, c: min(t.out.C-at, maxChannels), how: t.how}
				t.fn(args)
			}
		}
	}
}

// repeated returns the address of channel c of pixel (n, y, x) of a view whose dimensions of 1 are repeated.
func (v *View) repeated(n, y, x, c int) unsafe.Pointer {
	n, y, x = min(n, v.N-1), min(y, v.H-1), min(x, v.W-1)
	return v.at(((n*v.H+y)*v.W+x)*v.Stride + c)
}
