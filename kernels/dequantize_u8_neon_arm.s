//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_dequantize_1x8__neon — uint8 to float32 on ARMv7, 8 elements at a time.
//
// Computes   dst[i] = float32(src[i] − zero)·scale
// Reference  dequantizeGeneric (convert.go); the same bits but for denormals
// Requires   NEON
// Contract   rows ≥ 1; c a multiple of 8, ≥ 8; no over-read. Denormals count as 0
// Registers  R0  args    R1  src    R2  dst    R3  elements left    R4  rows left    R5, R6  src, dst of the row    R12 scratch
//            Q0, Q1  elements    Q8  scale    Q9  zero
// Phases     row → elements

// func dequantizeBlocksNEON(a *convertArgs)
TEXT ·dequantizeBlocksNEON(SB), NOSPLIT, $0-4
	MOVW a+0(FP), R0
	MOVW convertArgs_src(R0), R1
	MOVW convertArgs_dst(R0), R2
	MOVW convertArgs_rows(R0), R4
	ADD  $convertArgs_scale, R0, R12
	WORD $0xf4ec0caf // arm: vld1.32 {d16[], d17[]}, [r12]
	ADD  $convertArgs_zero, R0, R12
	WORD $0xf4ec2caf // arm: vld1.32 {d18[], d19[]}, [r12]

row:
	MOVW R1, R5
	MOVW R2, R6
	MOVW convertArgs_c(R0), R3

elements:
	WORD $0xf425070d // arm: vld1.8 {d0}, [r5]!
	WORD $0xf3882a10 // arm: vmovl.u8 q1, d0
	WORD $0xf3900a12 // arm: vmovl.u16 q0, d2
	WORD $0xf3902a13 // arm: vmovl.u16 q1, d3
	WORD $0xf3200862 // arm: vsub.i32 q0, q0, q9
	WORD $0xf3222862 // arm: vsub.i32 q1, q1, q9
	WORD $0xf3bb0640 // arm: vcvt.f32.s32 q0, q0
	WORD $0xf3bb2642 // arm: vcvt.f32.s32 q1, q1
	WORD $0xf3000d70 // arm: vmul.f32 q0, q0, q8
	WORD $0xf3022d70 // arm: vmul.f32 q1, q1, q8
	WORD $0xf406028d // arm: vst1.32 {d0-d3}, [r6]!
	SUB.S $8, R3
	BNE  elements
	MOVW convertArgs_srcStride(R0), R12
	ADD  R12, R1
	MOVW convertArgs_dstStride(R0), R12
	ADD  R12, R2
	SUB.S $1, R4
	BNE  row
	RET
