package kernels

// genericKernels are the portable rows; every op and dtype has one.
var genericKernels = []Kernel{
	{Name: "f32_conv_2x4__generic", Op: OpConvTile, DType: F32, MR: genericMR, NR: genericNR, KR: 1, Fn: convTileF32Generic},
	{Name: "u8_conv_2x4__generic", Op: OpConvTile, DType: U8, MR: genericMR, NR: genericNR, KR: 1, Fn: convTileU8Generic},
	{Name: "f32_winoinput_6x6__generic", Op: OpWinoInput, DType: F32, MR: 6, NR: 1, KR: 1, Fn: winoInputF32Generic},
	{Name: "f32_winooutput_4x4__generic", Op: OpWinoOutput, DType: F32, MR: 4, NR: 1, KR: 1, Fn: winoOutputF32Generic},
	{Name: "u8_winoinput_4x4__generic", Op: OpWinoInput, DType: U8, MR: 4, NR: 1, KR: 1, Fn: winoInputU8Generic},
	{Name: "u8_winogemm_2x4__generic", Op: OpWinoGemm, DType: U8, MR: genericMR, NR: genericNR, KR: 2, Fn: winoGemmGeneric},
	{Name: "u8_winooutput_2x2__generic", Op: OpWinoOutput, DType: U8, MR: 2, NR: 1, KR: 1, Fn: winoOutputU8Generic},
	{Name: "f32_fc_4__generic", Op: OpFC, DType: F32, MR: genericFCRows, Fn: fcF32Generic},
	{Name: "f32_maxpool__generic", Op: OpMaxPool, DType: F32, Fn: maxPoolF32Generic},
	{Name: "f32_maxpool3__generic", Op: OpMaxPool3, DType: F32, Fn: maxPool3F32Generic},
	{Name: "f32_avgpool__generic", Op: OpAvgPool, DType: F32, Fn: avgPoolF32Generic},
	{Name: "u8_maxpool__generic", Op: OpMaxPool, DType: U8, Fn: maxPoolU8Generic},
	{Name: "u8_maxpool3__generic", Op: OpMaxPool3, DType: U8, Fn: maxPool3U8Generic},
	{Name: "f32_lrn__generic", Op: OpLRN, DType: F32, Fn: lrnF32Generic},
	{Name: "f32_softmax__generic", Op: OpSoftmax, DType: F32, Fn: softmaxF32Generic},
	{Name: "f32_clamp__generic", Op: OpClamp, DType: F32, Fn: clampF32Generic},
	{Name: "f32_add__generic", Op: OpAdd, DType: F32, Fn: addF32Generic},
	{Name: "f32_affine__generic", Op: OpAffine, DType: F32, Fn: affineF32Generic},
	{Name: "f32_copy__generic", Op: OpCopy, DType: F32, Fn: copyGeneric},
	{Name: "u8_copy__generic", Op: OpCopy, DType: U8, Fn: copyGeneric},
	{Name: "f32_flatten__generic", Op: OpFlatten, DType: F32, Fn: flatten32Generic},
	{Name: "u8_flatten__generic", Op: OpFlatten, DType: U8, Fn: flatten8Generic},
}
