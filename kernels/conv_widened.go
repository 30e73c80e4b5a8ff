package kernels

import (
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// ConvHalf is the parameters of a convolution of float16 tensors.
type ConvHalf struct {
	Weights []Half    // [K][R][S][C/Groups]
	Bias    []float32 // [K], or nil for zeros
	Act     Clamp
}

// PackConvHalf returns a convolution of float16 tensors. Its output is [ToHalf] of what [RefConvF32] makes of the same
// numbers as float32, within the error of that sum (docs/NUMERICS.md). Filters are packed through p, as float16; where
// p is loading, they are not looked at. Segments are those of [NewConvF32].
//
// Where this CPU has arithmetic of float16, sums are float16 too, by blocks: [OpConvHalf]. Elsewhere rows of the input
// and panels of filters become float32 when they are used, in a worker's scratch, and the kernels of float32 compute.
// Filters of a channel of their own (depthwise) are kept as float32.
func PackConvHalf(p *Packing, s ConvShape, segments []int, layer ConvHalf, limit arch.ISA) (Op, error) {
	if err := checkConv(&s, &segments, p.count(&s, len(layer.Weights), 1), len(layer.Bias)); err != nil {
		return nil, err
	}
	rows := RowWindow{Taps: s.R, Stride: s.StrideH, Dilation: s.DilationH, PadTop: s.PadTop, H: s.H}
	switch {
	case depthwiseFits(&s, segments) && rows.Meets(s.OutH()):
		return newDepthwiseHalf(p, s, rows, layer, limit)
	case s.Groups > 1:
		if len(segments) != 1 {
			return nil, errorf("%w: a grouped convolution has one output", ErrShape)
		}
		return newGrouped(s, F16, func(part ConvShape, g int) (Op, error) {
			return PackConvHalf(p, part, nil, ConvHalf{groupOf(layer.Weights, g, s.Groups), groupOf(layer.Bias, g, s.Groups),
				layer.Act}, limit)
		})
	}
	if s.deep() {
		limit = arch.Generic
	}
	all := halfTiles(p, s, segments, layer, limit)
	return p.choose(append(all, tiers(F32, limit, func(k *Kernel, limit arch.ISA) []candidate {
		var rows, direct func() Op
		if rowsFit(&s, k, 4) {
			rows = func() Op {
				c := newConvHalf(p, s, segments, s.runs(), s.run(), layer, k)
				r := newRowConv(c)
				r.half = newHalfConversion(c.panels, limit)
				return r
			}
		} else {
			direct = func() Op {
				return newDirectConv(newConvHalf(p, s, segments, s.R*s.S, s.C, layer, convTile(F16, arch.Generic)))
			}
		}
		return algorithms(&s, k, nil, nil, nil, nil, rows, direct)
	})...)), nil
}

// newConvHalf is newConvF32 of filters that stay float16.
func newConvHalf(p *Packing, s ConvShape, segments []int, taps, depth int, layer ConvHalf, k *Kernel) conv {
	c := conv{shape: s, segments: segments, dtype: F16, kernel: k, fn: k.fn.(func(*convTileArgs)),
		blocks: convBlocks(segments, k)}
	c.border = aligned[byte](4 * s.C)
	w := packWeights(p, filtersOf(layer.Weights, s.K), taps, depth, c.blocks, k.KR)
	b, plain := packRow(layer.Bias, c.blocks, k.NR), 0
	if k.Op == OpConvHalf {
		plain = halfBias(layer.Bias)
	}
	for i := range c.blocks {
		c.panels = append(c.panels, convPanel{w: addr(w[i]), size: len(w[i]), bias: addr(b[i*k.NR:]), lo: layer.Act.Lo,
			hi: layer.Act.Hi, plain: plain})
		c.bytes += 2*len(w[i]) + 4*k.NR
	}
	return c
}

// convHalf makes float32 of the float16 that a rowConv takes, and back: input rows on their way into the ring, a panel
// for all the pixels of a unit, and what a block of a unit has become.
type convHalf struct {
	panel         int // numbers of the largest panel
	widen, narrow func(*convertArgs)
	wide          *Kernel
}

func newHalfConversion(panels []convPanel, limit arch.ISA) *convHalf {
	h := &convHalf{}
	h.wide, h.widen = Select[func(*convertArgs)](OpWiden, F16, limit)
	_, h.narrow = Select[func(*convertArgs)](OpNarrow, F32, limit)
	for i := range panels {
		h.panel = max(h.panel, panels[i].size)
	}
	return h
}

// halfWorker is a worker's own memory for it.
type halfWorker struct {
	args  convertArgs
	panel View // one row of numbers
	out   View // pixels of a unit × channels of a block
}

// scratch is the bytes of a worker's panel and output.
func (h *convHalf) scratch(d *rowConv) int {
	if h == nil {
		return 0
	}
	return roundUp(4*h.panel, 64) + roundUp(4*d.per*d.shape.OutW()*d.kernel.NR, 64)
}

func (h *convHalf) bind(d *rowConv, w *halfWorker, mem []byte) {
	if h == nil {
		return
	}
	w.panel = View{Data: addr(mem), DType: F32, N: 1, H: 1, W: 1, C: h.panel, Stride: h.panel}
	w.out = View{Data: addr(mem[roundUp(4*h.panel, 64):]), DType: F32, N: 1, H: d.per, W: d.shape.OutW(), C: d.kernel.NR,
		Stride: d.kernel.NR}
}

// loadRow makes row y of image n a padded row of float32.
func (h *convHalf) loadRow(w *halfWorker, row []byte, s *ConvShape, in *View, n, y int, stop *Stop) {
	left, columns := min(s.PadLeft, s.reach()), 0
	if uint(y) < uint(s.H) {
		columns = min(s.W, s.reach()-left)
	}
	pixel := 4 * s.C
	clear(row[:left*pixel])
	clear(row[(left+columns)*pixel:])
	if columns > 0 {
		to := View{Data: addr(row[left*pixel:]), DType: F32, N: 1, H: 1, W: columns, C: s.C, Stride: s.C}
		convertPixels(h.widen, &w.args, &to, 0, in, (n*s.H+y)*s.W, columns, stop)
	}
}

// block computes n pixels of block b from the given one on.
func (h *convHalf) block(t *rowConvTask, wk *rowConvWorker, b, pixel, n int, stop *Stop) {
	blk, p, w, a := t.blocks[b], &t.panels[b], &wk.half, &wk.args
	packed := View{Data: p.w, DType: F16, N: 1, H: 1, W: 1, C: p.size, Stride: p.size}
	convertPixels(h.widen, &w.args, &w.panel, 0, &packed, 0, 1, stop)
	a.take(p)
	a.w = w.panel.Data
	o := &t.out[blk.segment]
	to := *o
	to.Data, to.C = o.at(blk.at), blk.cols
	blk.at = 0
	mr, tiles := t.kernel.MR, (n+t.kernel.MR-1)/t.kernel.MR
	t.write(a, &w.out, &blk, 0, tiles, n-(tiles-1)*mr, stop)
	if t.finish != nil && !stop.Asked() {
		t.finish[blk.segment].do(&wk.done, &w.out, 0, n, w.out.Stride, blk.cols)
	}
	from := w.out
	from.C = blk.cols
	convertPixels(h.narrow, &w.args, &to, pixel, &from, 0, n, stop)
}

// convertPixels converts n pixels of src from the s-th on to those of dst from the d-th on.
func convertPixels(fn func(*convertArgs), a *convertArgs, dst *View, d int, src *View, s, n int, stop *Stop) {
	c := src.C
	if src.Dense() && dst.Stride == c {
		n, c = 1, n*c
	}
	a.srcStride, a.dstStride = src.Stride*src.DType.Size(), dst.Stride*dst.DType.Size()
	from, to := src.at(s*src.Stride), dst.at(d*dst.Stride)
	rows := max(1, unitElements/c)
	for p := 0; p < n && !stop.Asked(); p += rows {
		for at := 0; at < c && !stop.Asked(); at += maxChannels {
			a.src = unsafe.Add(from, p*a.srcStride+at*src.DType.Size())
			a.dst = unsafe.Add(to, p*a.dstStride+at*dst.DType.Size())
			a.rows, a.c = min(rows, n-p), min(c-at, maxChannels)
			fn(a)
		}
	}
}

// convTileF16Generic adds up in float32 and rounds once: [convTileArgs] with float16 inputs and weights.
func convTileF16Generic(a *convTileArgs) {
	ptrs := unsafe.Slice((*unsafe.Pointer)(a.ptrs), a.tiles*a.taps*genericMR)
	w := unsafe.Slice((*Half)(a.w), a.taps*a.groups*genericNR)
	act := Clamp{a.lo, a.hi}
	for t := range a.tiles {
		for r := range a.rowsOf(t, genericMR) {
			acc := *(*[genericNR]float32)(a.bias)
			for tap := range a.taps {
				x := halves(ptrs[(t*a.taps+tap)*genericMR+r], 0, a.groups)
				for at := 0; at < a.groups; at += heed {
					if a.leaveOff(tap, at) {
						return
					}
					for c, h := range x[at:min(at+heed, a.groups)] {
						v := h.Float()
						for k, wk := range (*[genericNR]Half)(w[(tap*a.groups+at+c)*genericNR:]) {
							acc[k] += v * wk.Float()
						}
					}
				}
			}
			dst := halves(a.dst, (t*genericMR+r)*a.dstStride, a.cols)
			for k := range dst {
				dst[k] = ToHalf(act.apply(acc[k]))
			}
		}
	}
}
