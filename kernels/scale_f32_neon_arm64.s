//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// f32_scale_1x4__neon — each channel times a number of its own, 4 at a time.
// f32_slope_1x4__neon — likewise where it has a sign.
//
// Computes   scale: dst[i] = src[i]·by[i]      slope: dst[i] = src[i] < 0 ? src[i]·by[i] : src[i]·1
// Reference  scaleF32Generic, slopeF32Generic (scale.go)
// Requires   NEON
// Contract   rows ≥ 1; c a multiple of 4, ≥ 4; no over-read; dst does not overlap src or by
// Registers  R0  args    R1  src    R2  by    R3  dst    R4  rows left    R5  channels left    R6–R8 walking    R9  stride
//            V0, V1  src, by    V2  mask    V30 ones

#define BEGIN(row) \
	MOVD a+0(FP), R0              \
	MOVD scaleArgs_src(R0), R1    \
	MOVD scaleArgs_dst(R0), R3    \
	MOVD scaleArgs_rows(R0), R4   \
row:                            \
	MOVD scaleArgs_by(R0), R7     \
	MOVD scaleArgs_c(R0), R5      \
	MOVD R1, R6                   \
	MOVD R3, R8

#define NEXT(row) \
	MOVD scaleArgs_srcStride(R0), R9 \
	ADD  R9, R1                      \
	MOVD scaleArgs_dstStride(R0), R9 \
	ADD  R9, R3                      \
	SUBS $1, R4                      \
	BNE  row                         \
	RET

// func scaleBlocksNEON(a *scaleArgs)
TEXT ·scaleBlocksNEON(SB), NOSPLIT, $0-8
	BEGIN(scale_row)

scale_block:
	VLD1.P 16(R6), [V0.S4]
	VLD1.P 16(R7), [V1.S4]
	FMUL(1, 0, 0)
	VST1.P [V0.S4], 16(R8)
	SUBS   $4, R5
	BNE    scale_block
	NEXT(scale_row)

// func slopeBlocksNEON(a *scaleArgs)
TEXT ·slopeBlocksNEON(SB), NOSPLIT, $0-8
	MOVD $0x3f800000, R9             // 1
	VDUP R9, V30.S4
	BEGIN(slope_row)

slope_block:
	VLD1.P 16(R6), [V0.S4]
	VLD1.P 16(R7), [V1.S4]
	SSHR31(0, 2)
	VBSL   V30.B16, V1.B16, V2.B16   // by where src has a sign, else 1
	FMUL(2, 0, 0)
	VST1.P [V0.S4], 16(R8)
	SUBS   $4, R5
	BNE    slope_block
	NEXT(slope_row)
