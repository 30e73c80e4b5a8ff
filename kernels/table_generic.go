package kernels

// genericKernels are the portable rows; every op and dtype has one.
var genericKernels = []Kernel{
	{Name: "f32_conv_2x4__generic", Op: OpConvTile, DType: F32, MR: genericMR, NR: genericNR, KR: 1, Fn: convTileF32Generic},
	{Name: "u8_conv_2x4__generic", Op: OpConvTile, DType: U8, MR: genericMR, NR: genericNR, KR: 1, Fn: convTileU8Generic},
	{Name: "f32_winoinput_6x6__generic", Op: OpWinoInput, DType: F32, MR: winoIn, NR: 1, KR: 1, Fn: winoInputF32Generic},
	{Name: "f32_winooutput_4x4__generic", Op: OpWinoOutput, DType: F32, MR: winoOut, NR: 1, KR: 1, Fn: winoOutputF32Generic},
}
