//go:build gc && !purego && !noasm

package kernels

import "unsafe"

// bindings are the functions of the catalogue's rows for amd64, by name.
var bindings = map[string]any{
	"f32_conv_8x48__avx512":        convTileF32AVX512,
	"f32_conv_6x16__avx2":          convTileF32AVX2,
	"u8_conv_32x32__amx":           convTileU8AMX,
	"u8_conv_8x32__avx512vnni":     convTileU8AVX512VNNI,
	"u8_conv_6x16__avxvnni":        convTileU8AVXVNNI,
	"u8_conv_4x16__avx2":           convTileU8AVX2,
	"u8_convwide_6x16__avx2":       convWideU8AVX2,
	"u8_weave_2x32__avx2":          weaveAVX2,
	"f32_wino43input_6x6__avx512":  wino43InputF32AVX512,
	"f32_wino43input_6x6__avx2":    wino43InputF32AVX2,
	"f32_wino43output_4x4__avx512": wino43OutputF32AVX512,
	"f32_wino43output_4x4__avx2":   wino43OutputF32AVX2,
	"f32_wino25output_2x2__avx512": wino25OutputF32AVX512,
	"f32_wino25output_2x2__avx2":   wino25OutputF32AVX2,
	"f32_wino34output_3x3__avx512": wino34OutputF32AVX512,
	"f32_wino34output_3x3__avx2":   wino34OutputF32AVX2,
	"f32_wino23input_4x4__avx2":    wino23InputF32AVX2,
	"f32_wino23output_2x2__avx2":   wino23OutputF32AVX2,
	"u8_wino43input_6x6__avx512":   wino43InputU8AVX512,
	"u8_wino43input_6x6__avx2":     wino43InputU8AVX2,
	"u8_wino43output_4x4__avx512":  wino43OutputU8AVX512,
	"u8_wino43output_4x4__avx2":    wino43OutputU8AVX2,
	"u8_wino23input_4x4__avx2":     wino23InputU8AVX2,
	"u8_wino43filter_6x6__avx512":  wino43FilterAVX512,
	"u8_wino23filter_4x4__avx512":  wino23FilterAVX512,
	"u8_wino43filter_6x6__avx2":    wino43FilterAVX2,
	"u8_wino23filter_4x4__avx2":    wino23FilterAVX2,
	"u8_winogemm_8x32__avx512vnni": winoGemmAVX512VNNI,
	"u8_winogemm_6x16__avxvnni":    winoGemmAVXVNNI,
	"u8_winogemm_6x16__avx2":       winoGemmAVX2,
	"u8_wino23output_2x2__avx2":    wino23OutputU8AVX2,
	"f32_depthrow_8x16__avx512":    depthRowF32AVX512,
	"f32_depthrow_8x8__avx2":       depthRowF32AVX2,
	"u8_depthrow_8x16__avx512vnni": depthRowU8AVX512VNNI,
	"u8_depthrow_8x8__avxvnni":     depthRowU8AVXVNNI,
	"u8_depthrow_8x8__avx2":        depthRowU8AVX2,
	"u8_depthweave_4x16__avx512":   depthWeaveAVX512,
	"u8_depthweave_4x16__avx2":     depthWeaveAVX2,
	"f32_grouprow_8x16__avx512":    groupRowF32AVX512,
	"f32_grouprow_8x8__avx2":       groupRowF32AVX2,
	"u8_grouprow_8x16__avx512vnni": groupRowU8AVX512VNNI,
	"u8_grouprow_8x8__avxvnni":     groupRowU8AVXVNNI,
	"u8_grouprow_8x8__avx2":        groupRowU8AVX2,
	"f32_depthwise_1x8__avx2":      depthwiseF32AVX2,
	"u8_depthwise_1x16__avx2":      depthwiseU8AVX2,
	"f32_fc_4x16__avx2":            fcF32AVX2,
	"f32_maxpool_1x32__avx2":       maxPoolF32AVX2,
	"f32_maxpool3_1x32__avx2":      maxPool3F32AVX2,
	"u8_maxpool_1x128__avx2":       maxPoolU8AVX2,
	"u8_maxpool3_1x64__avx2":       maxPool3U8AVX2,
	"f32_avgpool_1x32__avx2":       avgPoolF32AVX2,
	"f32_lrn_1x16__avx512":         lrnF32AVX512,
	"f32_lrn_1x8__avx2":            lrnF32AVX2,
	"f32_softmax_1x8__avx2":        softmaxF32AVX2,
	"f32_clamp_1x32__avx2":         clampF32AVX2,
	"f32_add_1x32__avx2":           addF32AVX2,
	"f32_affine_1x32__avx2":        affineF32AVX2,
	"f32_scale_1x32__avx2":         scaleF32AVX2,
	"f32_slope_1x8__avx2":          slopeF32AVX2,
	"u8_scale_1x16__avx512":        scaleU8AVX512,
	"u8_scale_1x8__avx2":           scaleU8AVX2,
	"f32_curve_1x32__avx512":       curveF32AVX512,
	"f32_curve_1x8__avx2":          curveF32AVX2,
	"u8_lrn5_1x32__avx512":         lrnU8AVX512,
	"u8_lrn_1x8__avx2":             lrnU8AVX2,
	"u8_fc_4x64__avx512vnni":       fcU8AVX512VNNI,
	"u8_fc_4x16__avx2":             fcU8AVX2,
	"u8_avgpool_1x8__avx2":         sumU8AVX2,
	"f32_narrow_1x8__avx2":         narrowAVX2,
	"f16_widen_1x8__avx2":          widenAVX2,
	"f32_quantize_1x8__avx2":       quantizeAVX2,
	"u8_add_1x8__avx2":             addU8AVX2,
	"u8_addfixed_1x16__avx2":       addFixedAVX2,
	"u8_dequantize_1x8__avx2":      dequantizeAVX2,
	"u8_table_1x64__avx512vbmi":    tableU8AVX512VBMI,
	"u8_table_1x32__avx2":          tableU8AVX2,
	"f32_binary_1x8__avx2":         binaryF32AVX2,
	"f32_reorder_8x8__avx2":        reorderF32AVX2,
	"u8_reorder_8x8__avx2":         reorderU8AVX2,
	"f32_reduce_1x8__avx2":         reduceF32AVX2,
	"f32_softmaxover_1x8__avx2":    softmaxOverAVX2,
	"u8_softmax_1x8__avx2":         softmaxU8AVX2,
	"f32_levels_1x8__avx2":         levelsAVX2,
	"f32_mix_1x32__avx2":           mixF32AVX2,
	"u8_mix_1x16__avx2":            mixU8AVX2,
	"u8_blendrows_1x64__avx2":      blendRowsAVX2,
	"f32_lanedots_1x8__avx2":       laneDotsAVX2,
}

