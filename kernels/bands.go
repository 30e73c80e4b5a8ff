package kernels

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/arch"
)

// bands computes a chain of operations a band of output rows at a time, so that what lies between them is never there
// as a whole: convolution, pooling and normalisation of a first layer need a few rows of its large map at once, and so
// do an expansion, depthwise convolution and projection. Any worker may take any bands. Of bands in a row it keeps what
// the next one needs too; only the rows that its first band shares with another worker's are computed twice.
type bands struct {
	stages  []Stage
	cuts    []band
	at      []int // where in a worker's memory each stage's output lies; −1: in the chain's output
	scratch int   // where in it the stages' own scratch lies
	each    int   // bytes of a worker's memory
}

// Stage is one operation of a chain over images of batch size 1.
type Stage struct {
	Op      Op
	Rows    RowWindow // how its output rows depend on its input rows
	H, W, C int       // of its output
	DType   DType     // of its output
	InPlace bool      // may write over its input
}

// Chain is an operation that computes others a band of rows at a time.
type Chain interface {
	Op
	Stages() []Stage // in order; not to be changed
	Bands() int
}

func (o *bands) Stages() []Stage { return o.stages }
func (o *bands) Bands() int      { return len(o.cuts) }

// RowWindow says which input rows an output row sees: y·Stride − PadTop + r·Dilation for r < Taps, as far as they are
// among the H rows that there are. Operations on single pixels are {1, 1, 1, 0, H}.
type RowWindow struct{ Taps, Stride, Dilation, PadTop, H int }

// bandRows is one stage's part of a band: output rows y0 ≤ y < y1 from input rows in0 ≤ y < in1, with padding above
// and below where the window leaves the input.
type bandRows struct{ y0, y1, in0, in1, padTop, padBottom int }

// rows returns what output rows y0 ≤ y < y1 need.
func (w RowWindow) rows(y0, y1 int) bandRows {
	from := y0*w.Stride - w.PadTop
	to := (y1-1)*w.Stride - w.PadTop + (w.Taps-1)*w.Dilation + 1
	b := bandRows{y0: y0, y1: y1, in0: min(max(from, 0), w.H-1), in1: max(min(to, w.H), 1)}
	b.padTop, b.padBottom = max(b.in0-from, 0), max(to-b.in1, 0)
	return b
}

// Meets reports whether the windows of the first and the last of so many output rows see some of the input.
func (w RowWindow) Meets(out int) bool {
	return (w.Taps-1)*w.Dilation+1 > w.PadTop && (out-1)*w.Stride-w.PadTop < w.H
}

// bandable is an operation that can be had for some of its rows, with the same weights.
type bandable interface {
	Op
	band(bandRows) Op
}

// cuttable reports whether an operation is bandable, or its function's is.
func cuttable(op Op) bool {
	if f, ok := op.(*finished); ok {
		op = f.Op
	}
	_, ok := op.(bandable)
	return ok
}

// band is a chain's operations for some rows of its output.
type band struct {
	rows []bandRows // of each stage
	ops  []Op
	// What is missing where the band before has just been done; an operation is nil if nothing is. There are none for
	// chains that begin anew in each band.
	more []bandRows
	then []Op
}

// maxBands bounds the bands of a chain. Where as many do not get what lies between under its share, it is because
// windows are high, and more bands would only compute more rows twice.
const maxBands = 64

