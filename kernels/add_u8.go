package kernels

import (
	"math"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// OpAddFixed is quantised addition in whole numbers, as TensorFlow Lite has it: func(*addU8Args).
const OpAddFixed OpKind = "addfixed"

// addU8Args is the argument of quantised addition: for each of rows rows of c elements
//
//	add:       dst[i] = zero + roundEven(min(max(float32(a[i] − aZero)·aScale + float32(b[i] − bZero)·bScale, lo), hi))
//	addfixed:  dst[i] = min(max((bias + a[i]·aTimes + b[i]·bTimes) >> shift + zero, least), most)
//
// in IEEE binary32, two products and one sum, each rounded, where the scales are those of the inputs over the output's;
// and in int32, of which nothing overflows. dst may be a or b.
type addU8Args struct {
	_                           uncompared
	dst, a, b                   unsafe.Pointer
	dstStride, aStride, bStride int // bytes
	rows, c                     int // ≥ 1
	aZero, bZero, zero          int32
	aScale, bScale              float32
	lo, hi                      float32
	aTimes, bTimes, bias        int32  // of addfixed
	least, most                 int32  // the bounds as levels
	shift                       uint64 // 13…30
}

// rest makes e the part of whole without the first k elements of each row, and reports whether there is one.
func (e *addU8Args) rest(whole *addU8Args, k int) bool {
	if k == whole.c {
		return false
	}
	*e = *whole
	e.dst, e.a, e.b, e.c = unsafe.Add(e.dst, k), unsafe.Add(e.a, k), unsafe.Add(e.b, k), e.c-k
	return true
}

func addFixedGeneric(e *addU8Args) {
	shift := e.shift & 31
	for r := range e.rows {
		dst := unsafe.Slice((*uint8)(unsafe.Add(e.dst, r*e.dstStride)), e.c)
		a := unsafe.Slice((*uint8)(unsafe.Add(e.a, r*e.aStride)), len(dst))
		b := unsafe.Slice((*uint8)(unsafe.Add(e.b, r*e.bStride)), len(dst))
		for i := range dst {
			sum := e.bias + int32(a[i])*e.aTimes + int32(b[i])*e.bTimes
			dst[i] = uint8(min(max(sum>>shift+e.zero, e.least), e.most))
		}
	}
}

// fixed sets the whole numbers of addfixed, which stand for scales in binary32: the larger has 21 bits. It reports
// whether they do: scales from 2⁻¹⁰ to 2⁸. A half and the inputs' zero points are within bias.
func (e *addU8Args) fixed(q AddU8) bool {
	a, b := q.AScale/q.OutScale, q.BScale/q.OutScale
	if !(min(a, b) >= 1.0/1024) || !(max(a, b) < 256) {
		return false
	}
	_, bits := math.Frexp(float64(max(a, b)))
	shift := 21 - bits
	times := func(s float32) int32 { return int32(math.RoundToEven(math.Ldexp(float64(s), shift))) }
	e.aTimes, e.bTimes, e.shift = times(a), times(b), uint64(shift)
	e.bias = 1<<(shift-1) - e.aTimes*e.aZero - e.bTimes*e.bZero
	return true
}

func addU8Generic(e *addU8Args) {
	for r := range e.rows {
		dst := unsafe.Slice((*uint8)(unsafe.Add(e.dst, r*e.dstStride)), e.c)
		a := unsafe.Slice((*uint8)(unsafe.Add(e.a, r*e.aStride)), e.c)
		b := unsafe.Slice((*uint8)(unsafe.Add(e.b, r*e.bStride)), e.c)
		for i, q := range a {
			x := float32(int32(q)-e.aZero) * e.aScale
			y := float32(int32(b[i])-e.bZero) * e.bScale
			dst[i] = quantized(float32(x)+float32(y), e.lo, e.hi, e.zero)
		}
	}
}

// AddU8 is how the inputs a and b of a quantised sum, and its output, are quantised: real = scale·(q − zero).
type AddU8 struct {
	AScale   float32 // positive, as the other scales
	AZero    uint8
	BScale   float32
	BZero    uint8
	OutScale float32
	Out      OutU8 // the output's zero point, and the bounds of its values
	Fixed    bool  // in whole numbers; see [FixedSum]
}

// FixedSum reports whether there is a sum in whole numbers for scales of two inputs and the output.
func FixedSum(a, b, out float32) bool {
	return new(addU8Args).fixed(AddU8{AScale: a, BScale: b, OutScale: out})
}

// NewAddU8 returns the quantised sum of two inputs: two products and one sum in IEEE binary32, rounded half to even; or
// one of two products by whole numbers of 21 bits, shifted, half rounded up. The output may be either input.
func NewAddU8(q AddU8, limit arch.ISA) (Op, error) {
	if !(q.AScale > 0) || !(q.BScale > 0) || !(q.OutScale > 0) {
		return nil, errorf("%w: scales %v, %v and %v", ErrShape, q.AScale, q.BScale, q.OutScale)
	}
	o := &addU8{args: addU8Args{aZero: int32(q.AZero), bZero: int32(q.BZero),
		aScale: float32(float64(q.AScale) / float64(q.OutScale)), bScale: float32(float64(q.BScale) / float64(q.OutScale))}}
	o.args.lo, o.args.hi, o.args.zero = q.Out.bounds()
	o.args.least, o.args.most = int32(q.Out.Lo), int32(q.Out.Hi)
	kind := OpAdd
	if q.Fixed {
		if kind = OpAddFixed; !o.args.fixed(q) {
			return nil, errorf("%w: scales %v, %v and %v in whole numbers", ErrShape, q.AScale, q.BScale, q.OutScale)
		}
	}
	o.kernel, o.fn = Select[func(*addU8Args)](kind, U8, limit)
	return o, nil
}

type addU8 struct {
	basic
	fn   func(*addU8Args)
	args addU8Args
}

func (o *addU8) Bind(in, out []View, _ []byte, workers int) Task {
	checkViews("sum", len(in) == 2 && len(out) == 1 && in[0].DType == U8 && in[1].DType == U8 && out[0].DType == U8 &&
		sameShape(&in[0], &out[0]) && sameShape(&in[1], &out[0]))
	t := &addU8Task{addU8: o, a: in[0], b: in[1], out: out[0], workers: make([]addU8Worker, workers)}
	if v := &t.out; v.Dense() && t.a.Dense() && t.b.Dense() { // one long row, cut as it comes
		t.long = true
		n := v.Pixels() * v.C
		for _, v := range []*View{&t.a, &t.b, &t.out} {
			v.N, v.H, v.W, v.C, v.Stride = 1, 1, n, 1, 1
		}
	}
	t.pixelBlocks = newPixelBlocks(t.out.Pixels(), t.out.C)
	return t
}

type addU8Task struct {
	*addU8
	onlyTask
	pixelBlocks
	a, b, out View
	long      bool
	workers   []addU8Worker
}

type addU8Worker struct {
	args addU8Args
	_    [64]byte
}

func (t *addU8Task) Run(worker, lo, hi int, stop *Stop) {
	e := &t.workers[worker].args
	for u := lo; u < hi && !stop.Asked(); u++ {
		p0, p1 := t.block(u)
		rows, c := p1-p0, t.out.C
		if t.long {
			rows, c = 1, p1-p0
		}
		for at := 0; at < c && !stop.Asked(); at += maxChannels { // a pixel may be too wide for one call
			*e = t.args
			e.dst, e.a, e.b = t.out.at(p0*t.out.Stride+at), t.a.at(p0*t.a.Stride+at), t.b.at(p0*t.b.Stride+at)
			e.dstStride, e.aStride, e.bStride = t.out.Stride, t.a.Stride, t.b.Stride
			e.rows, e.c = rows, min(c-at, maxChannels)
			t.fn(e)
		}
	}
}
