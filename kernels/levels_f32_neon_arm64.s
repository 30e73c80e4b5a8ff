//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"
#include "bytes_u8_arm64.h"

// f32_levels_1x16__neon — float32 sums of levels to levels, 16 elements at a time.
//
// Computes   dst[i] = zero + round(min(max(src[i]·scale, lo), hi)); of two the even one, or the upper one where up is set
// Reference  levelsGeneric (convert.go)
// Requires   NEON
// Contract   rows ≥ 1; c a multiple of 16, ≥ 16; no over-read
// Bound      about 10 vector operations per 4 elements
// Registers  R0  args    R1  src    R2  dst    R3  elements left    R4  rows left    R5, R6  src, dst of the row    R7  stride
//            V0–V3 elements    V4–V7 scratch   V8  scale    V9  lo    V10 hi    V11 zero    V12 ½ where halves go up, else 1
//
// A value less its nearest even is exact; where it is a half, rounding took the lower of the two.

// Y = the level of X, from where x and y are the numbers of the registers.
#define LEVEL(x, y, X, Y) \
	FMUL(8, x, x) \
	FMAX(9, x, x) \
	FMIN(10, x, x) \
	FRINTN(x, y) \
	FSUB(y, x, x) \
	FCMEQ(12, x, x) \
	FCVTNS(y, y) \
	VSUB X.S4, Y.S4, X.S4 \
	VADD V11.S4, X.S4, X.S4

// func levelsBlocksNEON(a *convertArgs)
TEXT ·levelsBlocksNEON(SB), NOSPLIT, $0-8
	MOVD  a+0(FP), R0
	MOVD  convertArgs_src(R0), R1
	MOVD  convertArgs_dst(R0), R2
	MOVD  convertArgs_rows(R0), R4
	ADD   $convertArgs_scale, R0, R7
	VLD1R (R7), [V8.S4]
	ADD   $convertArgs_lo, R0, R7
	VLD1R (R7), [V9.S4]
	ADD   $convertArgs_hi, R0, R7
	VLD1R (R7), [V10.S4]
	ADD   $convertArgs_zero, R0, R7
	VLD1R (R7), [V11.S4]
	SCVTF(9, 9)
	SCVTF(10, 10)
	MOVD  $0x3f800000, R7            // 1
	MOVD  $0x3f000000, R8            // ½
	MOVBU convertArgs_up(R0), R9
	CMP   $0, R9
	CSEL  NE, R8, R7, R7
	VDUP  R7, V12.S4

row:
	MOVD R1, R5
	MOVD R2, R6
	MOVD convertArgs_c(R0), R3

elements:
	VLD1.P 64(R5), [V0.S4, V1.S4, V2.S4, V3.S4]
	LEVEL(0, 4, V0, V4)
	LEVEL(1, 5, V1, V5)
	LEVEL(2, 6, V2, V6)
	LEVEL(3, 7, V3, V7)
	NARROW16(0, 1, 2, 3, V0, V2)
	VST1.P [V0.B16], 16(R6)
	SUBS   $16, R3
	BNE    elements
	MOVD   convertArgs_srcStride(R0), R7
	ADD    R7, R1
	MOVD   convertArgs_dstStride(R0), R7
	ADD    R7, R2
	SUBS   $1, R4
	BNE    row
	RET
