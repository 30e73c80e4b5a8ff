package kernels

import (
	"fmt"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// OpSoftmaxOver is the last pass of a softmax over any axes: func(*softmaxOverArgs).
const OpSoftmaxOver OpKind = "softmaxover"

// SoftmaxForm is what becomes of numbers x whose largest is m.
type SoftmaxForm uint8

const (
	SoftmaxPlain SoftmaxForm = iota // e^(x − m) / Σ e^(x − m)
	SoftmaxLog                      // (x − m) − log Σ e^(x − m)
	SoftmaxHard                     // 1 of the first that is m, 0 of all others
	softmaxForms
)

// Check refuses a number that stands for no form.
func (f SoftmaxForm) Check() error {
	if f >= softmaxForms {
		return fmt.Errorf("%w: softmax of form %d", ErrShape, uint8(f))
	}
	return nil
}

// softmaxOverArgs is the argument of the last pass over a pixel: from src[i], m = most[i·step] and s = sums[i·step],
//
//	dst[i] = expNegative(src[i] − m) / s      or (src[i] − m) − s      or 1 if src[i] = m and s = 0, else 0; then s is 1
//
// for i < c, in IEEE binary32. dst may be src exactly (in place).
type softmaxOverArgs struct {
	src, dst   unsafe.Pointer
	most, sums *[reduceBlock]float32
	step, c    int // 0 or 1; ≥ 1
	form       SoftmaxForm
}

func softmaxOverGeneric(a *softmaxOverArgs) {
	src, dst := floats(a.src, 0, a.c), floats(a.dst, 0, a.c)
	switch a.form {
	case SoftmaxPlain:
		for i, x := range src {
			dst[i] = expNegative(x-a.most[i*a.step]) / a.sums[i*a.step]
		}
	case SoftmaxLog:
		for i, x := range src {
			dst[i] = (x - a.most[i*a.step]) - a.sums[i*a.step]
		}
	case SoftmaxHard:
		for i, x := range src {
			dst[i] = 0
			if s := &a.sums[i*a.step]; *s == 0 && x == a.most[i*a.step] {
				dst[i], *s = 1, 1
			}
		}
	}
}

// NewSoftmaxOverF32 returns a softmax over some axes together; softmaxOverArgs defines it. The sums are those of
// [NewReduceF32], rounded once: every machine gives the same bits. In place is allowed.
func NewSoftmaxOverF32(form SoftmaxForm, over Axes, limit arch.ISA) (Op, error) {
	if err := form.Check(); err != nil {
		return nil, err
	}
	o := &softmaxOver{form: form, reduce: reduce{how: Maximum, over: over, dtype: F32}}
	_, o.fn = Select[func(*reduceArgs)](OpReduce, F32, limit)
	o.kernel, o.last = Select[func(*softmaxOverArgs)](OpSoftmaxOver, F32, limit)
	return o, nil
}

type softmaxOver struct {
	reduce
	last func(*softmaxOverArgs)
	form SoftmaxForm
}

func (o *softmaxOver) Bind(in, out []View, _ []byte, workers int) Task {
	checkViews("softmax", len(in) == 1 && len(out) == 1 && in[0].DType == F32 && out[0].DType == F32 &&
		sameShape(&in[0], &out[0]))
	t := &softmaxOverTask{form: o.form, last: o.last, dst: out[0], workers: make([]softmaxOverWorker, workers)}
	t.reduceTask = reduceTask{reduce: &o.reduce, in: in[0]}
	sums := &t.out // only a shape
	sums.N, sums.H, sums.W, sums.C, _ = o.over.of(&in[0])
	t.blocks = (sums.C + reduceBlock - 1) / reduceBlock
	return t
}

type softmaxOverTask struct {
	reduceTask
	form    SoftmaxForm
	last    func(*softmaxOverArgs)
	dst     View
	workers []softmaxOverWorker
}

type softmaxOverWorker struct {
	reduceWorker
	sums [reduceBlock]float32
	last softmaxOverArgs
	_    [64]byte
}

func (t *softmaxOverTask) Run(worker, lo, hi int, stop *Stop) {
	w := &t.workers[worker]
	w.args = reduceArgs{acc: unsafe.Pointer(&w.acc), most: &w.most, lanes: t.over.C}
	w.last = softmaxOverArgs{most: &w.most, sums: &w.sums, step: 1, form: t.form}
	if w.args.lanes {
		w.last.step = 0
	}
	for u := lo; u < hi && !stop.Asked(); u++ {
		p, c0 := u/t.blocks, u%t.blocks*reduceBlock
		t.fold(w, Maximum, p, c0, stop)
		for i := range w.most {
			w.most[i] = float32(w.acc[i])
			if w.args.lanes {
				w.most[i] = float32(w.acc[0])
			}
		}
		if clear(w.sums[:]); t.form != SoftmaxHard {
			t.fold(w, expSum, p, c0, stop)
			for i := range w.sums {
				if w.sums[i] = float32(w.acc[i]); t.form == SoftmaxLog {
					w.sums[i] = float32(logarithm(w.acc[i]))
				}
			}
		}
		t.write(w, p, c0, stop)
	}
}

// fold is one pass over all that belongs to sum p: channels c0 and up.
func (t *softmaxOverTask) fold(w *softmaxOverWorker, how Reduction, p, c0 int, stop *Stop) {
	for i := range w.acc {
		w.acc[i] = how.start()
	}
	w.args.how = how
	t.pass(&w.reduceWorker, p, c0, stop)
	if w.args.lanes {
		how.joinLanes(&w.acc)
	}
}

// write is the last pass.
func (t *softmaxOverTask) write(w *softmaxOverWorker, p, c0 int, stop *Stop) {
	b := t.box(p)
	channels, block, a := t.in.C, heed, &w.last
	if !w.args.lanes {
		channels, block = min(reduceBlock, t.in.C-c0), reduceBlock
	}
	for n := b.n0; n < b.n1; n++ {
		for y := b.y0; y < b.y1; y++ {
			for x := b.x0; x < b.x1; x++ {
				at := (n*t.in.H+y)*t.in.W + x
				for c := 0; c < channels && !stop.Asked(); c += block {
					a.c = min(block, channels-c)
					a.src, a.dst = t.in.at(at*t.in.Stride+c0+c), t.dst.at(at*t.dst.Stride+c0+c)
					t.last(a)
				}
			}
		}
	}
}
