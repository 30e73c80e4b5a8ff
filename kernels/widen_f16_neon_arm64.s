//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// f16_widen_1x16__neon — float16 to float32, 16 elements at a time.
//
// Computes   dst[i] = src[i], exactly
// Reference  widenGeneric (half.go)
// Requires   NEON
// Contract   rows ≥ 1; c a multiple of 16, ≥ 16; no over-read
// Bound      four FCVTL per 16 elements
// Registers  R0  args    R1  src    R2  dst    R3  elements left    R4  rows left    R5, R6  src, dst of the row    R7  stride
//            V4, V5  halves    V0–V3  elements

// func widenBlocksNEON(a *convertArgs)
TEXT ·widenBlocksNEON(SB), NOSPLIT, $0-8
	MOVD a+0(FP), R0
	MOVD convertArgs_src(R0), R1
	MOVD convertArgs_dst(R0), R2
	MOVD convertArgs_rows(R0), R4

row:
	MOVD R1, R5
	MOVD R2, R6
	MOVD convertArgs_c(R0), R3

elements:
	VLD1.P 32(R5), [V4.H8, V5.H8]
	FCVTL(4, 0)
	FCVTL2(4, 1)
	FCVTL(5, 2)
	FCVTL2(5, 3)
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R6)
	SUBS   $16, R3
	BNE    elements
	MOVD   convertArgs_srcStride(R0), R7
	ADD    R7, R1
	MOVD   convertArgs_dstStride(R0), R7
	ADD    R7, R2
	SUBS   $1, R4
	BNE    row
	RET
