//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"
#include "depthrow_arm64.h"

// u8_grouprow_8x8__dotprod — quantised convolution of a row in groups of channels, windows of 3 or 5, 8 pixels × 8 channels.
//
// Computes   dst[p][k] = requantize(bias[k] + Σ (src[r][p·stride + t][k/G·G + 4i + j] − 128) · w[r][i][t][k][j]), j < 4
// Reference  groupRowU8Generic (grouprow.go); the same bytes
// Requires   NEON, dot product
// Layout     src NHWC, a padded copy; bias with the zero point of src, less 128, folded in; dst NHWC
// Contract   as depthRowArgs says; G = 4·each divides 8; c ≥ 8; no over-read; dst does not alias src
// Bound      of four inputs and windows of 3 columns, stride 1: 48 SDOT, 10 loads of 8 bytes, 10 EOR, 20 TBL; exact
// Registers  V2n, V2n+1  sums of pixel n    V16–V25  weights of a group's taps; then scale, lo, hi, zero    V27, V26  inputs of each output
//            V28  128    V29, V30  the places of the inputs    V31  four
//            as depthrow_arm64.h says    R1  column    R7  columns left    R12  form    R8, R9  bias, inputs left, scale, dst
// Phases     tile → channels → row → input → column | store

#define COLUMN \
	VLD1.P (R1)(R2), [V26.B8] \
	VEOR   V28.B16, V26.B16, V26.B16 \
	VTBL   V29.B16, [V26.B16], V27.B16 \
	VTBL   V30.B16, [V26.B16], V26.B16
#define TAP0(n) \
	SDOT(16, 27, 2*(n)) \
	SDOT(17, 26, 2*(n)+1)
#define TAP1(n) \
	SDOT(18, 27, 2*(n)) \
	SDOT(19, 26, 2*(n)+1)
#define TAP2(n) \
	SDOT(20, 27, 2*(n)) \
	SDOT(21, 26, 2*(n)+1)
#define TAP3(n) \
	SDOT(22, 27, 2*(n)) \
	SDOT(23, 26, 2*(n)+1)
#define TAP4(n) \
	SDOT(24, 27, 2*(n)) \
	SDOT(25, 26, 2*(n)+1)
#define TAPS3 \
	MOVD   R5, R8 \
	VLD1.P (R8)(R3), [V16.B16, V17.B16] \
	VLD1.P (R8)(R3), [V18.B16, V19.B16] \
	VLD1.P (R8)(R3), [V20.B16, V21.B16]
#define TAPS5 \
	TAPS3 \
	VLD1.P (R8)(R3), [V22.B16, V23.B16] \
	VLD1   (R8), [V24.B16, V25.B16]

// func groupRowU8DotProd(a *depthRowArgs)
TEXT ·groupRowU8DotProd(SB), NOSPLIT, $0-8
	MOVD a+0(FP), R0
	MOVD $128, R8
	VDUP R8, V28.B16
	MOVD $4, R8
	VDUP R8, V31.B16
	ROW_INIT

tile:
	TILE

channels:
	MOVD depthRowArgs_bias(R0), R8
	ADD  R10<<2, R8
	VLD1 (R8), [V0.S4, V1.S4]
	COPY_SUMS
	ADD  R10, R15, R4
	MOVD depthRowArgs_w(R0), R5
	ADD  R10<<2, R5
	MOVD depthRowArgs_rows(R0), R6
	CBZ  R6, store                       // windows in the padding alone

row:
	ADD  $depthRowArgs_places, R0, R8
	VLD1 (R8), [V29.B16, V30.B16]
	MOVD depthRowArgs_each(R0), R9

input:
	MOVD R4, R1
	MOVD R22, R7

#include "depthcolumns_arm64.h"

row_done:
	ADD  R25, R5
	VADD V31.B16, V29.B16, V29.B16
	VADD V31.B16, V30.B16, V30.B16
	SUBS $1, R9
	BNE  input
	ADD  R24, R4
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
