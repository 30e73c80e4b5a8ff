package kernels

import (
	"math"
	"slices"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// OpMix adds up weighted pixels: func(*mixArgs). The type is that of the pixels; the sums are float32.
const OpMix OpKind = "mix"

// mixArgs is the argument of mixing:
//
//	dst[x][i] = Σ_k weights[x·taps + k]·(src[at[x·taps + k]][i] − zero)     0 ≤ x < len(at)/taps, 0 ≤ i < c
//
// in IEEE binary32, from k = 0 upwards, each operation rounded, so that every tier gives the same bits. Where the first
// index of a pixel is −1 it is fill. zero is that of bytes; src of float32 has none. dst and src do not overlap.
type mixArgs struct {
	_                    uncompared
	dst, src             unsafe.Pointer // float32; float32 or bytes
	dstStride, srcStride int            // elements from one pixel to the next
	at                   []int32
	weights              []float32
	taps, c              int // ≥ 1
	zero, fill           float32
}

func mixF32Generic(m *mixArgs) {
	for x := 0; x*m.taps < len(m.at); x++ {
		dst, at, w := takeAt[float32](m.dst, x*m.dstStride, m.c), m.at[x*m.taps:][:m.taps], m.weights[x*m.taps:][:m.taps]
		src := func(k int) []float32 { return takeAt[float32](m.src, int(at[k])*m.srcStride, len(dst)) }
		switch {
		case at[0] < 0:
			paint(dst, m.fill)
			continue
		case len(at) == 1:
			for i, v := range src(0) {
				dst[i] = w[0] * v
			}
			continue
		}
		a, b := src(0), src(1)
		for i := range dst {
			dst[i] = float32(w[0]*a[i]) + float32(w[1]*b[i])
		}
		for k := 2; k < len(at); k++ {
			for i, v := range src(k) {
				dst[i] += float32(w[k] * v)
			}
		}
	}
}

func mixU8Generic(m *mixArgs) {
	for x := 0; x*m.taps < len(m.at); x++ {
		dst, at, w := takeAt[float32](m.dst, x*m.dstStride, m.c), m.at[x*m.taps:][:m.taps], m.weights[x*m.taps:][:m.taps]
		src := func(k int) []uint8 { return takeAt[uint8](m.src, int(at[k])*m.srcStride, len(dst)) }
		switch {
		case at[0] < 0:
			paint(dst, m.fill)
			continue
		case len(at) == 1:
			for i, v := range src(0) {
				dst[i] = w[0] * (float32(v) - m.zero)
			}
			continue
		}
		a, b := src(0), src(1)
		for i := range dst {
			dst[i] = float32(w[0]*(float32(a[i])-m.zero)) + float32(w[1]*(float32(b[i])-m.zero))
		}
		for k := 2; k < len(at); k++ {
			for i, v := range src(k) {
				dst[i] += float32(w[k] * (float32(v) - m.zero))
			}
		}
	}
}

// Taps are the indices of an axis that each index of the output is made of, and their weights: Per for each. Where the
// first is −1, the output lies outside. Without any the axis stays as it is.
type Taps struct {
	Per     int
	At      []int32
	Weights []float32
}

// MaxTap bounds the weights of taps.
const MaxTap = 1024

// Check reports what is wrong with taps over n indices, and returns how many of the output they make.
func (t *Taps) Check(n int) (int, error) {
	if t.Per == 0 && len(t.At) == 0 && len(t.Weights) == 0 {
		return n, nil
	}
	if t.Per < 1 || len(t.At) == 0 || len(t.At)%t.Per != 0 || len(t.Weights) != len(t.At) {
		return 0, errorf("%w: %d indices and %d weights, %d each", ErrShape, len(t.At), len(t.Weights), t.Per)
	}
	for i, v := range t.At {
		if int(v) >= n || v < 0 && t.At[i/t.Per*t.Per] != -1 {
			return 0, errorf("%w: index %d of %d", ErrShape, v, n)
		}
		if w := t.Weights[i]; !(w >= -MaxTap && w <= MaxTap) {
			return 0, errorf("%w: weight %v", ErrShape, w)
		}
	}
	return len(t.At) / t.Per, nil
}

// of is the taps of the output's indices from i to j.
func (t *Taps) of(i, j int) ([]int32, []float32) {
	return t.At[i*t.Per : j*t.Per], t.Weights[i*t.Per : j*t.Per]
}

// Interpolating is what NewInterpolate makes an operation of.
type Interpolating struct {
	H, W, C    int // of the input
	Rows, Cols Taps
	Fill       float32 // what lies outside
	HalfUp     bool    // of bytes: what is half way between two goes to the upper one, not to the even one
	Rescale    RescaleU8
}

// NewInterpolate returns the operation
//
//	t[x, c]   = Σ_i Rows.Weights[y, i]·in[Rows.At[y, i], x, c]
//	out[x, c] = Σ_j Cols.Weights[x, j]·t[Cols.At[x, j], c]
//
// for each row y. On bytes it works on their differences to the zero point and on Fill/InScale, and out is multiplied
// by InScale/OutScale, clamped, and rounded half to even, or half up.
func NewInterpolate(dt DType, p Interpolating, limit arch.ISA) (Op, error) {
	o := &interpolate{Interpolating: p, dtype: dt}
	var err error
	if p.Fill != p.Fill {
		return nil, errorf("%w: %v outside", ErrShape, p.Fill)
	}
	if o.outH, err = p.Rows.Check(p.H); err != nil {
		return nil, err
	}
	if o.outW, err = p.Cols.Check(p.W); err != nil {
		return nil, err
	}
	for _, t := range []*Taps{&o.Rows, &o.Cols} { // they become addresses
		t.At, t.Weights = slices.Clone(t.At), slices.Clone(t.Weights)
	}
	if dt == U8 {
		q := p.Rescale
		o.zero = float32(q.InZero)
		o.quantum = convertArgs{scale: float32(float64(q.InScale) / float64(q.OutScale)), zero: int32(q.Out.Zero),
			lo: int32(q.Out.Lo) - int32(q.Out.Zero), hi: int32(q.Out.Hi) - int32(q.Out.Zero), up: p.HalfUp}
		if !(q.InScale > 0) || !(q.OutScale > 0) || !(o.quantum.scale <= math.MaxFloat32) {
			return nil, errorf("%w: scales %v and %v", ErrShape, q.InScale, q.OutScale)
		}
		const far = 1e20 // levels, of which sums stay finite
		o.Fill = min(max(o.Fill/q.InScale, -far), far)
	}
	_, o.round = Select[func(*convertArgs)](OpLevels, F32, limit)
	_, o.across = Select[func(*mixArgs)](OpMix, F32, limit)
	o.kernel, o.down = Select[func(*mixArgs)](OpMix, dt, limit)
	return o, nil
}

type interpolate struct {
	basic
	Interpolating
	dtype        DType
	outH, outW   int
	down, across func(*mixArgs) // rows into one, and pixels of that
	round        func(*convertArgs)
	zero         float32
	quantum      convertArgs // of bytes: what round needs
}

// Scratch holds the sum of rows, and of bytes a row of sums of it.
func (o *interpolate) Scratch(workers int) int {
	n := o.W * o.C
	if o.dtype == U8 {
		n += o.outW * o.C
	}
	return 4 * n * workers
}

func (o *interpolate) Bind(in, out []View, scratch []byte, workers int) Task {
	checkViews("interpolate", len(in) == 1 && len(out) == 1 && in[0].DType == o.dtype && out[0].DType == o.dtype &&
		in[0].N == out[0].N && in[0].H == o.H && in[0].W == o.W && in[0].C == o.C && in[0].Stride >= o.C &&
		out[0].H == o.outH && out[0].W == o.outW && out[0].C == o.C && out[0].Stride >= o.C)
	t := &interpolateTask{interpolate: o, in: in[0], out: out[0], workers: make([]interpolateWorker, workers)}
	each := o.Scratch(1)
	for i := range t.workers {
		part := scratch[i*each:][:each]
		t.workers[i].sum = unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(part))), o.W*o.C)
		if o.dtype == U8 {
			t.workers[i].row = unsafe.Slice((*float32)(unsafe.Pointer(&part[4*o.W*o.C])), o.outW*o.C)
		}
	}
	return t
}

