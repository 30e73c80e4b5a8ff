//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// u8_depthwise_1x8__neon — quantised depthwise convolution, a row of pixels, 8 channels at a time.
//
// Computes   dst[p][k] = requantize(bias[k] + Σ_t (src[t][p][k] − inZero) · w[t][k])
// Reference  depthwiseU8Generic (depthwise.go); the same bytes
// Requires   NEON
// Layout     src/dst NHWC; taps as pairs of addresses; w rows of c; bias int32
// Contract   taps, pixels ≥ 1; c a multiple of 8, ≥ 8; no over-read, no over-write
// Bound      a tap: 2 loads, 2 widenings, a subtraction, SMLAL and SMLAL2; exact in int32
// Registers  those of depthwise_f32_neon_arm64.s; V0, V1  sums    V2  input    V3  weights    V26, V27 scale    V28, V29 bias    V24 inZero    V25 zero

// func depthwiseU8BlocksNEON(a *depthArgs)
TEXT ·depthwiseU8BlocksNEON(SB), NOSPLIT, $0-8
	MOVD  a+0(FP), R0
	MOVD  depthArgs_srcStep(R0), R12
	MOVD  depthArgs_dstStep(R0), R13
	MOVD  depthArgs_c(R0), R5
	MOVD  depthArgs_dst(R0), R2
	MOVD  $0, R3
	ADD   $depthArgs_lo, R0, R8
	VLD1R (R8), [V30.S4]
	ADD   $depthArgs_hi, R0, R8
	VLD1R (R8), [V31.S4]
	ADD   $depthArgs_zero, R0, R8
	VLD1R (R8), [V25.S4]
	MOVW  depthArgs_inZero(R0), R8
	VDUP  R8, V24.H8

channels_u8:
	MOVD depthArgs_bias(R0), R8
	ADD  R3<<2, R8
	VLD1 (R8), [V28.S4, V29.S4]
	MOVD depthArgs_scale(R0), R8
	ADD  R3<<2, R8
	VLD1 (R8), [V26.S4, V27.S4]
	MOVD depthArgs_pixels(R0), R6
	MOVD R3, R4
	ADD  R3, R2, R14

pixel_u8:
	VMOV V28.B16, V0.B16
	VMOV V29.B16, V1.B16
	MOVD depthArgs_table(R0), R1
	MOVD depthArgs_taps(R0), R7

tap_u8:
	LDP.P 16(R1), (R10, R11)
	ADD   R4, R10
	ADD   R3, R11
	VLD1  (R10), [V2.B8]
	VLD1  (R11), [V3.B8]
	VUXTL V2.B8, V2.H8
	WORD $0x0f08a463 // arm64: sxtl v3.8h, v3.8b
	VSUB  V24.H8, V2.H8, V2.H8
	WORD $0x0e638040 // arm64: smlal v0.4s, v2.4h, v3.4h
	WORD $0x4e638041 // arm64: smlal2 v1.4s, v2.8h, v3.8h
	SUBS  $1, R7
	BNE   tap_u8

	SCVTF(0, 0)
	SCVTF(1, 1)
	FMUL(26, 0, 0)
	FMUL(27, 1, 1)
	FMAX(30, 0, 0)
	FMAX(30, 1, 1)
	FMIN(31, 0, 0)
	FMIN(31, 1, 1)
	FCVTNS(0, 0)
	FCVTNS(1, 1)
	VADD V25.S4, V0.S4, V0.S4
	VADD V25.S4, V1.S4, V1.S4
	SQXTN(0, 0)
	SQXTN2(1, 0)
	SQXTUN(0, 0)
	VST1 [V0.B8], (R14)
	ADD  R12, R4
	ADD  R13, R14
	SUBS $1, R6
	BNE  pixel_u8
	ADD  $8, R3
	SUBS $8, R5
	BNE  channels_u8
	RET