// The tile kernels use tiles, left and at of their argument as scratch; the caller sets tiles anew for each call.

//go:noescape
func convTileF32AVX2(a *convTileArgs)

//go:noescape
func convTileF32AVX512(a *convTileArgs)

//go:noescape
func wino43InputF32AVX2(a *winoInputArgs)

//go:noescape
func wino43InputF32AVX512(a *winoInputArgs)

//go:noescape
func wino43OutputF32AVX2(a *winoOutputArgs)

//go:noescape
func wino43OutputF32AVX512(a *winoOutputArgs)

//go:noescape
func wino25OutputF32AVX2(a *winoOutputArgs)

//go:noescape
func wino25OutputF32AVX512(a *winoOutputArgs)

//go:noescape
func wino34OutputF32AVX2(a *winoOutputArgs)

//go:noescape
func wino34OutputF32AVX512(a *winoOutputArgs)

//go:noescape
func wino23InputF32AVX2(a *winoInputArgs)

//go:noescape
func wino23OutputF32AVX2(a *winoOutputArgs)

//go:noescape
func convTileU8AVX2(a *convTileArgs)

//go:noescape
func convWideU8AVX2(a *convTileArgs)

//go:noescape
func weaveAVX2(w *weaveArgs)

//go:noescape
func convTileU8AMX(a *convTileArgs)

//go:noescape
func convTileU8AVX512VNNI(a *convTileArgs)

//go:noescape
func convTileU8AVXVNNI(a *convTileArgs)

//go:noescape
func wino23InputU8AVX2(a *winoInputArgs)

//go:noescape
func wino43InputU8AVX2(a *winoInputArgs)

//go:noescape
func wino43InputU8AVX512(a *winoInputArgs)

//go:noescape
func wino43OutputU8AVX2(a *winoOutputArgs)

//go:noescape
func wino43OutputU8AVX512(a *winoOutputArgs)

//go:noescape
func wino43FilterAVX2(a *winoFilterArgs)

//go:noescape
func wino23FilterAVX2(a *winoFilterArgs)

//go:noescape
func wino43FilterAVX512(a *winoFilterArgs)

