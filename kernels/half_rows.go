package kernels

import (
	"fmt"

	"github.com/gneiss-go/gneiss/arch"
)

// HalfShape is what [NewHalf] must know of an operation: images, how output rows depend on rows of inputs, and the
// extents of inputs and output. An input of one row where Rows.H is more is there for all rows.
type HalfShape struct {
	N    int
	Rows RowWindow
	In   []Extent
	Out  Extent
	Once []bool // inputs of one image that is there for all; nil if there are none
}

// Extent is the rows, columns and channels of an image.
type Extent struct{ H, W, C int }

func (e Extent) elements() int { return e.H * e.W * e.C }

// halfRows computes an operation of float32 on float16 tensors a band of output rows at a time, so that its inputs and
// output are never there in float32 as a whole: a band's input rows become float32 in a worker's scratch, the operation
// takes them there, and what it makes becomes float16. Bands do not depend on each other.
type halfRows struct {
	inner         Op
	shape         HalfShape
	cuts          []bandRows
	ops           []Op  // of each band
	at            []int // where in a worker's memory each input lies, and then the output
	scratch, each int   // where the operation's own lies, and the bytes of it all
	widen, narrow func(*convertArgs)
	wide          *Kernel
}

const (
	halfBand = 128 << 10 // bytes of float32 of a band, about: they stay in a cache
	halfCuts = 8         // bands wanted, for threads, unless they are very small
)

// NewHalf returns an operation of float32, made for one image, as one on float16 tensors: its inputs become float32,
// exactly, and its output is rounded ([ToHalf]). It is an error if the operation cannot be had for some of its rows.
func NewHalf(op Op, s HalfShape, limit arch.ISA) (Op, error) {
	inner, ok := op.(bandable)
	if !ok || s.N < 1 || !s.Rows.Meets(s.Out.H) {
		return nil, fmt.Errorf("%w: %s in half precision, by rows", ErrShape, op.Kernel())
	}
	if of := onHalves(op, &s, limit); of != nil {
		return of, nil
	}
	o := &halfRows{inner: op, shape: s}
	o.wide, o.widen = Select[func(*convertArgs)](OpWiden, F16, limit)
	_, o.narrow = Select[func(*convertArgs)](OpNarrow, F32, limit)
	bytes := 4 * s.Out.elements()
	for _, e := range s.In {
		bytes += 4 * e.elements()
	}
	n := bytes/halfBand + 1
	if s.N == 1 && bytes > halfBand/halfCuts {
		n = max(n, halfCuts)
	}
	o.cut(min(n, s.Out.H, maxBands))
	ops := map[string]Op{}
	for _, r := range o.cuts {
		key := fmt.Sprint(r.in1-r.in0, r.y1-r.y0, r.padTop, r.padBottom)
		if ops[key] == nil {
			ops[key] = inner.band(r)
		}
		o.ops = append(o.ops, ops[key])
		o.each = max(o.each, o.scratch+roundUp(ops[key].Scratch(1), 64))
	}
	return o, nil
}

// cut divides the output's rows by n and finds what memory that takes.
func (o *halfRows) cut(n int) {
	most := bandRows{}
	for i := range n {
		r := o.shape.Rows.rows(part(i, n, o.shape.Out.H), part(i+1, n, o.shape.Out.H))
		o.cuts = append(o.cuts, r)
		most.in1, most.y1 = max(most.in1, r.in1-r.in0), max(most.y1, r.y1-r.y0)
	}
	for i, e := range append(o.shape.In[:len(o.shape.In):len(o.shape.In)], o.shape.Out) {
		switch {
		case i == len(o.shape.In):
			e.H = most.y1
		case o.cutting(e):
			e.H = most.in1
		}
		o.at = append(o.at, o.scratch)
		o.scratch += roundUp(4*e.elements(), 64)
	}
	o.each = o.scratch
}

