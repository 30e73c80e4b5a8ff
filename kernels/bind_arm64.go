//go:build gc && !purego && !noasm

package kernels

// bindings are the functions of the catalogue's rows for arm64, by name.
var bindings = []binding{
	{"f32_conv_8x8__neon", convTileF32NEON},
	{"f16_convhalf_8x16__fp16", convHalfFP16},
	{"f16_maxpool_1x32__fp16", maxPoolFP16},
	{"f16_maxpool3_1x32__fp16", maxPool3FP16},
	{"f16_depthrow_8x16__fp16", depthRowFP16},
	{"f16_fc_8x16__fp16", fcHalfFP16},
	{"f16_lrn_1x8__neon", lrnHalfNEON},
	{"f16_avgpool_1x8__neon", avgPoolHalf},
	{"f16_clamp_1x8__fp16", clampHalfFP16},
	{"f16_add_1x8__fp16", addHalfFP16},
	{"f16_wino23input_4x4__fp16", wino23InputFP16},
	{"f16_wino23output_2x2__fp16", wino23OutputFP16},
	{"u8_conv_8x8__i8mm", convTileU8I8MM},
	{"u8_conv_8x8__dotprod", convTileU8DotProd},
	{"u8_conv_4x4__neon", convTileU8NEON},
	{"f32_wino43input_6x6__neon", wino43InputF32NEON},
	{"f32_wino43output_4x4__neon", wino43OutputF32NEON},
	{"f32_wino25output_2x2__neon", wino25OutputF32NEON},
	{"f32_wino34output_3x3__neon", wino34OutputF32NEON},
	{"f32_wino23input_4x4__neon", wino23InputF32NEON},
	{"f32_wino23output_2x2__neon", wino23OutputF32NEON},
	{"u8_wino43input_6x6__neon", wino43InputU8NEON},
	{"u8_wino43output_4x4__neon", wino43OutputU8NEON},
	{"u8_wino43filter_6x6__neon", wino43FilterNEON},
	{"u8_wino23input_4x4__neon", wino23InputU8NEON},
	{"u8_wino23output_2x2__neon", wino23OutputU8NEON},
	{"u8_wino23filter_4x4__neon", wino23FilterNEON},
	{"u8_winogemm_8x8__neon", winoGemmNEON},
	{"u8_weave_2x32__neon", weaveNEON},
	{"u8_flip_1x32__neon", flipNEON},
	{"f32_depthrow_8x8__neon", depthRowF32NEON},
	{"u8_depthrow_8x8__dotprod", depthRowU8DotProd},
	{"u8_depthrow_8x8__neon", depthRowU8NEON},
	{"u8_depthweave_4x16__neon", depthWeaveNEON},
	{"f32_grouprow_8x8__neon", groupRowF32NEON},
	{"u8_grouprow_8x8__dotprod", groupRowU8DotProd},
	{"f32_depthwise_1x4__neon", depthwiseF32NEON},
	{"u8_depthwise_1x8__neon", depthwiseU8NEON},
	{"f32_fc_4x16__neon", fcF32NEON},
	{"f32_maxpool_1x16__neon", maxPoolF32NEON},
	{"f32_maxpool3_1x16__neon", maxPool3F32NEON},
	{"f32_avgpool_1x4__neon", avgPoolF32NEON},
	{"f32_lrn_1x4__neon", lrnF32NEON},
	{"f32_softmax_1x8__neon", softmaxF32NEON},
	{"f32_softmaxover_1x8__neon", softmaxOverNEON},
	{"f32_reduce_1x8__neon", reduceF32NEON},
	{"f32_clamp_1x4__neon", clampF32NEON},
	{"f32_add_1x4__neon", addF32NEON},
	{"f32_affine_1x4__neon", affineF32NEON},
	{"u8_maxpool_1x64__neon", maxPoolU8NEON},
	{"u8_maxpool3_1x64__neon", maxPool3U8NEON},
	{"f32_narrow_1x16__neon", narrowNEON},
	{"f16_widen_1x16__neon", widenNEON},
	{"f32_quantize_1x16__neon", quantizeNEON},
	{"u8_dequantize_1x16__neon", dequantizeNEON},
	{"u8_add_1x16__neon", addU8NEON},
	{"u8_lrn_1x16__neon", lrnU8NEON},
	{"u8_addfixed_1x16__neon", addFixedNEON},
	{"f32_curve_1x8__neon", curveF32NEON},
	{"f32_scale_1x4__neon", scaleF32NEON},
	{"f32_slope_1x4__neon", slopeF32NEON},
	{"u8_scale_1x16__neon", scaleU8NEON},
	{"u8_table_1x16__neon", tableU8NEON},
	{"u8_tables_1x1__neon", tablesNEON},
	{"u8_blendrows_1x32__neon", blendRowsNEON},
	{"f32_lanedots_1x8__neon", laneDotsNEON},
	{"f32_reorder_4x4__neon", reorderF32NEON},
	{"u8_reorder_8x8__neon", reorderU8NEON},
	{"f32_levels_1x16__neon", levelsNEON},
	{"f32_binary_1x4__neon", binaryF32NEON},
	{"f32_mix_1x16__neon", mixF32NEON},
	{"u8_mix_1x16__neon", mixU8NEON},
	{"u8_fc_4x16__dotprod", fcU8DotProd},
	{"u8_fc_4x16__neon", fcU8NEON},
	{"u8_avgpool_1x16__neon", sumU8NEON},
}

