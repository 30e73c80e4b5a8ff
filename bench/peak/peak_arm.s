//go:build gc && !purego && !noasm

#include "textflag.h"

// Register-only loops of ARMv7.
//
// Reference  none: the results are thrown away
// Requires   what loops in peak_arm.go says of each
// Contract   n ≥ 1 passes; nothing in memory is touched
// Bound      12 independent accumulators
// Registers  Q4–Q15 accumulators    Q0, Q1 multiplicands, zero    R0 passes left
// Phases     clear → pass

// func clockLoop(n int): twenty-four subtractions a pass, each waits for the one before.
TEXT ·clockLoop(SB), NOSPLIT, $0-4
	MOVW n+0(FP), R0
	MOVW $1, R1

clock_pass:
	SUB   R1, R2
	SUB   R1, R2
	SUB   R1, R2
	SUB   R1, R2
	SUB   R1, R2
	SUB   R1, R2
	SUB   R1, R2
	SUB   R1, R2
	SUB   R1, R2
	SUB   R1, R2
	SUB   R1, R2
	SUB   R1, R2
	SUB   R1, R2
	SUB   R1, R2
	SUB   R1, R2
	SUB   R1, R2
	SUB   R1, R2
	SUB   R1, R2
	SUB   R1, R2
	SUB   R1, R2
	SUB   R1, R2
	SUB   R1, R2
	SUB   R1, R2
	SUB   R1, R2
	SUB.S $1, R0
	BNE   clock_pass
	RET

// func fmaNEON(n int): four multiply-adds of float32 an instruction, rounded twice.
TEXT ·fmaNEON(SB), NOSPLIT, $0-4
	MOVW n+0(FP), R0
	WORD $0xf3000150 // arm: veor q0, q0, q0
	WORD $0xf3022152 // arm: veor q1, q1, q1
	WORD $0xf3044154 // arm: veor q2, q2, q2
	WORD $0xf3066156 // arm: veor q3, q3, q3
	WORD $0xf3088158 // arm: veor q4, q4, q4
	WORD $0xf30aa15a // arm: veor q5, q5, q5
	WORD $0xf30cc15c // arm: veor q6, q6, q6
	WORD $0xf30ee15e // arm: veor q7, q7, q7
	WORD $0xf34001f0 // arm: veor q8, q8, q8
	WORD $0xf34221f2 // arm: veor q9, q9, q9
	WORD $0xf34441f4 // arm: veor q10, q10, q10
	WORD $0xf34661f6 // arm: veor q11, q11, q11
	WORD $0xf34881f8 // arm: veor q12, q12, q12
	WORD $0xf34aa1fa // arm: veor q13, q13, q13
	WORD $0xf34cc1fc // arm: veor q14, q14, q14
	WORD $0xf34ee1fe // arm: veor q15, q15, q15

fmaNEON_pass:
	WORD $0xf3a08142 // arm: vmla.f32 q4, q0, d2[0]
	WORD $0xf3a0a142 // arm: vmla.f32 q5, q0, d2[0]
	WORD $0xf3a0c142 // arm: vmla.f32 q6, q0, d2[0]
	WORD $0xf3a0e142 // arm: vmla.f32 q7, q0, d2[0]
	WORD $0xf3e00142 // arm: vmla.f32 q8, q0, d2[0]
	WORD $0xf3e02142 // arm: vmla.f32 q9, q0, d2[0]
	WORD $0xf3e04142 // arm: vmla.f32 q10, q0, d2[0]
	WORD $0xf3e06142 // arm: vmla.f32 q11, q0, d2[0]
	WORD $0xf3e08142 // arm: vmla.f32 q12, q0, d2[0]
	WORD $0xf3e0a142 // arm: vmla.f32 q13, q0, d2[0]
	WORD $0xf3e0c142 // arm: vmla.f32 q14, q0, d2[0]
	WORD $0xf3e0e142 // arm: vmla.f32 q15, q0, d2[0]
	SUB.S $1, R0
	BNE   fmaNEON_pass
	RET

// func smlalNEON(n int): eight products of int8 an instruction, added to int16.
TEXT ·smlalNEON(SB), NOSPLIT, $0-4
	MOVW n+0(FP), R0
	WORD $0xf3000150 // arm: veor q0, q0, q0
	WORD $0xf3022152 // arm: veor q1, q1, q1
	WORD $0xf3044154 // arm: veor q2, q2, q2
	WORD $0xf3066156 // arm: veor q3, q3, q3
	WORD $0xf3088158 // arm: veor q4, q4, q4
	WORD $0xf30aa15a // arm: veor q5, q5, q5
	WORD $0xf30cc15c // arm: veor q6, q6, q6
	WORD $0xf30ee15e // arm: veor q7, q7, q7
	WORD $0xf34001f0 // arm: veor q8, q8, q8
	WORD $0xf34221f2 // arm: veor q9, q9, q9
	WORD $0xf34441f4 // arm: veor q10, q10, q10
	WORD $0xf34661f6 // arm: veor q11, q11, q11
	WORD $0xf34881f8 // arm: veor q12, q12, q12
	WORD $0xf34aa1fa // arm: veor q13, q13, q13
	WORD $0xf34cc1fc // arm: veor q14, q14, q14
	WORD $0xf34ee1fe // arm: veor q15, q15, q15

smlalNEON_pass:
	WORD $0xf2808802 // arm: vmlal.s8 q4, d0, d2
	WORD $0xf280a802 // arm: vmlal.s8 q5, d0, d2
	WORD $0xf280c802 // arm: vmlal.s8 q6, d0, d2
	WORD $0xf280e802 // arm: vmlal.s8 q7, d0, d2
	WORD $0xf2c00802 // arm: vmlal.s8 q8, d0, d2
	WORD $0xf2c02802 // arm: vmlal.s8 q9, d0, d2
	WORD $0xf2c04802 // arm: vmlal.s8 q10, d0, d2
	WORD $0xf2c06802 // arm: vmlal.s8 q11, d0, d2
	WORD $0xf2c08802 // arm: vmlal.s8 q12, d0, d2
	WORD $0xf2c0a802 // arm: vmlal.s8 q13, d0, d2
	WORD $0xf2c0c802 // arm: vmlal.s8 q14, d0, d2
	WORD $0xf2c0e802 // arm: vmlal.s8 q15, d0, d2
	SUB.S $1, R0
	BNE   smlalNEON_pass
	RET
