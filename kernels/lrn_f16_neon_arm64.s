//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// f16_lrn_1x8__neon — local response normalisation of float16 across channels, β = ¾, 8 channels at a time.
//
// Computes   dst[i] = ToHalf(src[i]·(r·(r·q))), r ≈ 1/√x, q ≈ 1/√r, x = alpha·Σ src² + bias in float32
// Reference  lrnHalfGeneric (lrn_half.go); the same bits
// Requires   NEON
// Layout     squares as lrnArgs has it, float32: the squares of a pixel with zeros around
// Contract   pixels ≥ 1; c a multiple of 8, ≥ 8; size ≥ 1; x ≥ 2⁻²⁰; dst is src or does not overlap it; no over-read
// Bound      46 instructions of arithmetic, 10 loads and a store per 8 channels
// Registers  R0  args    R1  src    R2  dst    R3  squares    R4  where a pixel's squares begin    R5  pixels left
//            R6  channels left    R7–R9  walking src, squares, dst    R10 window    R11 taps left    R12 size
//            V0  src    V1, V5  sums, x, src    V2, V6  r    V3, V7  q    V4, V16–V18  squares, work    V30 alpha    V31 bias
// Phases     pixel → squares → block → five squares | window → roots

// func lrnHalfBlocksNEON(b *lrnArgs)
TEXT ·lrnHalfBlocksNEON(SB), NOSPLIT, $0-8
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

pixel:
	MOVD lrnArgs_c(R0), R6
	MOVD R1, R7
	MOVD R4, R8

square:
	VLD1.P 16(R7), [V0.H8]
	FCVTL(0, 1)
	FCVTL2(0, 2)
	FMUL(1, 1, 1)
	FMUL(2, 2, 2)
	VST1.P [V1.S4, V2.S4], 32(R8)
	SUBS   $8, R6
	BNE    square

	MOVD lrnArgs_c(R0), R6
	MOVD R1, R7
	MOVD R3, R8
	MOVD R2, R9

block:
	VLD1.P 16(R7), [V0.H8]
	CMP    $5, R12
	BNE    window
	FMOVQ  0(R8), F1
	WORD $0x3cc04102                  // arm64: ldur q2, [x8, #4]
	WORD $0x3cc08103                  // arm64: ldur q3, [x8, #8]
	WORD $0x3cc0c104                  // arm64: ldur q4, [x8, #12]
	FMOVQ  16(R8), F5
	WORD $0x3cc14106                  // arm64: ldur q6, [x8, #20]
	WORD $0x3cc18107                  // arm64: ldur q7, [x8, #24]
	WORD $0x3cc1c110                  // arm64: ldur q16, [x8, #28]
	FMOVQ  32(R8), F17
	FADD(2, 1, 1)
	FADD(3, 1, 1)
	FADD(4, 1, 1)
	FADD(5, 1, 1)                     // Σ of channels 0–3
	FADD(6, 5, 5)
	FADD(7, 5, 5)
	FADD(16, 5, 5)
	FADD(17, 5, 5)                    // of 4–7

roots:
	FMUL(1, 30, 1)
	FMUL(5, 30, 5)
	FADD(31, 1, 1)                    // x
	FADD(31, 5, 5)
	FRSQRTE(1, 2)
	FRSQRTE(5, 6)
	FMUL(2, 2, 3)
	FMUL(6, 6, 7)
	FRSQRTS(3, 1, 3)
	FRSQRTS(7, 5, 7)
	FMUL(3, 2, 2)                     // r
	FMUL(7, 6, 6)
	FRSQRTE(2, 3)
	FRSQRTE(6, 7)
	FMUL(3, 3, 4)
	FMUL(7, 7, 16)
	FRSQRTS(4, 2, 4)
	FRSQRTS(16, 6, 16)
	FMUL(4, 3, 3)                     // q
	FMUL(16, 7, 7)
	FMULX(3, 2, 3)
	FMULX(7, 6, 7)
	FCVTL(0, 1)
	FCVTL2(0, 5)
	FMUL(3, 2, 2)                     // x^−¾
	FMUL(7, 6, 6)
	FMUL(2, 1, 1)
	FMUL(6, 5, 5)
	FCVTN(1, 0)
	FCVTN2(5, 0)
	VST1.P [V0.H8], 16(R9)
	ADD    $32, R8
	SUBS   $8, R6
	BNE    block
	MOVD lrnArgs_srcStride(R0), R10
	ADD  R10, R1
	MOVD lrnArgs_dstStride(R0), R10
	ADD  R10, R2
	SUBS $1, R5
	BNE  pixel
	RET

window:                                  // of any size
	VEOR V1.B16, V1.B16, V1.B16
	VEOR V5.B16, V5.B16, V5.B16
	MOVD R8, R10
	MOVD R12, R11

tap:
	VLD1 (R10), [V2.S4, V3.S4]
	ADD  $4, R10
	FADD(2, 1, 1)
	FADD(3, 5, 5)
	SUBS $1, R11
	BNE  tap
	B    roots