//go:noescape
func convTileU8DotProd(a *convTileArgs)

//go:noescape
func convTileU8I8MM(a *convTileArgs)

//go:noescape
func wino43InputF32NEON(a *winoInputArgs)

//go:noescape
func wino43OutputF32NEON(a *winoOutputArgs)

//go:noescape
func wino25OutputF32NEON(a *winoOutputArgs)

//go:noescape
func wino34OutputF32NEON(a *winoOutputArgs)

//go:noescape
func wino23InputF32NEON(a *winoInputArgs)

//go:noescape
func wino23OutputF32NEON(a *winoOutputArgs)

//go:noescape
func wino43InputU8NEON(a *winoInputArgs)

//go:noescape
func wino43OutputU8NEON(a *winoOutputArgs)

//go:noescape
func wino43FilterNEON(a *winoFilterArgs)

//go:noescape
func wino23InputU8NEON(a *winoInputArgs)

//go:noescape
func wino23OutputU8NEON(a *winoOutputArgs)

//go:noescape
func wino23FilterNEON(a *winoFilterArgs)

//go:noescape
func winoGemmNEON(a *convTileArgs)

//go:noescape
func weaveNEON(w *weaveArgs)

//go:noescape
func flipNEON(a *flipArgs)

//go:noescape
func depthRowF32NEON(a *depthRowArgs)

//go:noescape
func depthRowU8DotProd(a *depthRowArgs)

//go:noescape
func depthRowU8NEON(a *depthRowArgs)

//go:noescape
func groupRowF32NEON(a *depthRowArgs)

//go:noescape
func groupRowU8DotProd(a *depthRowArgs)

//go:noescape
func depthWeaveNEON(a *depthWeaveArgs)

//go:noescape
func avgPoolF32NEON(a *poolArgs)

// The kernels below do whole blocks of channels in assembly and leave the rest to the portable kernel.

//go:noescape
func clampBlocksNEON(e *eltwiseArgs)

//go:noescape
func addBlocksNEON(e *eltwiseArgs)

func clampF32NEON(e *eltwiseArgs) {
	whole := *e
	if whole.c &^= 3; whole.c > 0 {
		clampBlocksNEON(&whole)
	}
	if e.skip(whole.c, 4) {
		clampF32Generic(e)
	}
}

func addF32NEON(e *eltwiseArgs) {
	whole := *e
	if whole.c &^= 3; whole.c > 0 {
		addBlocksNEON(&whole)
	}
	if e.skip(whole.c, 4) {
		addF32Generic(e)
	}
}

//go:noescape
func narrowBlocksNEON(a *convertArgs)

//go:noescape
func widenBlocksNEON(a *convertArgs)

// narrowNEON does whole blocks in assembly and leaves the rest to the portable kernel.
func narrowNEON(a *convertArgs) {
	whole, rest := a.split(16, 4, 2)
	if whole.c > 0 {
		narrowBlocksNEON(&whole)
	}
	if rest.c > 0 {
		narrowGeneric(&rest)
	}
}

// widenNEON likewise.
func widenNEON(a *convertArgs) {
	whole, rest := a.split(16, 2, 4)
	if whole.c > 0 {
		widenBlocksNEON(&whole)
	}
	if rest.c > 0 {
		widenGeneric(&rest)
	}
}

//go:noescape
func dequantizeNEON(a *convertArgs)

//go:noescape
func fcU8DotProd(t *fcU8Args)

//go:noescape
func laneDotsNEON(d *laneDotsArgs)

const (
	blendColumns = 32 // the least number of columns that blendRowBlocksNEON takes
	curveBlock   = 8  // what the functions of curvesNEON take at a time
	tableBlock   = 16 // what tableBlocksNEON takes at a time
)

//go:noescape
func addFixedNEON(e *addU8Args)

//go:noescape
func hardSigmoidNEON(e *eltwiseArgs)

//go:noescape
func eluNEON(e *eltwiseArgs)

//go:noescape
func seluNEON(e *eltwiseArgs)

//go:noescape
func celuNEON(e *eltwiseArgs)

//go:noescape
func softplusNEON(e *eltwiseArgs)

//go:noescape
func softsignNEON(e *eltwiseArgs)
