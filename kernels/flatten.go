package kernels

import (
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// OpFlatten makes a row of an image: func(*flattenArgs); by element size, as OpCopy.
const OpFlatten OpKind = "flatten"

// flattenArgs is the argument of flattening, the transposition dst[c][p] = src[p][c] for p < pixels, c < channels.
// dst is dense, [channels][pixels]. dst and src do not overlap.
type flattenArgs struct {
	_                uncompared
	dst, src         unsafe.Pointer
	srcStride        int // elements from one pixel to the next
	pixels, channels int
}

func flatten32Generic(b *flattenArgs) { flattenGeneric[uint32](b) }
func flatten16Generic(b *flattenArgs) { flattenGeneric[uint16](b) }
func flatten8Generic(b *flattenArgs)  { flattenGeneric[uint8](b) }

func flattenGeneric[T uint8 | uint16 | uint32](b *flattenArgs) {
	dst := unsafe.Slice((*T)(b.dst), b.channels*b.pixels)
	const side = 16 // of the squares transposed at a time: their lines stay in cache
	for c0 := 0; c0 < b.channels; c0 += side {
		for p0 := 0; p0 < b.pixels; p0 += side {
			for p := p0; p < min(p0+side, b.pixels); p++ {
				src := unsafe.Slice((*T)(unsafe.Add(b.src, p*b.srcStride*int(unsafe.Sizeof(dst[0])))), b.channels)
				for c := c0; c < min(c0+side, b.channels); c++ {
					dst[c*b.pixels+p] = src[c]
				}
			}
		}
	}
}

// NewFlatten returns the operation that makes of each image H×W×C one row in the channel-major order that Caffe,
// ONNX and PyTorch flatten in: out[n, 0, 0, (c·H + y)·W + x] = in[n, y, x, c]. Its output view is N×1×1×(C·H·W).
func NewFlatten(dt DType, limit arch.ISA) (Op, error) {
	o := &flatten{dtype: dt}
	o.kernel, o.fn = Select[func(*flattenArgs)](OpFlatten, bySize(dt), limit)
	return o, nil
}

type flatten struct {
	basic
	fn    func(*flattenArgs)
	dtype DType
}

func (o *flatten) Bind(in, out []View, _ []byte, workers int) Task {
	ok := len(in) == 1 && len(out) == 1 && in[0].DType == o.dtype && out[0].DType == o.dtype && in[0].Stride >= in[0].C &&
		out[0].N == in[0].N && out[0].H == 1 && out[0].W == 1 && out[0].C == in[0].H*in[0].W*in[0].C &&
		out[0].Stride >= out[0].C
	checkViews("flatten", ok)
	t := &flattenTask{flatten: o, in: in[0], out: out[0], workers: make([]flattenWorker, workers)}
	t.channels = newPixelBlocks(in[0].C, in[0].H*in[0].W)
	return t
}

type flattenTask struct {
	*flatten
	onlyTask
	in, out  View
	channels pixelBlocks // units of one image
	workers  []flattenWorker
}

type flattenWorker struct {
	args flattenArgs
	_    [64]byte
}

func (t *flattenTask) Units() int { return t.in.N * t.channels.Units() }

func (t *flattenTask) Run(worker, lo, hi int, stop *Stop) {
	pixels := t.in.H * t.in.W
	for u := lo; u < hi && !stop.Asked(); u++ {
		n := u / t.channels.Units()
		c0, c1 := t.channels.block(u % t.channels.Units())
		b := &t.workers[worker].args
		for p := 0; p < pixels && !stop.Asked(); p += maxChannels { // of one channel, if this is not all of them
			*b = flattenArgs{dst: t.out.at(n*t.out.Stride + c0*pixels + p), src: t.in.at((n*pixels+p)*t.in.Stride + c0),
				srcStride: t.in.Stride, pixels: min(pixels-p, maxChannels), channels: c1 - c0}
			t.fn(b)
		}
	}
}
