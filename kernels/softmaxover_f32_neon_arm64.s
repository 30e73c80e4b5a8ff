//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"
#include "exp_f32_arm64.h"

// f32_softmaxover_1x8__neon — the last pass of softmax over any axes, 8 channels at a time.
//
// Computes   dst[i] = exp(src[i] − most[i·step]) / sums[i·step]
// Reference  softmaxOverGeneric (softmax_over.go), of the form SoftmaxPlain; the same bits
// Requires   NEON
// Contract   c a multiple of 8, ≥ 8; step 0 or 1; dst is src or does not overlap it; no over-read
// Bound      about 29 vector operations and a division per 4 channels
// Registers  R0  args    R1  src    R2  dst    R3  channels left    R4  most    R5  sums    R6  step
//            V0, V1  x    V2–V11 as EXP has them    V28, V30 most    V12, V13 sums
//            V16–V27, V29 constants of the exponential

// func softmaxOverBlocksNEON(a *softmaxOverArgs)
TEXT ·softmaxOverBlocksNEON(SB), NOSPLIT, $0-8
	MOVD  a+0(FP), R0
	MOVD  softmaxOverArgs_src(R0), R1
	MOVD  softmaxOverArgs_dst(R0), R2
	MOVD  softmaxOverArgs_c(R0), R3
	MOVD  softmaxOverArgs_most(R0), R4
	MOVD  softmaxOverArgs_sums(R0), R5
	MOVD  softmaxOverArgs_step(R0), R6
	EXP_CONSTANTS(R7)
	VLD1R (R4), [V28.S4]
	VLD1R (R4), [V30.S4]
	VLD1R (R5), [V12.S4]
	VLD1R (R5), [V13.S4]

block:
	CBZ    R6, repeated
	VLD1.P 16(R4), [V28.S4]
	VLD1.P 16(R4), [V30.S4]
	VLD1.P 32(R5), [V12.S4, V13.S4]

repeated:
	VLD1.P 32(R1), [V0.S4, V1.S4]
	EXP(28, 30)
	FDIV(12, 6, 6)                  // e / Σ e
	FDIV(13, 7, 7)
	VST1.P [V6.S4, V7.S4], 32(R2)
	SUBS   $8, R3
	BNE    block
	RET
