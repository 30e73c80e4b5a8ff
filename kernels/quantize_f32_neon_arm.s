//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "levels_u8_arm.h"

// f32_quantize_1x8__neon — float32 to uint8 on ARMv7, 8 elements at a time, then one.
//
// Computes   dst[i] = zero + roundEven(min(max(src[i]/scale, −zero), 255 − zero)); a NaN gives 0
// Reference  quantizeGeneric (convert.go)
// Requires   NEON, and VFP's division
// Contract   rows, c ≥ 1; no over-read
// Bound      eight VDIV per 8 elements
// Registers  R0  args    R1  src    R2  dst    R3  elements left    R4  rows left    R5, R6  src, dst of the row    R7  stride
//            Q0, Q1, S0–S7  elements    S8  scale    Q10–Q15 see levels_u8_arm.h
// Phases     row → elements → tail

// func quantizeNEON(a *convertArgs)
TEXT ·quantizeNEON(SB), NOSPLIT, $0-4
	MOVW a+0(FP), R0
	MOVW convertArgs_src(R0), R1
	MOVW convertArgs_dst(R0), R2
	MOVW convertArgs_rows(R0), R4
	LEVELS_CONSTANTS(convertArgs_zero, convertArgs_zero, convertArgs_zero)
	WORD $0xf2c04050 // arm: vmov.i32 q10, #0
	WORD $0xf36448e8 // arm: vsub.i32 q10, q10, q12
	WORD $0xf3c7605f // arm: vmov.i32 q11, #255
	WORD $0xf26468e6 // arm: vadd.i32 q11, q10, q11
	WORD $0xf3fb4664 // arm: vcvt.f32.s32 q10, q10
	WORD $0xf3fb6666 // arm: vcvt.f32.s32 q11, q11
	MOVW convertArgs_scale(R0), R12
	WORD $0xee04ca10 // arm: vmov s8, r12

row:
	MOVW R1, R5
	MOVW R2, R6
	MOVW convertArgs_c(R0), R3
	SUB.S $8, R3
	BLT  tail

elements:
	WORD $0xf425028d // arm: vld1.32 {d0-d3}, [r5]!
	WORD $0xee800a04 // arm: vdiv.f32 s0, s0, s8
	WORD $0xeec00a84 // arm: vdiv.f32 s1, s1, s8
	WORD $0xee811a04 // arm: vdiv.f32 s2, s2, s8
	WORD $0xeec11a84 // arm: vdiv.f32 s3, s3, s8
	WORD $0xee822a04 // arm: vdiv.f32 s4, s4, s8
	WORD $0xeec22a84 // arm: vdiv.f32 s5, s5, s8
	WORD $0xee833a04 // arm: vdiv.f32 s6, s6, s8
	WORD $0xeec33a84 // arm: vdiv.f32 s7, s7, s8
	LEVELS8
	WORD $0xf406070d // arm: vst1.8 {d0}, [r6]!
	SUB.S $8, R3
	BGE  elements

tail:
	ADD.S $8, R3
	BEQ  next_row

one:
	WORD $0xf4a50c8d // arm: vld1.32 {d0[]}, [r5]!
	WORD $0xee800a04 // arm: vdiv.f32 s0, s0, s8
	LEVELS8
	WORD $0xf486000d // arm: vst1.8 {d0[0]}, [r6]!
	SUB.S $1, R3
	BNE  one

next_row:
	MOVW convertArgs_srcStride(R0), R7
	ADD  R7, R1
	MOVW convertArgs_dstStride(R0), R7
	ADD  R7, R2
	SUB.S $1, R4
	BNE  row
	RET
