//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"
#include "depthrow_arm64.h"

// u8_depthrow_8x8__neon — quantised depthwise convolution of a row, windows of 3 or 5 columns, 8 pixels × 8 channels.
//
// Computes   dst[p][k] = requantize(bias[k] + Σ (src[r][p·stride + t − skip][k] − inZero) · w[r][t][k])
// Reference  depthRowU8Generic (depthrow.go); the same bytes
// Requires   NEON
// Layout     src/dst NHWC; w rows of c; bias int32
// Contract   as depthRowArgs says, KR = 1; c ≥ 8; no over-read; dst does not alias src
// Bound      of a row of windows of 3 columns, stride 1: 24 SMLAL and 24 SMLAL2, 13 loads of 8 bytes and as many widenings
// Registers  V2n, V2n+1  sums of pixel n    V16–V20  weights of a row's taps; then scale, lo, hi, zero    V26  column
//            V29  zero point of the input    as depthrow_arm64.h says    R1  column    R7  columns left    R12  form + skip
//            R8, R9  bias, weights, scale, dst, pixels to store
// Phases     tile → channels → row → column | store

#define COLUMN \
	VLD1.P (R1)(R2), [V26.B8] \
	USUBL(29, 26, 26)
#define TAP0(n) \
	SMLAL_WORDS(16, 26, 2*(n)) \
	SMLAL2_WORDS(16, 26, 2*(n)+1)
#define TAP1(n) \
	SMLAL_WORDS(17, 26, 2*(n)) \
	SMLAL2_WORDS(17, 26, 2*(n)+1)
#define TAP2(n) \
	SMLAL_WORDS(18, 26, 2*(n)) \
	SMLAL2_WORDS(18, 26, 2*(n)+1)
#define TAP3(n) \
	SMLAL_WORDS(19, 26, 2*(n)) \
	SMLAL2_WORDS(19, 26, 2*(n)+1)
#define TAP4(n) \
	SMLAL_WORDS(20, 26, 2*(n)) \
	SMLAL2_WORDS(20, 26, 2*(n)+1)
#define TAPS3 \
	MOVD   R5, R8 \
	VLD1.P (R8)(R3), [V16.B8] \
	VLD1.P (R8)(R3), [V17.B8] \
	VLD1.P (R8)(R3), [V18.B8] \
	SXTL(16, 16) \
	SXTL(17, 17) \
	SXTL(18, 18)
#define TAPS5 \
	TAPS3 \
	VLD1.P (R8)(R3), [V19.B8] \
	VLD1   (R8), [V20.B8] \
	SXTL(19, 19) \
	SXTL(20, 20)

// func depthRowU8NEON(a *depthRowArgs)
TEXT ·depthRowU8NEON(SB), NOSPLIT, $0-8
	MOVD a+0(FP), R0
	MOVW depthRowArgs_inZero(R0), R8
	VDUP R8, V29.B16
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
	ADD  R10, R5
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
