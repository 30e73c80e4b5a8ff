//go:build gc && !purego && !noasm

package kernels

import "github.com/gneiss-go/gneiss/arch"

// archKernels lists the kernels of ARMv7, best tier first within an op. A CPU without NEON runs none of them.
func archKernels() []Kernel {
	return []Kernel{
		{Name: "f32_conv_4x8__neon", Op: OpConvTile, DType: F32, MR: 4, NR: 8, KR: 1, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: convTileF32NEON},
		{Name: "u8_conv_2x4__neon", Op: OpConvTile, DType: U8, MR: 2, NR: 4, KR: 16, ISA: arch.NEON, Requires: arch.FeatNEON, Minus128: true, Fn: convTileU8NEON},
		{Name: "u8_maxpool_1x16__neon", Op: OpMaxPool, DType: U8, MR: 1, NR: 16, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: maxPoolU8NEON},
		{Name: "u8_maxpool3_1x16__neon", Op: OpMaxPool3, DType: U8, MR: 1, NR: 16, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: maxPool3U8NEON},
		{Name: "f32_maxpool_1x4__neon", Op: OpMaxPool, DType: F32, MR: 1, NR: 4, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: maxPoolF32NEON},
		{Name: "f32_maxpool3_1x4__neon", Op: OpMaxPool3, DType: F32, MR: 1, NR: 4, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: maxPool3F32NEON},
	}
}
