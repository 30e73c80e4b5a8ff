//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_blendrows_1x16__neon — weighted sum of rows of bytes on ARMv7, 16 columns at a time.
//
// Computes   dst[i] = Σ_r weights[r]·src[r·stride + i]
// Reference  blendRowsGeneric (pixels.go); same bits but for denormals
// Requires   NEON
// Layout     src rows of bytes, stride bytes apart; dst float32
// Contract   c ≥ 16, any; the last 16 columns may overlap those before; no over-read. Denormals count as 0
// Bound      6 widenings, 4 × (convert, multiply, add) per 16 bytes
// Registers  R0  args    R1  src    R2  dst    R3  weights    R4  stride    R5  rows left    R6  last block    R7  column
//            R8  row    R9  weight    R12 where to store    Q0–Q3  sums    Q4, Q5 bytes    Q8–Q11 products    Q12 weight
// Phases     block → row → store

// func blendRowBlocksNEON(b *blendRowsArgs)
TEXT ·blendRowBlocksNEON(SB), NOSPLIT, $0-4
	MOVW b+0(FP), R0
	MOVW blendRowsArgs_src(R0), R1
	MOVW blendRowsArgs_dst(R0), R2
	MOVW blendRowsArgs_weights(R0), R3
	MOVW blendRowsArgs_stride(R0), R4
	MOVW blendRowsArgs_c(R0), R6
	SUB  $16, R6                     // where the last block begins
	MOVW $0, R7

block:
	ADD  R1, R7, R8
	MOVW R3, R9
	MOVW blendRowsArgs_rows(R0), R5      // sums begin with −0, to which any product is added unchanged
	WORD $0xf3800650 // arm: vmov.i32 q0, #0x80000000
	WORD $0xf3802650 // arm: vmov.i32 q1, #0x80000000
	WORD $0xf3804650 // arm: vmov.i32 q2, #0x80000000
	WORD $0xf3806650 // arm: vmov.i32 q3, #0x80000000

row:
	WORD $0xf4288a0f // arm: vld1.8 {d8-d9}, [r8]
	WORD $0xf4e98cad // arm: vld1.32 {d24[], d25[]}, [r9]!
	ADD  R4, R8
	WORD $0xf388aa19 // arm: vmovl.u8 q5, d9
	WORD $0xf3888a18 // arm: vmovl.u8 q4, d8
	WORD $0xf3d00a18 // arm: vmovl.u16 q8, d8
	WORD $0xf3d02a19 // arm: vmovl.u16 q9, d9
	WORD $0xf3d04a1a // arm: vmovl.u16 q10, d10
	WORD $0xf3d06a1b // arm: vmovl.u16 q11, d11
	WORD $0xf3fb0660 // arm: vcvt.f32.s32 q8, q8
	WORD $0xf3fb2662 // arm: vcvt.f32.s32 q9, q9
	WORD $0xf3fb4664 // arm: vcvt.f32.s32 q10, q10
	WORD $0xf3fb6666 // arm: vcvt.f32.s32 q11, q11
	WORD $0xf3400df8 // arm: vmul.f32 q8, q8, q12
	WORD $0xf3422df8 // arm: vmul.f32 q9, q9, q12
	WORD $0xf3444df8 // arm: vmul.f32 q10, q10, q12
	WORD $0xf3466df8 // arm: vmul.f32 q11, q11, q12
	WORD $0xf2000d60 // arm: vadd.f32 q0, q0, q8
	WORD $0xf2022d62 // arm: vadd.f32 q1, q1, q9
	WORD $0xf2044d64 // arm: vadd.f32 q2, q2, q10
	WORD $0xf2066d66 // arm: vadd.f32 q3, q3, q11
	SUB.S $1, R5
	BNE  row

	ADD  R7<<2, R2, R12
	WORD $0xf40c028d // arm: vst1.32 {d0-d3}, [r12]!
	WORD $0xf40c428f // arm: vst1.32 {d4-d7}, [r12]
	CMP  R6, R7
	BGE  done
	ADD  $16, R7
	CMP  R6, R7
	MOVW.GT R6, R7                   // the rest: the last 16 columns, some of them again
	B    block

done:
	RET
