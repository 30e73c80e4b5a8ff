//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// f32_lrn_1x4__neon — local response normalisation across channels, β = ¾, 4 channels at a time, or 32 of a window of 5.
//
// Computes   dst[i] = src[i] / (t·√t), t = √(alpha·Σ src² + bias), the sum over a window of channels
// Reference  lrnF32Generic (lrn.go); the same bits
// Requires   NEON
// Layout     squares as lrnArgs has it: the squares of a pixel with zeros around
// Contract   pixels ≥ 1; c a multiple of 4, ≥ 4; size ≥ 1; dst is src or does not overlap it; no over-read
// Bound      by 4: 33 vector operations, two FSQRT and an FDIV, which do not overlap; by 32: 44 operations for each 4
// Registers  R0  args    R1  src    R2  dst    R3  squares    R4  where a pixel's squares begin    R5  pixels left
//            R6  channels left    R7–R9  walking src, squares, dst    R10, R11 window, taps left; least, largest (V27, V28)    R12 size
//            R13 may be estimated    R14, R15 bounds    R16, R17, R19, R20 squares 1–4 on    R21, R22 of alpha, of bias
//            by 4: V0  src    V1  sum    V2–V5  squares    V3  t    V30 alpha    V31 bias
//            by 32: V0–V7  x, √t, src    V8–V15 t, d    V16–V23 half of 1/√x, of 1/√t, 1/d    V24–V31 scratch, rest, quotient
// Phases     pixel → squares, few → range → thirty-two → block → five squares | window → root
//
// Thirty-two: roots and quotients of IEEE without FSQRT and FDIV, by fused products (Goldschmidt 1964, Markstein 1990).
// FRSQRTE, the same on every CPU, gives y near 1/√x, g = x·y and h = y/2; twice, r = ½ − g·h, g += g·r and h += h·r. The
// rest x − g² is exact, and g + h·(x − g²) rounds to √x; so for √t, by z = 2·h. From z³, r + r·(1 − d·r) gives 1/d, and of
// q = v·r, q − r·(d·q − v) rounds to v/d, and keeps the sign of a zero. Tried for all x from 1 to 16, which stand for the
// others: both roots are right, and 1/d is, or, for 55 x, v/d is of every v. No number may leave the range of normal ones:
// a pixel's src are 0 or within 2^±60, 2^30 at most, and the parameters as lrnArgs.near says.

// The squares from R on, added to V0–V7. Clobbers V24–V31.
#define ADD_SQUARES(R) \
	FMOVQ 0(R), F24 \
	FMOVQ 16(R), F25 \
	FMOVQ 32(R), F26 \
	FMOVQ 48(R), F27 \
	FMOVQ 64(R), F28 \
	FMOVQ 80(R), F29 \
	FMOVQ 96(R), F30 \
	FMOVQ 112(R), F31 \
	ADD   $128, R \
	EIGHT(FADD, 24, 0, 0)

// g = g + g·r, h = h + h·r, r = ½ − g·h. Clobbers V24–V31.
#define CLOSER(g, h) \
	EIGHT_TIMES(FMOV_HALF, 24) \
	EIGHT(FMLS, h, g, 24) \
	EIGHT(FMLA, 24, g, g) \
	EIGHT(FMLA, 24, h, h)

// g near √x, h near ½/√x. Clobbers V24–V31.
#define ESTIMATE(x, g, h) \
	EIGHT_OF(FRSQRTE, x, h) \
	EIGHT(FMUL, h, x, g) \
	MOVI_BIT23(24) \
	EIGHT_BY(ISUB, 24, h, h) \
	CLOSER(g, h) \
	CLOSER(g, h)

// func lrnBlocksNEON(b *lrnArgs)
TEXT ·lrnBlocksNEON(SB), NOSPLIT, $0-8
	MOVD  b+0(FP), R0
	MOVD  lrnArgs_src(R0), R1
	MOVD  lrnArgs_dst(R0), R2
	MOVD  lrnArgs_squares(R0), R3
	MOVD  lrnArgs_before(R0), R4
	ADD   R4<<2, R3, R4
	MOVD  lrnArgs_pixels(R0), R5
	MOVD  lrnArgs_size(R0), R12
	ADD   $lrnArgs_alpha, R0, R21
	ADD   $lrnArgs_bias, R0, R22
	MOVBU lrnArgs_near(R0), R13
	MOVW  $0x4e800000, R14           // 2^30; positive floats compare as integers
	MOVW  $0x217fffff, R15           // 2^−60, less a unit

lrn_pixel:
	MOVD lrnArgs_c(R0), R6
	MOVD R1, R7
	MOVD R4, R8
	VMOVI $0, V28.B16
	VMOVI $255, V27.B16
	WORD $0x4f00043d                  // arm64: movi v29.4s, #1

	SUBS $16, R6
	BLT  lrn_few

lrn_squares:
	VLD1.P 64(R7), [V0.S4, V1.S4, V2.S4, V3.S4]
	FOUR_OF(FABS, 0, 4)
	FOUR(FMUL, 0, 0, 0)
	FOUR_BY(ISUB, 29, 4, 16)         // of zero the largest
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R8)
	VUMAX  V5.S4, V4.S4, V4.S4
	VUMAX  V7.S4, V6.S4, V6.S4
	VUMIN  V17.S4, V16.S4, V16.S4
	VUMIN  V19.S4, V18.S4, V18.S4
	VUMAX  V4.S4, V28.S4, V28.S4
	VUMIN  V16.S4, V27.S4, V27.S4
	VUMAX  V6.S4, V28.S4, V28.S4
	VUMIN  V18.S4, V27.S4, V27.S4
	SUBS   $16, R6
	BGE    lrn_squares

