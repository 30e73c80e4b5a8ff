//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// f32_conv_8x8__neon — convolution tile, 8 output pixels × 8 output channels.
//
// Computes   dst[p][k] = clamp(bias[k] + Σ_{t,c} (*ptrs[t][p])[c] · w[t][c][k])
// Requires   NEON
// The rest is in conv_8x8_arm64.h: DOT is FMLA by element, a group is one channel.
#define STEP PRODUCTS_AND_LOADS
#define DOT(m, i, n, d) FMLA_LANE(m, i, n, d)

// R20 and R21 are where the bounds are; R22 and R23 are 0 where they are infinite.
#define PREPARE \
	ADD   $convTileArgs_lo, R0, R20 \
	ADD   $convTileArgs_hi, R0, R21 \
	MOVWU (R20), R22 \
	MOVWU (R21), R23 \
	EORW  $0xff800000, R22 \
	EORW  $0x7f800000, R23

#define RAISE(A, B, C)

#define FINISH \
	VLD1R (R20), [V2.S4] \
	VLD1R (R21), [V3.S4]

// OP of a bound b and all accumulators.
#define BOUND16(OP, b) \
	OP(b, 16, 16) \
	OP(b, 17, 17) \
	OP(b, 18, 18) \
	OP(b, 19, 19) \
	OP(b, 20, 20) \
	OP(b, 21, 21) \
	OP(b, 22, 22) \
	OP(b, 23, 23) \
	OP(b, 24, 24) \
	OP(b, 25, 25) \
	OP(b, 26, 26) \
	OP(b, 27, 27) \
	OP(b, 28, 28) \
	OP(b, 29, 29) \
	OP(b, 30, 30) \
	OP(b, 31, 31)

// A bound that is infinite changes no sum: the products of Winograd have two, a ReLU has one.
#define END \
	CBZW R22, bound_above \
	BOUND16(FMAX, 2) \
bound_above: \
	CBZW R23, bounded \
	BOUND16(FMIN, 3) \
bounded:

#define STORE8(A, B) VST1 [A.S4, B.S4], (R13)

#define STORE4(A, B) \
	VST1.P [A.S4], 16(R17) \
	VMOV B.B16, A.B16

#define STORE2(A) \
	VST1.P A.D[0], 8(R17) \
	VEXT $8, A.B16, A.B16, A.B16

#define STORE1(A) VST1 A.S[0], (R17)

#define NAME ·convTileF32NEON
#include "conv_8x8_arm64.h"
