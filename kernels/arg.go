package kernels

import (
	"math/bits"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// Choices among the channels of each pixel.
const (
	OpArg  OpKind = "arg"  // where the largest is: func(*argArgs)
	OpTopK OpKind = "topk" // the largest few: func(*topArgs)
)

// argArgs is the argument of looking for the largest element, or the smallest: for each of rows rows of c elements,
// dst[r] is its index. Of several it is the first, or the last. A NaN is passed over; of nothing but NaNs it is 0. One
// call looks at the elements from up to to; if from is not 0, dst has the best of those before.
type argArgs struct {
	_           uncompared
	dst, src    unsafe.Pointer
	srcStride   int // elements
	dstStride   int
	rows, c     int // ≥ 1
	from, to    int
	least, last bool
}

func argF32Generic(a *argArgs) { argGeneric[float32](a) }
func argS32Generic(a *argArgs) { argGeneric[int32](a) }
func argU8Generic(a *argArgs)  { argGeneric[uint8](a) }

func argGeneric[T float32 | int32 | uint8](a *argArgs) {
	size := int(unsafe.Sizeof(T(0)))
	for r := range a.rows {
		v := unsafe.Slice((*T)(unsafe.Add(a.src, r*a.srcStride*size)), a.c)
		dst := (*int32)(unsafe.Add(a.dst, r*a.dstStride*4))
		at := 0
		if a.from > 0 {
			at = int(*dst)
		}
		best := v[at]
		for i := a.from; i < a.to; i++ {
			x := v[i]
			better := x > best
			if a.least {
				better = x < best
			}
			if better || a.last && x == best || best != best && x == x {
				at, best = i, x
			}
		}
		*dst = int32(at)
	}
}

// NewArg returns the operation that gives the index of the largest channel of each pixel of float32, int32 or uint8, or
// of the smallest; argArgs defines it. Its output has one channel, of int32.
func NewArg(dt DType, least, last bool, limit arch.ISA) (Op, error) {
	if dt != F32 && dt != S32 && dt != U8 {
		return nil, errorf("%w: indices of %v", ErrShape, dt)
	}
	o := &arg{dtype: dt, args: argArgs{least: least, last: last}}
	o.kernel, o.fn = Select[func(*argArgs)](OpArg, dt, limit)
	return o, nil
}

type arg struct {
	basic
	fn    func(*argArgs)
	dtype DType
	args  argArgs
}

func (o *arg) Bind(in, out []View, _ []byte, workers int) Task {
	ok := len(in) == 1 && len(out) == 1 && in[0].DType == o.dtype && out[0].DType == S32 && out[0].C == 1 &&
		in[0].N == out[0].N && in[0].H == out[0].H && in[0].W == out[0].W && in[0].Stride >= in[0].C &&
		out[0].Stride >= 1 && in[0].C >= 1
	checkViews("arg", ok)
	return &argTask{arg: o, in: in[0], out: out[0], pixelBlocks: newPixelBlocks(in[0].Pixels(), in[0].C),
		workers: make([]argWorker, workers)}
}

type argTask struct {
	*arg
	onlyTask
	pixelBlocks
	in, out View
	workers []argWorker
}

type argWorker struct {
	args argArgs
	_    [64]byte
}

func (t *argTask) Run(worker, lo, hi int, stop *Stop) {
	a := &t.workers[worker].args
	for u := lo; u < hi && !stop.Asked(); u++ {
		p0, p1 := t.block(u)
		for at := 0; at < t.in.C && !stop.Asked(); at += heed {
			*a = t.args
			a.dst, a.src, a.srcStride, a.dstStride = t.out.at(p0*t.out.Stride), t.in.at(p0*t.in.Stride), t.in.Stride,
				t.out.Stride
			a.rows, a.c, a.from, a.to = p1-p0, t.in.C, at, min(at+heed, t.in.C)
			t.fn(a)
		}
	}
}

// topArgs is the argument of finding the k largest elements of c, or the smallest. Of equal ones the first comes first;
// a NaN comes last. heap has room for k indices. Elements from up to to are offered to the heap, whose root is the
// worst that is kept; when all were, dst gets the k best, best first: the elements, or their indices.
type topArgs struct {
	_              uncompared
	dst, src, heap unsafe.Pointer
	c, k           int // 1 ≤ k ≤ c
	from, to       int
	least, indices bool
}

func topF32Generic(a *topArgs) { topGeneric[float32](a) }
func topS32Generic(a *topArgs) { topGeneric[int32](a) }
func topU8Generic(a *topArgs)  { topGeneric[uint8](a) }

func topGeneric[T float32 | int32 | uint8](a *topArgs) {
	h := heapOf[T]{unsafe.Slice((*T)(a.src), a.c), unsafe.Slice((*int32)(a.heap), a.k), a.least}
	for i := a.from; i < a.to; i++ {
		if i < a.k {
			h.at[i] = int32(i)
			h.up(i)
		} else if h.before(int32(i), h.at[0]) {
			h.at[0] = int32(i)
			h.down(0, a.k)
		}
	}
	if a.to < a.c {
		return
	}
	for n := a.k - 1; n > 0; n-- { // the worst goes behind
		h.at[0], h.at[n] = h.at[n], h.at[0]
		h.down(0, n)
	}
	if a.indices {
		copy(unsafe.Slice((*int32)(a.dst), a.k), h.at)
		return
	}
	dst := unsafe.Slice((*T)(a.dst), a.k)
	for i, at := range h.at {
		dst[i] = h.of[at]
	}
}

// heapOf keeps indices of elements, the worst at the root.
type heapOf[T float32 | int32 | uint8] struct {
	of    []T
	at    []int32
	least bool
}

// before reports whether element i is better than j.
func (h *heapOf[T]) before(i, j int32) bool {
	x, y := h.of[i], h.of[j]
	switch {
	case x == y || x != x && y != y:
		return i < j
	case x != x || y != y:
		return y != y
	case h.least:
		return x < y
	}
	return x > y
}

func (h *heapOf[T]) up(i int) {
	for i > 0 {
		root := (i - 1) / 2
		if !h.before(h.at[root], h.at[i]) {
			return
		}
		h.at[root], h.at[i] = h.at[i], h.at[root]
		i = root
	}
}

func (h *heapOf[T]) down(i, n int) {
	for {
		worst := i
		for _, j := range [2]int{2*i + 1, 2*i + 2} {
			if j < n && h.before(h.at[worst], h.at[j]) {
				worst = j
			}
		}
		if worst == i {
			return
		}
		h.at[worst], h.at[i] = h.at[i], h.at[worst]
		i = worst
	}
}

// NewTopK returns the operation that gives the k largest channels of each pixel of float32, int32 or uint8, or the
// smallest, or their indices, of int32; topArgs defines it.
func NewTopK(dt DType, k int, least, indices bool, limit arch.ISA) (Op, error) {
	if dt != F32 && dt != S32 && dt != U8 || k < 1 {
		return nil, errorf("%w: the best %d of %v", ErrShape, k, dt)
	}
	o := &topK{dtype: dt, out: dt, args: topArgs{k: k, least: least, indices: indices}}
	if indices {
		o.out = S32
	}
	o.kernel, o.fn = Select[func(*topArgs)](OpTopK, dt, limit)
	return o, nil
}

// TopKWork is about how many comparisons an element costs.
func TopKWork(k int) int { return 2 * bits.Len(uint(k)) }

type topK struct {
	basic
	fn         func(*topArgs)
	dtype, out DType
	args       topArgs
}

// room is the bytes of a worker's heap.
func (o *topK) room() int { return (4*o.args.k + 63) &^ 63 }

func (o *topK) Scratch(workers int) int { return workers * o.room() }

func (o *topK) Bind(in, out []View, scratch []byte, workers int) Task {
	ok := len(in) == 1 && len(out) == 1 && in[0].DType == o.dtype && out[0].DType == o.out && out[0].C == o.args.k &&
		in[0].C >= o.args.k && in[0].N == out[0].N && in[0].H == out[0].H && in[0].W == out[0].W &&
		in[0].Stride >= in[0].C && out[0].Stride >= out[0].C && len(scratch) >= o.Scratch(workers)
	checkViews("topk", ok)
	return &topKTask{topK: o, in: in[0], out: out[0], scratch: scratch,
		pixelBlocks: newPixelBlocks(in[0].Pixels(), in[0].C), workers: make([]topWorker, workers)}
}

type topKTask struct {
	*topK
	onlyTask
	pixelBlocks
	in, out View
	scratch []byte
	workers []topWorker
}

type topWorker struct {
	args topArgs
	_    [64]byte
}

func (t *topKTask) Run(worker, lo, hi int, stop *Stop) {
	a := &t.workers[worker].args
	for u := lo; u < hi && !stop.Asked(); u++ {
		p0, p1 := t.block(u)
		for p := p0; p < p1; p++ {
			for at := 0; at < t.in.C && !stop.Asked(); at += heed {
				*a = t.args
				a.dst, a.src, a.heap = t.out.at(p*t.out.Stride), t.in.at(p*t.in.Stride), unsafe.Pointer(&t.scratch[worker*t.room()])
				a.c, a.from, a.to = t.in.C, at, min(at+heed, t.in.C)
				t.fn(a)
			}
		}
	}
}
