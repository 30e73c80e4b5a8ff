package kernels

import "unsafe"

// ConvTileF32 is the argument of the inner kernel of float convolution, an indirect GEMM (Dukhan, arXiv
// 1907.02129): for each of tiles·MR output pixels and NR output channels
//
//	dst[p][k] = clamp(bias[k] + Σ_{t<taps, c<c} (*ptrs[p/MR][t][p%MR])[c] · w[t][c][k])
//
// ptrs holds, tile by tile, tap by tap, the addresses of MR input pixels; a border tap points at zeros, and in
// the last tile the rows beyond `rows` repeat a valid address. Rows < MR of the last tile and cols < NR of every
// tile limit what is stored, never what is read: w and bias are padded to NR.
type ConvTileF32 struct {
	ptrs      unsafe.Pointer // [tiles][taps][MR] addresses
	w         unsafe.Pointer // [taps][c][NR] float32
	bias      unsafe.Pointer // [NR] float32
	dst       unsafe.Pointer // first pixel, first channel
	dstStride int            // bytes from one pixel to the next
	taps, c   int            // ≥ 1
	tiles     int            // ≥ 1
	rows      int            // pixels of the last tile, 1…MR
	cols      int            // channels to store, 1…NR
	lo, hi    float32
}

// Tile of the portable kernel: eight accumulators, four weights and two inputs fit sixteen registers.
const (
	genericMR = 2
	genericNR = 4
)

func convTileF32Generic(a *ConvTileF32) {
	ptrs := unsafe.Slice((*unsafe.Pointer)(a.ptrs), a.tiles*a.taps*genericMR)
	w := unsafe.Slice((*float32)(a.w), a.taps*a.c*genericNR)
	bias := (*[genericNR]float32)(a.bias)
	act := Clamp{a.lo, a.hi}
	for t := range a.tiles {
		var acc [genericMR][genericNR]float32
		a0, a1, a2, a3 := bias[0], bias[1], bias[2], bias[3]
		b0, b1, b2, b3 := a0, a1, a2, a3
		wt := w
		for tap := range a.taps {
			p := ptrs[(t*a.taps+tap)*genericMR:][:genericMR]
			x := unsafe.Slice((*float32)(p[0]), a.c)
			y := unsafe.Slice((*float32)(p[1]), a.c)
			y = y[:len(x)]
			for c := range x {
				v := (*[genericNR]float32)(wt)
				wt = wt[genericNR:]
				xc, yc := x[c], y[c]
				a0 += xc * v[0]
				a1 += xc * v[1]
				a2 += xc * v[2]
				a3 += xc * v[3]
				b0 += yc * v[0]
				b1 += yc * v[1]
				b2 += yc * v[2]
				b3 += yc * v[3]
			}
		}
		acc[0] = [genericNR]float32{a0, a1, a2, a3}
		acc[1] = [genericNR]float32{b0, b1, b2, b3}
		rows := genericMR
		if t == a.tiles-1 {
			rows = a.rows
		}
		for r := range rows {
			dst := unsafe.Slice((*float32)(unsafe.Add(a.dst, (t*genericMR+r)*a.dstStride)), a.cols)
			for k := range dst {
				dst[k] = act.apply(acc[r][k])
			}
		}
	}
}
