package kernels

import (
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// OpDepthwise has one filter for each channel: func(*depthArgs).
const OpDepthwise OpKind = "depthwise"

// depthArgs is the argument of the inner kernels of depthwise convolution, in which every channel has a filter of its
// own (MobileNet, arXiv 1704.04861): for pixels pixels of c channels
//
//	float32:  dst[p][k] = clamp(bias[k] + Σ_{t<taps} src[t][p][k] · w[t][k])
//	uint8:    dst[p][k] = Requantize(bias[k] + Σ_{t<taps} (src[t][p][k] − inZero) · w[t][k], scale[k], lo, hi, zero)
//
// where tap t is the pair of addresses table[t]; taps outside the input are left out. Pixels are srcStep and dstStep
// bytes apart, the same for every tap.
type depthArgs struct {
	_                uncompared
	table            unsafe.Pointer // [taps]depthTap; for uint8 one more if taps is odd, with weights of zero
	taps             int            // ≥ 1; 0 for the portable kernels
	bias, scale      unsafe.Pointer // [c] float32; bias int32 for uint8, where scale is too
	dst              unsafe.Pointer
	srcStep, dstStep int // bytes
	pixels, c        int // ≥ 1
	lo, hi           float32
	zero, inZero     int32
	//lint:ignore U1000 assembly uses it
	channel, end int // scratch of the kernel
}

// depthTap is where a tap's pixels begin, and its weights.
type depthTap struct{ src, w unsafe.Pointer }

func depthwiseF32Generic(a *depthArgs) {
	act := Clamp{a.lo, a.hi}
	bias := unsafe.Slice((*float32)(a.bias), a.c)
	for p := range a.pixels {
		dst := floats(a.dst, p*a.dstStep, a.c)
		copy(dst, bias)
		for _, tap := range unsafe.Slice((*depthTap)(a.table), a.taps) {
			src, w := floats(tap.src, p*a.srcStep, a.c), floats(tap.w, 0, a.c)
			for k := range dst {
				dst[k] += src[k] * w[k]
			}
		}
		for k := range dst {
			dst[k] = act.apply(dst[k])
		}
	}
}

func depthwiseU8Generic(a *depthArgs) {
	taps := unsafe.Slice((*depthTap)(a.table), a.taps)
	for p := range a.pixels {
		for k := range a.c {
			acc := *(*int32)(unsafe.Add(a.bias, 4*k))
			for i := range taps {
				x := *(*uint8)(unsafe.Add(taps[i].src, p*a.srcStep+k))
				acc += (int32(x) - a.inZero) * int32(*(*int8)(unsafe.Add(taps[i].w, k)))
			}
			*(*uint8)(unsafe.Add(a.dst, p*a.dstStep+k)) = Requantize(acc, *(*float32)(unsafe.Add(a.scale, 4*k)), a.lo, a.hi,
				a.zero)
		}
	}
}

// depthwise computes an output row at a time: at once where kernels slide the windows, else the windows clipped at the
// left one by one, those inside at once, those clipped at the right one by one.
type depthwise struct {
	basic
	shape    ConvShape
	dtype    DType
	fn       func(*depthArgs)
	nothing  func(*depthArgs) // for windows that lie outside the input
	w        unsafe.Pointer   // [parts·R·S+1][C], the last row zeros
	more     []bool           // [parts−1][R·S] whether any channel has that part of a tap
	args     depthArgs
	rowFn    func(*depthRowArgs) // nil where windows go one by one
	rowArgs  depthRowArgs
	woven    *woven      // nil where rows are taken one by one
	padded   *paddedRows // nil where they are not copied
	bytes    int
	in0, in1 int // windows in0 ≤ x < in1 are inside the input's columns
}

const (
	depthTaps = 1 << 10 // most taps of a window
	depthCall = 1 << 18 // products in one call, about
)

// depthwiseFits reports whether every channel has one filter of its own, of a size that one call can do.
func depthwiseFits(s *ConvShape, segments []int) bool {
	return s.Groups > 1 && s.Groups == s.C && s.Groups == s.K && len(segments) == 1 && s.R*s.S < depthTaps &&
		s.C <= maxChannels
}

func newDepthwiseF32(p *Packing, s ConvShape, weights, bias []float32, act Clamp, limit arch.ISA) *depthwise {
	d := newDepthwise(s, F32, limit)
	w := packDepthwise(p, s.C, s.R*s.S, weights)
	b := aligned[float32](s.C)
	copy(b, bias)
	d.w, d.args.bias, d.args.lo, d.args.hi = addr(w), addr(b), act.Lo, act.Hi
	d.bytes = 4 * (len(w) + len(b))
	d.slide(limit, nil, nil)
	return d
}

func newDepthwiseU8(s ConvShape, q ConvU8, limit arch.ISA) *depthwise {
	d := newDepthwise(s, U8, limit)
	taps := s.R * s.S
	w := packDepthwise(q.pack, s.C, q.parts()*taps, q.Weights)
	d.more = make([]bool, (q.parts()-1)*taps)
	for i := range d.more {
		d.more[i] = !zero(w[(taps+i)*s.C:][:s.C])
	}
	b, m := aligned[int32](s.C), aligned[float32](s.C)
	copy(b, q.Bias)
	copy(m, q.Scale)
	d.w, d.args.bias, d.args.scale, d.args.inZero = addr(w), addr(b), addr(m), int32(q.InZero)
	d.args.lo, d.args.hi, d.args.zero = q.Out[0].bounds()
	d.bytes = len(w) + 4*(len(b)+len(m))
	if q.parts() == 1 {
		d.slide(limit, &q, w)
	}
	return d
}

func newDepthwise(s ConvShape, dt DType, limit arch.ISA) *depthwise {
	d := &depthwise{shape: s, dtype: dt}
	d.kernel, d.fn = Select[func(*depthArgs)](OpDepthwise, dt, limit)
	_, d.nothing = Select[func(*depthArgs)](OpDepthwise, dt, arch.Generic)
	d.in0 = min((s.PadLeft+s.StrideW-1)/s.StrideW, s.OutW())
	if room := s.W - 1 - (s.S-1)*s.DilationW + s.PadLeft; room >= 0 {
		d.in1 = min(room/s.StrideW+1, s.OutW())
	}
	d.in1 = max(d.in0, d.in1)
	return d
}

// packDepthwise transposes filters [C][taps] into [taps+1][C], the last row zeros.
func packDepthwise[T float32 | int8 | Half](p *Packing, c, taps int, weights []T) []T {
	return packed(p, (taps+1)*c, func(w []T) {
		for k := range c {
			for t := range taps {
				w[t*c+k] = weights[k*taps+t]
			}
		}
	}, func(w []byte) bool { return zero(w[len(w)/(taps+1)*taps:]) })
}

func (d *depthwise) PackedBytes() int { return d.bytes }

func (d *depthwise) Scratch(workers int) int {
	switch {
	case d.woven != nil:
		return workers * d.woven.scratch()
	case d.padded != nil:
		return workers * roundUp(d.shape.R*d.padded.columns*d.shape.C, 64)
	}
	return 0
}

func (d *depthwise) band(b bandRows) Op {
	c := *d
	c.shape = c.shape.band(b)
	return &c
}

func (d *depthwise) Bind(in, out []View, scratch []byte, workers int) Task {
	checkConvViews(&d.shape, d.dtype, []int{d.shape.K}, in, out)
	t := &depthwiseTask{depthwise: d, in: in[0], out: out[0], workers: make([]depthwiseWorker, workers)}
	for i := range t.workers {
		t.workers[i].table = make([]depthTap, d.shape.R*d.shape.S+len(d.more)+1)
		if each := d.Scratch(1); each > 0 {
			t.workers[i].woven = scratch[i*each:][:each]
		}
	}
	return t
}

type depthwiseTask struct {
	*depthwise
	onlyTask
	in, out View
	workers []depthwiseWorker
}

type depthwiseWorker struct {
	table []depthTap
	args  depthArgs
	row   depthRowArgs
	weave depthWeaveArgs
	woven []uint8
	_     [64]byte
}

// Units are output rows.
func (t *depthwiseTask) Units() int { return t.shape.N * t.shape.OutH() }

func (t *depthwiseTask) Run(worker, lo, hi int, stop *Stop) {
	s, wk := &t.shape, &t.workers[worker]
	if t.rowFn != nil {
		for u := lo; u < hi && !stop.Asked(); {
			rows := 1
			if t.woven != nil {
				rows = min(t.woven.shared, hi-u, s.OutH()-u%s.OutH())
			}
			t.row(wk, u, rows, stop)
			u += rows
		}
		return
	}
	outW := s.OutW()
	most := max(1, depthCall/(s.R*s.S*s.C)) // pixels in one call
	for u := lo; u < hi; u++ {
		x := 0
		for ; x < t.in0 && !stop.Asked(); x++ {
			t.window(wk, u, x, 1)
		}
		for ; x < t.in1 && !stop.Asked(); x += most {
			t.window(wk, u, x, min(most, t.in1-x))
		}
		for x = t.in1; x < outW && !stop.Asked(); x++ {
			t.window(wk, u, x, 1)
		}
	}
}

// window computes pixels x … x+pixels−1 of output row u, which see the same taps.
func (t *depthwiseTask) window(wk *depthwiseWorker, u, x, pixels int) {
	s, a := &t.shape, &wk.args
	outH, size := s.OutH(), t.dtype.Size()
	n, iy, ix := u/outH, u%outH*s.StrideH-s.PadTop, x*s.StrideW-s.PadLeft
	r0, r1, _ := clip(iy, s.R, s.DilationH, s.H, s.H)
	q0, q1, _ := clip(ix, s.S, s.DilationW, s.W, s.W)
	*a = t.args
	for r := r0; r < r1; r++ {
		for q := q0; q < q1; q++ {
			src, tap := t.in.at(((n*s.H+iy+r*s.DilationH)*s.W+ix+q*s.DilationW)*t.in.Stride), r*s.S+q
			wk.table[a.taps] = depthTap{src, unsafe.Add(t.w, tap*s.C*size)}
			a.taps++
			for ; tap < len(t.more); tap += s.R * s.S {
				if t.more[tap] {
					wk.table[a.taps] = depthTap{src, unsafe.Add(t.w, (s.R*s.S+tap)*s.C*size)}
					a.taps++
				}
			}
		}
	}
	if a.taps%2 == 1 { // kernels for uint8 take taps in pairs
		wk.table[a.taps] = depthTap{src: wk.table[a.taps-1].src, w: unsafe.Add(t.w, (s.R*s.S+len(t.more))*s.C*size)}
	}
	a.table = addr(wk.table)
	a.dst = t.out.at((u*s.OutW() + x) * t.out.Stride)
	a.srcStep, a.dstStep = s.StrideW*t.in.Stride*size, t.out.Stride*size
	a.pixels, a.c = pixels, s.C
	if a.taps == 0 {
		t.nothing(a)
	} else {
		t.fn(a)
	}
}
