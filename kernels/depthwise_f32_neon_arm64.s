//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// f32_depthwise_1x4__neon — depthwise convolution, a row of pixels, 4 channels at a time.
//
// Computes   dst[p][k] = clamp(bias[k] + Σ_t src[t][p][k] · w[t][k])
// Reference  depthwiseF32Generic (depthwise.go)
// Requires   NEON
// Layout     src/dst NHWC; taps as pairs of addresses; w rows of c
// Contract   taps, pixels ≥ 1; c a multiple of 4, ≥ 4; srcStep > 0; no over-read, no over-write
// Bound      two loads per FMLA, two chains of sums
// Registers  R0  args    R1  table    R2  dst    R3  channel, bytes    R4  offset of the pixel and channel    R5  channels left
//            R6  pixels left    R7  taps left    R8, R9  addresses    R10, R11  a tap    R12 srcStep    R13 dstStep    R14 to
//            V0, V1  sums    V2  input    V3  weights    V28 bias    V30 lo    V31 hi
// Phases     channels → pixel → tap

// func depthwiseF32BlocksNEON(a *depthArgs)
TEXT ·depthwiseF32BlocksNEON(SB), NOSPLIT, $0-8
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

channels:
	MOVD depthArgs_bias(R0), R8
	ADD  R3, R8
	VLD1 (R8), [V28.S4]
	MOVD depthArgs_pixels(R0), R6
	MOVD R3, R4
	ADD  R3, R2, R14

pixel:
	VMOV V28.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
	MOVD depthArgs_table(R0), R1
	MOVD depthArgs_taps(R0), R7
	TBZ  $0, R7, tap                 // an odd tap first
	LDP.P 16(R1), (R10, R11)
	ADD  R4, R10
	ADD  R3, R11
	VLD1 (R10), [V2.S4]
	VLD1 (R11), [V3.S4]
	FMLA(3, 2, 1)
	SUBS $1, R7
	BEQ  pixel_done

tap:                                     // two
	LDP.P 16(R1), (R10, R11)
	LDP.P 16(R1), (R8, R9)
	ADD  R4, R10
	ADD  R3, R11
	ADD  R4, R8
	ADD  R3, R9
	VLD1 (R10), [V2.S4]
	VLD1 (R11), [V3.S4]
	VLD1 (R8), [V4.S4]
	VLD1 (R9), [V5.S4]
	FMLA(3, 2, 0)
	FMLA(5, 4, 1)
	SUBS $2, R7
	BNE  tap

pixel_done:
	FADD(1, 0, 0)
	FMAX(30, 0, 0)
	FMIN(31, 0, 0)
	VST1 [V0.S4], (R14)
	ADD  R12, R4
	ADD  R13, R14
	SUBS $1, R6
	BNE  pixel
	ADD  $16, R3
	SUBS $4, R5
	BNE  channels
	RET
