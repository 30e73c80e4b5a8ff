//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// f32_lrn_1x4__neon — local response normalisation across channels, β = ¾, 4 channels at a time.
//
// Computes   dst[i] = src[i] / (t·√t), t = √(alpha·Σ src² + bias), the sum over a window of channels
// Reference  lrnF32Generic (lrn.go); the same bits
// Requires   NEON
// Layout     squares as lrnArgs has it: the squares of a pixel with zeros around
// Contract   pixels ≥ 1; c a multiple of 4, ≥ 4; size ≥ 1; dst is src or does not overlap it; no over-read
// Bound      two FSQRT and an FDIV per 4 channels
// Registers  R0  args    R1  src    R2  dst    R3  squares    R4  where a pixel's squares begin    R5  pixels left
//            R6  channels left    R7–R9  walking src, squares, dst    R10 window    R11 taps left    R12 size
//            V0  src    V1  sum    V2–V5  squares    V3  t    V30 alpha    V31 bias
// Phases     pixel → squares → block → five squares | window → root

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
	ADD   $lrnArgs_alpha, R0, R6
	VLD1R (R6), [V30.S4]
	ADD   $lrnArgs_bias, R0, R6
	VLD1R (R6), [V31.S4]

lrn_pixel:
	MOVD lrnArgs_c(R0), R6
	MOVD R1, R7
	MOVD R4, R8

lrn_square:
	VLD1.P 16(R7), [V0.S4]
	FMUL(0, 0, 0)
	VST1.P [V0.S4], 16(R8)
	SUBS   $4, R6
	BNE    lrn_square

	MOVD lrnArgs_c(R0), R6
	MOVD R1, R7
	MOVD R3, R8
	MOVD R2, R9

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
