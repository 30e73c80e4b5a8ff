package kernels

import (
	"fmt"

	"github.com/gneiss-go/gneiss/arch"
)

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
	o.kernel, o.fn = Select[func(*reorderArgs)](OpReorder, bySize(dt), limit)
	return o, nil
}

type blocks struct {
	basic
	fn                    func(*reorderArgs)
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
	onlyTask
	pixelBlocks // of the deep view
	deep, wide  View
	workers     []blocksWorker
}

type blocksWorker struct {
	args reorderArgs
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
					*a = reorderArgs{n: [3]int{n, side, min(w.C-c, maxChannels)},
						dst: wide, dstStep: [3]int{side * w.Stride, w.Stride, 1}, src: deep, srcStep: [3]int{d.Stride, col, ch}}
					if !t.toSpace {
						a.dst, a.src, a.dstStep, a.srcStep = a.src, a.dst, a.srcStep, a.dstStep
					}
					a.tidy()
					t.fn(a)
				}
			}
			p += n
		}
	}
}
