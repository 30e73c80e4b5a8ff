//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// f32_affine_1x4__neon — elementwise on ARMv7, 4 elements of a row at a time. Clamping and addition stay portable: they
// give the same bits on every tier, and NEON makes denormals 0.
//
// Computes   dst = a·scale + shift
// Reference  affineF32Generic (eltwise.go)
// Requires   NEON
// Contract   rows ≥ 1; c a multiple of 4, ≥ 4; dst may be a; no over-read. Denormals count as 0
// Registers  R0  args    R1  a    R3  dst    R4  rows left    R5  elements left    R6–R9  walking    Q0–Q2  work

// func affineBlocksNEON(e *eltwiseArgs)
TEXT ·affineBlocksNEON(SB), NOSPLIT, $0-4
	MOVW e+0(FP), R0
	MOVW eltwiseArgs_a(R0), R1
	MOVW eltwiseArgs_dst(R0), R3
	MOVW eltwiseArgs_rows(R0), R4

row:
	MOVW eltwiseArgs_c(R0), R5
	MOVW R1, R6
	MOVW R3, R8
	MOVW eltwiseArgs_scale(R0), R7
	MOVW eltwiseArgs_shift(R0), R9

block:
	WORD $0xf4260a8d // arm: vld1.32 {d0-d1}, [r6]!
	WORD $0xf4272a8d // arm: vld1.32 {d2-d3}, [r7]!
	WORD $0xf4294a8d // arm: vld1.32 {d4-d5}, [r9]!
	WORD $0xf3000d52 // arm: vmul.f32 q0, q0, q1
	WORD $0xf2000d44 // arm: vadd.f32 q0, q0, q2
	WORD $0xf4080a8d // arm: vst1.32 {d0-d1}, [r8]!
	SUB.S $4, R5
	BNE  block
	MOVW eltwiseArgs_aStride(R0), R6
	ADD  R6, R1
	MOVW eltwiseArgs_dstStride(R0), R6
	ADD  R6, R3
	SUB.S $1, R4
	BNE  row
	RET