// cutting reports whether an input is cut into rows.
func (o *halfRows) cutting(e Extent) bool { return e.H == o.shape.Rows.H }

func (o *halfRows) Kernel() string          { return o.wide.Name + " + " + o.inner.Kernel() }
func (o *halfRows) ISA() arch.ISA           { return o.inner.ISA() }
func (o *halfRows) PackedBytes() int        { return o.inner.PackedBytes() }
func (o *halfRows) Scratch(workers int) int { return workers * o.each }

func (o *halfRows) Bind(in, out []View, scratch []byte, workers int) Task {
	s := &o.shape
	ok := len(in) == len(s.In) && len(out) == 1 && out[0].is(F16, s.N, s.Out) && len(scratch) >= o.Scratch(workers)
	for i := 0; ok && i < len(in); i++ {
		ok = in[i].is(F16, s.images(i), s.In[i])
	}
	checkViews("half precision", ok)
	t := &halfRowsTask{halfRows: o, in: append([]View(nil), in...), out: out[0], workers: make([]halfRowsWorker, workers)}
	for w := range t.workers {
		mem := scratch[w*o.each:][:o.each]
		for b, r := range o.cuts {
			var ins []View
			for i, e := range s.In {
				if o.cutting(e) {
					e.H = r.in1 - r.in0
				}
				ins = append(ins, wideView(mem[o.at[i]:], e))
			}
			to := wideView(mem[o.at[len(in)]:], Extent{r.y1 - r.y0, s.Out.W, s.Out.C})
			t.workers[w].bands = append(t.workers[w].bands, halfBandTask{ins, to, o.ops[b].Bind(ins, []View{to},
				mem[o.scratch:], 1)})
		}
	}
	return t
}

// images is how many an input has.
func (s *HalfShape) images(i int) int {
	if s.Once != nil && s.Once[i] {
		return 1
	}
	return s.N
}

// is reports whether a view is one of that type and extent.
func (v *View) is(dt DType, n int, e Extent) bool {
	return v.DType == dt && v.N == n && v.H == e.H && v.W == e.W && v.C == e.C && v.Stride >= v.C
}

func wideView(mem []byte, e Extent) View {
	return View{Data: addr(mem), DType: F32, N: 1, H: e.H, W: e.W, C: e.C, Stride: e.C}
}

type halfRowsTask struct {
	*halfRows
	onlyTask
	in      []View
	out     View
	workers []halfRowsWorker
}

type halfRowsWorker struct {
	bands []halfBandTask
	args  convertArgs
	_     [64]byte
}

// halfBandTask is a band bound to a worker's memory.
type halfBandTask struct {
	in   []View
	out  View
	task Task
}

// Units are bands of images.
func (t *halfRowsTask) Units() int { return t.shape.N * len(t.cuts) }

func (t *halfRowsTask) Run(worker, lo, hi int, stop *Stop) {
	w := &t.workers[worker]
	for u := lo; u < hi && !stop.Asked(); u++ {
		n, r, b := u/len(t.cuts), &t.cuts[u%len(t.cuts)], &w.bands[u%len(t.cuts)]
		for i := range b.in {
			to, e, first := &b.in[i], t.shape.In[i], 0
			if t.cutting(e) {
				first = r.in0 * e.W
			}
			first += n % t.shape.images(i) * e.H * e.W
			convertPixels(t.widen, &w.args, to, 0, &t.in[i], first, to.Pixels(), stop)
		}
		b.task.Run(0, 0, b.task.Units(), stop)
		convertPixels(t.narrow, &w.args, &t.out, (n*t.shape.Out.H+r.y0)*t.out.W, &b.out, 0, b.out.Pixels(), stop)
	}
}

// Operations on single elements or pixels are what they are in any rows.
func (o *eltwise) band(bandRows) Op  { return o }
func (o *binaryOp) band(bandRows) Op { return o }
func (o *scale) band(bandRows) Op    { return o }
