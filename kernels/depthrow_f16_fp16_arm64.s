//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

#define CHANNELS 16
#include "depthrow_arm64.h"

// f16_depthrow_8x16__fp16 — depthwise convolution of a row of float16, windows of 3 or 5 columns, 8 pixels × 16 channels.
//
// Computes   dst[p][k] = min(max(bias[k] + Σ src[r][p·stride + t − skip][k] · w[r][t][k], lo), hi), sums in float16
// Reference  depthRowHalfGeneric (depthrow_half.go): the same bits
// Requires   NEON, FP16
// Layout     src/dst NHWC; w rows of c; bias float16
// Contract   as depthRowArgs says; c ≥ 16; no over-read; dst does not alias src
// Bound      FMLA: of a row of windows of 3 columns, stride 1, 48, and 26 loads of 16 bytes; 5 columns: 80 and 34
// Registers  V2n, V2n+1  sums of pixel n    V16–V25  weights of a row's taps    V26, V27  column    V30 lo    V31 hi
//            as depthrow_arm64.h says    R1  column    R7  columns left    R12  form + skip    R8, R9  bias, dst, pixels to store
// Phases     tile → channels → row → column | store

#define COLUMN VLD1.P (R1)(R2), [V26.H8, V27.H8]
#define TAP0(n) \
	FMLAH(16, 26, 2*(n)) \
	FMLAH(17, 27, 2*(n)+1)
#define TAP1(n) \
	FMLAH(18, 26, 2*(n)) \
	FMLAH(19, 27, 2*(n)+1)
#define TAP2(n) \
	FMLAH(20, 26, 2*(n)) \
	FMLAH(21, 27, 2*(n)+1)
#define TAP3(n) \
	FMLAH(22, 26, 2*(n)) \
	FMLAH(23, 27, 2*(n)+1)
#define TAP4(n) \
	FMLAH(24, 26, 2*(n)) \
	FMLAH(25, 27, 2*(n)+1)
#define TAPS3 \
	MOVD   R5, R8 \
	VLD1.P (R8)(R3), [V16.H8, V17.H8] \
	VLD1.P (R8)(R3), [V18.H8, V19.H8] \
	VLD1.P (R8)(R3), [V20.H8, V21.H8]
#define TAPS5 \
	TAPS3 \
	VLD1.P (R8)(R3), [V22.H8, V23.H8] \
	VLD1   (R8), [V24.H8, V25.H8]
#define STORE(m, n, M, N) \
	FMAXH(30, m, m) \
	FMAXH(30, n, n) \
	FMINH(31, m, m) \
	FMINH(31, n, n) \
	VST1.P [M.H8, N.H8], (R8)(R23) \
	SUBS $1, R9 \
	BEQ stored

// func depthRowFP16(a *depthRowArgs)
TEXT ·depthRowFP16(SB), NOSPLIT, $0-8
	MOVD a+0(FP), R0
	HALF_BOUNDS(depthRowArgs_lo, depthRowArgs_hi, R0, R8, 30, 31, V30, V31)
	ROW_INIT

tile:
	TILE

channels:
	MOVD depthRowArgs_bias(R0), R8
	ADD  R10<<1, R8
	VLD1 (R8), [V0.H8, V1.H8]
	COPY_SUMS
	ADD  R10<<1, R15, R4
	MOVD depthRowArgs_w(R0), R5
	ADD  R10<<1, R5
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
	ADD  R10<<1, R19, R8
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
