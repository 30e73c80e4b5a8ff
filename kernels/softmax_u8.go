package kernels

import (
	"math"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// softmaxU8Args is the argument of quantised softmax over channels: for each pixel, m being its largest level,
//
//	S = Σ table[m − src[i]]                                       exactly, in integers
//	dst[i] = zero + roundEven(min(max(float32(table[m − src[i]])·f, lo), hi))    f = 1/(outScale·S), in binary64, rounded
//
// table[d] is e^(−d·scale) in units of 2⁻²⁴. So every tier gives the same bytes. dst may be src exactly (in place).
type softmaxU8Args struct {
	_                    uncompared
	src, dst             unsafe.Pointer
	srcStride, dstStride int // bytes
	pixels, c            int // ≥ 1
	table                *[256]uint32
	outScale             float64
	lo, hi               float32
	zero                 int32
	stop                 *Stop
}

func softmaxU8Generic(b *softmaxU8Args) {
	for p := range b.pixels {
		src := unsafe.Slice((*uint8)(unsafe.Add(b.src, p*b.srcStride)), b.c)
		dst := unsafe.Slice((*uint8)(unsafe.Add(b.dst, p*b.dstStride)), b.c)
		m := uint8(0)
		for at := 0; at < b.c && !b.stop.Asked(); at += heed {
			for _, q := range src[at:min(at+heed, b.c)] {
				m = max(m, q)
			}
		}
		sum := uint64(0)
		for at := 0; at < b.c && !b.stop.Asked(); at += heed {
			for _, q := range src[at:min(at+heed, b.c)] {
				sum += uint64(b.table[m-q])
			}
		}
		f := float32(1 / float64(b.outScale*float64(sum)))
		for at := 0; at < b.c && !b.stop.Asked(); at += heed {
			to := dst[at:min(at+heed, b.c)]
			for i, q := range src[at : at+len(to)] {
				to[i] = quantized(float32(b.table[m-q])*f, b.lo, b.hi, b.zero)
			}
		}
	}
}

// NewSoftmaxU8 returns quantised softmax over the channels of each pixel; softmaxU8Args defines it. In place is
// allowed.
func NewSoftmaxU8(q RescaleU8, limit arch.ISA) (Op, error) {
	if !(q.InScale > 0) || !(q.OutScale > 0) || q.InScale > math.MaxFloat32 || q.OutScale > math.MaxFloat32 {
		return nil, errorf("%w: scales %v and %v", ErrShape, q.InScale, q.OutScale)
	}
	o := &softmaxU8{args: softmaxU8Args{outScale: float64(q.OutScale)}}
	o.args.lo, o.args.hi, o.args.zero = q.Out.bounds()
	for d := range o.table {
		o.table[d] = uint32(math.RoundToEven(float64(expNegative(-float32(float32(d)*q.InScale))) * (1 << 24)))
	}
	o.kernel, o.fn = Select[func(*softmaxU8Args)](OpSoftmax, U8, limit)
	return o, nil
}

type softmaxU8 struct {
	basic
	fn    func(*softmaxU8Args)
	args  softmaxU8Args
	table [256]uint32
}

func (o *softmaxU8) Bind(in, out []View, _ []byte, workers int) Task {
	checkViews("softmax", len(in) == 1 && len(out) == 1 && in[0].DType == U8 && out[0].DType == U8 &&
		sameShape(&in[0], &out[0]))
	return &softmaxU8Task{softmaxU8: o, in: in[0], out: out[0], pixelBlocks: newPixelBlocks(in[0].Pixels(), in[0].C),
		workers: make([]softmaxU8Worker, workers)}
}

type softmaxU8Task struct {
	*softmaxU8
	onlyTask
	pixelBlocks
	in, out View
	workers []softmaxU8Worker
}

type softmaxU8Worker struct {
	args softmaxU8Args
	_    [64]byte
}

func (t *softmaxU8Task) Run(worker, lo, hi int, stop *Stop) {
	b := &t.workers[worker].args
	for u := lo; u < hi && !stop.Asked(); u++ {
		p0, p1 := t.block(u)
		*b = t.args
		b.src, b.dst, b.srcStride, b.dstStride = t.in.at(p0*t.in.Stride), t.out.at(p0*t.out.Stride), t.in.Stride, t.out.Stride
		b.pixels, b.c, b.table, b.stop = p1-p0, t.in.C, &t.table, stop
		t.fn(b)
	}
}
