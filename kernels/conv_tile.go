package kernels

import (
	"math"
	"unsafe"
)

// Convolution.
const (
	OpConvTile OpKind = "conv"     // indirect convolution tile: 1×1, 3×3, 5×5, any; func(*convTileArgs)
	OpConvWide OpKind = "convwide" // the same of uint8 inputs and weights widened to int16; quantised only
)

// convTileArgs is the argument of the inner kernels of convolution, an indirect GEMM (Dukhan, arXiv 1907.02129): for
// each of tiles·MR output pixels and NR output channels
//
//	acc[p][k] = bias[k] + Σ_{t<taps, c<groups·KR} (*ptrs[p/MR][t][p%MR])[c] · w[t][c/KR][k][c%KR]
//
// ptrs holds, tile by tile, tap by tap, the addresses of MR input pixels; a border tap points at the border row, and
// in the last tile the rows beyond `rows` repeat a valid address. Rows < MR of the last tile and cols < NR of every
// tile limit what is stored, never what is read: w, bias and scale are padded to NR.
//
// float32 (KR = 1): dst = min(max(acc, lo), hi).
//
// uint8: products of uint8 and int8 are summed exactly in int32, bias is int32, and (docs/NUMERICS.md)
//
//	dst = zero + roundEven(min(max(float32(acc)·scale[k], lo), hi))
//
// in IEEE binary32; lo and hi are integers, so clamping before rounding equals clamping after it.
type convTileArgs struct {
	_         uncompared
	ptrs      unsafe.Pointer // [tiles][taps][MR] addresses
	w         unsafe.Pointer // [taps][groups][NR][KR], but for PairSum16 what pairPanel says
	bias      unsafe.Pointer // [NR] float32 or int32
	scale     unsafe.Pointer // [NR] float32; uint8 only
	dst       unsafe.Pointer // first pixel, first channel
	dstStride int            // bytes from one pixel to the next
	taps      int            // ≥ 1
	groups    int            // groups of KR channels per tap, ≥ 1
	tiles     int            // ≥ 1
	rows      int            // pixels of the last tile, 1…MR
	cols      int            // channels to store, 1…NR
	lo, hi    float32
	zero      int32
	raise     int32          // uint8 only: what may be added to sums to make float32 of them, sumUnit, or 0
	size      int            // of w, bytes; PairSum16 only
	order     unsafe.Pointer // that of pairPanel; PairSum16 only
	plain     int            // not 0: lo and hi are 0 and 255 less zero, and no product reaches 2³¹, so saturation clamps;
	// of float16, one of blockPlain and blockBias
	//lint:ignore U1000 assembly uses it
	left int // scratch of the kernel: taps or pixels left
	//lint:ignore U1000 assembly uses it
	ahead int // scratch of the kernel: bytes of the next panel fetched at a time
	//lint:ignore U1000 assembly uses it
	at int // scratch of the kernel: where the next tile's pixels go; no pointer, for it ends past the last one
	//lint:ignore U1000 assembly uses it
	tmp [8 * 16]float32 // scratch of kernels that add up in blocks: a tile's sums

	stop *Stop // of the portable kernels, which take windows of any size
}

// Tile of the portable kernels: eight accumulators, four weights and two inputs fit sixteen registers.
const (
	genericMR = 2
	genericNR = 4
)

