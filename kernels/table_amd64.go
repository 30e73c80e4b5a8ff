//go:build gc && !purego && !noasm

package kernels

import "github.com/gneiss-go/gneiss/arch"

const avx2fma = arch.FeatAVX2 | arch.FeatFMA

// archKernels lists the amd64 kernels, best tier first within an op.
func archKernels() []Kernel {
	return []Kernel{
		{Name: "f32_conv_6x16__avx2", Op: OpConvTile, DType: F32, MR: 6, NR: 16, KR: 1, ISA: arch.AVX2, Requires: avx2fma, Fn: convTileF32AVX2},
		{Name: "f32_winoinput_6x6__avx2", Op: OpWinoInput, DType: F32, MR: winoIn, NR: 8, KR: 1, ISA: arch.AVX2, Requires: avx2fma, Fn: winoInputF32AVX2},
		{Name: "f32_winooutput_4x4__avx2", Op: OpWinoOutput, DType: F32, MR: winoOut, NR: 8, KR: 1, ISA: arch.AVX2, Requires: avx2fma, Fn: winoOutputF32AVX2},
	}
}