//go:noescape
func wino23FilterAVX512(a *winoFilterArgs)

//go:noescape
func winoGemmAVX512VNNI(a *convTileArgs)

//go:noescape
func winoGemmAVXVNNI(a *convTileArgs)

//go:noescape
func winoGemmAVX2(a *convTileArgs)

//go:noescape
func wino23OutputU8AVX2(a *winoOutputArgs)

// The kernels of rows advance pixels and cols of their argument.

//go:noescape
func depthRowF32AVX2(a *depthRowArgs)

//go:noescape
func depthRowF32AVX512(a *depthRowArgs)

//go:noescape
func depthRowU8AVX512VNNI(a *depthRowArgs)

//go:noescape
func depthRowU8AVXVNNI(a *depthRowArgs)

//go:noescape
func depthRowU8AVX2(a *depthRowArgs)

//go:noescape
func groupRowF32AVX2(a *depthRowArgs)

//go:noescape
func groupRowF32AVX512(a *depthRowArgs)

//go:noescape
func groupRowU8AVX512VNNI(a *depthRowArgs)

//go:noescape
func groupRowU8AVXVNNI(a *depthRowArgs)

//go:noescape
func groupRowU8AVX2(a *depthRowArgs)

//go:noescape
func depthWeaveAVX512(a *depthWeaveArgs)

//go:noescape
func depthWeaveAVX2(a *depthWeaveArgs)

//go:noescape
func depthwiseF32BlocksAVX2(a *depthArgs)

//go:noescape
func depthwiseU8BlocksAVX2(a *depthArgs)

// depthwiseF32AVX2 does whole blocks of 8 channels in assembly and leaves the rest to the portable kernel.
func depthwiseF32AVX2(a *depthArgs) {
	k := a.c &^ 7
	if k > 0 {
		whole := *a
		whole.c = k // counted down there
		depthwiseF32BlocksAVX2(&whole)
	}
	if k < a.c {
		depthwiseF32Generic(a.from(k, 4))
	}
}

// depthwiseU8AVX2 likewise, 16 channels.
func depthwiseU8AVX2(a *depthArgs) {
	k := a.c &^ 15
	if k > 0 {
		whole := *a
		whole.c = k // counted down there
		depthwiseU8BlocksAVX2(&whole)
	}
	if k < a.c {
		depthwiseU8Generic(a.from(k, 1))
	}
}

//go:noescape
func fcF32AVX2(a *fcArgs)

//go:noescape
func lrnF32AVX2(b *lrnArgs)

//go:noescape
func lrnF32AVX512(b *lrnArgs)

//go:noescape
func maxPoolF32AVX2(a *poolArgs)

//go:noescape
func avgPoolF32AVX2(a *poolArgs)

//go:noescape
func maxPool3F32AVX2(a *maxPool3Args)

//go:noescape
func maxPoolU8AVX2(a *poolArgs)

//go:noescape
func maxPool3U8AVX2(a *maxPool3Args)

//go:noescape
func lrnU8AVX2(a *lrnU8Args)

//go:noescape
func lrnU8AVX512(a *lrnU8Args)

//go:noescape
func fcU8AVX2(t *fcU8Args)

//go:noescape
func fcU8AVX512VNNI(t *fcU8Args)

//go:noescape
func narrowBlocksAVX2(a *convertArgs)

//go:noescape
func widenBlocksAVX2(a *convertArgs)

// narrowAVX2 does whole blocks in assembly and leaves the rest to the portable kernel.
func narrowAVX2(a *convertArgs) {
	whole, rest := a.split(8, 4, 2)
	if whole.c > 0 {
		narrowBlocksAVX2(&whole)
	}
	if rest.c > 0 {
		narrowGeneric(&rest)
	}
}

// widenAVX2 likewise.
func widenAVX2(a *convertArgs) {
	whole, rest := a.split(8, 2, 4)
	if whole.c > 0 {
		widenBlocksAVX2(&whole)
	}
	if rest.c > 0 {
		widenGeneric(&rest)
	}
}

//go:noescape
func quantizeBlocksAVX2(a *convertArgs)

//go:noescape
func sumBlocksAVX2(a *sumU8Args)

// quantizeAVX2 does whole blocks of 8 in assembly and leaves the rest to the portable kernel.
func quantizeAVX2(a *convertArgs) {
	part := *a
	if part.c = a.c &^ 7; part.c > 0 {
		quantizeBlocksAVX2(&part)
	}
	if part.c < a.c {
		part.src, part.dst = unsafe.Add(a.src, 4*part.c), unsafe.Add(a.dst, part.c)
		part.c = a.c - part.c
		quantizeGeneric(&part)
	}
}

