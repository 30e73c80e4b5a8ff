//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "depthrow_amd64.h"
#include "avxvnni_amd64.h"

// u8_depthrow_8x8__avxvnni — quantised depthwise convolution of a row, windows of 3 or 5 columns, 8 pixels × 8 channels.
//
// Computes   dst[p][k] = requantize(bias[k] + Σ src[g][p·stride + t][k][i] · w[g][t][k][i]), i < 4: rows 4g + i
// Reference  RefConvU8 (conv_u8.go); the same bytes
// Requires   AVX2, AVX-VNNI
// Layout     src woven by depthWeave; bias with the zero point of src folded in; dst NHWC
// Contract   as depthRowArgs says, KR = 4; rows ≥ 1; c ≥ 8; no over-read; dst does not alias src
// Bound      of a group and windows of 3 columns, stride 1: 3 + 10 loads for 24 VPDPBUSD, each four rows; exact
// Registers  Y0–Y7  sums of pixels 0–7    Y8–Y12  weights of a group's taps    Y13  column
//            DI  args    SI  column    CX  columns left    BX  group of rows    DX  its weights    R8  colStep
//            R9, R10  wStep, 3·wStep    R11  groups left    R12  offset of the channels    R13  form    AX  bias, scale, dst
// Phases     tile → channels → row → column | store

#define A0 Y0
#define A1 Y1
#define A2 Y2
#define A3 Y3
#define A4 Y4
#define A5 Y5
#define A6 Y6
#define A7 Y7
#define COLUMN VMOVDQU (SI), Y13
#define TAP0(n, a) DOT_BYTES(8, 13, n, Y8, Y13, a)
#define TAP1(n, a) DOT_BYTES(9, 13, n, Y9, Y13, a)
#define TAP2(n, a) DOT_BYTES(10, 13, n, Y10, Y13, a)
#define TAP3(n, a) DOT_BYTES(11, 13, n, Y11, Y13, a)
#define TAP4(n, a) DOT_BYTES(12, 13, n, Y12, Y13, a)
#define TAPS3 \
	VMOVDQU (DX), Y8 \
	VMOVDQU (DX)(R9*1), Y9 \
	VMOVDQU (DX)(R9*2), Y10
#define TAPS5 \
	TAPS3 \
	VMOVDQU (DX)(R10*1), Y11 \
	VMOVDQU (DX)(R9*4), Y12

// func depthRowU8AVXVNNI(a *depthRowArgs)
TEXT ·depthRowU8AVXVNNI(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	ROW_INIT(8, 1)

tile:
	TILE

channels:
	MOVQ    depthRowArgs_bias(DI), AX
	VMOVDQU (AX)(R12*4), A0
	VMOVDQA A0, A1
	VMOVDQA A0, A2
	VMOVDQA A0, A3
	VMOVDQA A0, A4
	VMOVDQA A0, A5
	VMOVDQA A0, A6
	VMOVDQA A0, A7
	MOVQ    depthRowArgs_src(DI), BX
	ADDQ    depthRowArgs_srcAt(DI), BX
	MOVQ    depthRowArgs_w(DI), DX
	LEAQ    (BX)(R12*4), BX
	LEAQ    (DX)(R12*4), DX
	MOVQ    depthRowArgs_rows(DI), R11

row:
	MOVQ BX, SI
	MOVQ depthRowArgs_see(DI), CX

#include "depthcolumns_amd64.h"

row_done:
	ADDQ depthRowArgs_rowStep(DI), BX
	ADDQ depthRowArgs_wRow(DI), DX
	SUBQ $1, R11
	JNZ  row

#include "depthstore_u8_amd64.h"

stored:
	CMPQ    R12, depthRowArgs_last(DI)
	JGE     tile_done
	ADDQ    $8, R12
	CMPQ    R12, depthRowArgs_last(DI)
	CMOVQGT depthRowArgs_last(DI), R12
	JMP     channels

tile_done:
	TILE_DONE
	JNZ tile
	VZEROUPPER
	RET
