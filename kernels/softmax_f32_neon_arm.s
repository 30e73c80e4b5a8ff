//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm.h"
#include "curve_f32_arm.h"
#include "curve_f32.h"

// f32_softmax_1x8__neon — the three passes of softmax on ARMv7 over blocks of 8 channels.
//
// Computes   largest: m = max src    exponentials: dst = expNegative(src − m), sums[l] += those of i ≡ l (mod 8)
//            quotients: dst = dst / sum
// Reference  softmaxF32Generic (softmax.go); the same bits. NEON takes denormals for 0: e to one is 1 like that to 0, and
//            no other number is one before the division, which is VFP's
// Requires   NEON, and VFP's division
// Contract   n a multiple of 8, ≥ 8; dst is src or does not overlap it; no over-read
// Bound      about 24 vector operations and 15 loads of constants per 4 channels, and four VDIV
// Registers  R0  args    R1  src    R2  dst    R3  channels left    R9  constants    R12 scratch
//            Q0–Q3  x, work, e^x    Q9  mask    Q10, Q11 sums    Q12 m    Q14, Q15 as curve_f32_arm.h

// func softmaxLargestNEON(a *softmaxPass)
TEXT ·softmaxLargestNEON(SB), NOSPLIT, $0-4
	MOVW a+0(FP), R0
	MOVW softmaxPass_src(R0), R1
	MOVW softmaxPass_n(R0), R3
	VLD1_QUAD_UP(0, 1)
	VLD1_QUAD_UP(1, 1)

largest:
	SUB.S $8, R3
	BEQ   lanes
	VLD1_QUAD_UP(2, 1)
	VLD1_QUAD_UP(3, 1)
	VMAX_F32(0, 0, 2)
	VMAX_F32(1, 1, 3)
	B     largest

lanes:
	VMAX_F32(0, 0, 1)
	WORD $0xf2000f01 // arm: vmax.f32 d0, d0, d1
	WORD $0xf3000f00 // arm: vpmax.f32 d0, d0, d0
	ADD  $softmaxPass_m, R0, R12
	WORD $0xf48c080f // arm: vst1.32 {d0[0]}, [r12]
	RET

// Q10, Q11 += the exponentials of the next eight.
#define HALF(sum) \
	VLD1_QUAD_UP(0, 1) \
	VSUB_F32(0, 0, 12) \
	EXPNEGATIVE \
	VADD_F32(sum, sum, 2) \
	VST1_QUAD_UP(2, 2)

// func softmaxExpNEON(a *softmaxPass)
TEXT ·softmaxExpNEON(SB), NOSPLIT, $0-4
	MOVW a+0(FP), R0
	MOVW softmaxPass_src(R0), R1
	MOVW softmaxPass_dst(R0), R2
	MOVW softmaxPass_n(R0), R3
	MOVW ·curveConsts(SB), R9
	ADD  $softmaxPass_m, R0, R12
	VLD1_EVERY(12, 12)
	ADD  $softmaxPass_sums, R0, R12
	VLD1_QUAD_UP(10, 12)
	VLD1_QUAD(11, 12)

exponentials:
	HALF(10)
	HALF(11)
	SUB.S $8, R3
	BNE  exponentials
	ADD  $softmaxPass_sums, R0, R12
	VST1_QUAD_UP(10, 12)
	VST1_QUAD(11, 12)
	RET

// func softmaxDivideNEON(a *softmaxPass)
TEXT ·softmaxDivideNEON(SB), NOSPLIT, $0-4
	MOVW a+0(FP), R0
	MOVW softmaxPass_dst(R0), R2
	MOVW softmaxPass_n(R0), R3
	ADD  $softmaxPass_m, R0, R12
	VLD1_EVERY(1, 12)

quotients:
	VLD1_QUAD(0, 2)
	DIVV(W1, W0, W0)
	VST1_QUAD_UP(0, 2)
	SUB.S $4, R3
	BNE  quotients
	RET
