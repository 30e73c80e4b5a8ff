//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "depthrow_amd64.h"
#include "avxvnni_amd64.h"

// u8_grouprow_8x8__avxvnni — quantised convolution of a row in groups of channels, windows of 3 or 5, 8 pixels × 8 channels.
//
// Computes   dst[p][k] = requantize(bias[k] + Σ src[r][p·stride + t][k/G·G + 4i + j] · w[r][i][t][k][j]), j < 4, i < each = G/4
// Reference  groupRowU8Generic (grouprow.go); the same bytes
// Requires   AVX2, AVX-VNNI
// Layout     src NHWC, a padded copy; bias with the zero point of src folded in; dst NHWC
// Contract   as depthRowArgs says; G = 4·each divides 8; rows ≥ 1; c ≥ 8; no over-read; dst does not alias src
// Bound      of four inputs: what depthrow of that tier does, and a VPERMD with each column; exact
// Registers  Y0–Y7  sums of pixels 0–7    Y8–Y12  weights of a group's taps    Y13  column
//            DI  args    SI  column    CX  columns left    BX  row    DX  its weights    R8  colStep
//            R9, R10  wStep, 3·wStep    R11  rows left    R12  offset of the channels    R13  form    AX  bias, inputs left, scale, dst
//            Y14  the lanes of the inputs    Y15  −1
// Phases     tile → channels → row → input → column | store

#define A0 Y0
#define A1 Y1
#define A2 Y2
#define A3 Y3
#define A4 Y4
#define A5 Y5
#define A6 Y6
#define A7 Y7
#define COLUMN \
	VPBROADCASTQ (SI), Y13 \
	VPERMD Y13, Y14, Y13
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

// func groupRowU8AVXVNNI(a *depthRowArgs)
TEXT ·groupRowU8AVXVNNI(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	VPCMPEQD Y15, Y15, Y15
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
	ADDQ    R12, BX
	LEAQ    (DX)(R12*4), DX
	MOVQ    depthRowArgs_rows(DI), R11

row:
	VMOVDQU depthRowArgs_lanes(DI), Y14
	MOVQ depthRowArgs_each(DI), AX

input:
	MOVQ BX, SI
	MOVQ depthRowArgs_see(DI), CX

#include "depthcolumns_amd64.h"

row_done:
	ADDQ depthRowArgs_wRow(DI), DX
	VPSUBD Y15, Y14, Y14
	SUBQ $1, AX
	JNZ  input
	ADDQ depthRowArgs_rowStep(DI), BX
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
