//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// f32_narrow_1x16__neon — float32 to float16, 16 elements at a time.
//
// Computes   dst[i] = ToHalf(src[i]): the nearest, of two the even one
// Reference  narrowGeneric (half.go)
// Requires   NEON
// Contract   rows ≥ 1; c a multiple of 16, ≥ 16; no over-read
// Bound      four FCVTN per 16 elements
// Registers  R0  args    R1  src    R2  dst    R3  elements left    R4  rows left    R5, R6  src, dst of the row    R7  stride
//            V0–V3  elements    V4, V5  halves

// func narrowBlocksNEON(a *convertArgs)
TEXT ·narrowBlocksNEON(SB), NOSPLIT, $0-8
	MOVD a+0(FP), R0
	MOVD convertArgs_src(R0), R1
	MOVD convertArgs_dst(R0), R2
	MOVD convertArgs_rows(R0), R4

row:
	MOVD R1, R5
	MOVD R2, R6
	MOVD convertArgs_c(R0), R3

elements:
	VLD1.P 64(R5), [V0.S4, V1.S4, V2.S4, V3.S4]
	FCVTN(0, 4)
	FCVTN(2, 5)
	FCVTN2(1, 4)
	FCVTN2(3, 5)
	VST1.P [V4.H8, V5.H8], 32(R6)
	SUBS   $16, R3
	BNE    elements
	MOVD   convertArgs_srcStride(R0), R7
	ADD    R7, R1
	MOVD   convertArgs_dstStride(R0), R7
	ADD    R7, R2
	SUBS   $1, R4
	BNE    row
	RET
