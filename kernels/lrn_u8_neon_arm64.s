//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// u8_lrn_1x8__neon — quantised local response normalisation across channels, 8 channels at a time.
//
// Computes   see LRNU8 (lrn_u8.go), operation by operation
// Reference  lrnU8Generic (lrn_u8.go)
// Requires   NEON
// Layout     src/dst NHWC uint8; a row of squares, int32, with zeros around the pixel's channels
// Contract   pixels, c ≥ 1, c a multiple of 8; t, scale within 2^±60, abs(y) ≤ 2³⁰; dst is src or does not overlap it; no over-read
// Bound      four FSQRT and two FDIV per 8 channels, which do not overlap each other
// Registers  R0  args    R1  src    R2  dst    R3  squares    R4  channels    R5  pixels left    R6  size    R7  before, bytes
//            R8  squares, src    R9  window, squares to write    R10 channels left    R11 dst    R12 taps left    R13 tap
//            V0, V1  s, t, d    V2, V3  x, y    V4–V7  windows, roots    V16 inZero, int16    V17 alpha    V18 bias    V19 scale
//            V20 lo    V21 hi    V22 zero
// Phases     pixel → squares → channels → window5 | window → formula → store

#define CONSTANT(field, V) \
	ADD   $field, R0, R8 \
	VLD1R (R8), [V.S4]

// func lrnU8NEON(a *LRNU8)
TEXT ·lrnU8NEON(SB), NOSPLIT, $0-8
	MOVD a+0(FP), R0
	MOVD LRNU8_src(R0), R1
	MOVD LRNU8_dst(R0), R2
	MOVD LRNU8_squares(R0), R3
	MOVD LRNU8_c(R0), R4
	MOVD LRNU8_pixels(R0), R5
	MOVD LRNU8_size(R0), R6
	MOVD LRNU8_before(R0), R7
	LSL  $2, R7
	MOVW LRNU8_inZero(R0), R8
	VDUP R8, V16.H8
	CONSTANT(LRNU8_alpha, V17)
	CONSTANT(LRNU8_bias, V18)
	CONSTANT(LRNU8_scale, V19)
	CONSTANT(LRNU8_lo, V20)
	CONSTANT(LRNU8_hi, V21)
	CONSTANT(LRNU8_zero, V22)

pixel:
	MOVD R1, R8
	ADD  R7, R3, R9
	MOVD R4, R10

squares:
	VLD1.P 8(R8), [V0.B8]
	VUXTL  V0.B8, V0.H8
	VSUB   V16.H8, V0.H8, V0.H8      // x
	WORD $0x0e60c002 // arm64: smull v2.4s, v0.4h, v0.4h
	WORD $0x4e60c003 // arm64: smull2 v3.4s, v0.8h, v0.8h
	VST1.P [V2.S4, V3.S4], 32(R9)
	SUBS   $8, R10
	BNE    squares

	MOVD R1, R8
	MOVD R3, R9
	MOVD R2, R11
	MOVD R4, R10

channels:
	VLD1.P 8(R8), [V2.B8]
	CMP    $5, R6
	BNE    window
	VLD1   (R9), [V4.S4, V5.S4, V6.S4]
	ADD    $32, R9
	VUXTL  V2.B8, V2.H8
	VEXT   $4, V5.B16, V4.B16, V0.B16 // squares 1 2 3 4
	VEXT   $4, V6.B16, V5.B16, V1.B16 // 5 6 7 8
	VEXT   $4, V6.B16, V6.B16, V7.B16 // 9 10 …
	VADD   V4.S4, V0.S4, V0.S4       // two squares, from 0 1 2 3 on
	VADD   V5.S4, V1.S4, V1.S4       // from 4 5 6 7 on
	VADD   V6.S4, V7.S4, V7.S4       // from 8 9 … on
	VEXT   $8, V1.B16, V0.B16, V4.B16
	VEXT   $8, V7.B16, V1.B16, V7.B16
	VADD   V5.S4, V0.S4, V0.S4       // two and the fifth
	VADD   V6.S4, V1.S4, V1.S4
	VADD   V4.S4, V0.S4, V0.S4       // s = Σ x²
	VADD   V7.S4, V1.S4, V1.S4

formula:
	SCVTF(0, 0)
	SCVTF(1, 1)
	VSUB V16.H8, V2.H8, V2.H8        // x
	FMUL(17, 0, 0)
	FMUL(17, 1, 1)
	WORD $0x4f10a443 // arm64: sshll2 v3.4s, v2.8h, #0
	FADD(18, 0, 0)                   // t
	FADD(18, 1, 1)
	WORD $0x6ea1f800 // arm64: fsqrt v0.4s, v0.4s
	WORD $0x6ea1f821 // arm64: fsqrt v1.4s, v1.4s
	WORD $0x0f10a442 // arm64: sshll v2.4s, v2.4h, #0
	SCVTF(3, 3)
	SCVTF(2, 2)
	FMUL(19, 3, 3)                   // x·scale
	FMUL(19, 2, 2)
	WORD $0x6ea1f804 // arm64: fsqrt v4.4s, v0.4s
	WORD $0x6ea1f825 // arm64: fsqrt v5.4s, v1.4s
	FMUL(4, 0, 0)                    // d
	WORD $0x6e20fc42 // arm64: fdiv v2.4s, v2.4s, v0.4s
	FMUL(5, 1, 1)
	WORD $0x6e21fc63 // arm64: fdiv v3.4s, v3.4s, v1.4s
	FMAX(20, 2, 2)
	FMIN(21, 2, 2)
	FCVTNS(2, 2)
	FMAX(20, 3, 3)
	VADD V22.S4, V2.S4, V2.S4
	FMIN(21, 3, 3)
	SQXTN(2, 2)
	FCVTNS(3, 3)
	VADD V22.S4, V3.S4, V3.S4
	SQXTN2(3, 2)
	SQXTUN(2, 2)
	VST1.P [V2.B8], 8(R11)
	SUBS   $8, R10
	BNE    channels

	MOVD LRNU8_srcStride(R0), R8
	ADD  R8, R1
	MOVD LRNU8_dstStride(R0), R8
	ADD  R8, R2
	SUBS $1, R5
	BNE  pixel
	RET

window:
	VEOR  V0.B16, V0.B16, V0.B16
	VEOR  V1.B16, V1.B16, V1.B16
	VUXTL V2.B8, V2.H8
	MOVD  R9, R13
	ADD   $32, R9
	MOVD  R6, R12

window_loop:
	VLD1 (R13), [V4.S4, V5.S4]
	ADD  $4, R13
	VADD V4.S4, V0.S4, V0.S4
	VADD V5.S4, V1.S4, V1.S4
	SUBS $1, R12
	BNE  window_loop
	B    formula
