//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"
#include "bytes_u8_arm64.h"

// u8_scale_1x16__neon — each channel of bytes times a number of its own, quantised, 16 at a time.
//
// Computes   dst[i] = zero + roundEven(min(max((src[i] − inZero)·inScale·by[i] / scale, −zero), 255 − zero))
// Reference  scaleU8Generic (scale.go)
// Requires   NEON
// Contract   rows ≥ 1; c a multiple of 16, ≥ 16; no over-read; dst does not overlap src or by
// Bound      four divisions per 16 channels
// Registers  R0  args    R1  src    R3  dst    R4  rows left    R5  channels left    R6–R8  src, by, dst walking    R9  scratch
//            V0–V3  work    V4–V7  by    V16 inZero    V17 inScale    V18 scale    V20 lo    V21 hi    V22 zero

#define CONSTANT(field, V) \
	ADD   $field, R0, R9 \
	VLD1R (R9), [V.S4]

// A vector of levels: x is its number, b that of its channels' numbers. FMAXNM takes the number, lo, of a NaN and a number.
#define SCALE(X, x, b) \
	VSUB V16.S4, X.S4, X.S4 \
	SCVTF(x, x)             \
	FMUL(17, x, x)          \
	FMUL(b, x, x)           \
	FDIV(18, x, x)          \
	FMAXNM(20, x, x)        \
	FMIN(21, x, x)          \
	FCVTNS(x, x)            \
	VADD V22.S4, X.S4, X.S4

// func scaleU8BlocksNEON(a *scaleArgs)
TEXT ·scaleU8BlocksNEON(SB), NOSPLIT, $0-8
	MOVD a+0(FP), R0
	MOVD scaleArgs_src(R0), R1
	MOVD scaleArgs_dst(R0), R3
	MOVD scaleArgs_rows(R0), R4
	CONSTANT(scaleArgs_inZero, V16)
	CONSTANT(scaleArgs_inScale, V17)
	CONSTANT(scaleArgs_scale, V18)
	CONSTANT(scaleArgs_zero, V22)
	MOVD $255, R9
	VDUP R9, V21.S4
	VSUB V22.S4, V21.S4, V21.S4      // 255 − zero
	VEOR V20.B16, V20.B16, V20.B16
	VSUB V22.S4, V20.S4, V20.S4      // −zero
	SCVTF(21, 21)
	SCVTF(20, 20)

row:
	MOVD scaleArgs_by(R0), R7
	MOVD scaleArgs_c(R0), R5
	MOVD R1, R6
	MOVD R3, R8

block:
	VLD1.P 16(R6), [V0.B16]
	VLD1.P 64(R7), [V4.S4, V5.S4, V6.S4, V7.S4]
	WIDEN16(V0, V1, V2, V3)
	SCALE(V0, 0, 4)
	SCALE(V1, 1, 5)
	SCALE(V2, 2, 6)
	SCALE(V3, 3, 7)
	NARROW16(0, 1, 2, 3, V0, V2)
	VST1.P [V0.B16], 16(R8)
	SUBS   $16, R5
	BNE    block
	MOVD   scaleArgs_srcStride(R0), R9
	ADD    R9, R1
	MOVD   scaleArgs_dstStride(R0), R9
	ADD    R9, R3
	SUBS   $1, R4
	BNE    row
	RET
