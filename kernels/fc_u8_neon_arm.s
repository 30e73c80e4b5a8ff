//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_fc_4x16__neon — dot products of four rows of int8 weights with one row of uint8, on ARMv7.
//
// Computes   sum[r] += Σ_{i<c} w[r][i]·x[i]
// Reference  fcU8Generic (fc_u8.go)
// Requires   NEON
// Contract   c > 0, a multiple of 16; no over-read
// Bound      four rows of 16 weights per 10 widenings and 16 VMLAL
// Registers  R0  args    R1  x    R2–R5  rows    R6  elements left    Q0–Q2  x    Q3–Q5  weights    Q8–Q11  sums

// func fcU8NEON(t *fcU8Args)
TEXT ·fcU8NEON(SB), NOSPLIT, $0-4
	MOVW t+0(FP), R0
	MOVW fcU8Args_x(R0), R1
	MOVW (fcU8Args_w+0)(R0), R2
	MOVW (fcU8Args_w+4)(R0), R3
	MOVW (fcU8Args_w+8)(R0), R4
	MOVW (fcU8Args_w+12)(R0), R5
	MOVW fcU8Args_c(R0), R6
	WORD $0xf34001f0 // arm: veor q8, q8, q8
	WORD $0xf34221f2 // arm: veor q9, q9, q9
	WORD $0xf34441f4 // arm: veor q10, q10, q10
	WORD $0xf34661f6 // arm: veor q11, q11, q11

step_loop:
	WORD $0xf4210a0d // arm: vld1.8 {d0-d1}, [r1]!
	WORD $0xf3882a10 // arm: vmovl.u8 q1, d0
	WORD $0xf3884a11 // arm: vmovl.u8 q2, d1
	WORD $0xf4226a0d // arm: vld1.8 {d6-d7}, [r2]!
	WORD $0xf2888a16 // arm: vmovl.s8 q4, d6
	WORD $0xf288aa17 // arm: vmovl.s8 q5, d7
	WORD $0xf2d80802 // arm: vmlal.s16 q8, d8, d2
	WORD $0xf2d90803 // arm: vmlal.s16 q8, d9, d3
	WORD $0xf2da0804 // arm: vmlal.s16 q8, d10, d4
	WORD $0xf2db0805 // arm: vmlal.s16 q8, d11, d5
	WORD $0xf4236a0d // arm: vld1.8 {d6-d7}, [r3]!
	WORD $0xf2888a16 // arm: vmovl.s8 q4, d6
	WORD $0xf288aa17 // arm: vmovl.s8 q5, d7
	WORD $0xf2d82802 // arm: vmlal.s16 q9, d8, d2
	WORD $0xf2d92803 // arm: vmlal.s16 q9, d9, d3
	WORD $0xf2da2804 // arm: vmlal.s16 q9, d10, d4
	WORD $0xf2db2805 // arm: vmlal.s16 q9, d11, d5
	WORD $0xf4246a0d // arm: vld1.8 {d6-d7}, [r4]!
	WORD $0xf2888a16 // arm: vmovl.s8 q4, d6
	WORD $0xf288aa17 // arm: vmovl.s8 q5, d7
	WORD $0xf2d84802 // arm: vmlal.s16 q10, d8, d2
	WORD $0xf2d94803 // arm: vmlal.s16 q10, d9, d3
	WORD $0xf2da4804 // arm: vmlal.s16 q10, d10, d4
	WORD $0xf2db4805 // arm: vmlal.s16 q10, d11, d5
	WORD $0xf4256a0d // arm: vld1.8 {d6-d7}, [r5]!
	WORD $0xf2888a16 // arm: vmovl.s8 q4, d6
	WORD $0xf288aa17 // arm: vmovl.s8 q5, d7
	WORD $0xf2d86802 // arm: vmlal.s16 q11, d8, d2
	WORD $0xf2d96803 // arm: vmlal.s16 q11, d9, d3
	WORD $0xf2da6804 // arm: vmlal.s16 q11, d10, d4
	WORD $0xf2db6805 // arm: vmlal.s16 q11, d11, d5
	SUB.S $16, R6
	BNE  step_loop

	WORD $0xf2200bb1 // arm: vpadd.i32 d0, d16, d17
	WORD $0xf2221bb3 // arm: vpadd.i32 d1, d18, d19
	WORD $0xf2242bb5 // arm: vpadd.i32 d2, d20, d21
	WORD $0xf2263bb7 // arm: vpadd.i32 d3, d22, d23
	WORD $0xf2200b11 // arm: vpadd.i32 d0, d0, d1
	WORD $0xf2221b13 // arm: vpadd.i32 d1, d2, d3
	ADD  $fcU8Args_sum, R0, R1
	WORD $0xf4214a8f // arm: vld1.32 {d4-d5}, [r1]
	WORD $0xf2200844 // arm: vadd.i32 q0, q0, q2
	WORD $0xf4010a8f // arm: vst1.32 {d0-d1}, [r1]
	RET
