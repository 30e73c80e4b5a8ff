//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// f32_softmax_1x8__neon — the three passes of softmax over blocks of 8 channels.
//
// Computes   largest: m = max src    exponentials: dst = expNegative(src − m), sums[l] += those of i ≡ l (mod 8)
//            quotients: dst = dst / sum
// Reference  softmaxF32Generic (softmax.go); the same bits
// Requires   NEON
// Contract   n a multiple of 8, ≥ 8; dst is src or does not overlap it; no over-read
// Bound      about 29 vector operations per 4 channels
// Registers  R0  args    R1  src    R2  dst    R3  channels left    V0, V1  x, r    V2, V3  t    V4, V5  n    V6, V7  p
//            V8, V9  too small    V10, V11 scratch    V14, V15 sums    V16–V29 constants, in softmaxConst's order

DATA softmaxConst<>+0x00(SB)/4, $1.44269504      // log₂ e
DATA softmaxConst<>+0x04(SB)/4, $12582912.0      // 3·2²²
DATA softmaxConst<>+0x08(SB)/4, $0.693359375
DATA softmaxConst<>+0x0c(SB)/4, $-2.12194440e-4
DATA softmaxConst<>+0x10(SB)/4, $1.9875691500e-4
DATA softmaxConst<>+0x14(SB)/4, $1.3981999507e-3
DATA softmaxConst<>+0x18(SB)/4, $8.3334519073e-3
DATA softmaxConst<>+0x1c(SB)/4, $4.1665795894e-2
DATA softmaxConst<>+0x20(SB)/4, $1.6666665459e-1
DATA softmaxConst<>+0x24(SB)/4, $5.0000001201e-1
DATA softmaxConst<>+0x28(SB)/4, $1.0
DATA softmaxConst<>+0x2c(SB)/4, $-87.3365
GLOBL softmaxConst<>(SB), RODATA|NOPTR, $48

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
	MOVD   $softmaxConst<>(SB), R4
	VLD1R.P 4(R4), [V16.S4]
	VLD1R.P 4(R4), [V17.S4]
	VLD1R.P 4(R4), [V18.S4]
	VLD1R.P 4(R4), [V19.S4]
	VLD1R.P 4(R4), [V20.S4]
	VLD1R.P 4(R4), [V21.S4]
	VLD1R.P 4(R4), [V22.S4]
	VLD1R.P 4(R4), [V23.S4]
	VLD1R.P 4(R4), [V24.S4]
	VLD1R.P 4(R4), [V25.S4]
	VLD1R.P 4(R4), [V26.S4]
	VLD1R.P 4(R4), [V27.S4]
	ADD    $softmaxPass_m, R0, R4
	VLD1R  (R4), [V28.S4]
	MOVD   $127, R4
	VDUP   R4, V29.S4
	ADD    $softmaxPass_sums, R0, R4
	VLD1   (R4), [V14.S4, V15.S4]

exponentials:
	VLD1.P 32(R1), [V0.S4, V1.S4]
	FSUB(28, 0, 0)
	FSUB(28, 1, 1)
	FCMGT(0, 27, 8)
	FCMGT(1, 27, 9)
	FMUL(16, 0, 2)
	FMUL(16, 1, 3)
	FADD(17, 2, 2)
	FADD(17, 3, 3)
	FSUB(17, 2, 4)
	FSUB(17, 3, 5)
	FMUL(18, 4, 10)
	FMUL(18, 5, 11)
	FSUB(10, 0, 0)
	FSUB(11, 1, 1)
	FMUL(19, 4, 10)
	FMUL(19, 5, 11)
	FSUB(10, 0, 0)
	FSUB(11, 1, 1)
	FMUL(20, 0, 6)
	FMUL(20, 1, 7)
	FADD(21, 6, 6)
	FADD(21, 7, 7)
	FMUL(0, 6, 6)
	FMUL(1, 7, 7)
	FADD(22, 6, 6)
	FADD(22, 7, 7)
	FMUL(0, 6, 6)
	FMUL(1, 7, 7)
	FADD(23, 6, 6)
	FADD(23, 7, 7)
	FMUL(0, 6, 6)
	FMUL(1, 7, 7)
	FADD(24, 6, 6)
	FADD(24, 7, 7)
	FMUL(0, 6, 6)
	FMUL(1, 7, 7)
	FADD(25, 6, 6)
	FADD(25, 7, 7)
	FMUL(0, 0, 10)
	FMUL(1, 1, 11)
	FMUL(10, 6, 6)
	FMUL(11, 7, 7)
	FADD(0, 6, 6)
	FADD(1, 7, 7)
	FADD(26, 6, 6)
	FADD(26, 7, 7)
	VADD   V29.S4, V2.S4, V2.S4      // 2ⁿ: its exponent is in t's low bits
	VADD   V29.S4, V3.S4, V3.S4
	VSHL   $23, V2.S4, V2.S4
	VSHL   $23, V3.S4, V3.S4
	FMUL(2, 6, 6)
	FMUL(3, 7, 7)
	BIC(8, 6, 6)                     // 0 where the result would not be normal
	BIC(9, 7, 7)
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
