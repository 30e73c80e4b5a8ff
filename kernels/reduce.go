package kernels

import (
	"math"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// OpReduce makes one number of many: func(*reduceArgs).
const OpReduce OpKind = "reduce"

// Reduction is how many numbers become one.
type Reduction uint8

// The reductions of [NewReduceF32], over the numbers x. Maximum and minimum are a NaN if any number is.
const (
	Sum       Reduction = iota // Σ x
	Mean                       // Σ x / n
	Maximum                    // the largest x
	Minimum                    // the smallest x
	Product                    // Π x
	L1                         // Σ |x|
	L2                         // √Σ x²
	SumSquare                  // Σ x²
	LogSum                     // log Σ x
	LogSumExp                  // log Σ eˣ
	reductions
	expSum    // Σ e^(x − m), the second pass of LogSumExp
	deviation // Σ (x − mean)², the second pass of a variance
)

// String returns the reduction's word.
func (r Reduction) String() string {
	if r >= reductions {
		return "Reduction"
	}
	return [...]string{"Sum", "Mean", "Maximum", "Minimum", "Product", "L1", "L2", "SumSquare", "LogSum", "LogSumExp"}[r]
}

// Check refuses a number that stands for no reduction.
func (r Reduction) Check() error {
	if r >= reductions {
		return errorf("%w: reduction %d", ErrShape, uint8(r))
	}
	return nil
}

// reduceArgs is the argument of the inner kernels of reductions, which fold pixels into accumulators: for each pixel in
// turn, acc[i] = acc[i] ∘ src[i] for i < c; or, lanes, acc[i mod 8] = acc[i mod 8] ∘ src[i], i ascending. Accumulators
// of float32 are IEEE binary64, those of uint8 are int32. With expSum, src[i] stands for
// e^(src[i] − most[i]); with deviation, for (src[i] − mean[i])².
type reduceArgs struct {
	_          uncompared
	acc, src   unsafe.Pointer
	most, mean unsafe.Pointer // of float32 and float64, as many as accumulators
	pixels, c  int            // ≥ 1
	stride     int            // bytes
	lanes      bool
	how        Reduction
}

const (
	reduceBlock = 256 // channels reduced at a time
	reduceLanes = 8
)

func reduceF32Generic(a *reduceArgs) {
	n := a.c
	if a.lanes {
		n = reduceLanes
	}
	acc := unsafe.Slice((*float64)(a.acc), n)
	for p := range a.pixels {
		src := floats(a.src, p*a.stride, a.c)
		if !a.lanes {
			a.fold(acc, src)
			continue
		}
		for len(src) > reduceLanes {
			a.fold(acc, src[:reduceLanes])
			src = src[reduceLanes:]
		}
		a.fold(acc, src)
	}
}

// from is the argument of channels k and up of each pixel, which have accumulators of their own.
func (a *reduceArgs) from(k int) reduceArgs {
	part := *a
	part.acc, part.src, part.c = unsafe.Add(a.acc, 8*k), unsafe.Add(a.src, 4*k), a.c-k
	part.most, part.mean = unsafe.Add(a.most, 4*k), unsafe.Add(a.mean, 8*k)
	return part
}

// fold is acc[i] ∘= src[i] for all of src.
func (a *reduceArgs) fold(acc []float64, src []float32) {
	acc = acc[:len(src)]
	switch a.how {
	case Sum, Mean, LogSum:
		for i, x := range src {
			acc[i] += float64(x)
		}
	case Maximum, LogSumExp:
		for i, x := range src {
			acc[i] = max(acc[i], float64(x))
		}
	case Minimum:
		for i, x := range src {
			acc[i] = min(acc[i], float64(x))
		}
	case Product:
		for i, x := range src {
			acc[i] *= float64(x)
		}
	case L1:
		for i, x := range src {
			acc[i] += math.Abs(float64(x))
		}
	case L2, SumSquare:
		for i, x := range src { // the square is exact
			acc[i] += float64(float64(x) * float64(x))
		}
	case expSum:
		most := floats(a.most, 0, len(src))
		for i, x := range src {
			acc[i] += float64(expNegative(x - most[i]))
		}
	case deviation:
		mean := unsafe.Slice((*float64)(a.mean), len(src))
		for i, x := range src {
			d := float64(x) - mean[i]
			acc[i] += float64(d * d)
		}
	}
}

// start is the accumulators' first value.
func (r Reduction) start() float64 {
	switch r {
	case Maximum, LogSumExp:
		return math.Inf(-1)
	case Minimum:
		return math.Inf(1)
	case Product:
		return 1
	}
	return 0
}

// join is x ∘ y of two accumulators.
func (r Reduction) join(x, y float64) float64 {
	switch r {
	case Maximum, LogSumExp:
		return max(x, y)
	case Minimum:
		return min(x, y)
	case Product:
		return x * y
	}
	return x + y
}

// finish is the result of an accumulator of n numbers.
func (r Reduction) finish(x float64, n int) float32 {
	switch r {
	case Mean:
		x /= float64(n)
	case L2:
		x = math.Sqrt(x)
	case LogSum:
		x = logarithm(x)
	}
	return float32(x)
}

func reduceU8Generic(a *reduceArgs) {
	acc := unsafe.Slice((*int32)(a.acc), reduceBlock)
	for p := range a.pixels {
		src := unsafe.Slice((*uint8)(unsafe.Add(a.src, p*a.stride)), a.c)
		step := len(src)
		if a.lanes {
			step = reduceLanes
		}
		for ; len(src) > 0; src = src[min(step, len(src)):] {
			part := src[:min(step, len(src))]
			acc := acc[:len(part)]
			switch a.how {
			case Sum:
				for i, q := range part {
					acc[i] += int32(q)
				}
			case Maximum:
				for i, q := range part {
					acc[i] = max(acc[i], int32(q))
				}
			case Minimum:
				for i, q := range part {
					acc[i] = min(acc[i], int32(q))
				}
			}
		}
	}
}

// NewReduceF32 returns the reduction of a tensor over some of its axes, which become 1. Sums and products are of IEEE
// binary64, over pixels in their order; those over channels are of eight parts, the l-th over the channels
// c ≡ l (mod 8) of all pixels, added up as ((s0+s4)+(s2+s6)) + ((s1+s5)+(s3+s7)); the result is rounded once. So
// every machine gives the same bits.
func NewReduceF32(how Reduction, over Axes, limit arch.ISA) (Op, error) {
	if err := how.Check(); err != nil {
		return nil, err
	}
	o := &reduce{how: how, over: over, dtype: F32}
	o.kernel, o.fn = Select[func(*reduceArgs)](OpReduce, F32, limit)
	return o, nil
}

// NewExtremeU8 returns the maximum or minimum of quantised values over some axes: one of the levels, as it is.
func NewExtremeU8(how Reduction, over Axes, limit arch.ISA) (Op, error) {
	if how != Maximum && how != Minimum {
		return nil, errorf("%w: a quantised %v keeps no scale", ErrShape, how)
	}
	o := &reduce{how: how, over: over, dtype: U8}
	o.kernel, o.fn = Select[func(*reduceArgs)](OpReduce, U8, limit)
	return o, nil
}

// NewReduceU8 returns the quantised sum or mean of cells numbers, over some axes:
//
//	sum = Σ (in − InZero)                                                          exactly, in int32
//	out = Requantize(sum, InScale/OutScale, lo, hi, zero)      of a mean InScale/(OutScale·cells)
//
// The factor is computed in binary64 and rounded once. It is the same on every tier.
func NewReduceU8(how Reduction, over Axes, cells int, q RescaleU8, limit arch.ISA) (Op, error) {
	if how != Sum && how != Mean || cells < 1 || cells > math.MaxInt32/255 {
		return nil, errorf("%w: a quantised %v of %d numbers", ErrShape, how, cells)
	}
	if !(q.InScale > 0) || !(q.OutScale > 0) {
		return nil, errorf("%w: scales %v and %v", ErrShape, q.InScale, q.OutScale)
	}
	n := 1
	if how == Mean {
		n = cells
	}
	o := &reduce{how: Sum, over: over, dtype: U8, cells: cells, inZero: int32(q.InZero) * int32(cells),
		factor: float32(float64(q.InScale) / (float64(q.OutScale) * float64(n)))} // the product is exact
	o.lo, o.hi, o.zero = q.Out.bounds()
	o.kernel, o.fn = Select[func(*reduceArgs)](OpReduce, U8, limit)
	_, o.requantize = Select[func(*requantizeArgs)](OpRequantize, U8, limit)
	return o, nil
}

type reduce struct {
	basic
	fn    func(*reduceArgs)
	how   Reduction
	over  Axes
	dtype DType

	requantize   func(*requantizeArgs)
	cells        int   // of a quantised sum; 0 else
	inZero, zero int32 // of all cells; of the output
	factor       float32
	lo, hi       float32
}

func (o *reduce) Bind(in, out []View, _ []byte, workers int) Task {
	ok := len(in) == 1 && len(out) == 1 && in[0].DType == o.dtype && out[0].DType == o.dtype &&
		in[0].Stride >= in[0].C && out[0].Stride >= out[0].C
	checkViews("reduction", ok)
	n, h, w, c, cells := o.over.of(&in[0])
	checkViews("reduction", out[0].N == n && out[0].H == h && out[0].W == w && out[0].C == c &&
		(o.cells == 0 || o.cells == cells))
	t := &reduceTask{reduce: o, in: in[0], out: out[0], numbers: cells, workers: make([]reduceWorker, workers)}
	o.over.wide(&t.in, &t.out)
	t.blocks = (t.out.C + reduceBlock - 1) / reduceBlock
	return t
}

type reduceTask struct {
	*reduce
	onlyTask
	in, out View
	numbers int // that become one
	blocks  int // of the channels of an output pixel
	workers []reduceWorker
}

type reduceWorker struct {
	args reduceArgs
	out  requantizeArgs
	acc  [reduceBlock]float64 // int32 of uint8
	most [reduceBlock]float32
	mean [reduceBlock]float64
	_    [64]byte
}

// Units are output pixels times blocks of channels.
func (t *reduceTask) Units() int { return t.out.Pixels() * t.blocks }

func (t *reduceTask) Run(worker, lo, hi int, stop *Stop) {
	w := &t.workers[worker]
	w.args = reduceArgs{acc: unsafe.Pointer(&w.acc), most: unsafe.Pointer(&w.most), mean: unsafe.Pointer(&w.mean),
		how: t.how, lanes: t.over.C}
	for u := lo; u < hi && !stop.Asked(); u++ {
		p, c0 := u/t.blocks, u%t.blocks*reduceBlock
		if t.dtype == U8 {
			t.bytes(w, p, c0, stop)
		} else {
			t.floats(w, p, c0, stop)
		}
	}
}

// floats reduces to channels c0 and up of output pixel p.
func (t *reduceTask) floats(w *reduceWorker, p, c0 int, stop *Stop) {
	n := min(reduceBlock, t.out.C-c0)
	dst, acc := floats(t.out.at(p*t.out.Stride+c0), 0, n), w.acc[:]
	for i := range acc {
		acc[i] = t.how.start()
	}
	t.pass(w, p, c0, stop)
	if t.over.C {
		t.how.joinLanes(&w.acc)
	}
	if t.how != LogSumExp {
		for i := range dst {
			dst[i] = t.how.finish(acc[i], t.numbers)
		}
		return
	}
	first := acc[0]
	for i := range acc {
		if t.over.C {
			acc[i] = first
		}
		w.most[i], acc[i] = float32(acc[i]), 0
	}
	w.args.how = expSum
	t.pass(w, p, c0, stop)
	w.args.how = t.how
	if t.over.C {
		expSum.joinLanes(&w.acc)
	}
	for i := range dst {
		m := w.most[i]
		if dst[i] = m; !math.IsInf(float64(m), 0) {
			dst[i] = float32(float64(m) + logarithm(acc[i]))
		}
	}
}

// joinLanes leaves what eight lanes make in the first.
func (r Reduction) joinLanes(a *[reduceBlock]float64) {
	even, odd := r.join(r.join(a[0], a[4]), r.join(a[2], a[6])), r.join(r.join(a[1], a[5]), r.join(a[3], a[7]))
	a[0] = r.join(even, odd)
}

// bytes is floats for quantised values.
func (t *reduceTask) bytes(w *reduceWorker, p, c0 int, stop *Stop) {
	n := min(reduceBlock, t.out.C-c0)
	dst := unsafe.Slice((*uint8)(t.out.at(p*t.out.Stride+c0)), n)
	acc := unsafe.Slice((*int32)(unsafe.Pointer(&w.acc)), reduceBlock)
	first := int32(0)
	if t.how == Minimum {
		first = 255
	}
	for i := range acc {
		acc[i] = first
	}
	t.pass(w, p, c0, stop)
	if t.over.C {
		for _, v := range acc[1:reduceLanes] {
			switch t.how {
			case Maximum:
				acc[0] = max(acc[0], v)
			case Minimum:
				acc[0] = min(acc[0], v)
			default:
				acc[0] += v
			}
		}
	}
	if t.cells > 0 {
		w.out = requantizeArgs{dst: addr(dst), sums: addr(acc), c: n, from: t.inZero, scale: t.factor, lo: t.lo, hi: t.hi,
			zero: t.zero}
		t.requantize(&w.out)
		return
	}
	for i := range dst {
		dst[i] = uint8(acc[i])
	}
}

// box is a range of pixels.
type box struct{ n0, n1, y0, y1, x0, x1 int }

// box returns the pixels that become output pixel p.
func (t *reduceTask) box(p int) (b box) {
	span := func(over bool, at, size int) (from, to int) {
		if over {
			return 0, size
		}
		return at, at + 1
	}
	b.n0, b.n1 = span(t.over.N, p/(t.out.H*t.out.W), t.in.N)
	b.y0, b.y1 = span(t.over.H, p/t.out.W%t.out.H, t.in.H)
	b.x0, b.x1 = span(t.over.W, p%t.out.W, t.in.W)
	return b
}

// pass folds all that becomes output pixel p into the accumulators: channels c0 and up, or all of them as lanes.
func (t *reduceTask) pass(w *reduceWorker, p, c0 int, stop *Stop) {
	in, args, b := &t.in, &w.args, t.box(p)
	channels, block := in.C, heed
	if !t.over.C {
		channels, block = min(reduceBlock, in.C-c0), reduceBlock
	}
	down := b.x1-b.x0 == 1 && b.y1-b.y0 > 1 // pixels below one another
	y1, count, gap := b.y1, b.x1-b.x0, 1
	if down {
		y1, count, gap = b.y0+1, b.y1-b.y0, in.W
	}
	args.stride = gap * in.Stride * in.DType.Size()
	for n := b.n0; n < b.n1; n++ {
		for y := b.y0; y < y1; y++ {
			for c := 0; c < channels; c += block {
				args.c = min(block, channels-c)
				some := max(1, heed/args.c) // pixels in one call
				for p := 0; p < count; p += some {
					if stop.Asked() {
						return
					}
					args.pixels = min(some, count-p)
					args.src = in.at(((n*in.H+y)*in.W+b.x0+p*gap)*in.Stride + c0 + c)
					t.fn(args)
				}
			}
		}
	}
}
