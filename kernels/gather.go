package kernels

import (
	"slices"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// OpGather moves pixels that are known during the run only: func(*gatherArgs); by element size, as OpCopy.
const OpGather OpKind = "gather"

// gatherArgs is the argument of moving pixels to or from places that numbers say: for each of n,
//
//	dst[i] = src[at[i]]     gathering
//	dst[at[i]] = src[i]     scattering, one after the other
//
// each of bytes bytes. A place is that of indices, one for each of dims, the last the fastest; an index below 0 counts
// from the end. A place that is none gives zero, or takes nothing.
type gatherArgs struct {
	_                    uncompared
	dst, src             unsafe.Pointer
	at                   unsafe.Pointer // [n][len(dims)]int32
	dstStride, srcStride int            // bytes from one pixel to the next
	atStride             int            // bytes
	n, bytes             int
	dims                 []int32
	zero                 uint32 // the element that stands for zero
	scatter              bool
}

func gather32Generic(a *gatherArgs) { gatherGeneric[uint32](a) }
func gather8Generic(a *gatherArgs)  { gatherGeneric[uint8](a) }

func gatherGeneric[T uint8 | uint32](a *gatherArgs) {
	c := a.bytes / int(unsafe.Sizeof(T(0)))
	for i := range a.n {
		p := a.place(i)
		from, to := p, i
		if a.scatter {
			from, to = i, p
		}
		switch {
		case p >= 0:
			copy(unsafe.Slice((*T)(unsafe.Add(a.dst, to*a.dstStride)), c),
				unsafe.Slice((*T)(unsafe.Add(a.src, from*a.srcStride)), c))
		case !a.scatter:
			dst := unsafe.Slice((*T)(unsafe.Add(a.dst, i*a.dstStride)), c)
			for j := range dst {
				dst[j] = T(a.zero)
			}
		}
	}
}

// place returns the place that indices i say, −1 if there is none.
func (a *gatherArgs) place(i int) int {
	p := 0
	for k, v := range unsafe.Slice((*int32)(unsafe.Add(a.at, i*a.atStride)), len(a.dims)) {
		n := a.dims[k]
		if v < 0 {
			v += n
		}
		if v < 0 || v >= n {
			return -1
		}
		p = p*int(n) + int(v)
	}
	return p
}

// NewGather returns the operation out[n, 0, i, c] = in₀[n, 0, at(i), c] of type dt, at(i) being the place among dims
// that the channels of pixel (n, 0, i) of in₁, of int32, say; if in₁ has one image, those of (0, 0, i). What has no
// place is zero, of uint8 the level of zero. gatherArgs defines it.
func NewGather(dt DType, dims []int, zero uint8, limit arch.ISA) (Op, error) {
	return newGather(dt, dims, zero, false, limit)
}

// NewScatter returns the operation that copies in₀ and then, for each i in order, out[n, 0, at(i), c] = in₂[n, 0, i,
// c], with at of in₁ as of [NewGather].
func NewScatter(dt DType, dims []int, limit arch.ISA) (Op, error) {
	return newGather(dt, dims, 0, true, limit)
}

func newGather(dt DType, dims []int, zero uint8, scatter bool, limit arch.ISA) (Op, error) {
	o := &gather{dtype: dt, places: 1, scatter: scatter}
	for _, d := range dims {
		if d < 1 || o.places > (1<<31-1)/d {
			return nil, errorf("%w: places of %v", ErrShape, dims)
		}
		o.places *= d
		o.dims = append(o.dims, int32(d))
	}
	if len(dims) == 0 {
		return nil, errorf("%w: no places", ErrShape)
	}
	if dt == U8 {
		o.zero = uint32(zero)
	}
	o.kernel, o.fn = Select[func(*gatherArgs)](OpGather, bySize(dt), limit)
	return o, nil
}

type gather struct {
	basic
	fn      func(*gatherArgs)
	dtype   DType
	dims    []int32
	places  int
	zero    uint32
	scatter bool
}

func (o *gather) Bind(in, out []View, _ []byte, workers int) Task {
	inputs := 2
	if o.scatter {
		inputs = 3
	}
	ok := len(in) == inputs && len(out) == 1 && in[1].DType == S32 && in[1].C == len(o.dims) && in[1].H == 1 &&
		(in[1].N == 1 || in[1].N == out[0].N) && !slices.ContainsFunc(in, func(v View) bool { return v.Stride < v.C })
	for _, v := range append(slices.Delete(slices.Clone(in), min(1, len(in)), min(2, len(in))), out...) {
		ok = ok && v.DType == o.dtype && v.H == 1 && v.N == out[0].N && v.C == out[0].C && v.Stride >= v.C
	}
	if ok = ok && in[0].W == o.places; o.scatter {
		ok = ok && out[0].W == o.places && in[2].W == in[1].W
	} else {
		ok = ok && out[0].W == in[1].W
	}
	checkViews("gather", ok)
	return &gatherTask{gather: o, in: slices.Clone(in), out: out[0], blocks: newPixelBlocks(out[0].W, out[0].C),
		workers: make([]gatherWorker, workers)}
}

// gatherTask works image by image: gathering in blocks of pixels, scattering in one piece, for one place may be
// written more than once.
type gatherTask struct {
	*gather
	onlyTask
	in      []View
	out     View
	blocks  pixelBlocks
	workers []gatherWorker
}

type gatherWorker struct {
	args gatherArgs
	_    [64]byte
}

func (t *gatherTask) Units() int {
	if t.scatter {
		return t.out.N
	}
	return t.out.N * t.blocks.Units()
}

func (t *gatherTask) Run(worker, lo, hi int, stop *Stop) {
	for u := lo; u < hi && !stop.Asked(); u++ {
		if !t.scatter {
			p0, p1 := t.blocks.block(u % t.blocks.Units())
			t.move(worker, u/t.blocks.Units(), p0, p1, stop)
			continue
		}
		t.image(u, stop)
		for p, step := 0, max(1, heed/t.out.C); p < t.in[1].W && !stop.Asked(); p += step {
			t.move(worker, u, p, min(p+step, t.in[1].W), stop)
		}
	}
}

// image copies image n of the first input.
func (t *gatherTask) image(n int, stop *Stop) {
	in, out := t.in[0], t.out
	p, end := n*out.W, (n+1)*out.W
	if in.Dense() && out.Dense() { // elements in place of pixels
		p, end = p*out.C, end*out.C
		for ; p < end && !stop.Asked(); p += heed {
			size := min(heed, end-p) * t.dtype.Size()
			copy(unsafe.Slice((*byte)(out.at(p)), size), unsafe.Slice((*byte)(in.at(p)), size))
		}
		return
	}
	for size := out.C * t.dtype.Size(); p < end && !stop.Asked(); p++ {
		copy(unsafe.Slice((*byte)(out.at(p*out.Stride)), size), unsafe.Slice((*byte)(in.at(p*in.Stride)), size))
	}
}

// move moves the pixels of indices p0 ≤ p < p1 of image n, as many channels at a time as take microseconds.
func (t *gatherTask) move(worker, n, p0, p1 int, stop *Stop) {
	a, size := &t.workers[worker].args, t.dtype.Size()
	at := &t.in[1]
	few, src := &t.out, &t.in[0] // few has a pixel for each of the indices
	if t.scatter {
		few, src = &t.in[2], &t.out
	}
	for c := 0; c < t.out.C && !stop.Asked(); c += maxChannels {
		*a = gatherArgs{at: at.at((min(n, at.N-1)*at.W + p0) * at.Stride), atStride: at.Stride * 4, n: p1 - p0,
			bytes: min(maxChannels, t.out.C-c) * size, dims: t.dims, zero: t.zero, scatter: t.scatter,
			dst: few.at((n*few.W+p0)*few.Stride + c), dstStride: few.Stride * size,
			src: src.at(n*src.W*src.Stride + c), srcStride: src.Stride * size}
		if t.scatter {
			a.dst, a.src, a.dstStride, a.srcStride = a.src, a.dst, a.srcStride, a.dstStride
		}
		t.fn(a)
	}
}
