package kernels

import (
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// OpDepthRow is depthwise convolution of a row of pixels by windows of three or five columns: func(*depthRowArgs).
// OpDepthPair is the same of KR = 1, quantised, where that is faster than weaving rows for kernels of Words: of five
// columns or every second one, of which two output rows share little.
const (
	OpDepthRow  OpKind = "depthrow"
	OpDepthPair OpKind = "depthpair"
)

// depthRowArgs is the argument of the inner kernels that slide windows over the columns of some rows: for pixels pixels
// of c channels, over rows r and the taps t < size of a window,
//
//	acc[p][k] = bias[k] + Σ src[r][p·stride + t − skip][k] · w[r][t][k]     where 0 ≤ p·stride + t − skip < cols
//
// float32 (KR = 1): dst = min(max(acc, lo), hi). A column's numbers are loaded once for all the windows that see it.
// float16: likewise, bias too is float16, and each sum is rounded ([depthRowHalfGeneric]).
//
// uint8 (KR = 4): rows go in groups of four. A number of src is then four bytes, one of each row, and one of w likewise
// four int8 weights; their four products are summed exactly in int32, and dst is requantised ([Requantize]). Columns
// and rows outside the input are there, as bytes of its zero point, and bias has the zero point folded in: skip is 0.
// Where the kernel's row says Words, a tap's weights are two rows of pairs of int16: of the group's rows 0 and 2, and
// of 1 and 3.
//
// uint8 (KR = 1): src has bytes, w int8 weights, and inZero is taken from each byte.
type depthRowArgs struct {
	_                uncompared
	src              unsafe.Pointer // the first column that a window sees, of the first row
	w                unsafe.Pointer // [rows][size][wStep]
	bias, scale      unsafe.Pointer // [c]; bias float32, float16 or int32, scale float32, of uint8 only
	dst              unsafe.Pointer
	rows             int // ≥ 0, or groups of rows
	rowStep, colStep int // bytes from a row, a column of src to the next
	wStep            int // bytes from one tap's weights to the next's
	wRow             int // those of a row, or a group: size·wStep
	dstStep          int // bytes
	pixels           int // ≥ 1
	c                int // ≥ NR
	cols             int // from src on, ≥ 1; every window sees one of them
	size, stride     int // of a window, 3 or 5, and 1 or 2: between windows
	skip             int // columns that the first window has at the left of src, 0…2
	lo, hi           float32
	zero, inZero     int32
	form             int // 0, 3, 6, 9: size 3 of stride 1, 2; size 5 of stride 1, 2
	plain            int // of uint8: not 0 where [convTileArgs] would have it so

	// Of grouprow kernels.
	each  int       // inputs of an output in one column, or groups of KR of them, ≥ 1; 1 of others
	lanes [16]int32 // where in a vector of inputs each output's first one is
	//lint:ignore U1000 assembly uses it
	places [32]uint8 // that of eight outputs, by bytes

	// Scratch of the kernels: pixels of a tile, the columns they see, the offset of the last channels, and how far the
	// tile is from src and dst: no pointers, for they end past the last tile.
	//lint:ignore U1000 assembly uses it
	n, see, last, srcAt, dstAt, left int
}

func depthRowF32Generic(a *depthRowArgs) {
	act := Clamp{a.lo, a.hi}
	bias := floats(a.bias, 0, a.c)
	for p := range a.pixels {
		dst := floats(a.dst, p*a.dstStep, a.c)
		copy(dst, bias)
		for r := range a.rows {
			for t := max(0, a.skip-p*a.stride); t < min(a.size, a.cols+a.skip-p*a.stride); t++ {
				src := floats(a.src, r*a.rowStep+(p*a.stride+t-a.skip)*a.colStep, a.c)
				w := floats(a.w, r*a.wRow+t*a.wStep, a.c)
				for k := range dst {
					dst[k] += src[k] * w[k]
				}
			}
		}
		for k := range dst {
			dst[k] = act.apply(dst[k])
		}
	}
}

func depthRowU8Generic(a *depthRowArgs) {
	for p := range a.pixels {
		for k := range a.c {
			acc := *(*int32)(unsafe.Add(a.bias, 4*k))
			for r := range a.rows {
				for t := max(0, a.skip-p*a.stride); t < min(a.size, a.cols+a.skip-p*a.stride); t++ {
					x := *(*uint8)(unsafe.Add(a.src, r*a.rowStep+(p*a.stride+t-a.skip)*a.colStep+k))
					acc += (int32(x) - a.inZero) * int32(*(*int8)(unsafe.Add(a.w, r*a.wRow+t*a.wStep+k)))
				}
			}
			*(*uint8)(unsafe.Add(a.dst, p*a.dstStep+k)) = Requantize(acc, *(*float32)(unsafe.Add(a.scale, 4*k)), a.lo, a.hi,
				a.zero)
		}
	}
}

const depthTile = 8 // pixels of a tile of the kernels; of these a call has a multiple, but for the last of a row

// slides reports whether a kernel can slide the windows of a depthwise convolution along rows.
func (k *Kernel) slides(s *ConvShape) bool {
	return (s.S == 3 || s.S == 5) && s.R <= 5 && s.DilationW == 1 && s.StrideW <= 2 && s.PadLeft <= 2 &&
		s.C >= k.NR && (k.KR < weaveRows || s.C >= wovenChannels) && (s.OutW()-1)*s.StrideW-s.PadLeft < s.W
}

// slide makes windows slide along rows where a kernel at or below limit can do that; q, if not nil, is packed in w. The
// portable kernel does it only where windows would go one by one by portable code as well: few channels are faster by
// vectors of that.
func (d *depthwise) slide(limit arch.ISA, q *ConvU8, w []int8) {
	s, size := &d.shape, d.dtype.Size()
	for {
		k, fn := Select[func(*depthRowArgs)](OpDepthRow, d.dtype, limit)
		if k.Words && (s.S == 5 || s.StrideW == 2 || s.C < wovenChannels) {
			k, fn = Select[func(*depthRowArgs)](OpDepthPair, d.dtype, limit)
		}
		if k.Portable() && d.kernel != nil && !d.kernel.Portable() {
			return
		}
		if !k.slides(s) {
			if k.Portable() {
				return
			}
			limit = k.ISA - 1
			continue
		}
		d.kernel, d.rowFn = k, fn
		d.rowArgs = depthRowArgs{w: d.w, bias: d.args.bias, scale: d.args.scale, wStep: s.C * size, wRow: s.S * s.C * size,
			c: s.C, size: s.S, stride: s.StrideW, form: 6*(s.S/5) + 3*(s.StrideW-1), lo: d.args.lo, hi: d.args.hi,
			zero: d.args.zero, inZero: d.args.inZero, each: 1}
		if k.Op == OpDepthPair {
			d.rowArgs.plain = q.plain(0, 0, s.C)
		}
		if k.KR == weaveRows {
			d.weave(k, q, w, limit)
		}
		return
	}
}

// row computes output row u, or of woven ones so many from there on.
func (t *depthwiseTask) row(wk *depthwiseWorker, u, rows int, stop *Stop) {
	s, size := &t.shape, t.dtype.Size()
	outH, outW := s.OutH(), s.OutW()
	n, iy := u/outH, u%outH*s.StrideH-s.PadTop
	r0, r1, _ := clip(iy, s.R, s.DilationH, s.H, s.H)
	most := max(depthTile, depthCall/(s.R*s.S*s.C)&^(depthTile-1))
	if t.woven != nil || t.padded != nil {
		most = min(most, wovenPixels)
	}
	for x := 0; x < outW && !stop.Asked(); x += most {
		a, ix := &wk.row, x*s.StrideW-s.PadLeft
		*a = t.rowArgs
		a.pixels = min(most, outW-x)
		a.dst, a.dstStep = t.out.at((u*outW+x)*t.out.Stride), t.out.Stride*size
		if t.woven != nil {
			t.wovenRows(wk, n, iy, x, rows, stop)
			continue
		}
		if t.padded != nil {
			t.paddedRow(wk, n, iy, x)
			continue
		}
		a.skip, a.rows, a.cols = max(0, -ix), max(0, r1-r0), s.W-max(0, ix)
		a.colStep = t.in.Stride * size
		a.rowStep = s.DilationH * s.W * a.colStep
		a.src = t.in.Data
		if a.rows > 0 {
			a.src = t.in.at(((n*s.H+iy+r0*s.DilationH)*s.W + max(0, ix)) * t.in.Stride)
			a.w = unsafe.Add(a.w, r0*a.each*a.wRow)
		}
		t.rowFn(a)
	}
}
