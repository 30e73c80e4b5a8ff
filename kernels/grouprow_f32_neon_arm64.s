//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"
#include "depthrow_arm64.h"

// f32_grouprow_8x8__neon — convolution of a row in groups of channels, windows of 3 or 5 columns, 8 pixels × 8 channels.
//
// Computes   dst[p][k] = min(max(bias[k] + Σ src[r][p·stride + t − skip][k/each·each + i] · w[r][i][t][k], lo), hi)
// Reference  groupRowF32Generic (grouprow.go)
// Requires   NEON
// Layout     src/dst NHWC; w rows of c
// Contract   as depthRowArgs says; each divides 8; c ≥ 8; no over-read; dst does not alias src
// Bound      FMLA: of an input and windows of 3 columns, stride 1, 48, beside 26 loads of 16 bytes and 20 TBL
// Registers  V2n, V2n+1  sums of pixel n    V16–V25  weights of a row's taps    V26, V27  column    V28, V29  its input of
//            each output    V30, V31  the places of those; then lo, hi
//            as depthrow_arm64.h says    R1  column    R7  columns left    R12  form + skip    R8, R9  bias, inputs left, dst, pixels to store
// Phases     tile → channels → row → input → column | store

#define COLUMN \
	VLD1.P (R1)(R2), [V26.B16, V27.B16] \
	VTBL   V30.B16, [V26.B16, V27.B16], V28.B16 \
	VTBL   V31.B16, [V26.B16, V27.B16], V29.B16
#define TAP0(n) \
	FMLA(16, 28, 2*(n)) \
	FMLA(17, 29, 2*(n)+1)
#define TAP1(n) \
	FMLA(18, 28, 2*(n)) \
	FMLA(19, 29, 2*(n)+1)
#define TAP2(n) \
	FMLA(20, 28, 2*(n)) \
	FMLA(21, 29, 2*(n)+1)
#define TAP3(n) \
	FMLA(22, 28, 2*(n)) \
	FMLA(23, 29, 2*(n)+1)
#define TAP4(n) \
	FMLA(24, 28, 2*(n)) \
	FMLA(25, 29, 2*(n)+1)
#define TAPS3 \
	MOVD   R5, R8 \
	VLD1.P (R8)(R3), [V16.S4, V17.S4] \
	VLD1.P (R8)(R3), [V18.S4, V19.S4] \
	VLD1.P (R8)(R3), [V20.S4, V21.S4]
#define TAPS5 \
	TAPS3 \
	VLD1.P (R8)(R3), [V22.S4, V23.S4] \
	VLD1   (R8), [V24.S4, V25.S4]
#define STORE(m, n, M, N) \
	FMAX(30, m, m) \
	FMAX(30, n, n) \
	FMIN(31, m, m) \
	FMIN(31, n, n) \
	VST1.P [M.S4, N.S4], (R8)(R23) \
	SUBS $1, R9 \
	BEQ stored

// func groupRowF32NEON(a *depthRowArgs)
TEXT ·groupRowF32NEON(SB), NOSPLIT, $0-8
	MOVD a+0(FP), R0
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
	ADD  $depthRowArgs_places, R0, R8
	VLD1 (R8), [V30.B16, V31.B16]
	MOVD depthRowArgs_each(R0), R9

input:
	MOVD R4, R1
	MOVD R22, R7

#include "depthcolumns_arm64.h"

row_done:
	ADD  R25, R5
	MOVD $4, R8
	VDUP R8, V16.B16
	VADD V16.B16, V30.B16, V30.B16
	VADD V16.B16, V31.B16, V31.B16
	SUBS $1, R9
	BNE  input
	ADD  R24, R4
	SUBS $1, R6
	BNE  row

store:
	ADD   $depthRowArgs_lo, R0, R8
	VLD1R (R8), [V30.S4]
	ADD   $depthRowArgs_hi, R0, R8
	VLD1R (R8), [V31.S4]
	ADD  R10<<2, R19, R8
	MOVD R21, R9
	STORE(0, 1, V0, V1)
	STORE(2, 3, V2, V3)
	STORE(4, 5, V4, V5)
	STORE(6, 7, V6, V7)
	STORE(8, 9, V8, V9)
	STORE(10, 11, V10, V11)
	STORE(12, 13, V12, V13)
	STORE(14, 15, V14, V15)

stored:
	NEXT_CHANNELS

tile_done:
	TILE_DONE
	BNE tile
	RET
