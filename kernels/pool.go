package kernels

import (
	"fmt"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// NewPoolF32 returns max or average pooling of the given geometry; [RefPoolF32] defines it. Max pooling, up to the
// sign of a zero, and average pooling give the same bits in every tier. The output does not overlap the input.
func NewPoolF32(s PoolShape, max bool, limit arch.ISA) (Op, error) {
	return newPool(s, F32, max, limit)
}

// NewMaxPoolU8 returns max pooling of quantised values: [RefPoolF32] on the numbers as they are. A window without
// taps gives 0.
func NewMaxPoolU8(s PoolShape, limit arch.ISA) (Op, error) { return newPool(s, U8, true, limit) }

func newPool(s PoolShape, dt DType, maximum bool, limit arch.ISA) (Op, error) {
	ok := min(s.N, s.H, s.W, s.C) >= 1 && dimOK(s.H, s.R, s.StrideH, s.DilationH, s.PadTop, s.PadBottom, s.OutH) &&
		dimOK(s.W, s.S, s.StrideW, s.DilationW, s.PadLeft, s.PadRight, s.OutW)
	if !ok {
		return nil, fmt.Errorf("%w: pooling %+v", ErrShape, s)
	}
	o := &pool{shape: s, dtype: dt, max: maximum}
	if s.C > maxChannels {
		limit = arch.Generic
	}
	if !maximum {
		o.kernel, o.taps = Select[func(*poolArgs)](OpAvgPool, dt, limit)
	} else if o.kernel, o.taps = Select[func(*poolArgs)](OpMaxPool, dt, limit); s.R == 3 && s.S == 3 && s.DilationH == 1 &&
		s.DilationW == 1 && s.StrideW <= 2 {
		o.kernel, o.row3 = Select[func(*maxPool3Args)](OpMaxPool3, dt, limit)
	}
	o.plan()
	return o, nil
}

// dimOK checks one dimension: nothing overflows, and the last window starts inside the padded input.
func dimOK(in, window, stride, dilation, before, after, out int) bool {
	const most = 1 << 28
	return min(window, stride, dilation, out) >= 1 && min(before, after) >= 0 &&
		max(in, window, stride, before, after) <= most &&
		dilation <= most/window && out-1 <= (in+before+after)/stride
}

// pool computes one output row at a time: the window is clipped above and below once, and the row is cut into the
// windows clipped at the left, those inside and those clipped at the right.
type pool struct {
	basic
	shape PoolShape
	dtype DType
	max   bool
	taps  func(*poolArgs)
	row3  func(*maxPool3Args) // nil unless it applies

	in0, in1 int // windows in0 ≤ x < in1 are inside the input's columns
	m0, m1   int // windows m0 ≤ x < m1 have their middle column in the input; for row3
	cut      int // a row's channels are cut into so many units
	perCut   int // of so many channels
}

const (
	poolTaps  = 64      // addresses in one call, at most
	poolCall  = 1 << 20 // taps × pixels × channels in one call, about
	poolUnits = 8       // units wanted
	poolSlice = 64      // channels are cut in multiples of that
)

func (o *pool) plan() {
	s := &o.shape
	// first is the least x with x·stride ≥ v.
	first := func(v int) int { return min(max(0, (v+s.StrideW-1)/s.StrideW), s.OutW) }
	// after is the least x with x·stride > v.
	after := func(v int) int {
		if v < 0 {
			return 0
		}
		return min(v/s.StrideW+1, s.OutW)
	}
	o.in0 = first(s.PadLeft)
	o.in1 = max(o.in0, after(s.W-1-(s.S-1)*s.DilationW+s.PadLeft))
	o.m0 = first(s.PadLeft - 1)
	o.m1 = max(o.m0, after(s.W-2+s.PadLeft))
	rows := s.N * s.OutH
	want := (poolUnits + rows - 1) / rows
	o.perCut = roundUp((s.C+want-1)/want, poolSlice)
	o.cut = (s.C + o.perCut - 1) / o.perCut
}

func (o *pool) Bind(in, out []View, _ []byte, workers int) Task {
	s := &o.shape
	checkViews("pooling", len(in) == 1 && len(out) == 1 && in[0].DType == o.dtype && out[0].DType == o.dtype &&
		in[0].N == s.N && in[0].H == s.H && in[0].W == s.W && in[0].C == s.C && in[0].Stride >= s.C &&
		out[0].N == s.N && out[0].H == s.OutH && out[0].W == s.OutW && out[0].C == s.C && out[0].Stride >= s.C)
	return &poolTask{pool: o, in: in[0], out: out[0], workers: make([]poolWorker, workers)}
}

type poolTask struct {
	*pool
	onlyTask
	in, out View
	workers []poolWorker
}

type poolWorker struct {
	ptrs [poolTaps]unsafe.Pointer
	args poolArgs
	row  maxPool3Args
	_    [64]byte
}

// Units are output rows, times slices of channels where there are few rows.
func (t *poolTask) Units() int { return t.shape.N * t.shape.OutH * t.cut }

func (t *poolTask) Run(worker, lo, hi int, stop *Stop) {
	wk := &t.workers[worker]
	for u := lo; u < hi && !stop.Asked(); u++ {
		row := u / t.cut
		c0 := u % t.cut * t.perCut
		t.outputRow(wk, row/t.shape.OutH, row%t.shape.OutH, c0, min(t.perCut, t.shape.C-c0), stop)
	}
}

// clip returns the taps r0 ≤ r < r1 of a window at `at` that are inside 0…size−1, and the number of those below
// `padded`.
func clip(at, taps, dilation, size, padded int) (r0, r1, inPadded int) {
	below := func(end int) int { // taps below end
		if at >= end {
			return 0
		}
		return min(taps, (end-at-1)/dilation+1)
	}
	return below(0), below(size), below(padded)
}

// outputRow computes channels c0 ≤ i < c0+c of output row y of image n.
func (t *poolTask) outputRow(wk *poolWorker, n, y, c0, c int, stop *Stop) {
	s := &t.shape
	iy := y*s.StrideH - s.PadTop
	w := poolWindow{worker: wk, n: n, y: y, iy: iy, c0: c0, c: c, stop: stop}
	w.r0, w.r1, w.padded = clip(iy, s.R, s.DilationH, s.H, s.H+s.PadBottom)
	x := 0
	if t.row3 != nil && w.r0 < w.r1 && t.m0 < t.m1 {
		for ; x < t.m0 && !stop.Asked(); x++ {
			t.window(&w, x, 1)
		}
		t.maxRow3(&w)
		x = t.m1
	} else if t.in0 < t.in1 {
		for ; x < t.in0 && !stop.Asked(); x++ {
			t.window(&w, x, 1)
		}
		t.window(&w, t.in0, t.in1-t.in0)
		x = t.in1
	}
	for ; x < s.OutW && !stop.Asked(); x++ {
		t.window(&w, x, 1)
	}
}

// poolWindow is what the windows of one output row have in common.
type poolWindow struct {
	worker *poolWorker
	n, y   int // image, output row
	iy     int // input row of tap 0
	r0, r1 int // taps inside the input
	padded int // taps inside the padded input
	c0, c  int // channels
	stop   *Stop
}

// window computes output pixels x … x+pixels−1, which see the same columns of the window.
func (t *poolTask) window(w *poolWindow, x, pixels int) {
	s, a, ptrs := &t.shape, &w.worker.args, &w.worker.ptrs
	size := t.dtype.Size()
	ix := x*s.StrideW - s.PadLeft
	s0, s1, padded := clip(ix, s.S, s.DilationW, s.W, s.W+s.PadRight)
	cells := (w.r1 - w.r0) * (s1 - s0)
	if cells <= 0 {
		t.nothing(w, x, pixels)
		return
	}
	most := min(len(ptrs), max(2, poolCall/w.c)) // taps in one call
	some := max(1, poolCall/(cells*w.c))         // pixels in one call
	if cells > most {
		some = 1
	}
	for ; pixels > some; pixels -= some {
		if w.stop.Asked() {
			return
		}
		t.window(w, x, some)
		x += some
	}
	dst := t.out.at(((w.n*s.OutH+w.y)*s.OutW+x)*t.out.Stride + w.c0)
	*a = poolArgs{ptrs: unsafe.Pointer(ptrs), dst: dst, srcStep: s.StrideW * t.in.Stride * size,
		dstStep: t.out.Stride * size,
		pixels:  pixels, c: w.c, divisor: 1}
	divisor := cells
	if s.CountIncludePad {
		divisor = w.padded * padded
	}
	ix = x*s.StrideW - s.PadLeft + s0*s.DilationW
	left := cells
	for r := w.r0; r < w.r1; r++ {
		first := (w.n*s.H+w.iy+r*s.DilationH)*s.W + ix
		for q := range s1 - s0 {
			ptrs[a.taps] = t.in.at((first+q*s.DilationW)*t.in.Stride + w.c0)
			a.taps++
			if left--; left == 0 {
				a.divisor = float32(divisor)
			} else if a.taps < most {
				continue
			}
			if w.stop.Asked() {
				return
			}
			t.taps(a)
			ptrs[0], a.taps = dst, 1 // go on from there
		}
	}
}

// nothing writes the result of windows without taps: output pixels x … x+pixels−1.
func (t *poolTask) nothing(w *poolWindow, x, pixels int) {
	for end := x + pixels; x < end && !w.stop.Asked(); x++ {
		at := t.out.at(((w.n*t.shape.OutH+w.y)*t.shape.OutW+x)*t.out.Stride + w.c0)
		switch {
		case t.max && t.dtype == F16:
			fillWith(halves(at, 0, w.c), halfNegInf)
		case t.max && t.dtype == F32:
			fillWith(floats(at, 0, w.c), negInf)
		default:
			clear(unsafe.Slice((*byte)(at), w.c*t.dtype.Size()))
		}
	}
}

// maxRow3 computes the output pixels m0 ≤ x < m1.
func (t *poolTask) maxRow3(w *poolWindow) {
	s, a := &t.shape, &w.worker.row
	size := t.dtype.Size()
	some := max(1, poolCall/(9*w.c))
	for x := t.m0; x < t.m1 && !w.stop.Asked(); x += some {
		pixels := min(some, t.m1-x)
		ix := x*s.StrideW - s.PadLeft
		end := ix + (pixels-1)*s.StrideW + 2 // the last column seen
		*a = maxPool3Args{srcStep: t.in.Stride * size, dstStep: t.out.Stride * size, pixels: pixels, c: w.c,
			stride: s.StrideW,
			dst:    t.out.at(((w.n*s.OutH+w.y)*s.OutW+x)*t.out.Stride + w.c0)}
		if ix < 0 {
			a.left = 1
		}
		if end >= s.W {
			a.right = 1
		}
		for r := range a.rows {
			y := w.iy + min(max(r, w.r0), w.r1-1)
			a.rows[r] = t.in.at(((w.n*s.H+y)*s.W+max(ix, 0))*t.in.Stride + w.c0)
		}
		t.row3(a)
	}
}
