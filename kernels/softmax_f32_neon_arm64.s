//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"
#include "exp_f32_arm64.h"

// f32_softmax_1x8__neon — the three passes of softmax over blocks of 8 channels.
//
// Computes   largest: m = max src    exponentials: dst = expNegative(src − m), sums[l] += those of i ≡ l (mod 8)
//            quotients: dst = dst / sum
// Reference  softmaxF32Generic (softmax.go); the same bits
// Requires   NEON
// Contract   n a multiple of 8, ≥ 8; dst is src or does not overlap it; no over-read
// Bound      about 29 vector operations per 4 channels
// Registers  R0  args    R1  src    R2  dst    R3  channels left    V0, V1  x    V2–V11 as EXP has them
//            V14, V15 sums    V28  m    V16–V27, V29 constants of the exponential

// func softmaxLargestNEON(a *softmaxPass)
TEXT ·softmaxLargestNEON(SB), NOSPLIT, $0-8
	MOVD a+0(FP), R0
	MOVD softmaxPass_src(R0), R1
	MOVD softmaxPass_n(R0), R3
	MOVD $0xff800000, R4             // −Inf
	VDUP R4, V0.S4
	VDUP R4, V1.S4

largest:
	VLD1.P 32(R1), [V2.S4, V3.S4]
	FMAXNM(2, 0, 0)
	FMAXNM(3, 1, 1)
	SUBS   $8, R3
	BNE    largest
	FMAXNM(1, 0, 0)
	VEXT   $8, V0.B16, V0.B16, V1.B16
	FMAXNM(1, 0, 0)
	VEXT   $4, V0.B16, V0.B16, V1.B16
	FMAXNM(1, 0, 0)
	FMOVS  F0, softmaxPass_m(R0)
	RET

// func softmaxExpNEON(a *softmaxPass)
TEXT ·softmaxExpNEON(SB), NOSPLIT, $0-8
	MOVD   a+0(FP), R0
	MOVD   softmaxPass_src(R0), R1
	MOVD   softmaxPass_dst(R0), R2
	MOVD   softmaxPass_n(R0), R3
	EXP_CONSTANTS(R4)
	ADD    $softmaxPass_m, R0, R4
	VLD1R  (R4), [V28.S4]
	ADD    $softmaxPass_sums, R0, R4
	VLD1   (R4), [V14.S4, V15.S4]

exponentials:
	VLD1.P 32(R1), [V0.S4, V1.S4]
	EXP(28, 28)
	FADD(6, 14, 14)
	FADD(7, 15, 15)
	VST1.P [V6.S4, V7.S4], 32(R2)
	SUBS   $8, R3
	BNE    exponentials
	VST1   [V14.S4, V15.S4], (R4)
	RET

// func softmaxDivideNEON(a *softmaxPass)
TEXT ·softmaxDivideNEON(SB), NOSPLIT, $0-8
	MOVD  a+0(FP), R0
	MOVD  softmaxPass_dst(R0), R2
	MOVD  softmaxPass_n(R0), R3
	ADD   $softmaxPass_m, R0, R4
	VLD1R (R4), [V2.S4]

quotients:
	VLD1   (R2), [V0.S4, V1.S4]
	FDIV(2, 0, 0)
	FDIV(2, 1, 1)
	VST1.P [V0.S4, V1.S4], 32(R2)
	SUBS   $8, R3
	BNE    quotients
	RET
