//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"
#include "conv_8x8_u8_arm64.h"

// u8_conv_8x8__i8mm — quantised convolution tile, 8 output pixels × 8 output channels, as products of 2×8 matrices.
//
// Computes   dst[p][k] = requantize(bias[k] + Σ_{t,c} (*ptrs[t][p])[c] · w[t][c][k])
// Requires   NEON, I8MM
// Layout     w packed [K/8][taps][groups][8][8]
// Bound      32 USMMLA per 8 loads of input, 8 of weights and 8 VZIP, two groups of eight channels
// Tile       pixel, channel → (0, 0) (0, 1) (1, 0) (1, 1) in V16, channels 2 and 3 in V17, …, pixels 2 and 3 in V20–V23, …
//            V0–V7  rows, then pairs of them: second group in V0, V2, V4, V6, first in V12–V15    V8–V11, V1, V3, V5, V7  weights
// The rest is in conv_8x8_arm64.h.

#define GROUP_SHIFT 3

// Every pixel starts from the bias. Clobbers R17, V0, V1.
#define START \
	MOVD convTileArgs_bias(R0), R17 \
	VLD1 (R17), [V0.B16, V1.B16] \
	RAISE(V0, V1, V16) \
	VDUP V0.D[0], V16.D2 \
	VDUP V0.D[1], V17.D2 \
	VDUP V1.D[0], V18.D2 \
	VDUP V1.D[1], V19.D2 \
	VMOV V16.B16, V20.B16 \
	VMOV V17.B16, V21.B16 \
	VMOV V18.B16, V22.B16 \
	VMOV V19.B16, V23.B16 \
	VMOV V16.B16, V24.B16 \
	VMOV V17.B16, V25.B16 \
	VMOV V18.B16, V26.B16 \
	VMOV V19.B16, V27.B16 \
	VMOV V16.B16, V28.B16 \
	VMOV V17.B16, V29.B16 \
	VMOV V18.B16, V30.B16 \
	VMOV V19.B16, V31.B16

// Two pixels times the weights of eight channels.
#define PAIR(n, a, b, c, e, d) \
	USMMLA(a, n, d) \
	USMMLA(b, n, d+1) \
	USMMLA(c, n, d+2) \
	USMMLA(e, n, d+3)

// Two groups of each row and their weights, and the index of the next. Sets the flags to what is left.
#define LOADS \
	WORD $0x3ce468a0; /* arm64: ldr q0, [x5, x4] */ \
	WORD $0x3ce468c1; /* arm64: ldr q1, [x6, x4] */ \
	WORD $0x3ce468e2; /* arm64: ldr q2, [x7, x4] */ \
	WORD $0x3ce46903; /* arm64: ldr q3, [x8, x4] */ \
	WORD $0x3ce46924; /* arm64: ldr q4, [x9, x4] */ \
	WORD $0x3ce46945; /* arm64: ldr q5, [x10, x4] */ \
	WORD $0x3ce46966; /* arm64: ldr q6, [x11, x4] */ \
	WORD $0x3ce46987; /* arm64: ldr q7, [x12, x4] */ \
	ADDS $16, R4 \
	FLDPQ 0(R2), (F8, F9) \
	FLDPQ 32(R2), (F10, F11) \
	VZIP1 V1.D2, V0.D2, V12.D2 \
	VZIP2 V1.D2, V0.D2, V0.D2 \
	VZIP1 V3.D2, V2.D2, V13.D2 \
	VZIP2 V3.D2, V2.D2, V2.D2 \
	VZIP1 V5.D2, V4.D2, V14.D2 \
	VZIP2 V5.D2, V4.D2, V4.D2 \
	VZIP1 V7.D2, V6.D2, V15.D2 \
	VZIP2 V7.D2, V6.D2, V6.D2 \
	FMOVQ 64(R2), F1 \
	FMOVQ 80(R2), F3 \
	FMOVQ 96(R2), F5 \
	FMOVQ 112(R2), F7 \
	ADD $128, R2

// The products of what is loaded.
#define PRODUCTS \
	PAIR(12, 8, 9, 10, 11, 16) \
	PAIR(13, 8, 9, 10, 11, 20) \
	PAIR(14, 8, 9, 10, 11, 24) \
	PAIR(15, 8, 9, 10, 11, 28) \
	PAIR(0, 1, 3, 5, 7, 16) \
	PAIR(2, 1, 3, 5, 7, 20) \
	PAIR(4, 1, 3, 5, 7, 24) \
	PAIR(6, 1, 3, 5, 7, 28)

#define PRODUCTS_LOADS \
	PRODUCTS \
	LOADS

// One group. Rows are addressed from 16 before their ends.
#define PRODUCTS_TAIL \
	FMOVD (R5)(R4), F0 \
	FMOVD (R6)(R4), F1 \
	FMOVD (R7)(R4), F2 \
	FMOVD (R8)(R4), F3 \
	FMOVD (R9)(R4), F4 \
	FMOVD (R10)(R4), F5 \
	FMOVD (R11)(R4), F6 \
	FMOVD (R12)(R4), F7 \
	FLDPQ 0(R2), (F8, F9) \
	FLDPQ 32(R2), (F10, F11) \
	VZIP1 V1.D2, V0.D2, V12.D2 \
	VZIP1 V3.D2, V2.D2, V13.D2 \
	VZIP1 V5.D2, V4.D2, V14.D2 \
	VZIP1 V7.D2, V6.D2, V15.D2 \
	ADD   $64, R2 \
	ADD   $8, R4 \
	PAIR(12, 8, 9, 10, 11, 16) \
	PAIR(13, 8, 9, 10, 11, 20) \
	PAIR(14, 8, 9, 10, 11, 24) \
	PAIR(15, 8, 9, 10, 11, 28)

// Two pixels' accumulators, so that each has two registers. Clobbers V0.
#define APART(A, B, C, D) \
	VZIP2 B.D2, A.D2, V0.D2 \
	VZIP1 B.D2, A.D2, A.D2 \
	VZIP1 D.D2, C.D2, B.D2 \
	VZIP2 D.D2, C.D2, D.D2 \
	VMOV  V0.B16, C.B16

#define ORDER \
	APART(V16, V17, V18, V19) \
	APART(V20, V21, V22, V23) \
	APART(V24, V25, V26, V27) \
	APART(V28, V29, V30, V31)

#define NAME ·convTileU8I8MM
#define STEP PRODUCTS_LOADS
#include "conv_8x8_arm64.h"
