//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

#define PLUS(m, n, d) FADDH(m, n, d)
#define MINUS(m, n, d) FSUBH(m, n, d)
#define ELEMENT_SHIFT 1
#define LANES 8

// lo and hi, rounded: rounding is monotonic, so that what is rounded may be clamped.
#define BOUNDS \
	FCVTN(12, 12) \
	FCVTN(13, 13) \
	VDUP V12.H[0], V12.H8 \
	VDUP V13.H[0], V13.H8

// A pixel with its bias in V0 and V1. Clobbers V2 and V3.
#define FINISH_PIXEL(v) \
	FCVTL(v, 2) \
	FCVTL2(v, 3) \
	FADD(0, 2, 2) \
	FADD(1, 3, 3) \
	FCVTN(2, v) \
	FCVTN2(3, v) \
	FMAXH(12, v, v) \
	FMINH(13, v, v)

#define FINISH \
	VLD1.P 32(R7), [V0.S4, V1.S4] \
	FINISH_PIXEL(8) \
	FINISH_PIXEL(9) \
	FINISH_PIXEL(10) \
	FINISH_PIXEL(11)

// Stores R3 < 8 channels at R12.
#define STORE_TAIL(V, l4, l2, l1) \
	MOVD R12, R15 \
	TBZ  $2, R3, l4 \
	VST1.P V.D[0], 8(R15) \
	VEXT $8, V.B16, V.B16, V.B16 \
l4: \
	TBZ  $1, R3, l2 \
	VST1.P V.S[0], 4(R15) \
	VEXT $4, V.B16, V.B16, V.B16 \
l2: \
	TBZ  $0, R3, l1 \
	VST1 V.H[0], (R15) \
l1:

#include "wino23_arm64.h"

// f16_wino23output_2x2__fp16 — Winograd F(2,3) output transform of one tile, 8 channels at a time, sums in float16.
//
// Computes   dst[y][x][k] = ToHalf(clamp(float32((Aᵀ m A)[y][x]) + bias[k]))
// Reference  wino23OutputHalfGeneric (wino_half.go): the same bits
// Requires   NEON, FP16
// Layout     src [16] × posStride bytes, float16; dst NHWC; bias float32
// Contract   cols ≥ 1, src and bias readable to the next multiple of 8; 1 ≤ rows, columns ≤ 2; no over-write
// Bound      16 loads + 4 stores + 28 additions, and 32 instructions for bias, rounding and clamp, per 8 channels
// Phases     channel block → columns, each added to the pixels → store | tail

// func wino23OutputFP16(a *winoOutputArgs)
TEXT ·wino23OutputFP16(SB), NOSPLIT, $0-8
	OUTPUT23

// f16_wino23input_4x4__fp16 — Winograd F(2,3) input transform of one 4×4 tile, 8 channels at a time, in float16.
//
// Computes   v[pos][c] = (Bᵀ d B)[pos]
// Reference  wino23InputHalfGeneric (wino_half.go): the same bits
// Requires   NEON, FP16
// Layout     src NHWC through 16 addresses; dst [16] × posStride bytes
// Contract   c a multiple of 8, ≥ 8; no over-read
// Bound      16 loads + 16 stores + 32 additions per 8 channels
// Phases     channel block → load → rows of Bᵀ d, one at a time

// func wino23InputFP16(a *winoInputArgs)
TEXT ·wino23InputFP16(SB), NOSPLIT, $0-8
	INPUT23
