//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "levels_u8_arm.h"

// u8_depthwise_1x8__neon — quantised depthwise convolution on ARMv7, a row of pixels, 8 channels at a time.
//
// Computes   dst[p][k] = requantize(bias[k] + Σ_t (src[t][p][k] − inZero) · w[t][k])
// Reference  depthwiseU8Generic (depthwise.go); the same bytes
// Requires   NEON
// Layout     src/dst NHWC; taps as pairs of addresses; w rows of c; bias int32
// Contract   taps, pixels ≥ 1; c a multiple of 8, ≥ 8; no over-read, no over-write
// Bound      a tap: 2 loads, 2 widenings, a subtraction and 2 VMLAL; exact in int32
// Registers  R0  args    R1  table    R2  dst of the channels    R3  channel    R4  offset of the pixel and channel
//            R5  channels left    R6  pixels left    R7  taps left    R8, R9  a tap    R12 scratch
//            Q0, Q1  sums    Q2  input    Q3  weights    Q4, Q5 bias    Q6, Q7 scale    Q8  inZero    Q10–Q15 see levels_u8_arm.h
// Phases     channels → pixel → tap

// func depthwiseU8BlocksNEON(a *depthArgs)
TEXT ·depthwiseU8BlocksNEON(SB), NOSPLIT, $4-4
	MOVW a+0(FP), R0
	MOVW depthArgs_c(R0), R5
	MOVW $0, R3
	LEVELS_CONSTANTS(depthArgs_lo, depthArgs_hi, depthArgs_zero)
	MOVW depthArgs_inZero(R0), R12
	WORD $0xeea0cbb0 // arm: vdup.16 q8, r12

channels:
	MOVW depthArgs_bias(R0), R12
	ADD  R3<<2, R12
	WORD $0xf42c828f // arm: vld1.32 {d8-d11}, [r12]
	MOVW depthArgs_scale(R0), R12
	ADD  R3<<2, R12
	WORD $0xf42cc28f // arm: vld1.32 {d12-d15}, [r12]
	MOVW depthArgs_dst(R0), R2
	ADD  R3, R2
	MOVW depthArgs_pixels(R0), R6
	MOVW R3, R4

pixel:
	WORD $0xf2280158 // arm: vmov q0, q4
	WORD $0xf22a215a // arm: vmov q1, q5
	MOVW depthArgs_table(R0), R1
	MOVW depthArgs_taps(R0), R7

tap:
	MOVM.IA.W (R1), [R8-R9]
	ADD  R4, R8
	ADD  R3, R9
	WORD $0xf428470f // arm: vld1.8 {d4}, [r8]
	WORD $0xf429670f // arm: vld1.8 {d6}, [r9]
	WORD $0xf3884a14 // arm: vmovl.u8 q2, d4
	WORD $0xf2886a16 // arm: vmovl.s8 q3, d6
	WORD $0xf3144860 // arm: vsub.i16 q2, q2, q8
	WORD $0xf2940806 // arm: vmlal.s16 q0, d4, d6
	WORD $0xf2952807 // arm: vmlal.s16 q1, d5, d7
	SUB.S $1, R7
	BNE  tap

	WORD $0xf3bb0640 // arm: vcvt.f32.s32 q0, q0
	WORD $0xf3bb2642 // arm: vcvt.f32.s32 q1, q1
	WORD $0xf3000d5c // arm: vmul.f32 q0, q0, q6
	WORD $0xf3022d5e // arm: vmul.f32 q1, q1, q7
	LEVELS8
	WORD $0xf402070f // arm: vst1.8 {d0}, [r2]
	MOVW depthArgs_srcStep(R0), R12
	ADD  R12, R4
	MOVW depthArgs_dstStep(R0), R12
	ADD  R12, R2
	SUB.S $1, R6
	BNE  pixel
	ADD  $8, R3
	SUB.S $8, R5
	BNE  channels
	RET
