package kernels

import "unsafe"

// WinoFilter is the argument of the filter transform of a block of filters: u[pos][c][k] = (G g Gᵀ)[pos] of g[c][·][k]
// for k < NR. Small maps do it anew in each run: transformed filters are four times as large, and reading those from
// memory takes longer than the transform.
type WinoFilter struct {
	g         unsafe.Pointer // [C][9][NR] float32
	u         unsafe.Pointer // 36 positions of [C][NR] float32
	posStride int            // bytes from one position to the next
	c         int            // ≥ 1
}

// winoFilterF32Generic is the transform for NR = genericNR.
func winoFilterF32Generic(a *WinoFilter) {
	const nr = genericNR
	src := unsafe.Slice((*float32)(a.g), a.c*9*nr)
	var g [9]float64
	for c := range a.c {
		for k := range nr {
			for t := range g {
				g[t] = float64(src[(c*9+t)*nr+k])
			}
			winoG43(g[:], func(pos int, v float64) { *(*float32)(unsafe.Add(a.u, pos*a.posStride+4*(c*nr+k))) = float32(v) })
		}
	}
}

// packFilters lays filters [K][3][3][C] out as [block][C][9][nr].
func packFilters(p *Packing, weights []float32, c int, blocks []convBlock, nr int) []float32 {
	return packed(p, len(blocks)*c*9*nr, func(all []float32) {
		for b, blk := range blocks {
			for j := range blk.cols {
				for t := range 9 {
					for i, w := range weights[((blk.k+j)*9+t)*c:][:c] {
						all[((b*c+i)*9+t)*nr+j] = w
					}
				}
			}
		}
	})
}
