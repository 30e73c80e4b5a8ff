package kernels

import (
	"fmt"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// OpBlocks moves elements between channels and squares of pixels: func(*blocksArgs); by element size, as OpCopy.
const OpBlocks OpKind = "blocks"

// blocksArgs is the argument of copying a box of elements from one order to another: for all i, j, k below n,
//
//	dst[i·dstStep[0] + j·dstStep[1] + k·dstStep[2]] = src[i·srcStep[0] + j·srcStep[1] + k·srcStep[2]]
//
// dst and src do not overlap.
type blocksArgs struct {
	dst, src         unsafe.Pointer
	n                [3]int // ≥ 1
	dstStep, srcStep [3]int // elements
}

func blocks32Generic(b *blocksArgs) { blocksGeneric[uint32](b) }
func blocks8Generic(b *blocksArgs)  { blocksGeneric[uint8](b) }

func blocksGeneric[T uint8 | uint32](b *blocksArgs) {
	size := int(unsafe.Sizeof(T(0)))
	for i := range b.n[0] {
		for j := range b.n[1] {
			dst := unsafe.Add(b.dst, (i*b.dstStep[0]+j*b.dstStep[1])*size)
			src := unsafe.Add(b.src, (i*b.srcStep[0]+j*b.srcStep[1])*size)
			if b.dstStep[2] == 1 && b.srcStep[2] == 1 {
				copy(unsafe.Slice((*T)(dst), b.n[2]), unsafe.Slice((*T)(src), b.n[2]))
				continue
			}
			for k := range b.n[2] {
				*(*T)(unsafe.Add(dst, k*b.dstStep[2]*size)) = *(*T)(unsafe.Add(src, k*b.srcStep[2]*size))
			}
		}
	}
}

// NewDepthToSpace returns the operation that makes a square of side×side pixels of each pixel, whose channels are those
// of the square's pixels, one pixel after the other; or, channelMajor, side² numbers for each channel:
//
//	out[n, y·side+i, x·side+j, c] = in[n, y, x, (i·side+j)·C + c]
//	out[n, y·side+i, x·side+j, c] = in[n, y, x, (c·side+i)·side + j]    channelMajor
//
// where out has C channels.
func NewDepthToSpace(dt DType, side int, channelMajor bool, limit arch.ISA) (Op, error) {
	return newBlocks(dt, side, true, channelMajor, limit)
}

// NewSpaceToDepth returns the inverse of NewDepthToSpace without channelMajor.
func NewSpaceToDepth(dt DType, side int, limit arch.ISA) (Op, error) {
	return newBlocks(dt, side, false, false, limit)
}

func newBlocks(dt DType, side int, toSpace, channelMajor bool, limit arch.ISA) (Op, error) {
	if side < 1 {
		return nil, fmt.Errorf("%w: blocks of side %d", ErrShape, side)
	}
	o := &blocks{dtype: dt, side: side, toSpace: toSpace, channelMajor: channelMajor}
	o.kernel, o.fn = Select[func(*blocksArgs)](OpBlocks, bySize(dt), limit)
	return o, nil
}

type blocks struct {
	basic
	fn                    func(*blocksArgs)
	dtype                 DType
	side                  int
	toSpace, channelMajor bool
}

func (o *blocks) Bind(in, out []View, _ []byte, workers int) Task {
	ok := len(in) == 1 && len(out) == 1 && in[0].DType == o.dtype && out[0].DType == o.dtype
	checkViews("blocks", ok)
	t := &blocksTask{blocks: o, deep: in[0], wide: out[0], workers: make([]blocksWorker, workers)}
	if !o.toSpace {
		t.deep, t.wide = t.wide, t.deep
	}
	d, w := &t.deep, &t.wide
	checkViews("blocks", d.N == w.N && d.H*o.side == w.H && d.W*o.side == w.W && d.C == w.C*o.side*o.side &&
		d.Stride >= d.C && w.Stride >= w.C)
	t.pixelBlocks = newPixelBlocks(d.Pixels(), d.C)
	return t
}

type blocksTask struct {
	*blocks
	pixelBlocks // of the deep view
	deep, wide  View
	workers     []blocksWorker
}

type blocksWorker struct {
	args blocksArgs
	_    [64]byte
}

func (t *blocksTask) Run(worker, lo, hi int, stop *Stop) {
	a, side, d, w := &t.workers[worker].args, t.side, &t.deep, &t.wide
	row, col, ch := side*w.C, w.C, 1 // from one of a pixel's channels to that of the square's next row, column, channel
	if t.channelMajor {
		row, col, ch = side, 1, side*side
	}
	for u := lo; u < hi && !stop.Asked(); u++ {
		p, end := t.block(u)
		for p < end {
			y, x := p/d.W, p%d.W
			n := min(end-p, d.W-x) // pixels of one row
			for i := range side {
				for c := 0; c < w.C && !stop.Asked(); c += maxChannels {
					deep, wide := d.at(p*d.Stride+i*row+c*ch), w.at(((y*side+i)*w.W+x*side)*w.Stride+c)
					*a = blocksArgs{n: [3]int{n, side, min(w.C-c, maxChannels)},
						dst: wide, dstStep: [3]int{side * w.Stride, w.Stride, 1}, src: deep, srcStep: [3]int{d.Stride, col, ch}}
					if !t.toSpace {
						a.dst, a.src, a.dstStep, a.srcStep = a.src, a.dst, a.srcStep, a.dstStep
					}
					t.fn(a)
				}
			}
			p += n
		}
	}
}
