package kernels

import (
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// F(2,3) of float16: transforms in float16, each addition rounded, and products by [OpConvHalf]. Filters are
// transformed in binary64 and rounded once. Sums of four inputs and of nine products must be finite as float16.

var winoHalfF23 = winoForm{name: "2x3", m: 2, r: 3, channels: 8, pixels: 40, input: OpWino23Input,
	output: OpWino23Output, g: winoG23}

var formsHalf = []*winoForm{&winoHalfF23}

// winoHalfWeight is the largest weight of which transformed filters are certainly finite: 9/4 of it is less than 65504.
const winoHalfWeight = 29000

// halfForms returns the forms that can compute a convolution of float16.
func halfForms(p *Packing, s *ConvShape, weights []Half, limit arch.ISA) []*winoForm {
	fit := fitting(formsHalf, s, F16, limit)
	if len(fit) == 0 || p.Loading() {
		return fit
	}
	for _, w := range weights {
		if x := w.Float(); !(-winoHalfWeight <= x && x <= winoHalfWeight) {
			return nil
		}
	}
	return fit
}

func newWinogradHalf(p *Packing, f *winoForm, s ConvShape, segments []int, layer ConvHalf, limit arch.ISA) *winograd {
	w := &winograd{shape: s, segments: segments, dtype: F16, form: f, vBytes: 2, mBytes: 2}
	w.kernel, w.gemm = Select[func(*convTileArgs)](OpConvHalf, F16, limit)
	w.plan(limit)
	w.border = aligned[byte](max(2*s.C, 4*w.kernel.NR))
	b := packRow(layer.Bias, w.blocks, w.kernel.NR)
	for i, u := range w.packHalf(p, layer.Weights) {
		w.panels = append(w.panels, convPanel{w: addr(u), bias: addr(b[i*w.kernel.NR:]), lo: layer.Act.Lo, hi: layer.Act.Hi})
		w.bytes += 2 * len(u)
	}
	w.bytes += 4 * len(b)
	return w
}

// packHalf packs filters, transformed.
func (w *winograd) packHalf(p *Packing, weights []Half) [][]Half {
	var f realFilter
	var to func(pos int, v Half)
	narrow := func(pos int, v float64) { to(pos, ToHalf(float32(roundHalf(v)))) }
	return packWinograd(p, func() []Half { return weights }, w.depth, w.blocks, w.kernel.KR, w.form.r, byPosition,
		func(g []Half, put func(pos int, v Half)) {
			for i, v := range g {
				f.g[i] = float64(v.Float())
			}
			to = put
			w.form.g(&f, narrow)
		}, w.pos)
}

// halfAt is a float16 in memory, as a binary64.
func halfAt(p unsafe.Pointer, offset int) float64 {
	return float64((*(*Half)(unsafe.Add(p, offset))).Float())
}

func putHalf(p unsafe.Pointer, offset int, v float64) {
	*(*Half)(unsafe.Add(p, offset)) = ToHalf(float32(v))
}

func wino23InputHalfGeneric(a *winoInputArgs) {
	ptrs := (*[16]unsafe.Pointer)(a.ptrs)
	b := func(d *[4]float64) [4]float64 {
		return [4]float64{roundHalf(d[0] - d[2]), roundHalf(d[1] + d[2]), roundHalf(d[2] - d[1]), roundHalf(d[1] - d[3])}
	}
	for c := range a.c {
		var t [4][4]float64 // columns transformed, [column][row]
		for j := range t {
			var d [4]float64
			for i := range d {
				d[i] = halfAt(ptrs[i*4+j], 2*c)
			}
			t[j] = b(&d)
		}
		for i := range 4 {
			for j, v := range b(&[4]float64{t[0][i], t[1][i], t[2][i], t[3][i]}) {
				putHalf(a.dst, (i*4+j)*a.posStride+2*c, v)
			}
		}
	}
}

func wino23OutputHalfGeneric(a *winoOutputArgs) {
	act := Clamp{a.lo, a.hi}
	at := func(m *[4]float64) [2]float64 {
		return [2]float64{roundHalf(roundHalf(m[0]+m[1]) + m[2]), roundHalf(roundHalf(m[1]-m[2]) - m[3])}
	}
	for k := range a.cols {
		var t [2][4]float64
		for j := range 4 {
			var m [4]float64
			for i := range m {
				m[i] = halfAt(a.src, (i*4+j)*a.posStride+2*k)
			}
			col := at(&m)
			t[0][j], t[1][j] = col[0], col[1]
		}
		bias := *(*float32)(unsafe.Add(a.bias, 4*k))
		for y := range a.rows {
			o := at(&t[y])
			for x := range a.columns {
				*(*Half)(unsafe.Add(a.dst, y*a.rowStride+x*a.pixStride+2*k)) = ToHalf(act.apply(float32(o[x]) + bias))
			}
		}
	}
}
