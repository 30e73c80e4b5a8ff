//go:build gc && !purego && !noasm

package kernels

// bindings are the functions of the catalogue's rows for amd64, by name.
var bindings = []binding{
	{"f32_conv_8x48__avx512", convTileF32AVX512},
	{"f32_conv_4x24__avx2", convTileF32AVX2},
	{"u8_conv_32x32__amx", convTileU8AMX},
	{"u8_conv_8x32__avx512vnni", convTileU8AVX512VNNI},
	{"u8_conv_6x16__avxvnni", convTileU8AVXVNNI},
	{"u8_words_1x16__avx2", wordsAVX2},
	{"u8_conv_4x16__avx2", convTileU8AVX2},
	{"u8_convwide_6x16__avx2", convWideU8AVX2},
	{"u8_weave_2x32__avx2", weaveAVX2},
	{"f32_wino43input_6x6__avx512", wino43InputF32AVX512},
	{"f32_wino43input_6x6__avx2", wino43InputF32AVX2},
	{"f32_wino43output_4x4__avx512", wino43OutputF32AVX512},
	{"f32_wino43output_4x4__avx2", wino43OutputF32AVX2},
	{"f32_wino25output_2x2__avx512", wino25OutputF32AVX512},
	{"f32_wino25output_2x2__avx2", wino25OutputF32AVX2},
	{"f32_wino34output_3x3__avx512", wino34OutputF32AVX512},
	{"f32_wino34output_3x3__avx2", wino34OutputF32AVX2},
	{"f32_wino23input_4x4__avx2", wino23InputF32AVX2},
	{"f32_wino23output_2x2__avx2", wino23OutputF32AVX2},
	{"u8_wino43input_6x6__avx512", wino43InputU8AVX512},
	{"u8_wino43input_6x6__avx2", wino43InputU8AVX2},
	{"u8_wino43output_4x4__avx512", wino43OutputU8AVX512},
	{"u8_wino43output_4x4__avx2", wino43OutputU8AVX2},
	{"u8_wino23input_4x4__avx2", wino23InputU8AVX2},
	{"u8_wino43filter_6x6__avx512", wino43FilterAVX512},
	{"u8_wino23filter_4x4__avx512", wino23FilterAVX512},
	{"u8_wino43filter_6x6__avx2", wino43FilterAVX2},
	{"u8_wino23filter_4x4__avx2", wino23FilterAVX2},
	{"u8_winogemm_8x32__avx512vnni", winoGemmAVX512VNNI},
	{"u8_winogemm_6x16__avxvnni", winoGemmAVXVNNI},
	{"u8_winogemm_6x16__avx2", winoGemmAVX2},
	{"u8_wino23output_2x2__avx2", wino23OutputU8AVX2},
	{"f32_depthrow_8x16__avx512", depthRowF32AVX512},
	{"f32_depthrow_8x8__avx2", depthRowF32AVX2},
	{"u8_depthrow_8x16__avx512vnni", depthRowU8AVX512VNNI},
	{"u8_depthrow_8x8__avxvnni", depthRowU8AVXVNNI},
	{"u8_depthrow_8x8__avx2", depthRowU8AVX2},
	{"u8_depthpair_8x8__avx2", depthPairU8AVX2},
	{"u8_depthweave_4x16__avx512", depthWeaveAVX512},
	{"u8_depthweave_4x16__avx2", depthWeaveAVX2},
	{"f32_grouprow_8x16__avx512", groupRowF32AVX512},
	{"f32_grouprow_7x8__avx2", groupWholeF32AVX2},
	{"f32_grouprow_8x8__avx2", groupRowF32AVX2},
	{"u8_grouprow_8x16__avx512vnni", groupRowU8AVX512VNNI},
	{"u8_grouprow_8x8__avxvnni", groupRowU8AVXVNNI},
	{"u8_grouprow_7x8__avx2", groupWholeU8AVX2},
	{"u8_grouprow_8x8__avx2", groupRowU8AVX2},
	{"f32_depthwise_1x8__avx2", depthwiseF32AVX2},
	{"u8_depthwise_1x64__avx512", depthwiseU8AVX512},
	{"u8_depthwise_1x16__avx2", depthwiseU8AVX2},
	{"f32_fc_4x16__avx2", fcF32AVX2},
	{"f32_fc_4x16__avx512", fcF32AVX512},
	{"f32_maxpool_1x32__avx2", maxPoolF32AVX2},
	{"f32_maxpool3_1x32__avx2", maxPool3F32AVX2},
	{"u8_maxpool_1x128__avx2", maxPoolU8AVX2},
	{"u8_maxpool3_1x64__avx2", maxPool3U8AVX2},
	{"f32_avgpool_1x32__avx2", avgPoolF32AVX2},
	{"f32_lrn_1x16__avx512", lrnF32AVX512},
	{"f32_lrn_1x8__avx2", lrnF32AVX2},
	{"f32_softmax_1x8__avx2", softmaxF32AVX2},
	{"f32_clamp_1x32__avx2", clampF32AVX2},
	{"f32_add_1x32__avx2", addF32AVX2},
	{"f32_affine_1x32__avx2", affineF32AVX2},
	{"f32_scale_1x32__avx2", scaleF32AVX2},
	{"f32_slope_1x8__avx2", slopeF32AVX2},
	{"u8_scale_1x16__avx512", scaleU8AVX512},
	{"u8_scale_1x8__avx2", scaleU8AVX2},
	{"f32_curve_1x32__avx512", curveF32AVX512},
	{"f32_curve_1x8__avx2", curveF32AVX2},
	{"u8_lrn5_1x32__avx512", lrnU8AVX512},
	{"u8_lrn_1x8__avx2", lrnU8AVX2},
	{"u8_fc_4x64__avx512vnni", fcU8AVX512VNNI},
	{"u8_fc_4x16__avx2", fcU8AVX2},
	{"u8_avgpool_1x8__avx2", sumU8AVX2},
	{"u8_avgrow_1x32__avx2", avgRowAVX2},
	{"f32_narrow_1x8__avx2", narrowAVX2},
	{"f16_widen_1x8__avx2", widenAVX2},
	{"f32_quantize_1x8__avx2", quantizeAVX2},
	{"u8_add_1x16__avx512", addU8AVX512},
	{"u8_add_1x16__avx2", addU8AVX2},
	{"u8_addfixed_1x16__avx2", addFixedAVX2},
	{"u8_dequantize_1x8__avx2", dequantizeAVX2},
	{"u8_requantize_1x8__avx2", requantizeAVX2},
	{"u8_table_1x64__avx512vbmi", tableU8AVX512VBMI},
	{"u8_tables_64x8__avx512vbmi", tablesU8AVX512VBMI},
	{"u8_tables_1x8__avx2", tablesU8AVX2},
	{"u8_table_1x32__avx2", tableU8AVX2},
	{"f32_binary_1x8__avx2", binaryF32AVX2},
	{"f32_reorder_8x8__avx2", reorderF32AVX2},
	{"u8_reorder_8x8__avx2", reorderU8AVX2},
	{"f32_reduce_1x8__avx2", reduceF32AVX2},
	{"u8_reduce_1x8__avx2", reduceU8AVX2},
	{"f32_softmaxover_1x8__avx2", softmaxOverAVX2},
	{"u8_softmax_1x8__avx2", softmaxU8AVX2},
	{"f32_levels_1x8__avx2", levelsAVX2},
	{"f32_mix_1x32__avx2", mixF32AVX2},
	{"u8_mix_1x16__avx2", mixU8AVX2},
	{"u8_blendrows_1x64__avx2", blendRowsAVX2},
	{"f32_lanedots_1x8__avx2", laneDotsAVX2},
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