// NewBands returns the chain of stages, each of which reads what the one before it writes, as one operation. Of what
// lies between them at most about `share` is there at once, for each worker. It returns nil if a stage cannot be
// cut into rows, or if a window lies outside its input.
func NewBands(stages []Stage, share float64) Op {
	for _, s := range stages {
		if !cuttable(s.Op) || !s.Rows.Meets(s.H) {
			return nil
		}
	}
	last := stages[len(stages)-1]
	o := &bands{stages: stages}
	between := o.cut(1)
	for n, most := 2, int(share*float64(between)); n <= min(last.H, maxBands) && between > most; n++ {
		between = o.cut(n)
	}
	ops := map[string]Op{} // bands of the same geometry share an operation
	stage := func(j int, r bandRows) Op {
		key := fmt.Sprint(j, r.in1-r.in0, r.y1-r.y0, r.padTop, r.padBottom)
		op := ops[key]
		if op == nil {
			op = stages[j].Op.(bandable).band(r)
			ops[key] = op
			o.each = max(o.each, o.scratch+roundUp(op.Scratch(1), 64))
		}
		return op
	}
	goesOn := !slices.ContainsFunc(stages, func(s Stage) bool { return byTiles(s.Op) })
	for i := range o.cuts {
		b := &o.cuts[i]
		for j, r := range b.rows {
			b.ops = append(b.ops, stage(j, r))
		}
		if i == 0 || !goesOn {
			continue
		}
		for j, r := range b.rows {
			from := max(r.y0, o.cuts[i-1].rows[j].y1)
			b.more = append(b.more, stages[j].Rows.rows(from, r.y1))
			b.then = append(b.then, nil)
			if from < r.y1 {
				b.then[j] = stage(j, b.more[j])
			}
		}
	}
	return o
}

// byTiles reports whether the last bits of an operation's output depend on the row that it begins in: then a band must
// not depend on which worker did the one before it.
func byTiles(op Op) bool {
	w, ok := op.(*winograd)
	return ok && w.dtype != U8
}

// cut divides the output's rows by n, finds what memory that takes, and returns what of it lies between the stages at
// once: if they all work in place, it is in the output.
func (o *bands) cut(n int) (between int) {
	stages := len(o.stages)
	o.cuts = make([]band, n)
	for i := range o.cuts {
		rows := make([]bandRows, stages)
		y0, y1 := part(i, n, o.stages[stages-1].H), part(i+1, n, o.stages[stages-1].H)
		for j := stages - 1; j >= 0; j-- {
			rows[j] = o.stages[j].Rows.rows(y0, y1)
			y0, y1 = rows[j].in0, rows[j].in1
		}
		o.cuts[i].rows = rows
	}
	o.at, o.scratch = make([]int, stages), 0
	o.at[stages-1] = -1
	for j := stages - 2; j >= 0; j-- {
		s := &o.stages[j]
		most := 0
		for _, b := range o.cuts {
			most = max(most, b.rows[j].y1-b.rows[j].y0)
		}
		bytes := roundUp(most*s.W*s.C*s.DType.Size(), 64)
		between = max(between, bytes)
		if o.stages[j+1].InPlace {
			o.at[j] = o.at[j+1]
			continue
		}
		o.at[j] = o.scratch
		o.scratch += bytes
	}
	o.each = o.scratch
	return max(between, o.scratch)
}

func (o *bands) Kernel() string {
	var names []string
	for _, s := range o.stages {
		names = append(names, s.Op.Kernel())
	}
	return fmt.Sprintf("%s in %d bands", strings.Join(names, " + "), len(o.cuts))
}

// ISA is that of the first stage, where the work is.
func (o *bands) ISA() arch.ISA { return o.stages[0].Op.ISA() }

func (o *bands) PackedBytes() (n int) {
	for _, s := range o.stages {
		n += s.Op.PackedBytes()
	}
	return n
}

func (o *bands) Scratch(workers int) int { return workers * o.each }

func (o *bands) Bind(in, out []View, scratch []byte, workers int) Task {
	last := &o.stages[len(o.stages)-1]
	checkViews("chain", len(in) == 1 && len(out) == 1 && in[0].N == 1 && out[0].N == 1 && out[0].H == last.H &&
		in[0].H == o.stages[0].Rows.H && len(scratch) >= o.Scratch(workers))
	t := &bandsTask{units: len(o.cuts)}
	for w := range workers {
		mem := scratch[w*o.each:][:o.each]
		for i := range o.cuts {
			b := &o.cuts[i]
			var task bandTask
			src := rowsOf(in[0], b.rows[0].in0, b.rows[0].in1)
			from := b.rows[0].in0 // the input row that src begins with
			for j, op := range b.ops {
				r, s := b.rows[j], &o.stages[j]
				dst := View{DType: s.DType, N: 1, H: r.y1 - r.y0, W: s.W, C: s.C, Stride: s.C}
				if o.at[j] >= 0 {
					dst.Data = addr(mem[o.at[j]:])
				} else {
					dst = rowsOf(out[0], r.y0, r.y1)
				}
				task.first = append(task.first, op.Bind([]View{src}, []View{dst}, mem[o.scratch:], 1))
				if b.then != nil {
					o.goOn(&task, i, j, from, src, dst, mem)
				}
				src, from = dst, r.y0
			}
			t.tasks = append(t.tasks, task)
		}
	}
	return t
}

