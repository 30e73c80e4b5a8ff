package kernels

import (
	"slices"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// OpRearrange transposes and reshapes: func(*rearrangeArgs); by element size, as OpCopy.
const OpRearrange OpKind = "rearrange"

// rearrangeArgs is the argument of moving elements to another order. It writes pixels p0 ≤ p < p1 of dst:
//
//	dst[L] = src[M]    M = Σ_j digit_j(L)·step[j]
//
// where L and M count elements in channel-major order (image, channel, row, column), and digit_j(L) is the j-th digit
// of L written in the mixed radix size, most significant first. dst and src do not overlap.
type rearrangeArgs struct {
	_                              uncompared
	dst, src                       unsafe.Pointer
	dstStride, srcStride           int   // elements from one pixel to the next
	dstC, dstPlane, srcC, srcPlane int   // channels, and pixels of an image
	size, step                     []int // digits of L, and what each adds to M
	p0, p1                         int
	stop                           *Stop // a pixel may be of any width
}

func rearrange32Generic(b *rearrangeArgs) { rearrangeGeneric[uint32](b) }
func rearrange16Generic(b *rearrangeArgs) { rearrangeGeneric[uint16](b) }
func rearrange8Generic(b *rearrangeArgs)  { rearrangeGeneric[uint8](b) }

func rearrangeGeneric[T uint8 | uint16 | uint32](b *rearrangeArgs) {
	width := int(unsafe.Sizeof(T(0)))
	for p := b.p0; p < b.p1; p++ {
		dst := unsafe.Slice((*T)(unsafe.Add(b.dst, p*b.dstStride*width)), b.dstC)
		first := p/b.dstPlane*b.dstC*b.dstPlane + p%b.dstPlane
		for c := range dst {
			if c%(heed/16) == 0 && b.stop.Asked() { // digits take long
				return
			}
			left, m := first+c*b.dstPlane, 0
			for j := len(b.size) - 1; j >= 0; j-- {
				m += left % b.size[j] * b.step[j]
				left /= b.size[j]
			}
			image, rest := m/(b.srcC*b.srcPlane), m%(b.srcC*b.srcPlane)
			pixel := image*b.srcPlane + rest%b.srcPlane
			dst[c] = *(*T)(unsafe.Add(b.src, (pixel*b.srcStride+rest/b.srcPlane)*width))
		}
	}
}

// NewRearrange returns the operation that takes its input's elements in channel-major order (image, channel, row,
// column) as an array of dimensions dims, permutes these so that dimension j of the result is dims[perm[j]], and lays
// the result's elements out in channel-major order in the output view, of any shape with as many elements. It is
// every transposition and reshaping of the models that think in NCHW.
func NewRearrange(dt DType, dims, perm []int, limit arch.ISA) (Op, error) {
	if len(dims) != len(perm) {
		return nil, errorf("%w: %d dimensions, permutation %v", ErrShape, len(dims), perm)
	}
	o := &rearrange{dtype: dt, elements: 1, size: make([]int, len(dims)), step: make([]int, len(dims))}
	at := slices.Repeat([]int{-1}, len(dims)) // where in the result each dimension is
	for j, d := range perm {
		if d < 0 || d >= len(dims) || at[d] >= 0 {
			return nil, errorf("%w: permutation %v", ErrShape, perm)
		}
		at[d] = j
	}
	for d := len(dims) - 1; d >= 0; d-- {
		if dims[d] < 1 || o.elements > maxElements/dims[d] {
			return nil, errorf("%w: dimensions %v", ErrShape, dims)
		}
		o.size[at[d]], o.step[at[d]] = dims[d], o.elements
		o.elements *= dims[d]
	}
	o.kernel, o.fn = Select[func(*rearrangeArgs)](OpRearrange, bySize(dt), limit)
	return o, nil
}

const maxElements = 1 << 30 // of one tensor

type rearrange struct {
	basic
	fn         func(*rearrangeArgs)
	dtype      DType
	elements   int
	size, step []int
}

func (o *rearrange) Bind(in, out []View, _ []byte, workers int) Task {
	ok := len(in) == 1 && len(out) == 1 && in[0].DType == o.dtype && out[0].DType == o.dtype && in[0].Stride >= in[0].C &&
		out[0].Stride >= out[0].C && in[0].Pixels()*in[0].C == o.elements && out[0].Pixels()*out[0].C == o.elements
	checkViews("rearrange", ok)
	t := &rearrangeTask{rearrange: o, pixelBlocks: newPixelBlocks(out[0].Pixels(), out[0].C),
		workers: make([]rearrangeWorker, workers)}
	for i := range t.workers {
		t.workers[i].args = rearrangeArgs{dst: out[0].Data, src: in[0].Data, dstStride: out[0].Stride,
			srcStride: in[0].Stride,
			dstC:      out[0].C, dstPlane: out[0].H * out[0].W, srcC: in[0].C, srcPlane: in[0].H * in[0].W, size: o.size,
			step: o.step}
	}
	return t
}

type rearrangeTask struct {
	*rearrange
	onlyTask
	pixelBlocks
	workers []rearrangeWorker
}

type rearrangeWorker struct {
	args rearrangeArgs
	_    [64]byte
}

func (t *rearrangeTask) Run(worker, lo, hi int, stop *Stop) {
	b := &t.workers[worker].args
	b.stop = stop
	for u := lo; u < hi && !stop.Asked(); u++ {
		b.p0, b.p1 = t.block(u)
		t.fn(b)
	}
}