// sumU8AVX2 likewise.
func sumU8AVX2(a *sumU8Args) {
	part := *a
	if part.c = a.c &^ 7; part.c > 0 {
		sumBlocksAVX2(&part)
	}
	if part.c < a.c {
		part.src, part.sums = unsafe.Add(a.src, part.c), unsafe.Add(a.sums, 4*part.c)
		part.c = a.c - part.c
		sumU8Generic(&part)
	}
}

//go:noescape
func clampF32AVX2(e *eltwiseArgs)

//go:noescape
func addF32AVX2(e *eltwiseArgs)

//go:noescape
func affineF32AVX2(e *eltwiseArgs)

// The functions of csrc/eltwise_u8.c, compiled by csrc/generate.sh.

//go:noescape
func _add_u8_avx2(dst, a, b unsafe.Pointer, n int, p unsafe.Pointer)

//go:noescape
func _dequantize_u8_avx2(dst, src unsafe.Pointer, n int, scale, zero unsafe.Pointer)

// addParams is add_params of csrc/eltwise_u8.c.
type addParams struct {
	aScale, bScale, lo, hi float32
	aZero, bZero, zero     int32
}

// addU8AVX2 does whole blocks of 8 of each row in assembly and leaves the rest to the portable kernel.
func addU8AVX2(e *addU8Args) {
	p := addParams{e.aScale, e.bScale, e.lo, e.hi, e.aZero, e.bZero, e.zero}
	whole := e.c &^ 7
	if whole > 0 {
		for r := range e.rows {
			_add_u8_avx2(unsafe.Add(e.dst, r*e.dstStride), unsafe.Add(e.a, r*e.aStride), unsafe.Add(e.b, r*e.bStride), whole,
				unsafe.Pointer(&p))
		}
	}
	if whole < e.c {
		rest := *e
		rest.dst, rest.a, rest.b, rest.c = unsafe.Add(e.dst, whole), unsafe.Add(e.a, whole), unsafe.Add(e.b, whole), e.c-whole
		addU8Generic(&rest)
	}
}

//go:noescape
func addFixedBlocksAVX2(e *addU8Args)

// addFixedAVX2 does whole blocks of 16 in assembly and leaves the rest to the portable kernel.
func addFixedAVX2(e *addU8Args) {
	part, whole := *e, e.c&^15
	if whole > 0 {
		part.c = whole
		addFixedBlocksAVX2(&part)
	}
	if whole < e.c {
		part.dst, part.a, part.b, part.c = unsafe.Add(e.dst, whole), unsafe.Add(e.a, whole), unsafe.Add(e.b, whole), e.c-whole
		addFixedGeneric(&part)
	}
}

// dequantizeAVX2 likewise.
func dequantizeAVX2(a *convertArgs) {
	whole := a.c &^ 7
	if whole > 0 {
		for r := range a.rows {
			_dequantize_u8_avx2(unsafe.Add(a.dst, r*a.dstStride), unsafe.Add(a.src, r*a.srcStride), whole,
				unsafe.Pointer(&a.scale), unsafe.Pointer(&a.zero))
		}
	}
	if whole < a.c {
		rest := *a
		rest.dst, rest.src, rest.c = unsafe.Add(a.dst, 4*whole), unsafe.Add(a.src, whole), a.c-whole
		dequantizeGeneric(&rest)
	}
}

//go:noescape
func softmaxF32AVX2(b *softmaxArgs)

//go:noescape
func blendRowBlocksAVX2(b *blendRowsArgs)

//go:noescape
func laneDotsAVX2(d *laneDotsArgs)

// blendBlock is the least number of columns that the assembly takes.
const blendBlock = 64

func blendRowsAVX2(b *blendRowsArgs) {
	if b.c < blendBlock {
		blendRowsGeneric(b)
		return
	}
	blendRowBlocksAVX2(b)
}

//go:noescape
func tableU8AVX512VBMI(a *tableArgs)

//go:noescape
func tableBlocksAVX2(a *tableArgs)

// tableU8AVX2 does whole blocks of 32 in assembly and leaves the rest to the portable kernel.
func tableU8AVX2(a *tableArgs) {
	whole := *a
	if whole.c = a.c &^ 31; whole.c > 0 {
		tableBlocksAVX2(&whole)
	}
	if a.rest(whole.c) {
		tableGeneric(a)
	}
}