lrn_few:
	ADDS $16, R6
	BEQ  lrn_range

lrn_square:
	VLD1.P 16(R7), [V0.S4]
	FABS(0, 1)
	FMUL(0, 0, 0)
	VUMAX  V1.S4, V28.S4, V28.S4
	VSUB   V29.S4, V1.S4, V1.S4
	VST1.P [V0.S4], 16(R8)
	VUMIN  V1.S4, V27.S4, V27.S4
	SUBS   $4, R6
	BNE    lrn_square

lrn_range:
	MOVD lrnArgs_c(R0), R6
	MOVD R1, R7
	MOVD R3, R8
	MOVD R2, R9
	CBZ  R13, lrn_blocks
	CMP  $32, R6
	BLT  lrn_blocks
	WORD $0x6eb0ab9c // arm64: umaxv s28, v28.4s
	WORD $0x6eb1ab7b // arm64: uminv s27, v27.4s
	FMOVS F28, R11
	FMOVS F27, R10
	CMPW R14, R11
	BHI  lrn_blocks
	CMPW R15, R10
	BLO  lrn_blocks
	ADD  $4, R8, R16
	ADD  $8, R8, R17
	ADD  $12, R8, R19
	ADD  $16, R8, R20

lrn_thirty_two:
	FMOVQ 0(R8), F0
	FMOVQ 16(R8), F1
	FMOVQ 32(R8), F2
	FMOVQ 48(R8), F3
	FMOVQ 64(R8), F4
	FMOVQ 80(R8), F5
	FMOVQ 96(R8), F6
	FMOVQ 112(R8), F7
	ADD   $128, R8
	ADD_SQUARES(R16)
	ADD_SQUARES(R17)
	ADD_SQUARES(R19)
	ADD_SQUARES(R20)
	VLD1R (R21), [V24.S4]
	VLD1R (R22), [V25.S4]
	EIGHT_BY(FMUL, 24, 0, 0)
	EIGHT_BY(FADD, 25, 0, 0)          // x
	ESTIMATE(0, 8, 16)
	EIGHT(FMLS, 8, 8, 0)
	EIGHT(FMLA, 16, 0, 8)             // t = √x
	ESTIMATE(8, 0, 16)
	EIGHT_OF(COPY, 8, 24)
	EIGHT(FMLS, 0, 0, 24)
	EIGHT(FMLA, 16, 24, 0)            // √t
	EIGHT(FMUL, 0, 8, 8)              // d
	MOVI_BIT23(0)
	EIGHT_BY(IADD, 0, 16, 16)         // z
	EIGHT(FMUL, 16, 16, 0)
	EIGHT(FMUL, 0, 16, 16)
	EIGHT_TIMES(FMOV_ONE, 24)
	EIGHT(FMLS, 16, 8, 24)
	EIGHT(FMLA, 24, 16, 16)           // r = 1/d
	VLD1.P 64(R7), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R7), [V4.S4, V5.S4, V6.S4, V7.S4]
	EIGHT(FMUL, 16, 0, 24)            // q
	EIGHT_OF(FNEG, 0, 0)
	EIGHT(FMLA, 24, 8, 0)             // d·q − v
	EIGHT(FMLS, 16, 0, 24)
	VST1.P [V24.S4, V25.S4, V26.S4, V27.S4], 64(R9)
	VST1.P [V28.S4, V29.S4, V30.S4, V31.S4], 64(R9)
	SUB    $32, R6
	CMP    $32, R6
	BGE    lrn_thirty_two
	CBZ    R6, lrn_next

lrn_blocks:
	VLD1R (R21), [V30.S4]
	VLD1R (R22), [V31.S4]

lrn_block:
	VLD1.P 16(R7), [V0.S4]
	CMP    $5, R12
	BNE    lrn_window
	FMOVQ  0(R8), F1
	WORD $0x3cc04102                  // arm64: ldur q2, [x8, #4]
	WORD $0x3cc08103                  // arm64: ldur q3, [x8, #8]
	WORD $0x3cc0c104                  // arm64: ldur q4, [x8, #12]
	FMOVQ  16(R8), F5
	FADD(2, 1, 1)
	FADD(3, 1, 1)
	FADD(4, 1, 1)
	FADD(5, 1, 1)

lrn_root:
	FMUL(1, 30, 1)
	FADD(31, 1, 1)
	FSQRT(1, 3)
	FSQRT(3, 1)
	FMUL(1, 3, 3)
	FDIV(3, 0, 0)
	VST1.P [V0.S4], 16(R9)
	ADD    $16, R8
	SUBS   $4, R6
	BNE    lrn_block

lrn_next:
	MOVD lrnArgs_srcStride(R0), R10
	ADD  R10, R1
	MOVD lrnArgs_dstStride(R0), R10
	ADD  R10, R2
	SUBS $1, R5
	BNE  lrn_pixel
	RET

lrn_window:                              // of any size
	VEOR V1.B16, V1.B16, V1.B16
	MOVD R8, R10
	MOVD R12, R11

lrn_tap:
	VLD1 (R10), [V2.S4]
	ADD  $4, R10
	FADD(2, 1, 1)
	SUBS $1, R11
	BNE  lrn_tap
	B    lrn_root
