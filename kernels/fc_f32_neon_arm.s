//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// f32_fc_4x16__neon — dot products of four rows of weights with one input, on ARMv7.
//
// Computes   sum[r] += Σ_{i<c} w[r][i]·x[i]
// Reference  fcF32Generic (fc.go)
// Requires   NEON
// Contract   c a multiple of 16, ≥ 16; no over-read. Denormals count as 0
// Bound      20 loads per 16 VMLA: reading the weights
// Registers  R0  args    R1  x    R2–R5  rows    R6  elements left    Q0–Q3  x    Q4–Q7  a row
//            Q8, Q9  sums of row 0, four each    Q10, Q11  of row 1    Q12, Q13  of row 2    Q14, Q15  of row 3

// func fcBlocksNEON(t *fcArgs)
TEXT ·fcBlocksNEON(SB), NOSPLIT, $0-4
	MOVW t+0(FP), R0
	MOVW fcArgs_x(R0), R1
	MOVW (fcArgs_w+0)(R0), R2
	MOVW (fcArgs_w+4)(R0), R3
	MOVW (fcArgs_w+8)(R0), R4
	MOVW (fcArgs_w+12)(R0), R5
	MOVW fcArgs_c(R0), R6
	WORD $0xf34001f0 // arm: veor q8, q8, q8
	WORD $0xf34221f2 // arm: veor q9, q9, q9
	WORD $0xf34441f4 // arm: veor q10, q10, q10
	WORD $0xf34661f6 // arm: veor q11, q11, q11
	WORD $0xf34881f8 // arm: veor q12, q12, q12
	WORD $0xf34aa1fa // arm: veor q13, q13, q13
	WORD $0xf34cc1fc // arm: veor q14, q14, q14
	WORD $0xf34ee1fe // arm: veor q15, q15, q15

vectors:
	WORD $0xf421028d // arm: vld1.32 {d0-d3}, [r1]!
	WORD $0xf421428d // arm: vld1.32 {d4-d7}, [r1]!
	WORD $0xf422828d // arm: vld1.32 {d8-d11}, [r2]!
	WORD $0xf422c28d // arm: vld1.32 {d12-d15}, [r2]!
	WORD $0xf2400d58 // arm: vmla.f32 q8, q0, q4
	WORD $0xf2422d5a // arm: vmla.f32 q9, q1, q5
	WORD $0xf2440d5c // arm: vmla.f32 q8, q2, q6
	WORD $0xf2462d5e // arm: vmla.f32 q9, q3, q7
	WORD $0xf423828d // arm: vld1.32 {d8-d11}, [r3]!
	WORD $0xf423c28d // arm: vld1.32 {d12-d15}, [r3]!
	WORD $0xf2404d58 // arm: vmla.f32 q10, q0, q4
	WORD $0xf2426d5a // arm: vmla.f32 q11, q1, q5
	WORD $0xf2444d5c // arm: vmla.f32 q10, q2, q6
	WORD $0xf2466d5e // arm: vmla.f32 q11, q3, q7
	WORD $0xf424828d // arm: vld1.32 {d8-d11}, [r4]!
	WORD $0xf424c28d // arm: vld1.32 {d12-d15}, [r4]!
	WORD $0xf2408d58 // arm: vmla.f32 q12, q0, q4
	WORD $0xf242ad5a // arm: vmla.f32 q13, q1, q5
	WORD $0xf2448d5c // arm: vmla.f32 q12, q2, q6
	WORD $0xf246ad5e // arm: vmla.f32 q13, q3, q7
	WORD $0xf425828d // arm: vld1.32 {d8-d11}, [r5]!
	WORD $0xf425c28d // arm: vld1.32 {d12-d15}, [r5]!
	WORD $0xf240cd58 // arm: vmla.f32 q14, q0, q4
	WORD $0xf242ed5a // arm: vmla.f32 q15, q1, q5
	WORD $0xf244cd5c // arm: vmla.f32 q14, q2, q6
	WORD $0xf246ed5e // arm: vmla.f32 q15, q3, q7
	SUB.S $16, R6
	BNE  vectors

	WORD $0xf2400de2 // arm: vadd.f32 q8, q8, q9
	WORD $0xf2444de6 // arm: vadd.f32 q10, q10, q11
	WORD $0xf2488dea // arm: vadd.f32 q12, q12, q13
	WORD $0xf24ccdee // arm: vadd.f32 q14, q14, q15
	WORD $0xf3000da1 // arm: vpadd.f32 d0, d16, d17
	WORD $0xf3041da5 // arm: vpadd.f32 d1, d20, d21
	WORD $0xf3082da9 // arm: vpadd.f32 d2, d24, d25
	WORD $0xf30c3dad // arm: vpadd.f32 d3, d28, d29
	WORD $0xf3000d01 // arm: vpadd.f32 d0, d0, d1
	WORD $0xf3021d03 // arm: vpadd.f32 d1, d2, d3
	ADD  $fcArgs_sum, R0, R1
	WORD $0xf4214a8f // arm: vld1.32 {d4-d5}, [r1]
	WORD $0xf2000d44 // arm: vadd.f32 q0, q0, q2
	WORD $0xf4010a8f // arm: vst1.32 {d0-d1}, [r1]
	RET
