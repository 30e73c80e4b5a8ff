package kernels

import (
	"cmp"
	"math"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// NewAvgPoolU8 returns quantised average pooling:
//
//	sum = Σ (in − InZero) over the cells of the window inside the input       exactly, in int32
//	out = Requantize(sum, InScale/(OutScale·n), lo, hi, zero)
//
// n is the number of those cells or, with CountIncludePad, of those inside the padded input. The factor is computed in
// binary64 and rounded once. It is the same on every tier.
func NewAvgPoolU8(s PoolShape, q RescaleU8, limit arch.ISA) (Op, error) {
	o, err := newAvgPoolU8(s, q, limit)
	if err != nil {
		return nil, err
	}
	o.byRows(limit)
	return o, nil
}

// newAvgPoolU8 returns one whose units are pixels.
func newAvgPoolU8(s PoolShape, q RescaleU8, limit arch.ISA) (*avgPoolU8, error) {
	ok := min(s.N, s.H, s.W, s.C) >= 1 && dimOK(s.H, s.R, s.StrideH, s.DilationH, s.PadTop, s.PadBottom, s.OutH) &&
		dimOK(s.W, s.S, s.StrideW, s.DilationW, s.PadLeft, s.PadRight, s.OutW)
	if !ok || min(s.R, s.H)*min(s.S, s.W) > math.MaxInt32/255 {
		return nil, errorf("%w: pooling %+v", ErrShape, s)
	}
	if !(q.InScale > 0) || !(q.OutScale > 0) {
		return nil, errorf("%w: scales %v and %v", ErrShape, q.InScale, q.OutScale)
	}
	o := &avgPoolU8{shape: s, inZero: int32(q.InZero), inScale: float64(q.InScale), outScale: float64(q.OutScale)}
	o.lo, o.hi, o.zero = q.Out.bounds()
	o.kernel, o.add = Select[func(*sumU8Args)](OpAvgPool, U8, limit)
	_, o.requantize = Select[func(*requantizeArgs)](OpRequantize, U8, limit)
	return o, nil
}

// NewAvgPoolLevels returns the average of levels in whole numbers, as TensorFlow Lite computes it. Input and output are
// quantised alike:
//
//	out = from + round((Σ in − from·n)/n), halves away from zero
//
// over the n cells of the window inside the input; from is 128 where levels are int8 in the model, else 0.
func NewAvgPoolLevels(s PoolShape, from uint8, limit arch.ISA) (Op, error) {
	o, err := newAvgPoolU8(s, RescaleU8{InScale: 1, OutScale: 1}, limit)
	if err != nil || s.CountIncludePad {
		return nil, cmp.Or(err, errorf("%w: pooling %+v", ErrShape, s))
	}
	o.whole, o.inZero = true, int32(from)
	return o, nil
}

// sumU8Args is the argument of the inner kernel of quantised average pooling: sums[i] += Σ src[r][i] over rows r, for
// i < c, int32.
type sumU8Args struct {
	_         uncompared
	sums, src unsafe.Pointer
	c         int // ≥ 1
	rows      int // ≥ 1
	stride    int // bytes from one row to the next
}

func sumU8Generic(a *sumU8Args) {
	sums := unsafe.Slice((*int32)(a.sums), a.c)
	for r := range a.rows {
		for i, q := range unsafe.Slice((*uint8)(unsafe.Add(a.src, r*a.stride)), a.c) {
			sums[i] += int32(q)
		}
	}
}

type avgPoolU8 struct {
	basic
	shape        PoolShape
	add          func(*sumU8Args)
	requantize   func(*requantizeArgs)
	row          func(*avgRowArgs) // nil where windows go one by one
	inZero, zero int32
	inScale      float64
	outScale     float64
	lo, hi       float32
	whole        bool // the average of levels; inZero is where they are counted from
}

func (o *avgPoolU8) Bind(in, out []View, _ []byte, workers int) Task {
	s := &o.shape
	checkViews("pooling", len(in) == 1 && len(out) == 1 && in[0].DType == U8 && out[0].DType == U8 &&
		in[0].N == s.N && in[0].H == s.H && in[0].W == s.W && in[0].C == s.C && in[0].Stride >= s.C &&
		out[0].N == s.N && out[0].H == s.OutH && out[0].W == s.OutW && out[0].C == s.C && out[0].Stride >= s.C)
	t := &avgPoolU8Task{avgPoolU8: o, in: in[0], out: out[0], workers: make([]avgPoolU8Worker, workers)}
	for i := range t.workers {
		t.workers[i].sums = make([]int32, sumBlock)
	}
	return t
}

const (
	sumBlock = 256     // channels summed at a time
	sumCells = 1 << 10 // cells in one call
)

type avgPoolU8Task struct {
	*avgPoolU8
	onlyTask
	in, out View
	workers []avgPoolU8Worker
}

type avgPoolU8Worker struct {
	sums []int32
	args sumU8Args
	out  requantizeArgs
	row  avgRowArgs
	_    [64]byte
}

func (t *avgPoolU8Task) blocks() int { return (t.shape.C + sumBlock - 1) / sumBlock }

// Units are output rows, or output pixels times blocks of channels.
func (t *avgPoolU8Task) Units() int {
	if t.row != nil {
		return t.shape.N * t.shape.OutH
	}
	return t.shape.N * t.shape.OutH * t.shape.OutW * t.blocks()
}

func (t *avgPoolU8Task) Run(worker, lo, hi int, stop *Stop) {
	wk := &t.workers[worker]
	for u := lo; u < hi && !stop.Asked(); u++ {
		if t.row != nil {
			t.outputRow(wk, u, stop)
		} else {
			t.unit(wk, u, stop)
		}
	}
}

// unit computes a block of channels of an output pixel.
func (t *avgPoolU8Task) unit(wk *avgPoolU8Worker, u int, stop *Stop) {
	s := &t.shape
	p, c0 := u/t.blocks(), u%t.blocks()*sumBlock
	n, y, x := p/(s.OutH*s.OutW), p/s.OutW%s.OutH, p%s.OutW
	sums := wk.sums[:min(sumBlock, s.C-c0)]
	clear(sums)
	iy, ix := y*s.StrideH-s.PadTop, x*s.StrideW-s.PadLeft
	r0, r1, padH := clip(iy, s.R, s.DilationH, s.H, s.H+s.PadBottom)
	s0, s1, padW := clip(ix, s.S, s.DilationW, s.W, s.W+s.PadRight)
	a := &wk.args
	a.sums, a.c, a.stride = addr(sums), len(sums), s.DilationW*t.in.Stride
	cells := max(r1-r0, 0) * max(s1-s0, 0)
	rows, across := max(r1-r0, 0), max(s1-s0, 0)
	if across == s.W && s.DilationW == 1 && s.DilationH == 1 { // rows of the map follow each other
		rows, across = min(rows, 1), cells
	}
	for r := r0; r < r0+rows; r++ {
		for q := 0; q < across && !stop.Asked(); q += sumCells {
			a.src = t.in.at(((n*s.H+iy+r*s.DilationH)*s.W+ix+(s0+q)*s.DilationW)*t.in.Stride + c0)
			a.rows = min(sumCells, across-q)
			t.add(a)
		}
	}
	dst := t.out.at(p*t.out.Stride + c0)
	if t.whole {
		t.average(unsafe.Slice((*uint8)(dst), len(sums)), sums, int32(cells))
		return
	}
	wk.out = requantizeArgs{dst: dst, sums: addr(sums), c: len(sums), from: t.inZero * int32(cells),
		scale: t.factor(cells, padH*padW), lo: t.lo, hi: t.hi, zero: t.zero}
	t.requantize(&wk.out)
}

// factor is what a sum of so many cells is multiplied by, of a window that has so many inside the padded input.
func (o *avgPoolU8) factor(cells, padded int) float32 {
	if o.shape.CountIncludePad {
		cells = padded
	}
	return float32(o.inScale / (o.outScale * float64(max(cells, 1)))) // the product is exact
}

// average divides sums of so many cells; the average of none is where levels are counted from.
func (o *avgPoolU8) average(dst []uint8, sums []int32, cells int32) {
	n := max(cells, 1)
	for i, sum := range sums {
		if sum -= o.inZero * cells; sum < 0 {
			dst[i] = uint8(o.inZero - int32((uint32(n/2)+uint32(-sum))/uint32(n)))
		} else {
			dst[i] = uint8(o.inZero + int32((uint32(n/2)+uint32(sum))/uint32(n)))
		}
	}
}
