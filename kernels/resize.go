package kernels

import (
	"fmt"
	"slices"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// OpResize copies pixels of a row to where columns say: func(*resizeArgs); by element size, as OpCopy.
const OpResize OpKind = "resize"

// resizeArgs is the argument of resizing by nearest pixels: dst[x][i] = src[cols[x]][i] for every x of cols and i <
// bytes. It moves bytes, whatever they mean. dst and src do not overlap.
type resizeArgs struct {
	dst, src             unsafe.Pointer
	dstStride, srcStride int // bytes from one pixel to the next
	cols                 []int32
	bytes                int // of a pixel
}

func resizeGeneric(r *resizeArgs) {
	for x, col := range r.cols {
		copy(unsafe.Slice((*byte)(unsafe.Add(r.dst, x*r.dstStride)), r.bytes),
			unsafe.Slice((*byte)(unsafe.Add(r.src, int(col)*r.srcStride)), r.bytes))
	}
}

// NewResize returns the operation out[n, y, x, c] = in[n, rows[y], cols[x], c] over an input of h×w pixels. It keeps
// copies of rows and cols: they become addresses.
func NewResize(dt DType, h, w int, rows, cols []int32, limit arch.ISA) (Op, error) {
	o := &resize{dtype: dt, h: h, w: w, rows: slices.Clone(rows), cols: slices.Clone(cols)}
	for _, axis := range []struct {
		at []int32
		n  int
	}{{o.rows, h}, {o.cols, w}} {
		for _, i := range axis.at {
			if i < 0 || int(i) >= axis.n {
				return nil, fmt.Errorf("%w: row or column %d of %d", ErrShape, i, axis.n)
			}
		}
	}
	o.kernel, o.fn = Select[func(*resizeArgs)](OpResize, bySize(dt), limit)
	return o, nil
}

type resize struct {
	basic
	fn         func(*resizeArgs)
	dtype      DType
	h, w       int
	rows, cols []int32
}

func (o *resize) Bind(in, out []View, _ []byte, workers int) Task {
	ok := len(in) == 1 && len(out) == 1 && in[0].DType == o.dtype && out[0].DType == o.dtype && in[0].N == out[0].N &&
		in[0].C == out[0].C &&
		in[0].H == o.h && in[0].W == o.w && out[0].H == len(o.rows) && out[0].W == len(o.cols) && in[0].Stride >= in[0].C &&
		out[0].Stride >= out[0].C
	checkViews("resize", ok)
	return &resizeTask{resize: o, in: in[0], out: out[0], pixelBlocks: newPixelBlocks(out[0].Pixels(), out[0].C),
		workers: make([]resizeWorker, workers)}
}

type resizeTask struct {
	*resize
	pixelBlocks
	in, out View
	workers []resizeWorker
}

type resizeWorker struct {
	args resizeArgs
	_    [64]byte
}

func (t *resizeTask) Run(worker, lo, hi int, stop *Stop) {
	size, r := t.dtype.Size(), &t.workers[worker].args
	for u := lo; u < hi && !stop.Asked(); u++ {
		for p, end := t.block(u); p < end; p += len(r.cols) { // a row, or the part of it in this unit
			y, x := p/t.out.W, p%t.out.W
			from := y/t.out.H*t.in.H + int(t.rows[y%t.out.H])
			*r = resizeArgs{dst: t.out.at(p * t.out.Stride), src: t.in.at(from * t.in.W * t.in.Stride),
				dstStride: t.out.Stride * size,
				srcStride: t.in.Stride * size, cols: t.cols[x:min(t.out.W, x+end-p)], bytes: t.in.C * size}
			t.fn(r)
		}
	}
}
