package kernels

import (
	"math"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// OpConvHalf is [OpConvTile] of float16 whose sums are float16 too, by blocks; func(*convTileArgs). Where this CPU has
// no vector kernel for it, [OpConvTile]'s compute in float32.
const OpConvHalf OpKind = "convhalf"

// halfBlock bounds what is added up in float16. A tap's channels are taken in runs of at most so many; a block ends
// with the run by which it has as many products or more, so that none has 2·halfBlock. Within a block each product is
// added by a fused multiplication and addition, in order of taps and channels; then its sum is added to the float32
// one, which begins with the bias. docs/NUMERICS.md bounds the error.
const halfBlock = 128

// How the sum of a single block becomes the output, if not by float32.
const (
	blockPlain = 1 // as it is: bias is zero, and nothing is clamped
	blockBias  = 2 // the rounded bias, which is finite, is added in float16
)

// halfBias is how a layer's single blocks are done with.
func halfBias(bias []float32) int {
	for _, b := range bias {
		if ToHalf(b)&0x7c00 == 0x7c00 {
			return 0
		}
	}
	return blockBias
}

// fmaHalf returns acc + x·y, rounded once to float16: all are float16. A product has 22 bits. In binary64 the sum is
// exact, or one of its terms is so small beside the other that its rounding changes nothing.
func fmaHalf(acc, x, y float64) float64 { return roundHalf(acc + x*y) }

// roundHalf is [ToHalf] of a binary64, as a binary64.
func roundHalf(x float64) float64 {
	const sign = 1 << 63
	b := math.Float64bits(x)
	switch size := b &^ sign; {
	case size >= 0x40ef_fe00_0000_0000: // 65520 and more: infinity, or a NaN
		if size > 0x7ff0_0000_0000_0000 {
			return x
		}
		return math.Copysign(math.Inf(1), x)
	case size < 0x3f10_0000_0000_0000: // less than 2⁻¹⁴: to a multiple of 2⁻²⁴
		const units = 0x1.8p28
		return math.Copysign(x+units-units, x)
	}
	return math.Float64frombits((b + 1<<41 - 1 + b>>42&1) &^ (1<<42 - 1))
}

// convHalfGeneric defines the operation; the kernels give the same bits.
func convHalfGeneric(a *convTileArgs) {
	ptrs := unsafe.Slice((*unsafe.Pointer)(a.ptrs), a.tiles*a.taps*genericMR)
	w := unsafe.Slice((*Half)(a.w), a.taps*a.groups*genericNR)
	act := Clamp{a.lo, a.hi}
	for t := range a.tiles {
		for r := range a.rowsOf(t, genericMR) {
			sum := *(*[genericNR]float32)(a.bias)
			var acc [genericNR]float64
			products, ended := 0, false
			for tap := range a.taps {
				x := halves(ptrs[(t*a.taps+tap)*genericMR+r], 0, a.groups)
				for at := 0; at < a.groups; at += halfBlock {
					if a.leaveOff(tap, at) {
						return
					}
					run := x[at:min(at+halfBlock, a.groups)]
					for c, h := range run {
						v := float64(h.Float())
						for k, wk := range (*[genericNR]Half)(w[(tap*a.groups+at+c)*genericNR:]) {
							acc[k] = fmaHalf(acc[k], v, float64(wk.Float()))
						}
					}
					if products += len(run); products >= halfBlock {
						for k := range sum {
							sum[k] += float32(acc[k])
						}
						acc, products, ended = [genericNR]float64{}, 0, true
					}
				}
			}
			dst := halves(a.dst, (t*genericMR+r)*a.dstStride, a.cols)
			for k := range dst {
				switch {
				case !ended && a.plain == blockPlain:
					dst[k] = ToHalf(float32(acc[k]))
				case !ended && a.plain == blockBias:
					dst[k] = ToHalf(act.apply(float32(roundHalf(acc[k] + float64(ToHalf(sum[k]).Float())))))
				default:
					dst[k] = ToHalf(act.apply(sum[k] + float32(acc[k])))
				}
			}
		}
	}
}

// halfTiles lists candidates on the tile kernel that adds up in float16; none where it is portable.
func halfTiles(p *Packing, s ConvShape, segments []int, layer ConvHalf, limit arch.ISA) []candidate {
	k, _ := Select[func(*convTileArgs)](OpConvHalf, F16, limit)
	if k.Portable() {
		return nil
	}
	var rows func() Op
	if s.S > 1 && s.DilationW == 1 && rowsFit(&s, k, 2) {
		rows = func() Op { return newRowConv(newConvHalf(p, s, segments, s.R, s.S*s.C, layer, k)) }
	}
	return algorithms(&s, k, halfForms(p, &s, layer.Weights, limit), func(f *winoForm) string { return f.whyNot(&s) },
		func(f *winoForm) Op { return newWinogradHalf(p, f, s, segments, layer, limit) }, nil, rows,
		func() Op { return newDirectConv(newConvHalf(p, s, segments, s.R*s.S, s.C, layer, k)) })
}