type interpolateTask struct {
	*interpolate
	onlyTask
	in, out View
	workers []interpolateWorker
}

type interpolateWorker struct {
	sum, row []float32
	one      [1]int32 // the taps of a row that stays as it is
	whole    [1]float32
	args     mixArgs
	convert  convertArgs
	_        [64]byte
}

// Units are rows.
func (t *interpolateTask) Units() int { return t.out.N * t.outH }

func (t *interpolateTask) Run(worker, lo, hi int, stop *Stop) {
	w := &t.workers[worker]
	for u := lo; u < hi && !stop.Asked(); u++ {
		image, y := u/t.outH, u%t.outH
		at, weights := w.one[:], w.whole[:]
		if w.one[0], w.whole[0] = int32(y), 1; t.Rows.Per > 0 {
			at, weights = t.Rows.of(y, y+1)
		}
		t.sum(w, image, at, weights, stop)
		t.row(w, u, stop)
	}
}

// sum mixes rows into the worker's, pieces of them at a time.
func (t *interpolateTask) sum(w *interpolateWorker, image int, at []int32, weights []float32, stop *Stop) {
	a := &w.args
	*a = mixArgs{at: at, weights: weights, taps: len(at), srcStride: t.W * t.in.Stride, zero: t.zero, fill: t.Fill}
	first := image * t.H * t.W * t.in.Stride
	n, pieces, gap := t.W*t.C, 1, 0
	if !t.in.Dense() {
		n, pieces, gap = t.C, t.W, t.in.Stride
	}
	most := max(heed/len(at), 1)
	for p := 0; p < pieces && !stop.Asked(); p++ {
		for i := 0; i < n && !stop.Asked(); i += most {
			a.dst, a.src, a.c = addr(w.sum[p*t.C+i:]), t.in.at(first+p*gap+i), min(most, n-i)
			t.down(a)
		}
	}
}

