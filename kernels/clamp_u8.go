package kernels

import (
	"fmt"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// ClampU8 is the argument of the quantised clamp: for each of rows rows of c elements, dst[i] = min(max(src[i], lo), hi).
// The output has the input's scale and zero point, so that the order of bytes is that of numbers. dst may be src.
type ClampU8 struct {
	dst, src             unsafe.Pointer
	dstStride, srcStride int // bytes
	rows, c              int // ≥ 1
	lo, hi               uint8
}

func clampU8Generic(a *ClampU8) {
	for r := range a.rows {
		dst := unsafe.Slice((*uint8)(unsafe.Add(a.dst, r*a.dstStride)), a.c)
		for i, q := range unsafe.Slice((*uint8)(unsafe.Add(a.src, r*a.srcStride)), a.c) {
			dst[i] = min(max(q, a.lo), a.hi)
		}
	}
}

// NewClampU8 returns the operation that bounds bytes; [ClampU8] defines it. In place is allowed.
func NewClampU8(lo, hi uint8, limit arch.ISA) (Op, error) {
	if lo > hi {
		return nil, fmt.Errorf("%w: clamp to %d…%d", ErrShape, lo, hi)
	}
	o := &clampU8{args: ClampU8{lo: lo, hi: hi}}
	o.kernel, o.fn = Select[func(*ClampU8)](OpClamp, U8, limit)
	return o, nil
}

type clampU8 struct {
	basic
	fn   func(*ClampU8)
	args ClampU8
}

func (o *clampU8) Bind(in, out []View, _ []byte, workers int) Task {
	checkViews("clamp", len(in) == 1 && len(out) == 1 && in[0].DType == U8 && out[0].DType == U8 && sameShape(&in[0], &out[0]))
	t := &clampU8Task{clampU8: o, in: in[0], out: out[0], workers: make([]clampU8Worker, workers)}
	t.pixelBlocks = newPixelBlocks(in[0].Pixels(), in[0].C)
	return t
}

type clampU8Task struct {
	*clampU8
	pixelBlocks
	in, out View
	workers []clampU8Worker
}

type clampU8Worker struct {
	args ClampU8
	_    [64]byte
}

func (t *clampU8Task) Run(worker, lo, hi int, stop *Stop) {
	a := &t.workers[worker].args
	for u := lo; u < hi && !stop.Asked(); u++ {
		p0, p1 := t.block(u)
		for at := 0; at < t.in.C && !stop.Asked(); at += maxChannels {
			*a = t.args
			a.dst, a.src = t.out.at(p0*t.out.Stride+at), t.in.at(p0*t.in.Stride+at)
			a.dstStride, a.srcStride, a.rows, a.c = t.out.Stride, t.in.Stride, p1-p0, min(t.in.C-at, maxChannels)
			t.fn(a)
		}
	}
}
