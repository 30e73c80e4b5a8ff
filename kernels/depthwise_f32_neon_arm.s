//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// f32_depthwise_1x4__neon — depthwise convolution on ARMv7, a row of pixels, 4 channels at a time.
//
// Computes   dst[p][k] = clamp(bias[k] + Σ_t src[t][p][k] · w[t][k])
// Reference  depthwiseF32Generic (depthwise.go)
// Requires   NEON
// Layout     src/dst NHWC; taps as pairs of addresses; w rows of c
// Contract   taps, pixels ≥ 1; c a multiple of 4, ≥ 4; no over-read, no over-write. Denormals count as 0
// Bound      two loads per VMLA
// Registers  those of depthwise_u8_neon_arm.s, R3 and R4 in bytes; Q0  sums    Q1  input    Q2  weights    Q4  bias    Q10 lo    Q11 hi
// Phases     channels → pixel → tap

// func depthwiseF32BlocksNEON(a *depthArgs)
TEXT ·depthwiseF32BlocksNEON(SB), NOSPLIT, $4-4
	MOVW a+0(FP), R0
	MOVW depthArgs_c(R0), R5
	MOVW $0, R3
	ADD  $depthArgs_lo, R0, R12
	WORD $0xf4ec4caf // arm: vld1.32 {d20[], d21[]}, [r12]
	ADD  $depthArgs_hi, R0, R12
	WORD $0xf4ec6caf // arm: vld1.32 {d22[], d23[]}, [r12]

channels:
	MOVW depthArgs_bias(R0), R12
	ADD  R3, R12
	WORD $0xf42c8a8f // arm: vld1.32 {d8-d9}, [r12]
	MOVW depthArgs_dst(R0), R2
	ADD  R3, R2
	MOVW depthArgs_pixels(R0), R6
	MOVW R3, R4

pixel:
	WORD $0xf2280158 // arm: vmov q0, q4
	MOVW depthArgs_table(R0), R1
	MOVW depthArgs_taps(R0), R7

tap:
	MOVM.IA.W (R1), [R8-R9]
	ADD  R4, R8
	ADD  R3, R9
	WORD $0xf4282a8f // arm: vld1.32 {d2-d3}, [r8]
	WORD $0xf4294a8f // arm: vld1.32 {d4-d5}, [r9]
	WORD $0xf2020d54 // arm: vmla.f32 q0, q1, q2
	SUB.S $1, R7
	BNE  tap

	WORD $0xf2000f64 // arm: vmax.f32 q0, q0, q10
	WORD $0xf2200f66 // arm: vmin.f32 q0, q0, q11
	WORD $0xf4020a8f // arm: vst1.32 {d0-d1}, [r2]
	MOVW depthArgs_srcStep(R0), R12
	ADD  R12, R4
	MOVW depthArgs_dstStep(R0), R12
	ADD  R12, R2
	SUB.S $1, R6
	BNE  pixel
	ADD  $16, R3
	SUB.S $4, R5
	BNE  channels
	RET