// row mixes pixels of the worker's row into row u of the output.
func (t *interpolateTask) row(w *interpolateWorker, u int, stop *Stop) {
	to := t.out
	if t.dtype == U8 {
		to = View{Data: addr(w.row), DType: F32, Stride: t.C}
	}
	first := 0
	if t.dtype == F32 {
		first = u * t.outW * to.Stride
	}
	a := &w.args
	step := max(heed/max(t.C*t.Cols.Per, 1), 1) // pixels
	for x := 0; x < t.outW && !stop.Asked(); x += step {
		n := min(step, t.outW-x)
		for c := 0; c < t.C && !stop.Asked(); c += heed {
			part := min(heed, t.C-c)
			if t.Cols.Per == 0 {
				for p := x; p < x+n; p++ {
					copy(takeAt[float32](to.Data, first+p*to.Stride+c, part), w.sum[p*t.C+c:])
				}
			} else {
				*a = mixArgs{dst: to.at(first + x*to.Stride + c), src: addr(w.sum[c:]), dstStride: to.Stride, srcStride: t.C,
					taps: t.Cols.Per, c: part, fill: t.Fill}
				a.at, a.weights = t.Cols.of(x, x+n)
				t.across(a)
			}
			if t.dtype == U8 {
				t.levels(w, u*t.outW+x, n, c, part)
			}
		}
	}
}

// levels makes pixels p to p+n of the output, some channels of them, of the worker's row of sums.
func (t *interpolateTask) levels(w *interpolateWorker, p, n, c, channels int) {
	a := &w.convert
	*a = t.quantum
	a.dst, a.src = t.out.at(p*t.out.Stride+c), addr(w.row[p%t.outW*t.C+c:])
	a.dstStride, a.srcStride, a.rows, a.c = t.out.Stride, 4*t.C, n, channels
	if t.out.Stride == channels && t.C == channels { // one long row
		a.rows, a.c = 1, n*channels
	}
	t.round(a)
}
