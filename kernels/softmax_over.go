package kernels

import (
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
		return errorf("%w: softmax of form %d", ErrShape, uint8(f))
	}
	return nil
}

// softmaxOverArgs is the argument of the last pass over a pixel: from src[i], m = most[i·step] and s = sums[i·step],
//
//	dst[i] = expNegative(src[i] − m) / s      or (src[i] − m) − s      or 1 if src[i] = m and s = 0, else 0; then s is 1
//
// for i < c, in IEEE binary32. dst may be src exactly (in place).
type softmaxOverArgs struct {
	_          uncompared
	src, dst   unsafe.Pointer
	most, sums unsafe.Pointer // of float32
	step, c    int            // 0 or 1; ≥ 1
	form       SoftmaxForm
}

func softmaxOverGeneric(a *softmaxOverArgs) {
	src, dst := floats(a.src, 0, a.c), floats(a.dst, 0, a.c)
	most, sums := floats(a.most, 0, (a.c-1)*a.step+1), floats(a.sums, 0, (a.c-1)*a.step+1)
	switch a.form {
	case SoftmaxPlain:
		for i, x := range src {
			dst[i] = expNegative(x-most[i*a.step]) / sums[i*a.step]
		}
	case SoftmaxLog:
		for i, x := range src {
			dst[i] = (x - most[i*a.step]) - sums[i*a.step]
		}
	case SoftmaxHard:
		for i, x := range src {
			dst[i] = 0
			if s := &sums[i*a.step]; *s == 0 && x == most[i*a.step] {
				dst[i], *s = 1, 1
			}
		}
	}
}

// from is the argument of channels k and up.
func (a *softmaxOverArgs) from(k int) softmaxOverArgs {
	part := *a
	part.src, part.dst, part.c = unsafe.Add(a.src, 4*k), unsafe.Add(a.dst, 4*k), a.c-k
	part.most, part.sums = unsafe.Add(a.most, 4*k*a.step), unsafe.Add(a.sums, 4*k*a.step)
	return part
}

// NewSoftmaxOverF32 returns a softmax over some axes together; softmaxOverArgs defines it. The sums are those of
// [NewReduceF32], rounded once: every machine gives the same bits. In place is allowed.
func NewSoftmaxOverF32(form SoftmaxForm, over Axes, limit arch.ISA) (Op, error) {
	if err := form.Check(); err != nil {
		return nil, err
	}
	o := &softmaxOver{form: form, reduce: reduce{how: Maximum, over: over, dtype: F32}}
	_, o.reduce.fn = Select[func(*reduceArgs)](OpReduce, F32, limit)
	o.kernel, o.fn = Select[func(*softmaxOverArgs)](OpSoftmaxOver, F32, limit)
	return o, nil
}

type softmaxOver struct {
	reduce
	fn   func(*softmaxOverArgs)
	form SoftmaxForm
}

func (o *softmaxOver) Bind(in, out []View, _ []byte, workers int) Task {
	return bindOver(o, &o.reduce, in, out, workers)
}

func (o *softmaxOver) sums(t *overTask, w *overWorker, p, c0 int, stop *Stop) {
	t.fold(w, Maximum, p, c0, stop)
	for i := range w.most {
		w.most[i] = float32(w.acc[i])
	}
	w.softmax = softmaxOverArgs{most: unsafe.Pointer(&w.most), sums: unsafe.Pointer(&w.sums), step: t.step(), form: o.form}
	if clear(w.sums[:]); o.form == SoftmaxHard {
		return
	}
	t.fold(w, expSum, p, c0, stop)
	for i := range w.sums {
		if w.sums[i] = float32(w.acc[i]); o.form == SoftmaxLog {
			w.sums[i] = float32(logarithm(w.acc[i]))
		}
	}
}

func (o *softmaxOver) last(w *overWorker, dst, src unsafe.Pointer, c int) {
	a := &w.softmax
	a.dst, a.src, a.c = dst, src, c
	o.fn(a)
}
