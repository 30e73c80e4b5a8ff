//go:build gc && !purego && !noasm

package kernels

import "github.com/gneiss-go/gneiss/arch"

const (
	avx2fma    = arch.FeatAVX2 | arch.FeatFMA
	amx        = arch.FeatAVX512F | arch.FeatAVX512BW | arch.FeatAVX512VL | arch.FeatAMXInt8
	avx512vnni = arch.FeatAVX2 | arch.FeatAVX512F | arch.FeatAVX512BW | arch.FeatAVX512VL | arch.FeatAVX512VNNI
)

// archKernels lists the amd64 kernels, best tier first within an op.
func archKernels() []Kernel {
	return []Kernel{
		{Name: "f32_conv_8x48__avx512", Op: OpConvTile, DType: F32, MR: 8, NR: 48, KR: 1, Narrow: 16, ISA: arch.AVX512, Requires: arch.FeatAVX512F, Fn: convTileF32AVX512},
		{Name: "f32_conv_6x16__avx2", Op: OpConvTile, DType: F32, MR: 6, NR: 16, KR: 1, ISA: arch.AVX2, Requires: avx2fma, Fn: convTileF32AVX2},
		{Name: "u8_conv_32x32__amx", Op: OpConvTile, DType: U8, MR: 32, NR: 32, KR: 4, ISA: arch.AMX, Requires: amx, Fn: convTileU8AMX},
		{Name: "u8_conv_8x32__avx512vnni", Op: OpConvTile, DType: U8, MR: 8, NR: 32, KR: 4, ISA: arch.AVX512VNNI, Requires: avx512vnni, Fn: convTileU8AVX512VNNI},
		{Name: "u8_conv_6x16__avxvnni", Op: OpConvTile, DType: U8, MR: 6, NR: 16, KR: 4, ISA: arch.AVXVNNI, Requires: arch.FeatAVX2 | arch.FeatAVXVNNI, Fn: convTileU8AVXVNNI},
		{Name: "u8_conv_4x16__avx2", Op: OpConvTile, DType: U8, MR: 4, NR: 16, KR: 4, ISA: arch.AVX2, Requires: arch.FeatAVX2, PairSum16: true, Fn: convTileU8AVX2},
		{Name: "u8_convwide_6x16__avx2", Op: OpConvWide, DType: U8, MR: 6, NR: 16, KR: 2, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: convWideU8AVX2},
		{Name: "u8_weave_2x32__avx2", Op: OpWeave, DType: U8, MR: 2, NR: 32, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: weaveAVX2},
		{Name: "f32_wino43input_6x6__avx512", Op: OpWino43Input, DType: F32, MR: 6, NR: 16, KR: 1, ISA: arch.AVX512, Requires: avx2fma | arch.FeatAVX512F, Fn: wino43InputF32AVX512},
		{Name: "f32_wino43input_6x6__avx2", Op: OpWino43Input, DType: F32, MR: 6, NR: 8, KR: 1, ISA: arch.AVX2, Requires: avx2fma, Fn: wino43InputF32AVX2},
		{Name: "f32_wino43output_4x4__avx512", Op: OpWino43Output, DType: F32, MR: 4, NR: 16, KR: 1, ISA: arch.AVX512, Requires: arch.FeatAVX512F, Fn: wino43OutputF32AVX512},
		{Name: "f32_wino43output_4x4__avx2", Op: OpWino43Output, DType: F32, MR: 4, NR: 8, KR: 1, ISA: arch.AVX2, Requires: avx2fma, Fn: wino43OutputF32AVX2},
		{Name: "f32_wino25output_2x2__avx512", Op: OpWino25Output, DType: F32, MR: 2, NR: 16, KR: 1, ISA: arch.AVX512, Requires: arch.FeatAVX512F, Fn: wino25OutputF32AVX512},
		{Name: "f32_wino25output_2x2__avx2", Op: OpWino25Output, DType: F32, MR: 2, NR: 8, KR: 1, ISA: arch.AVX2, Requires: avx2fma, Fn: wino25OutputF32AVX2},
		{Name: "f32_wino34output_3x3__avx512", Op: OpWino34Output, DType: F32, MR: 3, NR: 16, KR: 1, ISA: arch.AVX512, Requires: arch.FeatAVX512F, Fn: wino34OutputF32AVX512},
		{Name: "f32_wino34output_3x3__avx2", Op: OpWino34Output, DType: F32, MR: 3, NR: 8, KR: 1, ISA: arch.AVX2, Requires: avx2fma, Fn: wino34OutputF32AVX2},
		{Name: "f32_wino23input_4x4__avx2", Op: OpWino23Input, DType: F32, MR: 4, NR: 8, KR: 1, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: wino23InputF32AVX2},
		{Name: "f32_wino23output_2x2__avx2", Op: OpWino23Output, DType: F32, MR: 2, NR: 8, KR: 1, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: wino23OutputF32AVX2},
		{Name: "u8_wino43input_6x6__avx512", Op: OpWino43Input, DType: U8, MR: 6, NR: 32, KR: 1, ISA: arch.AVX512, Requires: arch.FeatAVX512F | arch.FeatAVX512BW, Fn: wino43InputU8AVX512},
		{Name: "u8_wino43input_6x6__avx2", Op: OpWino43Input, DType: U8, MR: 6, NR: 16, KR: 1, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: wino43InputU8AVX2},
		{Name: "u8_wino43output_4x4__avx512", Op: OpWino43Output, DType: U8, MR: 4, NR: 16, KR: 1, ISA: arch.AVX512, Requires: arch.FeatAVX512F | arch.FeatAVX512BW | arch.FeatAVX512VL, Fn: wino43OutputU8AVX512},
		{Name: "u8_wino43output_4x4__avx2", Op: OpWino43Output, DType: U8, MR: 4, NR: 8, KR: 1, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: wino43OutputU8AVX2},
		{Name: "u8_wino23input_4x4__avx2", Op: OpWino23Input, DType: U8, MR: 4, NR: 16, KR: 1, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: wino23InputU8AVX2},
		{Name: "u8_wino43filter_6x6__avx512", Op: OpWino43Filter, DType: U8, MR: 6, NR: 32, KR: 1, ISA: arch.AVX512, Requires: arch.FeatAVX512F | arch.FeatAVX512BW, Fn: wino43FilterAVX512},
		{Name: "u8_wino23filter_4x4__avx512", Op: OpWino23Filter, DType: U8, MR: 4, NR: 32, KR: 1, ISA: arch.AVX512, Requires: arch.FeatAVX512F | arch.FeatAVX512BW, Fn: wino23FilterAVX512},
		{Name: "u8_wino43filter_6x6__avx2", Op: OpWino43Filter, DType: U8, MR: 6, NR: 16, KR: 1, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: wino43FilterAVX2},
		{Name: "u8_wino23filter_4x4__avx2", Op: OpWino23Filter, DType: U8, MR: 4, NR: 16, KR: 1, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: wino23FilterAVX2},
		{Name: "u8_winogemm_8x32__avx512vnni", Op: OpWinoGemm, DType: U8, MR: 8, NR: 32, KR: 2, ISA: arch.AVX512VNNI, Requires: arch.FeatAVX512F | arch.FeatAVX512VNNI, Fn: winoGemmAVX512VNNI},
		{Name: "u8_winogemm_6x16__avxvnni", Op: OpWinoGemm, DType: U8, MR: 6, NR: 16, KR: 2, ISA: arch.AVXVNNI, Requires: arch.FeatAVX2 | arch.FeatAVXVNNI, Fn: winoGemmAVXVNNI},
		{Name: "u8_winogemm_6x16__avx2", Op: OpWinoGemm, DType: U8, MR: 6, NR: 16, KR: 2, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: winoGemmAVX2},
		{Name: "u8_wino23output_2x2__avx2", Op: OpWino23Output, DType: U8, MR: 2, NR: 8, KR: 1, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: wino23OutputU8AVX2},
		{Name: "f32_depthwise_1x8__avx2", Op: OpDepthwise, DType: F32, MR: 1, NR: 8, ISA: arch.AVX2, Requires: avx2fma, Fn: depthwiseF32AVX2},
		{Name: "u8_depthwise_1x16__avx2", Op: OpDepthwise, DType: U8, MR: 1, NR: 16, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: depthwiseU8AVX2},
		{Name: "f32_fc_4__avx2", Op: OpFC, DType: F32, MR: 4, NR: 16, ISA: arch.AVX2, Requires: avx2fma, Fn: fcF32AVX2},
		{Name: "f32_maxpool_1x32__avx2", Op: OpMaxPool, DType: F32, MR: 1, NR: 32, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: maxPoolF32AVX2},
		{Name: "f32_maxpool3_1x32__avx2", Op: OpMaxPool3, DType: F32, MR: 1, NR: 32, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: maxPool3F32AVX2},
		{Name: "u8_maxpool_1x128__avx2", Op: OpMaxPool, DType: U8, MR: 1, NR: 128, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: maxPoolU8AVX2},
		{Name: "u8_maxpool3_1x64__avx2", Op: OpMaxPool3, DType: U8, MR: 1, NR: 64, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: maxPool3U8AVX2},
		{Name: "f32_avgpool_1x32__avx2", Op: OpAvgPool, DType: F32, MR: 1, NR: 32, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: avgPoolF32AVX2},
		{Name: "f32_lrn_1x16__avx512", Op: OpLRN, DType: F32, MR: 1, NR: 16, ISA: arch.AVX512, Requires: arch.FeatAVX512F, Fn: lrnF32AVX512},
		{Name: "f32_lrn_1x8__avx2", Op: OpLRN, DType: F32, MR: 1, NR: 8, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: lrnF32AVX2},
		{Name: "f32_softmax_1x8__avx2", Op: OpSoftmax, DType: F32, MR: 1, NR: 8, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: softmaxF32AVX2},
		{Name: "f32_clamp_1x32__avx2", Op: OpClamp, DType: F32, MR: 1, NR: 32, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: clampF32AVX2},
		{Name: "f32_add_1x32__avx2", Op: OpAdd, DType: F32, MR: 1, NR: 32, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: addF32AVX2},
		{Name: "f32_affine_1x32__avx2", Op: OpAffine, DType: F32, MR: 1, NR: 32, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: affineF32AVX2},
		{Name: "u8_lrn5_1x32__avx512", Op: OpLRN5, DType: U8, MR: 1, NR: 32, ISA: arch.AVX512, Requires: arch.FeatAVX2 | arch.FeatAVX512F | arch.FeatAVX512BW | arch.FeatAVX512VL, Fn: lrnU8AVX512},
		{Name: "u8_lrn_1x8__avx2", Op: OpLRN, DType: U8, MR: 1, NR: 8, ISA: arch.AVX2, Requires: avx2fma, Fn: lrnU8AVX2},
		{Name: "u8_fc_4x64__avx512vnni", Op: OpFC, DType: U8, MR: 4, KR: 1, ISA: arch.AVX512VNNI, Requires: avx512vnni &^ arch.FeatAVX512VL, Fn: fcU8AVX512VNNI},
		{Name: "u8_fc_4x16__avx2", Op: OpFC, DType: U8, MR: 4, KR: 16, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: fcU8AVX2},
		{Name: "u8_avgpool_1x8__avx2", Op: OpAvgPool, DType: U8, MR: 1, NR: 8, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: sumU8AVX2},
		{Name: "f32_quantize_1x8__avx2", Op: OpQuantize, DType: F32, MR: 1, NR: 8, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: quantizeAVX2},
		{Name: "u8_add_1x8__avx2", Op: OpAdd, DType: U8, MR: 1, NR: 8, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: addU8AVX2},
		{Name: "u8_dequantize_1x8__avx2", Op: OpDequantize, DType: U8, MR: 1, NR: 8, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: dequantizeAVX2},
		{Name: "u8_blendrows_1x64__avx2", Op: OpBlendRows, DType: U8, MR: 1, NR: 64, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: blendRowsAVX2},
		{Name: "f32_lanedots_1x8__avx2", Op: OpLaneDots, DType: F32, MR: 1, NR: 8, ISA: arch.AVX2, Requires: arch.FeatAVX2, Fn: laneDotsAVX2},
	}
}
