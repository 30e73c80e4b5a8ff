//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// f32_clamp_1x4__neon, f32_add_1x4__neon, f32_affine_1x4__neon — elementwise, 4 elements of a row at a time, 16 of a sum.
//
// Computes   dst = clamp(a)     dst = clamp(a + b)     dst = a·scale + shift
// Reference  clampF32Generic, addF32Generic, affineF32Generic (eltwise.go); the same bits
// Requires   NEON
// Contract   rows ≥ 1; c a multiple of 4, ≥ 4; dst may be a or b; no over-read
// Registers  R0  args    R1  a    R2  b, or scale    R3  dst    R4  rows left    R5  elements left    R6–R9  walking
//            V0–V7  work    V30 lo    V31 hi

#define BEGIN(row) \
	MOVD  eltwiseArgs_a(R0), R1 \
	MOVD  eltwiseArgs_b(R0), R2 \
	MOVD  eltwiseArgs_dst(R0), R3 \
	MOVD  eltwiseArgs_rows(R0), R4 \
	ADD   $eltwiseArgs_lo, R0, R6 \
	VLD1R (R6), [V30.S4] \
	ADD   $eltwiseArgs_hi, R0, R6 \
	VLD1R (R6), [V31.S4] \
row: \
	MOVD  eltwiseArgs_c(R0), R5 \
	MOVD  R1, R6 \
	MOVD  R2, R7 \
	MOVD  R3, R8

#define NEXT(row) \
	MOVD eltwiseArgs_aStride(R0), R6 \
	ADD  R6, R1 \
	MOVD eltwiseArgs_bStride(R0), R6 \
	ADD  R6, R2 \
	MOVD eltwiseArgs_dstStride(R0), R6 \
	ADD  R6, R3 \
	SUBS $1, R4 \
	BNE  row \
	RET

// func clampBlocksNEON(e *eltwiseArgs)
TEXT ·clampBlocksNEON(SB), NOSPLIT, $0-8
	MOVD  e+0(FP), R0
	BEGIN(clamp_row)

clamp_block:
	VLD1.P 16(R6), [V0.S4]
	FMAX(30, 0, 0)
	FMIN(31, 0, 0)
	VST1.P [V0.S4], 16(R8)
	SUBS   $4, R5
	BNE    clamp_block
	NEXT(clamp_row)

// func addBlocksNEON(e *eltwiseArgs)
TEXT ·addBlocksNEON(SB), NOSPLIT, $0-8
	MOVD  e+0(FP), R0
	BEGIN(add_row)
	SUBS $16, R5
	BLT  add_rest

add_four_blocks:
	VLD1.P 64(R6), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R7), [V4.S4, V5.S4, V6.S4, V7.S4]
	FADD(4, 0, 0)
	FADD(5, 1, 1)
	FADD(6, 2, 2)
	FADD(7, 3, 3)
	FMAX(30, 0, 0)
	FMAX(30, 1, 1)
	FMAX(30, 2, 2)
	FMAX(30, 3, 3)
	FMIN(31, 0, 0)
	FMIN(31, 1, 1)
	FMIN(31, 2, 2)
	FMIN(31, 3, 3)
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R8)
	SUBS   $16, R5
	BGE    add_four_blocks

add_rest:
	ADDS $16, R5
	BEQ  add_row_done

add_block:
	VLD1.P 16(R6), [V0.S4]
	VLD1.P 16(R7), [V1.S4]
	FADD(1, 0, 0)
	FMAX(30, 0, 0)
	FMIN(31, 0, 0)
	VST1.P [V0.S4], 16(R8)
	SUBS   $4, R5
	BNE    add_block

add_row_done:
	NEXT(add_row)

// func affineBlocksNEON(e *eltwiseArgs)
TEXT ·affineBlocksNEON(SB), NOSPLIT, $0-8
	MOVD  e+0(FP), R0
	BEGIN(affine_row)
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
	NEXT(affine_row)
