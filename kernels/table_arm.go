//go:build gc && !purego && !noasm

package kernels

import "github.com/gneiss-go/gneiss/arch"

// archKernels lists the kernels of ARMv7, best tier first within an op. A CPU without NEON runs none of them.
func archKernels() []Kernel {
	return []Kernel{
		{Name: "f32_conv_4x8__neon", Op: OpConvTile, DType: F32, MR: 4, NR: 8, KR: 1, ISA: arch.NEON, Requires: arch.FeatNEON, Fn: convTileF32NEON},
		{Name: "u8_conv_2x4__neon", Op: OpConvTile, DType: U8, MR: 2, NR: 4, KR: 16, ISA: arch.NEON, Requires: arch.FeatNEON, Minus128: true, Fn: convTileU8NEON},
	}
}
