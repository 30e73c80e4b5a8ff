package kernels

import (
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// Element by element.
const (
	OpClamp  OpKind = "clamp"  // func(*eltwiseArgs)
	OpAdd    OpKind = "add"    // func(*eltwiseArgs), quantised func(*addU8Args)
	OpAffine OpKind = "affine" // func(*eltwiseArgs)
)

// eltwiseArgs is the argument of the elementwise kernels: for each of rows rows of c elements
//
//	clamp:   dst[i] = clamp(a[i])
//	add:     dst[i] = clamp(a[i] + b[i])
//	affine:  dst[i] = a[i]·scale[i] + shift[i]     scale and shift are the same for every row
//
// in IEEE binary32, each operation rounded (no fused multiply-add), so that every tier gives the same bits, up to
// the sign of a zero: clamp(x) = min(max(x, lo), hi), in which a NaN stays a NaN, but whether −0 clamped to +0 is
// −0 or +0 is not defined. On x86 these are MAXPS(lo, x) and MINPS(hi, x), with x as the second source operand.
// dst may be a or b exactly (in place); otherwise they do not overlap.
type eltwiseArgs struct {
	_                           uncompared
	dst, a, b                   unsafe.Pointer
	scale, shift                unsafe.Pointer // [c]
	dstStride, aStride, bStride int            // bytes from one row to the next
	rows, c                     int            // ≥ 1
	lo, hi                      float32
	curve                       Curve // of OpCurve, with the parameters lo and hi
}

func clampF32Generic(e *eltwiseArgs) {
	for r := range e.rows {
		dst, a := floats(e.dst, r*e.dstStride, e.c), floats(e.a, r*e.aStride, e.c)
		for i, x := range a {
			dst[i] = min(max(x, e.lo), e.hi)
		}
	}
}

func addF32Generic(e *eltwiseArgs) {
	for r := range e.rows {
		dst, a, b := floats(e.dst, r*e.dstStride, e.c), floats(e.a, r*e.aStride, e.c), floats(e.b, r*e.bStride, e.c)
		for i, x := range a {
			dst[i] = min(max(x+b[i], e.lo), e.hi)
		}
	}
}

func affineF32Generic(e *eltwiseArgs) {
	scale, shift := floats(e.scale, 0, e.c), floats(e.shift, 0, e.c)
	for r := range e.rows {
		dst, a := floats(e.dst, r*e.dstStride, e.c), floats(e.a, r*e.aStride, e.c)
		for i, x := range a {
			dst[i] = float32(x*scale[i]) + shift[i]
		}
	}
}

// floats are n numbers, offset bytes after p.
func floats(p unsafe.Pointer, offset, n int) []float32 {
	return unsafe.Slice((*float32)(unsafe.Add(p, offset)), n)
}

// NewClampF32 returns the operation out = clamp(in), elementwise; eltwiseArgs defines it. In place is allowed.
func NewClampF32(act Clamp, limit arch.ISA) (Op, error) {
	return newEltwise(OpClamp, 1, act, nil, nil, limit), nil
}

// NewAddF32 returns the operation out = clamp(in₀ + in₁), elementwise; eltwiseArgs defines it. The output may be
// either input.
func NewAddF32(act Clamp, limit arch.ISA) (Op, error) {
	return newEltwise(OpAdd, 2, act, nil, nil, limit), nil
}

// NewAffineF32 returns the operation out = in·scale[c] + shift[c] for each channel c; eltwiseArgs defines it.
// In place is allowed.
func NewAffineF32(scale, shift []float32, limit arch.ISA) (Op, error) {
	if len(scale) == 0 || len(scale) != len(shift) {
		return nil, errorf("%w: %d scales and %d shifts", ErrShape, len(scale), len(shift))
	}
	return newEltwise(OpAffine, 1, Clamp{negInf, posInf}, scale, shift, limit), nil
}

// eltwise cuts tensors into rows: pixels; or, where no view has gaps, rows of a width of its own choosing.
type eltwise struct {
	basic
	fn           func(*eltwiseArgs)
	dtype        DType
	inputs       int
	act          Clamp
	curve        Curve
	channels     int       // affine only: what the input must have; else 0
	scale, shift []float32 // affine only: repeated to denseWidth
	denseWidth   int       // of rows of dense tensors
}

func newEltwise(kind OpKind, inputs int, act Clamp, scale, shift []float32, limit arch.ISA) *eltwise {
	o := &eltwise{dtype: F32, inputs: inputs, act: act, denseWidth: unitElements, channels: len(scale)}
	o.kernel, o.fn = Select[func(*eltwiseArgs)](kind, F32, limit)
	if n := len(scale); n > 0 { // as many whole pixels as fit a short row, so that few channels cost no more than many
		o.denseWidth = n * max(1, 512/n)
		o.scale, o.shift = repeatRow(scale, o.denseWidth), repeatRow(shift, o.denseWidth)
	}
	return o
}

func (o *eltwise) PackedBytes() int { return 4 * (len(o.scale) + len(o.shift)) }

// repeatRow returns n elements: row, over and over.
func repeatRow(row []float32, n int) []float32 {
	all := aligned[float32](n)
	for i := 0; i < n; i += len(row) {
		copy(all[i:], row)
	}
	return all
}

func (o *eltwise) Bind(in, out []View, _ []byte, workers int) Task {
	ok := len(in) == o.inputs && len(out) == 1 && out[0].DType == o.dtype && (o.channels == 0 || out[0].C == o.channels)
	dense := ok && out[0].Dense()
	for i := 0; ok && i < len(in); i++ {
		ok = in[i].DType == o.dtype && sameShape(&in[i], &out[0])
		dense = dense && in[i].Dense()
	}
	checkViews(string(o.kernel.Op), ok)
	t := &eltwiseTask{eltwise: o, width: out[0].C, workers: make([]eltwiseWorker, workers)}
	size := o.dtype.Size()
	t.rows, t.last = out[0].Pixels(), out[0].C
	if total := t.rows * out[0].C; dense && total > 0 {
		t.width = min(o.denseWidth, total)
		t.rows = (total + t.width - 1) / t.width
		t.last = total - (t.rows-1)*t.width
	}
	t.pixelBlocks = newPixelBlocks(t.rows, t.width)
	stride := func(v *View) int {
		if dense {
			return size * t.width
		}
		return size * v.Stride
	}
	t.args = eltwiseArgs{dst: out[0].Data, a: in[0].Data, dstStride: stride(&out[0]), aStride: stride(&in[0]),
		lo: o.act.Lo, hi: o.act.Hi, curve: o.curve}
	if o.inputs == 2 {
		t.args.b, t.args.bStride = in[1].Data, stride(&in[1])
	}
	if o.scale != nil {
		t.args.scale, t.args.shift = addr(o.scale), addr(o.shift)
	}
	return t
}

type eltwiseTask struct {
	*eltwise
	onlyTask
	pixelBlocks       // of rows
	rows, width, last int
	args              eltwiseArgs // of the whole tensor
	workers           []eltwiseWorker
}

type eltwiseWorker struct {
	args eltwiseArgs
	_    [64]byte // workers do not share a cache line
}

func (t *eltwiseTask) Run(worker, lo, hi int, stop *Stop) {
	for u := lo; u < hi && !stop.Asked(); u++ {
		r0, r1 := t.block(u)
		if r1 == t.rows && t.last < t.width {
			t.do(worker, t.rows-1, t.rows, t.last, stop)
			r1--
		}
		if r0 < r1 {
			t.do(worker, r0, r1, t.width, stop)
		}
	}
}

// do computes the first `width` elements of rows r0 ≤ r < r1.
func (t *eltwiseTask) do(worker, r0, r1, width int, stop *Stop) {
	const most = 2 * unitElements // elements of a row in one call
	e, size := &t.workers[worker].args, t.dtype.Size()
	for at := 0; at < width && !stop.Asked(); at += most {
		*e = t.args
		e.rows, e.c = r1-r0, min(most, width-at)
		e.dst = unsafe.Add(e.dst, r0*e.dstStride+size*at)
		e.a = unsafe.Add(e.a, r0*e.aStride+size*at)
		if e.b != nil {
			e.b = unsafe.Add(e.b, r0*e.bStride+size*at)
		}
		if e.scale != nil {
			e.scale, e.shift = unsafe.Add(e.scale, 4*at), unsafe.Add(e.shift, 4*at)
		}
		t.fn(e)
	}
}
