//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"
#include "depthrow_arm64.h"

// f32_depthrow_8x8__neon — depthwise convolution of a row, windows of 3 or 5 columns, 8 pixels × 8 channels.
//
// Computes   dst[p][k] = min(max(bias[k] + Σ src[r][p·stride + t − skip][k] · w[r][t][k], lo), hi)
// Reference  depthRowF32Generic (depthrow.go)
// Requires   NEON
// Layout     src/dst NHWC; w rows of c
// Contract   as depthRowArgs says; c ≥ 8; no over-read; dst does not alias src
// Bound      FMLA: of a row of windows of 3 columns, stride 1, 48, and 26 loads of 16 bytes; 5 columns: 80 and 34
// Registers  V2n, V2n+1  sums of pixel n    V16–V25  weights of a row's taps    V22–V31  columns    at last V30 lo, V31 hi
//            as depthrow_arm64.h says    R1  column    R7  columns left    R12  form + skip    R8, R9  bias, columns, dst, pixels to store
// Phases     tile → channels → row → column | store

#define MULADD(m, n, d) FMLA(m, n, d)
#include "depthfloat_arm64.h"

// func depthRowF32NEON(a *depthRowArgs)
TEXT ·depthRowF32NEON(SB), NOSPLIT, $0-8
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
	MOVD R4, R1
	MOVD R22, R7

#include "depthcolumns_arm64.h"

row_done:
	ADD  R24, R4
	ADD  R25, R5
	SUBS $1, R6
	BNE  row

store:
	ADD   $depthRowArgs_lo, R0, R8
	VLD1R (R8), [V30.S4]
	ADD   $depthRowArgs_hi, R0, R8
	VLD1R (R8), [V31.S4]
	ADD   R10<<2, R19, R8
	CLAMP_PIXELS(FMAX, 30)
	CLAMP_PIXELS(FMIN, 31)
	STORE_PIXELS

stored:
	NEXT_CHANNELS

tile_done:
	TILE_DONE
	BNE tile
	RET
