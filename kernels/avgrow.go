package kernels

import (
	"math"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// OpAvgRow is quantised average pooling of pixels whose windows see the same columns of the input, a call for all of
// them: func(*avgRowArgs).
const OpAvgRow OpKind = "avgrow"

// avgRowArgs is the argument of the inner kernel: for pixels pixels of c channels
//
//	dst[p][k] = Requantize(Σ src[p][r][t][k] − from, scale, lo, hi, zero)     over rows r and taps t < across
type avgRowArgs struct {
	_                uncompared
	src, dst         unsafe.Pointer // uint8
	rows, across     int            // of a window, ≥ 1; rows·across ≤ avgRowCells
	rowStep, colStep int            // bytes from a row, a column of a window to the next
	srcStep, dstStep int            // bytes from a pixel to the next
	pixels           int            // ≥ 1
	c                int            // ≥ NR
	from             int32
	scale, lo, hi    float32
	zero             int32
}

const avgRowCells = math.MaxUint16 / 255 // most cells whose sum is a uint16

func avgRowGeneric(a *avgRowArgs) {
	for p := range a.pixels {
		for k := 0; k < a.c; k += sumBlock {
			var block [sumBlock]int32
			sums := block[:min(sumBlock, a.c-k)]
			for r := range a.rows {
				for t := range a.across {
					src := unsafe.Add(a.src, p*a.srcStep+r*a.rowStep+t*a.colStep+k)
					for i, v := range unsafe.Slice((*uint8)(src), len(sums)) {
						sums[i] += int32(v)
					}
				}
			}
			requantizeGeneric(&requantizeArgs{dst: unsafe.Add(a.dst, p*a.dstStep+k), sums: addr(sums), c: len(sums),
				from: a.from, scale: a.scale, lo: a.lo, hi: a.hi, zero: a.zero})
		}
	}
}

// byRows makes units of output rows, where a kernel at or below limit is there for that. One window over a whole map
// has but one row, and is divided by channels.
func (o *avgPoolU8) byRows(limit arch.ISA) {
	s := &o.shape
	k, fn := Select[func(*avgRowArgs)](OpAvgRow, U8, limit)
	if max(s.OutH, s.OutW) > 1 && s.R <= avgRowCells/s.S && s.C >= k.NR && s.C <= poolCall/(s.R*s.S) &&
		(!k.Portable() || o.kernel.Portable()) {
		o.kernel, o.row = k, fn
	}
}

// outputRow computes output row u.
func (t *avgPoolU8Task) outputRow(wk *avgPoolU8Worker, u int, stop *Stop) {
	s, a := &t.shape, &wk.row
	n, iy := u/s.OutH, u%s.OutH*s.StrideH-s.PadTop
	r0, r1, padH := clip(iy, s.R, s.DilationH, s.H, s.H+s.PadBottom)
	some := max(1, poolCall/(s.R*s.S*s.C))
	for x := 0; x < s.OutW && !stop.Asked(); x += a.pixels {
		ix := x*s.StrideW - s.PadLeft
		s0, s1, padW := clip(ix, s.S, s.DilationW, s.W, s.W+s.PadRight)
		for a.pixels = 1; a.pixels < some && x+a.pixels < s.OutW; a.pixels++ {
			t0, t1, pad := clip(ix+a.pixels*s.StrideW, s.S, s.DilationW, s.W, s.W+s.PadRight)
			if t0 != s0 || t1 != s1 || pad != padW {
				break
			}
		}
		cells := max(r1-r0, 0) * max(s1-s0, 0)
		if cells == 0 {
			for p := range a.pixels * t.blocks() {
				t.unit(wk, (u*s.OutW+x)*t.blocks()+p, stop)
			}
			continue
		}
		*a = avgRowArgs{pixels: a.pixels, rows: r1 - r0, across: s1 - s0, c: s.C, from: t.inZero * int32(cells),
			scale: t.factor(cells, padH*padW), lo: t.lo, hi: t.hi, zero: t.zero,
			rowStep: s.DilationH * s.W * t.in.Stride, colStep: s.DilationW * t.in.Stride,
			srcStep: s.StrideW * t.in.Stride, dstStep: t.out.Stride,
			src: t.in.at(((n*s.H+iy+r0*s.DilationH)*s.W + ix + s0*s.DilationW) * t.in.Stride),
			dst: t.out.at((u*s.OutW + x) * t.out.Stride)}
		t.row(a)
	}
}