// goOn binds stage j of band i to do what is missing after the band before, from src, the first row of which is row
// `from`, to the last rows of dst. What is kept of the rows before moves to the first ones, once for all stages that
// share them.
func (o *bands) goOn(t *bandTask, i, j, from int, src, dst View, mem []byte) {
	b, row, before := &o.cuts[i], dst.W*dst.C*dst.DType.Size(), o.cuts[i-1].rows[j]
	kept := before.y1 - b.rows[j].y0
	if kept > 0 && o.at[j+1] != o.at[j] {
		end := o.at[j] + (before.y1-before.y0)*row
		t.moves = append(t.moves, bandMove{mem[o.at[j]:][:kept*row], mem[end-kept*row : end]})
	}
	if r := b.more[j]; b.then[j] != nil {
		src = rowsOf(src, r.in0-from, r.in1-from)
		dst = rowsOf(dst, max(0, kept), dst.H)
		t.then = append(t.then, b.then[j].Bind([]View{src}, []View{dst}, mem[o.scratch:], 1))
	}
}

// rowsOf is rows y0 ≤ y < y1 of an image.
func rowsOf(v View, y0, y1 int) View {
	v.Data = v.at(y0 * v.W * v.Stride)
	v.H = y1 - y0
	return v
}

type bandsTask struct {
	units int
	tasks []bandTask // [workers][bands]
}

// bandTask is a chain of tasks.
type bandTask struct {
	first []Task     // of a worker's first band, or one that does not go on
	moves []bandMove // before a band that does
	then  []Task     // and its tasks
}

// bandMove are bytes that move; the two may overlap.
type bandMove struct{ to, from []byte }

// Units are bands.
func (t *bandsTask) Units() int { return t.units }

func (t *bandsTask) Run(worker, lo, hi int, stop *Stop) {
	for i := range t.tasks[worker*t.units:][lo:hi] {
		band := &t.tasks[worker*t.units+lo+i]
		tasks := band.first
		if i > 0 && band.then != nil {
			tasks = band.then
			for _, m := range band.moves {
				copy(m.to, m.from)
			}
		}
		for _, task := range tasks {
			task.Run(0, 0, task.Units(), stop)
		}
	}
}

// What follows makes operations for some of their rows.

func (s ConvShape) band(b bandRows) ConvShape {
	s.H, s.PadTop, s.PadBottom = b.in1-b.in0, b.padTop, b.padBottom
	return s
}

func (d *directConv) band(b bandRows) Op {
	c := d.conv
	c.shape = c.shape.band(b)
	return newDirectConv(c)
}

func (d *rowConv) band(b bandRows) Op {
	c := d.conv
	c.shape = c.shape.band(b)
	r := newRowConv(c)
	r.half = d.half
	return r
}

func (d *columnConv) band(b bandRows) Op {
	c := d.conv
	c.shape = c.shape.band(b)
	return &columnConv{c, d.weave}
}

func (w *winograd) band(b bandRows) Op {
	c := *w
	c.shape = c.shape.band(b)
	c.lay()
	return &c
}

func (o *pool) band(b bandRows) Op {
	c := *o
	c.shape.H, c.shape.PadTop, c.shape.OutH = b.in1-b.in0, b.padTop, b.y1-b.y0
	c.plan()
	return &c
}

func (o *finished) band(b bandRows) Op { return &finished{o.Op.(bandable).band(b), o.finish} }

func (o *lrn) band(bandRows) Op   { return o }
func (o *lrnU8) band(bandRows) Op { return o }
