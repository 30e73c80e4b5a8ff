package kernels

import (
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// What each channel has a number for.
const (
	OpScale OpKind = "scale" // multiplication: func(*scaleArgs)
	OpSlope OpKind = "slope" // multiplication of what has a sign: func(*scaleArgs)
)

// scaleArgs is the argument of kernels in which every channel has a number of its own: for each of rows rows of c
// elements
//
//	scale, float32:  dst[i] = src[i]·by[i]
//	slope, float32:  dst[i] = src[i], or src[i]·by[i] where it has a sign
//	scale, uint8:    dst[i] = quantised(float32(src[i] − inZero)·inScale·by[i] / scale)
//
// in IEEE binary32, each operation rounded; quantised is as of convertArgs. dst does not overlap src or by.
type scaleArgs struct {
	_                    uncompared
	dst, src, by         unsafe.Pointer // by is [c] float32
	dstStride, srcStride int            // bytes
	rows, c              int            // ≥ 1
	inScale, scale       float32        // uint8 only
	inZero, zero         int32
}

func scaleF32Generic(a *scaleArgs) {
	by := floats(a.by, 0, a.c)
	for r := range a.rows {
		both(Times, floats(a.dst, r*a.dstStride, a.c), floats(a.src, r*a.srcStride, a.c), by)
	}
}

func slopeF32Generic(a *scaleArgs) {
	by := floats(a.by, 0, a.c)
	for r := range a.rows {
		both(Sloped, floats(a.dst, r*a.dstStride, a.c), floats(a.src, r*a.srcStride, a.c), by)
	}
}

func scaleU8Generic(a *scaleArgs) {
	by := floats(a.by, 0, a.c)
	lo, hi := float32(-a.zero), float32(255-a.zero)
	for r := range a.rows {
		dst := unsafe.Slice((*uint8)(unsafe.Add(a.dst, r*a.dstStride)), a.c)
		for i, q := range unsafe.Slice((*uint8)(unsafe.Add(a.src, r*a.srcStride)), a.c) {
			v := float32(int32(q)-a.inZero) * a.inScale
			dst[i] = quantized(v*by[i]/a.scale, lo, hi, a.zero)
		}
	}
}

// rest leaves out the first k channels, of elements of so many bytes, and reports whether others are left.
func (a *scaleArgs) rest(k, size int) bool {
	if k == a.c {
		return false
	}
	a.dst, a.src, a.by, a.c = unsafe.Add(a.dst, k*size), unsafe.Add(a.src, k*size), unsafe.Add(a.by, 4*k), a.c-k
	return true
}

// NewScale returns what [NewBinary] does where one operand has all pixels and the other one number for each channel, of
// an image or of all: the gate of squeeze-and-excite (Hu and others, arXiv 1709.01507), or the slopes of PReLU. b is a
// product of inputs in any order, or, of float32, Sloped by a constant; it has no bounds. The bits are those of
// NewBinary.
func NewScale(dt DType, b Binary, limit arch.ISA) (Op, error) {
	full, err := NewBinary(dt, b, limit)
	if err != nil {
		return nil, err
	}
	kind := OpScale
	if b.How == Sloped {
		kind = OpSlope
	}
	if b.How != Times && b.How != Sloped || b.Act.Lo > negInf || b.Act.Hi < posInf || dt == U8 && b.How == Sloped ||
		b.How == Sloped && (b.First || b.Constant == nil) {
		return nil, errorf("%w: %v by channel", ErrShape, b.How)
	}
	o := &scale{binaryOp: *full.(*binaryOp)}
	o.kernel, o.run = Select[func(*scaleArgs)](kind, dt, limit)
	_, o.numbers = Select[func(*convertArgs)](OpDequantize, U8, limit)
	return o, nil
}

type scale struct {
	binaryOp
	run     func(*scaleArgs)
	numbers func(*convertArgs) // of the bytes of a gate
}

const maxGate = 8 << 10 // channels of one call

func (o *scale) Bind(in, out []View, _ []byte, workers int) Task {
	ok := len(out) == 1 && out[0].DType == o.dt && (len(in) == 2 || len(in) == 1 && o.Constant != nil)
	for i := range in {
		ok = ok && in[i].DType == o.dt
	}
	checkViews("scale", ok)
	v, scales, zeros := o.operands(in)
	src, by := 0, 1
	if !sameShape(&v[0], &out[0]) {
		src, by = 1, 0
	}
	gate := &v[by]
	checkViews("scale", sameShape(&v[src], &out[0]) && gate.C == out[0].C && gate.H*gate.W == 1 && gate.Stride >= gate.C &&
		(gate.N == 1 || gate.N == out[0].N))
	t := &scaleTask{scale: o, src: v[src], out: out[0], gate: *gate, workers: make([]scaleWorker, workers),
		image: newPixelBlocks(out[0].H*out[0].W, out[0].C)}
	t.args = scaleArgs{inScale: scales[src], inZero: zeros[src], scale: o.OutScale, zero: int32(o.Out.Zero)}
	if gate.DType == U8 {
		t.byScale, t.byZero = scales[by], zeros[by]
		for i := range t.workers {
			t.workers[i].by = aligned[float32](min(gate.C, maxGate))
		}
	}
	return t
}

type scaleTask struct {
	*scale
	onlyTask
	src, out, gate View
	image          pixelBlocks // units of an image
	args           scaleArgs
	byScale        float32 // of a gate of bytes
	byZero         int32
	workers        []scaleWorker
}

type scaleWorker struct {
	args    scaleArgs
	numbers convertArgs
	by      []float32
	_       [64]byte
}

func (t *scaleTask) Units() int { return t.out.N * t.image.Units() }

func (t *scaleTask) Run(worker, lo, hi int, stop *Stop) {
	wk, size := &t.workers[worker], t.out.DType.Size()
	a := &wk.args
	for u := lo; u < hi && !stop.Asked(); u++ {
		n := u / t.image.Units()
		p0, p1 := t.image.block(u % t.image.Units())
		pixel := n*t.image.pixels + p0
		for at := 0; at < t.out.C && !stop.Asked(); at += maxGate {
			*a = t.args
			a.rows, a.c = p1-p0, min(maxGate, t.out.C-at)
			a.dst, a.dstStride = t.out.at(pixel*t.out.Stride+at), t.out.Stride*size
			a.src, a.srcStride = t.src.at(pixel*t.src.Stride+at), t.src.Stride*size
			a.by = t.gate.at(min(n, t.gate.N-1)*t.gate.Stride + at)
			if t.gate.DType == U8 {
				wk.numbers = convertArgs{dst: addr(wk.by), src: a.by, rows: 1, c: a.c, scale: t.byScale, zero: t.byZero}
				t.numbers(&wk.numbers)
				a.by = addr(wk.by)
			}
			t.run(a)
		}
	}
}
