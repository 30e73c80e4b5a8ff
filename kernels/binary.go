package kernels

import (
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// OpBinary is arithmetic between tensors, repeated where one is smaller: func(*binaryArgs).
const OpBinary OpKind = "binary"

// Arithmetic is an operation between two numbers.
type Arithmetic uint8

// The operations of [NewBinary], p ∘ q. Maximum and minimum are a NaN if either number is. Never renumber.
const (
	Plus              Arithmetic = iota
	Minus                        // p − q
	Times                        // p·q
	Over                         // p/q
	Larger                       // the maximum
	Smaller                      // the minimum
	Power                        // p to the power of q, as C has it
	SquaredDifference            // (p − q)²
	Remainder                    // of p/q, with the sign of p, as C's fmod
	FloorRemainder               // of p/q, with the sign of q
	FloorQuotient                // p/q, then the whole number at or below
	Angle                        // of the point (q, p), as C's atan2
	Sloped                       // p where it has no sign, else p·q
	arithmetics
)

// String returns the operation's word.
func (a Arithmetic) String() string {
	if a >= arithmetics {
		return "Arithmetic"
	}
	return [...]string{"Plus", "Minus", "Times", "Over", "Larger", "Smaller", "Power", "SquaredDifference", "Remainder",
		"FloorRemainder", "FloorQuotient", "Angle", "Sloped"}[a]
}

// Check refuses a number that stands for no operation.
func (a Arithmetic) Check() error {
	if a >= arithmetics {
		return errorf("%w: arithmetic %d", ErrShape, uint8(a))
	}
	return nil
}

// binaryArgs is the argument of arithmetic on rows: for r < rows and i < c,
//
//	dst[r·dstRow + i·dstStep] = clamp(a[r·aRow + i·aStep] ∘ b[r·bRow + i·bStep])
//
// in IEEE binary32, each operation rounded. Steps are in elements; one of 0 repeats an element. dst does not overlap a
// or b. clamp(x) = min(max(x, lo), hi), in which a NaN stays a NaN, −0 is below +0, and bounds of ∓∞ are none.
type binaryArgs struct {
	_                     uncompared
	dst, a, b             unsafe.Pointer
	dstRow, aRow, bRow    int
	dstStep, aStep, bStep int
	rows, c               int // ≥ 1
	how                   Arithmetic
	lo, hi                float32
}

// common reports whether it is what assembly does, with such bounds.
func (b *binaryArgs) common() bool {
	switch b.how {
	case Plus, Minus, Times, Over, Larger, Smaller, SquaredDifference, Sloped:
		return b.hi != 0 // the minimum of −0 and +0 is −0
	}
	return false
}

// straight reports whether elements lie side by side, or are repeated.
func (b *binaryArgs) straight() bool { return b.dstStep == 1 && b.aStep|b.bStep <= 1 }

func binaryF32Generic(b *binaryArgs) {
	bound := b.lo > negInf || b.hi < posInf
	for r := range b.rows {
		if b.straight() {
			dst := floats(b.dst, 4*r*b.dstRow, b.c)
			arithmetic(b.how, dst, floats(b.a, 4*r*b.aRow, (b.c-1)*b.aStep+1), floats(b.b, 4*r*b.bRow, (b.c-1)*b.bStep+1))
			if bound {
				bounded(dst, b.lo, b.hi)
			}
			continue
		}
		var p, q, v [1]float32
		for i := range b.c {
			p[0] = *(*float32)(unsafe.Add(b.a, 4*(r*b.aRow+i*b.aStep)))
			q[0] = *(*float32)(unsafe.Add(b.b, 4*(r*b.bRow+i*b.bStep)))
			arithmetic(b.how, v[:], p[:], q[:])
			bounded(v[:], b.lo, b.hi)
			*(*float32)(unsafe.Add(b.dst, 4*(r*b.dstRow+i*b.dstStep))) = v[0]
		}
	}
}

// bounded clamps v.
func bounded(v []float32, lo, hi float32) {
	for i, x := range v {
		v[i] = min(max(x, lo), hi)
	}
}

// Binary is arithmetic between two inputs, or between an input and a constant.
type Binary struct {
	How      Arithmetic
	Act      Clamp     // of the result
	Constant *View     // of float32, the second operand in place of an input
	First    bool      // the constant is the first operand
	Scale    []float32 // of the inputs that are uint8
	Zero     []uint8
	Out      OutU8 // zero point of a uint8 output
	OutScale float32
}

// NewBinary returns the operation out = in₀ ∘ in₁, elementwise, on float32; binaryArgs defines it. Of uint8 it is on
// the dequantised inputs, and its result is quantised, as convertArgs defines: the same bytes on every tier. Where an
// input's N, H, W or C is 1 and the output's is not, its elements are repeated along that dimension.
func NewBinary(dt DType, b Binary, limit arch.ISA) (Op, error) {
	if err := b.How.Check(); err != nil {
		return nil, err
	}
	inputs := 2
	if c := b.Constant; c != nil {
		inputs = 1
		if c.DType != F32 || c.Data == nil || c.Stride < c.C {
			return nil, errorf("%w: constant", ErrShape)
		}
	}
	o := &binaryOp{Binary: b, dt: dt}
	o.args = binaryArgs{how: b.How, lo: b.Act.Lo, hi: b.Act.Hi}
	o.kernel, o.fn = Select[func(*binaryArgs)](OpBinary, F32, limit)
	if dt == U8 {
		ok := len(b.Scale) == inputs && len(b.Zero) == inputs && b.OutScale > 0
		for _, s := range b.Scale {
			ok = ok && s > 0
		}
		if !ok {
			return nil, errorf("%w: scales %v and %v", ErrShape, b.Scale, b.OutScale)
		}
		_, o.dequantize = Select[func(*convertArgs)](OpDequantize, U8, limit)
		_, o.quantize = Select[func(*convertArgs)](OpQuantize, F32, limit)
	}
	return o, nil
}

type binaryOp struct {
	basic
	Binary
	dt   DType
	fn   func(*binaryArgs)
	args binaryArgs

	dequantize, quantize func(*convertArgs) // of uint8
}

func (o *binaryOp) PackedBytes() int {
	if o.Constant == nil {
		return 0
	}
	return o.Constant.Extent()
}

// operands returns both operands, the constant as one of them, and their scales and zero points.
func (o *binaryOp) operands(in []View) (v [2]View, scale [2]float32, zero [2]int32) {
	i := 0
	for k := range v {
		if o.Constant != nil && (k == 0) == o.First {
			v[k] = *o.Constant
			continue
		}
		v[k] = in[i]
		if o.dt == U8 {
			scale[k], zero[k] = o.Scale[i], int32(o.Zero[i])
		}
		i++
	}
	return v, scale, zero
}

func (o *binaryOp) Bind(in, out []View, _ []byte, workers int) Task {
	want := 2
	if o.Constant != nil {
		want = 1
	}
	checkViews("binary", len(in) == want && len(out) == 1 && out[0].DType == o.dt && out[0].Stride >= out[0].C)
	for i := range in {
		checkViews("binary", in[i].DType == o.dt && in[i].Stride >= in[i].C)
	}
	t := &binaryTask{binaryOp: o, args: o.args, workers: make([]binaryWorker, workers)}
	var v [2]View
	v, t.scale, t.zero = o.operands(in)
	d := &out[0]
	dims := [4]int{d.N, d.H, d.W, d.C}
	var steps [3][4]int
	for k, x := range []*View{d, &v[0], &v[1]} {
		have := [4]int{x.N, x.H, x.W, x.C}
		step := [4]int{x.H * x.W * x.Stride, x.W * x.Stride, x.Stride, 1}
		for i, n := range have {
			checkViews("binary", n == dims[i] || n == 1)
			if n == dims[i] && n > 1 {
				steps[k][i] = step[i]
			}
		}
		t.size[k] = x.DType.Size()
	}
	t.merge(dims, steps)
	t.args.dst, t.args.a, t.args.b = d.Data, v[0].Data, v[1].Data
	if o.dt == U8 {
		for i := range t.workers {
			t.workers[i].levels = new(binaryLevels)
		}
	}
	if t.long = t.dims[0]*t.dims[1]*t.dims[2] == 1; t.long {
		t.pixelBlocks = newPixelBlocks(t.dims[3], 1)
	} else {
		t.pixelBlocks = newPixelBlocks(t.dims[0]*t.dims[1]*t.dims[2], t.dims[3])
	}
	return t
}

// merge joins dimensions that lie in all operands as one does, and leaves them at the end of four.
func (t *binaryTask) merge(dims [4]int, steps [3][4]int) {
	t.dims = [4]int{1, 1, 1, 1}
	to := 3
	for i := 3; i >= 0; i-- {
		if dims[i] == 1 {
			continue
		}
		if n := t.dims[to]; n > 1 {
			as := true // dimension i continues dimension to
			for k := range steps {
				as = as && steps[k][i] == t.steps[k][to]*n
			}
			if as {
				t.dims[to] *= dims[i]
				continue
			}
			to--
		}
		t.dims[to] = dims[i]
		for k := range steps {
			t.steps[k][to] = steps[k][i]
		}
	}
	if t.dims[3] == 1 { // one element
		t.steps[0][3] = 1
	}
}

type binaryTask struct {
	*binaryOp
	onlyTask
	pixelBlocks
	args    binaryArgs // of the whole
	dims    [4]int
	steps   [3][4]int  // of the output and the operands, in elements
	size    [3]int     // of their elements
	scale   [2]float32 // of operands of uint8; 0 says that one is float
	zero    [2]int32
	long    bool // one row, cut as it comes
	workers []binaryWorker
}

type binaryWorker struct {
	args   binaryArgs
	levels *binaryLevels // of uint8
	_      [64]byte
}

// call computes rows rows of dimension 2 from row r of the first two, elements from ≤ i < to of each.
func (t *binaryTask) call(worker, outer, row, rows, from, to int) {
	args := &t.workers[worker].args
	*args = t.args
	n, y := outer/t.dims[1], outer%t.dims[1]
	for k, p := range []*unsafe.Pointer{&args.dst, &args.a, &args.b} {
		s := &t.steps[k]
		*p = unsafe.Add(*p, t.size[k]*(n*s[0]+y*s[1]+row*s[2]+from*s[3]))
	}
	args.dstRow, args.aRow, args.bRow = t.steps[0][2], t.steps[1][2], t.steps[2][2]
	args.dstStep, args.aStep, args.bStep = t.steps[0][3], t.steps[1][3], t.steps[2][3]
	args.rows, args.c = rows, to-from
	if t.dt == U8 {
		t.onLevels(t.workers[worker].levels, args)
		return
	}
	t.fn(args)
}

func (t *binaryTask) Run(worker, lo, hi int, stop *Stop) {
	for u := lo; u < hi && !stop.Asked(); u++ {
		r0, r1 := t.block(u)
		if t.long {
			t.call(worker, 0, 0, 1, r0, r1)
			continue
		}
		for r0 < r1 {
			outer, row := r0/t.dims[2], r0%t.dims[2]
			rows := min(t.dims[2]-row, r1-r0)
			for at := 0; at < t.dims[3] && !stop.Asked(); at += maxChannels {
				t.call(worker, outer, row, rows, at, min(at+maxChannels, t.dims[3]))
			}
			r0 += rows
		}
	}
}
