package kernels

import "github.com/gneiss-go/gneiss/arch"

// depthRowHalfGeneric is [depthRowArgs] of float16, with a bias of float16: sums begin with it, and each product is
// added by a fused multiplication and addition, in order of rows and taps, which rounds to float16.
func depthRowHalfGeneric(a *depthRowArgs) {
	act := Clamp{a.lo, a.hi}
	bias := halves(a.bias, 0, a.c)
	for p := range a.pixels {
		first, last := max(0, a.skip-p*a.stride), min(a.size, a.cols+a.skip-p*a.stride)
		dst := halves(a.dst, p*a.dstStep, a.c)
		for k := range dst {
			acc := float64(bias[k].Float())
			for r := range a.rows {
				for t := first; t < last; t++ {
					x := halfAt(a.src, r*a.rowStep+(p*a.stride+t-a.skip)*a.colStep+2*k)
					acc = fmaHalf(acc, x, halfAt(a.w, r*a.wRow+t*a.wStep+2*k))
				}
			}
			dst[k] = ToHalf(act.apply(float32(acc)))
		}
	}
}

// newDepthwiseHalf makes a convolution with a channel for each filter. Where windows slide and this CPU has
// arithmetic of float16, sums are float16; else float32, of filters that are kept so, by bands of rows.
func newDepthwiseHalf(p *Packing, s ConvShape, rows RowWindow, layer ConvHalf, limit arch.ISA) (Op, error) {
	if k, _ := Select[func(*depthRowArgs)](OpDepthRow, F16, limit); !k.Portable() && k.slides(&s) &&
		halfBias(layer.Bias) == blockBias {
		return newDepthRowHalf(p, s, layer, limit), nil
	}
	var wide []float32
	if !p.Loading() {
		wide = make([]float32, len(layer.Weights))
		for i, w := range layer.Weights {
			wide[i] = w.Float()
		}
	}
	images := s.N
	s.N = 1
	op := newDepthwiseF32(p, s, wide, layer.Bias, layer.Act, limit)
	return NewHalf(op, HalfShape{N: images, Rows: rows, In: []Extent{{s.H, s.W, s.C}},
		Out: Extent{s.OutH(), s.OutW(), s.K}}, limit)
}

// newDepthRowHalf makes one whose windows slide along rows.
func newDepthRowHalf(p *Packing, s ConvShape, layer ConvHalf, limit arch.ISA) *depthwise {
	d := &depthwise{shape: s, dtype: F16}
	w, b := packDepthwise(p, s.C, s.R*s.S, layer.Weights), aligned[Half](s.C)
	for i, x := range layer.Bias {
		b[i] = ToHalf(x)
	}
	d.w, d.args.bias, d.args.lo, d.args.hi = addr(w), addr(b), layer.Act.Lo, layer.Act.Hi
	d.bytes = 2 * (len(w) + len(b))
	d.slide(limit, nil, nil)
	return d
}
