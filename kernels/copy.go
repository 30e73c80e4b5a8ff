package kernels

import (
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// OpCopy copies by element size, so that f32 serves s32, and u8 serves s8: func(*copyArgs).
const OpCopy OpKind = "copy"

// copyArgs is the argument of copying: dst[p][i] = src[p][i] for p < pixels, i < bytes. There is no faster kernel
// than Go's own memmove, so the generic one is the only one. dst and src do not overlap.
type copyArgs struct {
	_                    uncompared
	dst, src             unsafe.Pointer
	dstStride, srcStride int // bytes
	pixels, bytes        int
}

func copyGeneric(b *copyArgs) {
	if b.dstStride == b.bytes && b.srcStride == b.bytes {
		copy(unsafe.Slice((*byte)(b.dst), b.pixels*b.bytes), unsafe.Slice((*byte)(b.src), b.pixels*b.bytes))
		return
	}
	for p := range b.pixels {
		copy(unsafe.Slice((*byte)(unsafe.Add(b.dst, p*b.dstStride)), b.bytes),
			unsafe.Slice((*byte)(unsafe.Add(b.src, p*b.srcStride)), b.bytes))
	}
}

// bySize is the dtype whose rows of the table move elements of dt's size.
func bySize(dt DType) DType {
	switch dt.Size() {
	case 4:
		return F32
	case 2:
		return F16
	}
	return U8
}

// NewCopy returns the operation out = in for views of the same shape and dtype dt, with gaps or without.
func NewCopy(dt DType, limit arch.ISA) (Op, error) {
	o := &copyOp{dtype: dt}
	o.kernel, o.fn = Select[func(*copyArgs)](OpCopy, bySize(dt), limit)
	return o, nil
}

// NewConstant returns the operation without inputs whose output is v, of which nothing may change.
func NewConstant(v View, limit arch.ISA) (Op, error) {
	o := &copyOp{dtype: v.DType, constant: []View{v}}
	if v.Data == nil || v.Stride < v.C || v.Extent() == 0 {
		return nil, errorf("%w: no constant", ErrShape)
	}
	o.kernel, o.fn = Select[func(*copyArgs)](OpCopy, bySize(v.DType), limit)
	return o, nil
}

type copyOp struct {
	basic
	fn       func(*copyArgs)
	dtype    DType
	constant []View // in place of the input; nil if there is one
}

func (o *copyOp) PackedBytes() int {
	n := 0
	for _, v := range o.constant {
		n += v.Extent()
	}
	return n
}

func (o *copyOp) Bind(in, out []View, _ []byte, workers int) Task {
	in = append(in, o.constant...)
	checkViews("copy", len(in) == 1 && len(out) == 1 && in[0].DType == o.dtype && out[0].DType == o.dtype &&
		sameShape(&in[0], &out[0]))
	return &copyTask{copyOp: o, in: in[0], out: out[0], pixelBlocks: newPixelBlocks(in[0].Pixels(), in[0].C),
		workers: make([]copyWorker, workers)}
}

type copyTask struct {
	*copyOp
	onlyTask
	pixelBlocks
	in, out View
	workers []copyWorker
}

type copyWorker struct {
	args copyArgs
	_    [64]byte
}

func (t *copyTask) Run(worker, lo, hi int, stop *Stop) {
	size := t.dtype.Size()
	for u := lo; u < hi && !stop.Asked(); u++ {
		p0, p1 := t.block(u)
		b := &t.workers[worker].args
		for at := 0; at < t.in.C && !stop.Asked(); at += maxChannels {
			*b = copyArgs{dst: t.out.at(p0*t.out.Stride + at), src: t.in.at(p0*t.in.Stride + at), dstStride: t.out.Stride * size,
				srcStride: t.in.Stride * size, pixels: p1 - p0, bytes: min(t.in.C-at, maxChannels) * size}
			t.fn(b)
		}
	}
}
