package kernels

import (
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// finish is a function of one element that becomes of a convolution's output where it has just been written, while it
// is in the cache: a function of floats or a table of bytes. The results are those of the two operations one after the
// other.
type finish struct {
	floats        *eltwise
	bytes         *tableU8
	widen, narrow func(*convertArgs) // of float16
}

// finishing is a worker's arguments of it.
type finishing struct {
	floats eltwiseArgs
	bytes  tableArgs
	halves convertArgs
	wide   [finishHalves]float32
}

// finishHalves is how many float16 become float32 at a time.
const finishHalves = 512

// finishOf returns what an operation does to one element; false if it does something else.
func finishOf(op Op) (f finish, ok bool) {
	switch op := op.(type) {
	case *eltwise:
		return finish{floats: op}, op.inputs == 1 && op.channels == 0
	case *tableU8:
		return finish{bytes: op}, op.kernel.Op == OpTable
	}
	return f, false
}

func (f *finish) kernel() *Kernel {
	if f.floats != nil {
		return f.floats.kernel
	}
	return f.bytes.kernel
}

// finishCall is how many elements of a row one call does at most.
const finishCall = 2 * unitElements

// do finishes c elements of each of rows rows at v's element i; rows are step elements apart.
func (f *finish) do(w *finishing, v *View, i, rows, step, c int) {
	if step == c {
		rows, c = 1, rows*c
	}
	if v.DType == F16 {
		for r := range rows {
			for at := 0; at < c; at += finishHalves {
				f.doHalves(w, v.at(i+r*step+at), min(c-at, finishHalves))
			}
		}
		return
	}
	for ; c > 0; i, c = i+finishCall, c-finishCall {
		p, n := v.at(i), min(c, finishCall)
		if f.floats != nil {
			w.floats = eltwiseArgs{dst: p, a: p, dstStride: 4 * step, aStride: 4 * step, rows: rows, c: n,
				lo: f.floats.act.Lo, hi: f.floats.act.Hi, curve: f.floats.curve}
			f.floats.fn(&w.floats)
			continue
		}
		w.bytes = tableArgs{dst: p, src: p, dstStride: step, srcStride: step, rows: rows, c: n, table: addr(f.bytes.table)}
		f.bytes.fn(&w.bytes)
	}
}

// doHalves finishes up to finishHalves float16, as float32.
func (f *finish) doHalves(w *finishing, p unsafe.Pointer, n int) {
	wide := View{Data: addr(w.wide[:]), DType: F32, N: 1, H: 1, W: 1, C: n, Stride: n}
	w.halves = convertArgs{dst: wide.Data, src: p, rows: 1, c: n}
	f.widen(&w.halves)
	f.do(w, &wide, 0, 1, n, n)
	w.halves.dst, w.halves.src = p, wide.Data
	f.narrow(&w.halves)
}

// pixels finishes n pixels of an output from the p-th on.
func (f *finish) pixels(w *finishing, v *View, p, n int) { f.do(w, v, p*v.Stride, n, v.Stride, v.C) }

// Finish returns op with its outputs finished: what it writes to output i becomes what after[i] makes of it, element by
// element and in place, before op is done with it. op is a convolution; after are functions ([NewCurveF32],
// [NewClampF32]) or tables ([NewTableU8]).
func Finish(op Op, after []Op) (Op, error) {
	all := make([]finish, len(after))
	for i := range after {
		var ok bool
		if all[i], ok = finishOf(after[i]); !ok {
			return nil, errorf("%w: %s is no function of one element", ErrShape, after[i].Kernel())
		}
		_, all[i].widen = Select[func(*convertArgs)](OpWiden, F16, all[i].kernel().ISA)
		_, all[i].narrow = Select[func(*convertArgs)](OpNarrow, F32, all[i].kernel().ISA)
	}
	switch o := op.(type) {
	case *directConv:
		c := *o
		c.finish = all
		return &c, nil
	case *rowConv:
		c := *o
		c.finish = all
		return &c, nil
	case *columnConv:
		c := *o
		c.finish = all
		return &c, nil
	case *winograd:
		c := *o
		c.finish = all
		return &c, nil
	case *grouped:
		c := *o
		c.groups = nil
		for _, group := range o.groups {
			g, err := Finish(group, after)
			if err != nil {
				return nil, err
			}
			c.groups = append(c.groups, g)
		}
		return &c, nil
	}
	if len(all) != 1 {
		return nil, errorf("%w: %d functions after %s", ErrShape, len(all), op.Kernel())
	}
	return &finished{op, all[0]}, nil
}

// finishName is what a kernel's name goes on with.
func finishName(all []finish) string {
	if len(all) == 0 {
		return ""
	}
	return " + " + all[0].kernel().Name
}

// finishAll finishes n pixels of all outputs from the p-th on, once all blocks of filters have written them.
func (c *conv) finishAll(w *finishing, out []View, p, n int, stop *Stop) {
	for i := range c.finish {
		if !stop.Asked() {
			c.finish[i].pixels(w, &out[i], p, n)
		}
	}
}

// finishBlock finishes what one block of filters has written.
func (c *conv) finishBlock(w *finishing, out []View, b, p, n int, stop *Stop) {
	if blk := &c.blocks[b]; c.finish != nil && !stop.Asked() {
		v := &out[blk.segment]
		c.finish[blk.segment].do(w, v, p*v.Stride+blk.at, n, v.Stride, blk.cols)
	}
}

// finished is an operation whose units are the rows of its output, such as depthwise convolution: each row is finished
// once it is there. An operation with other units is done as one.
type finished struct {
	Op
	finish
}

func (o *finished) Kernel() string { return o.Op.Kernel() + finishName([]finish{o.finish}) }
func (o *finished) ISA() arch.ISA  { return o.Op.ISA() }

// Choice is the operation's; the zero Choice if it had none.
func (o *finished) Choice() (c Choice) {
	if op, ok := o.Op.(Chosen); ok {
		c = op.Choice()
	}
	return c
}

func (o *finished) Bind(in, out []View, scratch []byte, workers int) Task {
	return &finishedTask{o.Op.Bind(in, out, scratch, workers), &o.finish, out[0], make([]finishedWorker, workers)}
}

type finishedTask struct {
	Task
	*finish
	out     View
	workers []finishedWorker
}

type finishedWorker struct {
	finishing
	_ [64]byte
}

// byRow reports whether a unit is a row of the output.
func (t *finishedTask) byRow() bool { return t.Task.Units() == t.out.N*t.out.H }

func (t *finishedTask) Units() int {
	if t.byRow() {
		return t.Task.Units()
	}
	return 1
}

func (t *finishedTask) Run(worker, lo, hi int, stop *Stop) {
	w := &t.workers[worker].finishing
	if !t.byRow() {
		if t.Task.Run(worker, 0, t.Task.Units(), stop); !stop.Asked() {
			t.pixels(w, &t.out, 0, t.out.Pixels())
		}
		return
	}
	for y := lo; y < hi && !stop.Asked(); y++ {
		t.Task.Run(worker, y, y+1, stop)
		t.pixels(w, &t.out, y*t.out.W, t.out.W)
	}
}
