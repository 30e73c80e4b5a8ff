//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// f32_clamp_1x4__neon, f32_add_1x4__neon, f32_affine_1x4__neon — elementwise on ARMv7, 4 elements of a row at a time.
//
// Computes   dst = clamp(a)     dst = clamp(a + b)     dst = a·scale + shift
// Reference  clampF32Generic, addF32Generic, affineF32Generic (eltwise.go)
// Requires   NEON
// Contract   rows ≥ 1; c a multiple of 4, ≥ 4; dst may be a or b; no over-read. Denormals count as 0
// Registers  R0  args    R1  a    R2  b    R3  dst    R4  rows left    R5  elements left    R6–R9  walking    R12 scratch
//            Q0–Q2  work    Q10 lo    Q11 hi

#define BEGIN(row) \
	MOVW e+0(FP), R0 \
	MOVW eltwiseArgs_a(R0), R1 \
	MOVW eltwiseArgs_b(R0), R2 \
	MOVW eltwiseArgs_dst(R0), R3 \
	MOVW eltwiseArgs_rows(R0), R4 \
	ADD  $eltwiseArgs_lo, R0, R12 \
	WORD $0xf4ec4caf; /* arm: vld1.32 {d20[], d21[]}, [r12] */ \
	ADD  $eltwiseArgs_hi, R0, R12 \
	WORD $0xf4ec6caf; /* arm: vld1.32 {d22[], d23[]}, [r12] */ \
row: \
	MOVW eltwiseArgs_c(R0), R5 \
	MOVW R1, R6 \
	MOVW R2, R7 \
	MOVW R3, R8

#define NEXT(row) \
	MOVW eltwiseArgs_aStride(R0), R6 \
	ADD  R6, R1 \
	MOVW eltwiseArgs_bStride(R0), R6 \
	ADD  R6, R2 \
	MOVW eltwiseArgs_dstStride(R0), R6 \
	ADD  R6, R3 \
	SUB.S $1, R4 \
	BNE  row \
	RET

// func clampBlocksNEON(e *eltwiseArgs)
TEXT ·clampBlocksNEON(SB), NOSPLIT, $0-4
	BEGIN(clamp_row)

clamp_block:
	WORD $0xf4260a8d // arm: vld1.32 {d0-d1}, [r6]!
	WORD $0xf2000f64 // arm: vmax.f32 q0, q0, q10
	WORD $0xf2200f66 // arm: vmin.f32 q0, q0, q11
	WORD $0xf4080a8d // arm: vst1.32 {d0-d1}, [r8]!
	SUB.S $4, R5
	BNE  clamp_block
	NEXT(clamp_row)

// func addBlocksNEON(e *eltwiseArgs)
TEXT ·addBlocksNEON(SB), NOSPLIT, $0-4
	BEGIN(add_row)

add_block:
	WORD $0xf4260a8d // arm: vld1.32 {d0-d1}, [r6]!
	WORD $0xf4272a8d // arm: vld1.32 {d2-d3}, [r7]!
	WORD $0xf2000d42 // arm: vadd.f32 q0, q0, q1
	WORD $0xf2000f64 // arm: vmax.f32 q0, q0, q10
	WORD $0xf2200f66 // arm: vmin.f32 q0, q0, q11
	WORD $0xf4080a8d // arm: vst1.32 {d0-d1}, [r8]!
	SUB.S $4, R5
	BNE  add_block
	NEXT(add_row)

// func affineBlocksNEON(e *eltwiseArgs)
TEXT ·affineBlocksNEON(SB), NOSPLIT, $0-4
	BEGIN(affine_row)
	MOVW eltwiseArgs_scale(R0), R7
	MOVW eltwiseArgs_shift(R0), R9

affine_block:
	WORD $0xf4260a8d // arm: vld1.32 {d0-d1}, [r6]!
	WORD $0xf4272a8d // arm: vld1.32 {d2-d3}, [r7]!
	WORD $0xf4294a8d // arm: vld1.32 {d4-d5}, [r9]!
	WORD $0xf3000d52 // arm: vmul.f32 q0, q0, q1
	WORD $0xf2000d44 // arm: vadd.f32 q0, q0, q2
	WORD $0xf4080a8d // arm: vst1.32 {d0-d1}, [r8]!
	SUB.S $4, R5
	BNE  affine_block
	NEXT(affine_row)
