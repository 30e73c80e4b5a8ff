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
}
