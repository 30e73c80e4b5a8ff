package kernels

import (
	"math"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// OpLRN5 normalises over 5 channels; quantised only: func(*lrnU8Args).
const OpLRN5 OpKind = "lrn5"

// lrnU8Args is the argument of quantised local response normalisation across channels: for each pixel and channel i <
// c, with x[j] = src[j] − inZero,
//
//	s = Σ_{j<size} x[i−before+j]²                exactly, in int32; zeros outside the pixel
//	t = bias + float32(s)·alpha                   alpha is α/size·inScale²
//	d = √t·√√t                                    t^¾
//	dst[i] = zero + roundEven(min(max(float32(x[i])·scale / d, lo), hi))     scale is inScale/outScale
//
// in IEEE binary32, every operation rounded, in this order: the same on every tier. β is ¾. dst may be src (in place).
type lrnU8Args struct {
	_                    uncompared
	src, dst             unsafe.Pointer
	srcStride, dstStride int            // bytes
	pixels, c            int            // ≥ 1
	size, before         int            // channels in the window; those before its own
	squares              unsafe.Pointer // two rows [lrnSquares(c, size)] int32, scratch; zeros at the start
	squaresBytes         int            // from one row to the other
	inZero, zero         int32
	alpha, bias, scale   float32
	lo, hi               float32
	alphaZ, biasZ        float32 // alpha and bias times ζ = (2/scale)^(4/3), for kernels that estimate d/scale = ½·(ζ·t)^¾
	stop                 *Stop   // of the portable kernel, which takes windows and pixels of any size
}

func lrnU8Generic(a *lrnU8Args) {
	squares := unsafe.Slice((*int32)(a.squares), lrnSquares(a.c, a.size))
	for p := range a.pixels {
		src := unsafe.Slice((*uint8)(unsafe.Add(a.src, p*a.srcStride)), a.c)
		dst := unsafe.Slice((*uint8)(unsafe.Add(a.dst, p*a.dstStride)), a.c)
		for at := 0; at < a.c && !a.stop.Asked(); at += heed {
			squares := squares[a.before+at:]
			for i, q := range src[at:min(at+heed, a.c)] {
				x := int32(q) - a.inZero
				squares[i] = x * x
			}
		}
		for i, q := range src {
			if i%lrnHeed == 0 && a.stop.Asked() {
				return
			}
			var s int32
			for _, v := range squares[i : i+a.size] {
				s += v
			}
			t := float32(float32(s)*a.alpha) + a.bias
			r := sqrt(t)
			d := r * sqrt(r)
			v := float32(float32(int32(q)-a.inZero)*a.scale) / d
			dst[i] = quantized(v, a.lo, a.hi, a.zero)
		}
	}
}

// LRNU8 is the parameters of quantised local response normalisation across channels.
type LRNU8 struct {
	C, Size int     // channels, and those in a window
	Alpha   float32 // divided by Size; not negative
	Beta    float32 // ¾
	Bias    float32 // k of the formula; positive
	RescaleU8
}

// RescaleU8 is how an operation's input and output are quantised: real = scale·(q − zero).
type RescaleU8 struct {
	InScale  float32 // positive
	InZero   uint8
	OutScale float32 // positive
	Out      OutU8   // the output's zero point, and the bounds of its values
}

// NewLRNU8 returns quantised local response normalisation, for x = real input and y = real output of a pixel
//
//	y[i] = x[i] / (Bias + Alpha/Size·Σ x[j]²)^¾     over the Size channels j around i
//
// in IEEE binary32 in one order of operations, so that the bytes are the same on every tier. In place is allowed.
func NewLRNU8(p LRNU8, limit arch.ISA) (Op, error) {
	c, size, alpha, beta, bias := p.C, p.Size, p.Alpha, p.Beta, p.Bias
	inScale, inZero, outScale, out := p.InScale, p.InZero, p.OutScale, p.Out
	if c < 1 || size < 1 || size > 1<<15 { // 2¹⁵·255² < 2³¹
		return nil, errorf("%w: LRN of %d channels over %d", ErrShape, c, size)
	}
	if beta != 0.75 || !(bias > 0) || !(alpha >= 0) || bias > math.MaxFloat32 || alpha > math.MaxFloat32 {
		return nil, errorf("%w: quantised LRN with α = %v, β = %v, k = %v; β must be 0.75 and k positive (leave it in float)",
			ErrShape, alpha, beta, bias)
	}
	o := &lrnU8{c: c, args: lrnU8Args{c: c, size: size, before: (size - 1) / 2, inZero: int32(inZero), bias: bias,
		alpha: float32(float64(alpha) / float64(size) * float64(inScale) * float64(inScale)),
		scale: float32(float64(inScale) / float64(outScale))}}
	o.args.lo, o.args.hi, o.args.zero = out.bounds()
	if o.args.scale > math.MaxFloat32 || !(o.args.scale > 0) {
		return nil, errorf("%w: quantised LRN with scales %v and %v", ErrShape, inScale, outScale)
	}
	// With more than these limits y rounds to 0, unless s and therefore x is 0, when it is 0.
	zeta := math.Pow(2/float64(o.args.scale), 4./3)
	o.args.alphaZ, o.args.biasZ = float32(min(zeta*float64(o.args.alpha), 0x1p40)),
		float32(min(zeta*float64(bias), 0x1p60))
	// The vector kernels' contract, which sane models keep.
	least, most := float64(bias), float64(bias)+float64(o.args.alpha)*float64(size)*255*255 // t
	scale := float64(o.args.scale)
	if c*size > 16*maxChannels || least < 0x1p-60 || most > 0x1p60 || scale < 0x1p-60 ||
		255*scale/math.Pow(least, 0.75) > 0x1p30 {
		limit = arch.Generic
	}
	o.args.squaresBytes = o.rowBytes()
	wide := limit // of the kernels for any size, which take channels by eight
	if c%8 != 0 {
		wide = arch.Generic
	}
	o.kernel, o.fn = Select[func(*lrnU8Args)](OpLRN, U8, wide)
	if size == 5 {
		if k, fn := Select[func(*lrnU8Args)](OpLRN5, U8, limit); !k.Portable() {
			o.kernel, o.fn = k, fn
		}
	}
	return o, nil
}

type lrnU8 struct {
	basic
	c    int
	fn   func(*lrnU8Args)
	args lrnU8Args
}

func (o *lrnU8) rowBytes() int { return roundUp(4*lrnSquares(o.c, o.args.size), 64) }

func (o *lrnU8) scratchEach() int { return 2 * o.rowBytes() }

func (o *lrnU8) Scratch(workers int) int { return workers * o.scratchEach() }

func (o *lrnU8) Bind(in, out []View, scratch []byte, workers int) Task {
	checkViews("LRN", len(in) == 1 && len(out) == 1 && in[0].DType == U8 && out[0].DType == U8 && in[0].C == o.c &&
		sameShape(&in[0], &out[0]) && len(scratch) >= o.Scratch(workers))
	t := &lrnU8Task{lrnU8: o, in: in[0], out: out[0], workers: make([]lrnU8Worker, workers)}
	t.pixelBlocks = newPixelBlocks(in[0].Pixels(), o.c*max(1, o.args.size/8))
	for i := range t.workers {
		t.workers[i].squares = scratch[i*o.scratchEach():][:o.scratchEach()]
	}
	return t
}

type lrnU8Task struct {
	*lrnU8
	onlyTask
	pixelBlocks
	in, out View
	workers []lrnU8Worker
}

type lrnU8Worker struct {
	squares []byte
	args    lrnU8Args
	_       [64]byte
}

func (t *lrnU8Task) Run(worker, lo, hi int, stop *Stop) {
	wk := &t.workers[worker]
	stop.clear(wk.squares) // the margins; the memory may have served another step since
	for u := lo; u < hi && !stop.Asked(); u++ {
		p0, p1 := t.block(u)
		a := &wk.args
		*a = t.args
		a.src, a.dst = t.in.at(p0*t.in.Stride), t.out.at(p0*t.out.Stride)
		a.srcStride, a.dstStride, a.pixels, a.squares = t.in.Stride, t.out.Stride, p1-p0, addr(wk.squares)
		a.stop = stop
		t.fn(a)
	}
}