func convTileF32Generic(a *convTileArgs) {
	ptrs := unsafe.Slice((*unsafe.Pointer)(a.ptrs), a.tiles*a.taps*genericMR)
	w := unsafe.Slice((*float32)(a.w), a.taps*a.groups*genericNR)
	bias := (*[genericNR]float32)(a.bias)
	act := Clamp{a.lo, a.hi}
	for t := range a.tiles {
		a0, a1, a2, a3 := bias[0], bias[1], bias[2], bias[3]
		b0, b1, b2, b3 := a0, a1, a2, a3
		wt := w
		for tap := range a.taps {
			p := ptrs[(t*a.taps+tap)*genericMR:][:genericMR]
			for at := 0; at < a.groups; at += heed {
				if a.leaveOff(tap, at) {
					return
				}
				x := floats(p[0], 4*at, min(heed, a.groups-at))
				y := floats(p[1], 4*at, len(x))
				for c, xc := range x {
					v := (*[genericNR]float32)(wt)
					wt = wt[genericNR:]
					yc := y[c]
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
		}
		acc := [genericMR][genericNR]float32{{a0, a1, a2, a3}, {b0, b1, b2, b3}}
		for r := range a.rowsOf(t, genericMR) {
			dst := unsafe.Slice((*float32)(unsafe.Add(a.dst, (t*genericMR+r)*a.dstStride)), a.cols)
			for k := range dst {
				dst[k] = act.apply(acc[r][k])
			}
		}
	}
}

// leaveOff looks at the stop, every few taps and within wide ones.
func (a *convTileArgs) leaveOff(tap, at int) bool { return (at > 0 || tap%64 == 0) && a.stop.Asked() }

// rowsOf is the number of pixels to store of tile t.
func (a *convTileArgs) rowsOf(t, mr int) int {
	if t == a.tiles-1 {
		return a.rows
	}
	return mr
}

func convTileU8Generic(a *convTileArgs) {
	ptrs := unsafe.Slice((*unsafe.Pointer)(a.ptrs), a.tiles*a.taps*genericMR)
	w := unsafe.Slice((*int8)(a.w), a.taps*a.groups*genericNR)
	bias := (*[genericNR]int32)(a.bias)
	scale := (*[genericNR]float32)(a.scale)
	for t := range a.tiles {
		a0, a1, a2, a3 := bias[0], bias[1], bias[2], bias[3]
		b0, b1, b2, b3 := a0, a1, a2, a3
		wt := w
		for tap := range a.taps {
			p := ptrs[(t*a.taps+tap)*genericMR:][:genericMR]
			for at := 0; at < a.groups; at += heed {
				if a.leaveOff(tap, at) {
					return
				}
				x := unsafe.Slice((*uint8)(unsafe.Add(p[0], at)), min(heed, a.groups-at))
				y := unsafe.Slice((*uint8)(unsafe.Add(p[1], at)), len(x))
				for c := range x {
					v := (*[genericNR]int8)(wt)
					wt = wt[genericNR:]
					xc, yc := int32(x[c]), int32(y[c])
					v0, v1, v2, v3 := int32(v[0]), int32(v[1]), int32(v[2]), int32(v[3])
					a0 += xc * v0
					a1 += xc * v1
					a2 += xc * v2
					a3 += xc * v3
					b0 += yc * v0
					b1 += yc * v1
					b2 += yc * v2
					b3 += yc * v3
				}
			}
		}
		acc := [genericMR][genericNR]int32{{a0, a1, a2, a3}, {b0, b1, b2, b3}}
		for r := range a.rowsOf(t, genericMR) {
			dst := unsafe.Slice((*uint8)(unsafe.Add(a.dst, (t*genericMR+r)*a.dstStride)), a.cols)
			for k := range dst {
				dst[k] = Requantize(acc[r][k], scale[k], a.lo, a.hi, a.zero)
			}
		}
	}
}

// convWideGeneric is convTileU8Generic over rows and weights that were widened to int16; groups counts pairs of
// channels.
func convWideGeneric(a *convTileArgs) {
	ptrs := unsafe.Slice((*unsafe.Pointer)(a.ptrs), a.tiles*a.taps*genericMR)
	w := unsafe.Slice((*int16)(a.w), a.taps*a.groups*genericNR*2)
	for t := range a.tiles {
		for r := range a.rowsOf(t, genericMR) {
			acc := *(*[genericNR]int32)(a.bias)
			for tap := range a.taps {
				panel := w[tap*a.groups*genericNR*2:]
				for c, x := range unsafe.Slice((*int16)(ptrs[(t*a.taps+tap)*genericMR+r]), a.groups*2) {
					for k := range acc {
						acc[k] += int32(x) * int32(panel[(c/2*genericNR+k)*2+c%2])
					}
				}
			}
			dst := unsafe.Slice((*uint8)(unsafe.Add(a.dst, (t*genericMR+r)*a.dstStride)), a.cols)
			for k := range dst {
				dst[k] = Requantize(acc[k], (*[genericNR]float32)(a.scale)[k], a.lo, a.hi, a.zero)
			}
		}
	}
}

// Requantize maps an int32 accumulator to uint8: zero + roundEven(min(max(float32(acc)·scale, lo), hi)), every step
// in IEEE binary32. lo and hi are the output's bounds minus zero. It is the one requantisation rule of gneiss.
func Requantize(acc int32, scale, lo, hi float32, zero int32) uint8 {
	v := min(max(float32(acc)*scale, lo), hi)
	return uint8(int32(math.RoundToEven(float64(v))) + zero)
}
