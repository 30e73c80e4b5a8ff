//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"
#include "depthrow_arm64.h"

// u8_depthrow_8x8__dotprod — quantised depthwise convolution of a row, windows of 3 or 5 columns, 8 pixels × 8 channels.
//
// Computes   dst[p][k] = requantize(bias[k] + Σ (src[g][p·stride + t][k][i] − 128) · w[g][t][k][i]), i < 4: rows 4g + i
// Reference  RefConvU8 (conv_u8.go); the same bytes
// Requires   NEON, dot product
// Layout     src woven by depthWeave; bias with the zero point of src, less 128, folded in; dst NHWC
// Contract   as depthRowArgs says, KR = 4; c ≥ 8; no over-read; dst does not alias src
// Bound      of a group and windows of 3 columns, stride 1: 48 SDOT, each four rows, 26 loads, 20 EOR; exact
// Registers  V2n, V2n+1  sums of pixel n    V16–V25  weights of a group's taps; then scale, lo, hi, zero    V26, V27  column
//            V28  128    as depthrow_arm64.h says    R1  column    R7  columns left    R12  form    R8, R9  bias, scale, dst
// Phases     tile → channels → row → column | store

#define COLUMN \
	VLD1.P (R1)(R2), [V26.B16, V27.B16] \
	VEOR   V28.B16, V26.B16, V26.B16 \
	VEOR   V28.B16, V27.B16, V27.B16
#define TAP0(n) \
	SDOT(16, 26, 2*(n)) \
	SDOT(17, 27, 2*(n)+1)
#define TAP1(n) \
	SDOT(18, 26, 2*(n)) \
	SDOT(19, 27, 2*(n)+1)
#define TAP2(n) \
	SDOT(20, 26, 2*(n)) \
	SDOT(21, 27, 2*(n)+1)
#define TAP3(n) \
	SDOT(22, 26, 2*(n)) \
	SDOT(23, 27, 2*(n)+1)
#define TAP4(n) \
	SDOT(24, 26, 2*(n)) \
	SDOT(25, 27, 2*(n)+1)
#define TAPS3 \
	MOVD   R5, R8 \
	VLD1.P (R8)(R3), [V16.B16, V17.B16] \
	VLD1.P (R8)(R3), [V18.B16, V19.B16] \
	VLD1.P (R8)(R3), [V20.B16, V21.B16]
#define TAPS5 \
	TAPS3 \
	VLD1.P (R8)(R3), [V22.B16, V23.B16] \
	VLD1   (R8), [V24.B16, V25.B16]

// func depthRowU8DotProd(a *depthRowArgs)
TEXT ·depthRowU8DotProd(SB), NOSPLIT, $0-8
	MOVD a+0(FP), R0
	MOVD $128, R8
	VDUP R8, V28.B16
	ROW_INIT

tile:
	TILE

channels:
	MOVD depthRowArgs_bias(R0), R8
	ADD  R10<<2, R8
	VLD1 (R8), [V0.S4, V1.S4]
	COPY_SUMS
	ADD  R10<<2, R15, R4
	MOVD depthRowArgs_w(R0), R5
	ADD  R10<<2, R5
	MOVD depthRowArgs_rows(R0), R6
	CBZ  R6, store                       // windows in the padding alone

row:
	MOVD R4, R1
	MOVD R22, R7

#include "depthcolumns_arm64.h"

row_done:
	ADD  R24, R4
	ADD  R25, R5
	SUBS $1, R6
	BNE  row

store:
#include "depthstore_u8_arm64.h"

stored:
	NEXT_CHANNELS

tile_done:
	TILE_DONE
	BNE tile
	RET
