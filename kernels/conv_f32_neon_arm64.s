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

#define FINISH \
	ADD   $convTileArgs_lo, R0, R17 \
	VLD1R (R17), [V2.S4] \
	ADD   $convTileArgs_hi, R0, R17 \
	VLD1R (R17), [V3.S4]

#define CLAMP4(n) \
	FMAX(2, n, n) \
	FMAX(2, n+1, n+1) \
	FMAX(2, n+2, n+2) \
	FMAX(2, n+3, n+3) \
	FMIN(3, n, n) \
	FMIN(3, n+1, n+1) \
	FMIN(3, n+2, n+2) \
	FMIN(3, n+3, n+3)

#define END \
	CLAMP4(16) \
	CLAMP4(20) \
	CLAMP4(24) \
	CLAMP4(28)

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
