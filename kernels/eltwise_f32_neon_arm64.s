//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"
#include "eltwise_arm64.h"

// f32_clamp_1x4__neon, f32_add_1x4__neon, f32_affine_1x4__neon — elementwise, 4 elements of a row at a time, 16 of a sum.
//
// Computes   dst = clamp(a)     dst = clamp(a + b)     dst = a·scale + shift
// Reference  clampF32Generic, addF32Generic, affineF32Generic (eltwise.go); the same bits
// Requires   NEON
// Contract   rows ≥ 1; c a multiple of 4, ≥ 4; dst may be a or b; no over-read
// Registers  R0  args    R1  a    R2  b, or scale    R3  dst    R4  rows left    R5  elements left    R6–R9  walking
//            V0–V7  work    V30 lo    V31 hi

#define BOUNDS \
	ADD   $eltwiseArgs_lo, R0, R6 \
	VLD1R (R6), [V30.S4] \
	ADD   $eltwiseArgs_hi, R0, R6 \
	VLD1R (R6), [V31.S4]

// func clampBlocksNEON(e *eltwiseArgs)
TEXT ·clampBlocksNEON(SB), NOSPLIT, $0-8
	MOVD e+0(FP), R0
	EW_CLAMP(S4, 4, FMAX, FMIN, BOUNDS)

// func addBlocksNEON(e *eltwiseArgs)
TEXT ·addBlocksNEON(SB), NOSPLIT, $0-8
	MOVD e+0(FP), R0
	EW_SUM(S4, 4, FADD, FMAX, FMIN, BOUNDS)

// func affineBlocksNEON(e *eltwiseArgs)
TEXT ·affineBlocksNEON(SB), NOSPLIT, $0-8
	MOVD  e+0(FP), R0
	EW_BEGIN(affine_row, BOUNDS)
	MOVD eltwiseArgs_scale(R0), R7
	MOVD eltwiseArgs_shift(R0), R9

affine_block:
	VLD1.P 16(R6), [V0.S4]
	VLD1.P 16(R7), [V1.S4]
	VLD1.P 16(R9), [V2.S4]
	FMUL(1, 0, 0)
	FADD(2, 0, 0)
	VST1.P [V0.S4], 16(R8)
	SUBS   $4, R5
	BNE    affine_block
	EW_NEXT(affine_row)
