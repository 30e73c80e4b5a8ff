//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm.h"
#include "curve_f32_arm.h"
#include "curve_f32.h"

// f32_softmaxover_1x8__neon — the last pass of softmax over any axes on ARMv7, 4 channels at a time.
//
// Computes   dst[i] = exp(src[i] − most[i·step]) / sums[i·step]
// Reference  softmaxOverGeneric (softmax_over.go), of the form SoftmaxPlain; the same bits, as of softmax
// Requires   NEON, and VFP's division
// Contract   c a multiple of 8, ≥ 8; step 0 or 1; dst is src or does not overlap it; no over-read
// Bound      about 24 vector operations and 15 loads of constants per 4 channels, and four VDIV
// Registers  R0  args    R1  src    R2  dst    R3  channels left    R4  most    R5  sums    R6  step    R9  constants
//            R12 scratch    Q0–Q3  x, work, e^x    Q4  sums    Q9  mask    Q12 most    Q14, Q15 as curve_f32_arm.h

// func softmaxOverBlocksNEON(a *softmaxOverArgs)
TEXT ·softmaxOverBlocksNEON(SB), NOSPLIT, $0-4
	MOVW a+0(FP), R0
	MOVW softmaxOverArgs_src(R0), R1
	MOVW softmaxOverArgs_dst(R0), R2
	MOVW softmaxOverArgs_c(R0), R3
	MOVW softmaxOverArgs_most(R0), R4
	MOVW softmaxOverArgs_sums(R0), R5
	MOVW softmaxOverArgs_step(R0), R6
	MOVW ·curveConsts(SB), R9
	VLD1_EVERY(12, 4)
	VLD1_EVERY(4, 5)

block:
	CMP $0, R6
	BEQ repeated
	VLD1_QUAD_UP(12, 4)
	VLD1_QUAD_UP(4, 5)

repeated:
	VLD1_QUAD_UP(0, 1)
	VSUB_F32(0, 0, 12)
	EXPNEGATIVE
	DIVV(W4, W2, W2)
	VST1_QUAD_UP(2, 2)
	SUB.S $4, R3
	BNE  block
	RET
