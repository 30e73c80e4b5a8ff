//go:build gc && !purego && !noasm

package kernels

import "unsafe"

// bindings are the functions of the catalogue's rows for arm, by name.
var bindings = []binding{
	{"f32_conv_4x8__neon", convTileF32NEON},
	{"u8_conv_2x4__neon", convTileU8NEON},
	{"f32_depthwise_1x4__neon", depthwiseF32NEON},
	{"u8_depthwise_1x8__neon", depthwiseU8NEON},
	{"f32_fc_4x16__neon", fcF32NEON},
	{"u8_fc_4x16__neon", fcU8NEON},
	{"f32_avgpool_1x4__neon", avgPoolF32NEON},
	{"u8_avgpool_1x16__neon", sumU8NEON},
	{"f32_lrn_1x4__neon", lrnF32NEON},
	{"u8_lrn_1x8__neon", lrnU8NEON},
	{"f32_softmax_1x8__neon", softmaxF32NEON},
	{"f32_softmaxover_1x8__neon", softmaxOverNEON},
	{"f32_curve_1x4__neon", curveF32NEON},
	{"u8_table_1x4__neon", tableU8NEON},
	{"u8_tables_1x1__neon", tablesNEON},
	{"f32_affine_1x4__neon", affineF32NEON},
	{"u8_add_1x8__neon", addU8NEON},
	{"f32_quantize_1x8__neon", quantizeNEON},
	{"u8_dequantize_1x8__neon", dequantizeNEON},
	{"u8_blendrows_1x16__neon", blendRowsNEON},
	{"u8_maxpool_1x16__neon", maxPoolU8NEON},
	{"u8_maxpool3_1x16__neon", maxPool3U8NEON},
	{"f32_maxpool_1x4__neon", maxPoolF32NEON},
	{"f32_maxpool3_1x4__neon", maxPool3F32NEON},
}

const (
	blendColumns = 16 // the least number of columns that blendRowBlocksNEON takes
	curveBlock   = 4  // what the functions of curvesNEON take at a time
	tableBlock   = 4  // what tableBlocksNEON takes at a time
)

// What curvesNEON has not.
var hardSigmoidNEON, eluNEON, seluNEON, celuNEON, softplusNEON, softsignNEON func(*eltwiseArgs)

//go:noescape
func avgPoolBlocksNEON(a *poolArgs)

// avgPoolF32NEON does pixels of whole blocks of 4 channels: of others all addresses would have to move.
func avgPoolF32NEON(a *poolArgs) {
	if a.c%4 != 0 {
		avgPoolF32Generic(a)
		return
	}
	avgPoolBlocksNEON(a)
}

//go:noescape
func dequantizeBlocksNEON(a *convertArgs)

// dequantizeNEON does whole blocks of 8.
func dequantizeNEON(a *convertArgs) {
	part := *a
	if part.c = a.c &^ 7; part.c > 0 {
		dequantizeBlocksNEON(&part)
	}
	if part.c < a.c {
		part.src, part.dst = unsafe.Add(a.src, part.c), unsafe.Add(a.dst, 4*part.c)
		part.c = a.c - part.c
		dequantizeGeneric(&part)
	}
}
