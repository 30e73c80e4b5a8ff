//go:build gc && !purego && !noasm

package kernels

import "github.com/gneiss-go/gneiss/arch"

// archKernels lists the arm64 kernels, best tier first within an op.
func archKernels() []Kernel {
	return []Kernel{
		{Name: "f32_conv_8x8__neon", Op: OpConvTile, DType: F32, MR: 8, NR: 8, KR: 1, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: convTileF32NEON},
		{Name: "u8_conv_8x8__i8mm", Op: OpConvTile, DType: U8, MR: 8, NR: 8, KR: 4, ISA: arch.I8MM, Requires: arch.FeatNEON | arch.FeatI8MM, Fn: convTileU8I8MM},
		{Name: "u8_conv_8x8__dotprod", Op: OpConvTile, DType: U8, MR: 8, NR: 8, KR: 4, ISA: arch.DotProd, Requires: arch.FeatNEON | arch.FeatDotProd, Minus128: true, Fn: convTileU8DotProd},
		{Name: "u8_conv_4x4__neon", Op: OpConvTile, DType: U8, MR: 4, NR: 4, KR: 16, ISA: arch.NEON, Requires: arch.FeatNEON, Minus128: true, Fn: convTileU8NEON},
		{Name: "f32_wino43input_6x6__neon", Op: OpWino43Input, DType: F32, MR: 6, NR: 4, KR: 1, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: wino43InputF32NEON},
		{Name: "f32_wino43output_4x4__neon", Op: OpWino43Output, DType: F32, MR: 4, NR: 4, KR: 1, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: wino43OutputF32NEON},
		{Name: "f32_wino25output_2x2__neon", Op: OpWino25Output, DType: F32, MR: 2, NR: 4, KR: 1, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: wino25OutputF32NEON},
		{Name: "f32_wino34output_3x3__neon", Op: OpWino34Output, DType: F32, MR: 3, NR: 4, KR: 1, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: wino34OutputF32NEON},
		{Name: "f32_wino23input_4x4__neon", Op: OpWino23Input, DType: F32, MR: 4, NR: 4, KR: 1, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: wino23InputF32NEON},
		{Name: "f32_wino23output_2x2__neon", Op: OpWino23Output, DType: F32, MR: 2, NR: 4, KR: 1, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: wino23OutputF32NEON},
		{Name: "f32_depthwise_1x4__neon", Op: OpDepthwise, DType: F32, MR: 1, NR: 4, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: depthwiseF32NEON},
		{Name: "u8_depthwise_1x8__neon", Op: OpDepthwise, DType: U8, MR: 1, NR: 8, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: depthwiseU8NEON},
		{Name: "f32_fc_4__neon", Op: OpFC, DType: F32, MR: 4, NR: 16, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: fcF32NEON},
		{Name: "f32_maxpool_1x16__neon", Op: OpMaxPool, DType: F32, MR: 1, NR: 16, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: maxPoolF32NEON},
		{Name: "f32_maxpool3_1x16__neon", Op: OpMaxPool3, DType: F32, MR: 1, NR: 16, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: maxPool3F32NEON},
		{Name: "f32_avgpool_1x4__neon", Op: OpAvgPool, DType: F32, MR: 1, NR: 4, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: avgPoolF32NEON},
		{Name: "f32_lrn_1x4__neon", Op: OpLRN, DType: F32, MR: 1, NR: 4, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: lrnF32NEON},
		{Name: "f32_softmax_1x8__neon", Op: OpSoftmax, DType: F32, MR: 1, NR: 8, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: softmaxF32NEON},
		{Name: "f32_clamp_1x4__neon", Op: OpClamp, DType: F32, MR: 1, NR: 4, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: clampF32NEON},
		{Name: "f32_add_1x4__neon", Op: OpAdd, DType: F32, MR: 1, NR: 4, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: addF32NEON},
		{Name: "f32_affine_1x4__neon", Op: OpAffine, DType: F32, MR: 1, NR: 4, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: affineF32NEON},
		{Name: "u8_maxpool_1x64__neon", Op: OpMaxPool, DType: U8, MR: 1, NR: 64, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: maxPoolU8NEON},
		{Name: "u8_maxpool3_1x64__neon", Op: OpMaxPool3, DType: U8, MR: 1, NR: 64, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: maxPool3U8NEON},
		{Name: "f32_quantize_1x16__neon", Op: OpQuantize, DType: F32, MR: 1, NR: 16, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: quantizeNEON},
		{Name: "u8_dequantize_1x16__neon", Op: OpDequantize, DType: U8, MR: 1, NR: 16, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: dequantizeNEON},
		{Name: "u8_add_1x16__neon", Op: OpAdd, DType: U8, MR: 1, NR: 16, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: addU8NEON},
		{Name: "u8_lrn_1x16__neon", Op: OpLRN, DType: U8, MR: 1, NR: 16, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: lrnU8NEON},
		{Name: "u8_blendrows_1x32__neon", Op: OpBlendRows, DType: U8, MR: 1, NR: 32, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: blendRowsNEON},
		{Name: "f32_lanedots_1x8__neon", Op: OpLaneDots, DType: F32, MR: 1, NR: 8, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: laneDotsNEON},
		{Name: "u8_fc_4x16__dotprod", Op: OpFC, DType: U8, MR: 4, KR: 16, ISA: arch.DotProd, Requires: arch.FeatNEON | arch.FeatDotProd, Fn: fcU8DotProd},
		{Name: "u8_fc_4x16__neon", Op: OpFC, DType: U8, MR: 4, KR: 16, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: fcU8NEON},
		{Name: "u8_avgpool_1x16__neon", Op: OpAvgPool, DType: U8, MR: 1, NR: 16, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: sumU8NEON},
	}
}
