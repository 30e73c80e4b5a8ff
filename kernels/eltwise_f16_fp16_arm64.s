//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// f16_clamp_1x8__fp16, f16_add_1x8__fp16 — elementwise on float16, 8 elements of a row at a time, 32 of a sum.
//
// Computes   dst = ToHalf(clamp(a))     dst = ToHalf(clamp(a + b)): clamped after rounding, by rounded lo and hi, which is
//            the same, for rounding is monotonic; and of a sum it matters not whether float32 has rounded it before
// Reference  clampHalfGeneric, addHalfGeneric (eltwise_half.go); the same bits
// Requires   NEON, FP16
// Contract   rows ≥ 1; c a multiple of 8, ≥ 8; dst may be a or b; no over-read
// Bound      loads and a store
// Registers  R0  args    R1  a    R2  b    R3  dst    R4  rows left    R5  elements left    R6–R8  walking
//            V0–V7  work    V30 lo    V31 hi

#define BEGIN(row) \
	MOVD  eltwiseArgs_a(R0), R1 \
	MOVD  eltwiseArgs_b(R0), R2 \
	MOVD  eltwiseArgs_dst(R0), R3 \
	MOVD  eltwiseArgs_rows(R0), R4 \
	HALF_BOUNDS(eltwiseArgs_lo, eltwiseArgs_hi, R0, R6, 30, 31, V30, V31) \
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

// func clampBlocksFP16(e *eltwiseArgs)
TEXT ·clampBlocksFP16(SB), NOSPLIT, $0-8
	MOVD e+0(FP), R0
	BEGIN(clamp_row)

clamp_block:
	VLD1.P 16(R6), [V0.H8]
	FMAXH(30, 0, 0)
	FMINH(31, 0, 0)
	VST1.P [V0.H8], 16(R8)
	SUBS   $8, R5
	BNE    clamp_block
	NEXT(clamp_row)

// func addBlocksFP16(e *eltwiseArgs)
TEXT ·addBlocksFP16(SB), NOSPLIT, $0-8
	MOVD e+0(FP), R0
	BEGIN(add_row)
	SUBS $32, R5
	BLT  add_rest

add_four_blocks:
	VLD1.P 64(R6), [V0.H8, V1.H8, V2.H8, V3.H8]
	VLD1.P 64(R7), [V4.H8, V5.H8, V6.H8, V7.H8]
	FADDH(4, 0, 0)
	FADDH(5, 1, 1)
	FADDH(6, 2, 2)
	FADDH(7, 3, 3)
	FMAXH(30, 0, 0)
	FMAXH(30, 1, 1)
	FMAXH(30, 2, 2)
	FMAXH(30, 3, 3)
	FMINH(31, 0, 0)
	FMINH(31, 1, 1)
	FMINH(31, 2, 2)
	FMINH(31, 3, 3)
	VST1.P [V0.H8, V1.H8, V2.H8, V3.H8], 64(R8)
	SUBS   $32, R5
	BGE    add_four_blocks

add_rest:
	ADDS $32, R5
	BEQ  add_row_done

add_block:
	VLD1.P 16(R6), [V0.H8]
	VLD1.P 16(R7), [V1.H8]
	FADDH(1, 0, 0)
	FMAXH(30, 0, 0)
	FMINH(31, 0, 0)
	VST1.P [V0.H8], 16(R8)
	SUBS   $8, R5
	BNE    add_block

add_row_done:
	NEXT(add_row)
