//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "depthrow_amd64.h"

// f32_grouprow_8x8__avx2 — convolution of a row in groups of channels, windows of 3 or 5 columns, 8 pixels × 8 channels.
//
// Computes   dst[p][k] = min(max(bias[k] + Σ src[r][p·stride + t − skip][k/each·each + i] · w[r][i][t][k], lo), hi)
// Reference  groupRowF32Generic (grouprow.go)
// Requires   AVX2, FMA
// Layout     src/dst NHWC; w rows of c
// Contract   as depthRowArgs says; each divides 8; c ≥ 8; no over-read; dst does not alias src
// Bound      FMA: of an input and windows of 3 columns, stride 1, 3 loads and 10 VPERMPS for 24 FMA
// Registers  Y0–Y7  sums of pixels 0–7    Y8–Y12  weights; then lo, hi    Y13  column    Y14  the lanes of the input    Y15  −1
//            DI  args    SI  column    CX  columns left    BX  row    DX  its weights    R8  colStep    R9, R10  wStep, 3·wStep
//            R11  rows left    R12  offset of the channels    R13  form + skip    AX  bias, inputs left, dst
// Phases     tile → channels → row → input → column | store

#define A0 Y0
#define A1 Y1
#define A2 Y2
#define A3 Y3
#define A4 Y4
#define A5 Y5
#define A6 Y6
#define A7 Y7
#define COLUMN VPERMPS (SI), Y14, Y13
#define TAP0(n, a) VFMADD231PS Y13, Y8, a
#define TAP1(n, a) VFMADD231PS Y13, Y9, a
#define TAP2(n, a) VFMADD231PS Y13, Y10, a
#define TAP3(n, a) VFMADD231PS Y13, Y11, a
#define TAP4(n, a) VFMADD231PS Y13, Y12, a
#define TAPS3 \
	VMOVUPS (DX), Y8 \
	VMOVUPS (DX)(R9*1), Y9 \
	VMOVUPS (DX)(R9*2), Y10
#define TAPS5 \
	TAPS3 \
	VMOVUPS (DX)(R10*1), Y11 \
	VMOVUPS (DX)(R9*4), Y12
#define CLAMP(a) \
	VMAXPS a, Y8, a \
	VMINPS a, Y9, a
#define STORE(a) \
	VMOVUPS a, (AX) \
	ADDQ    DX, AX \
	SUBQ    $1, CX \
	JEQ     stored

// func groupRowF32AVX2(a *depthRowArgs)
TEXT ·groupRowF32AVX2(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), DI
	VPCMPEQD Y15, Y15, Y15
	ROW_INIT(32, 4)

tile:
	TILE

channels:
	MOVQ    depthRowArgs_bias(DI), AX
	VMOVUPS (AX)(R12*1), A0
	VMOVAPS A0, A1
	VMOVAPS A0, A2
	VMOVAPS A0, A3
	VMOVAPS A0, A4
	VMOVAPS A0, A5
	VMOVAPS A0, A6
	VMOVAPS A0, A7
	MOVQ    depthRowArgs_src(DI), BX
	ADDQ    depthRowArgs_srcAt(DI), BX
	MOVQ    depthRowArgs_w(DI), DX
	ADDQ    R12, BX
	ADDQ    R12, DX
	MOVQ    depthRowArgs_rows(DI), R11
	TESTQ   R11, R11
	JEQ     store                        // windows in the padding alone

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

store:
	VBROADCASTSS depthRowArgs_lo(DI), Y8
	VBROADCASTSS depthRowArgs_hi(DI), Y9
	CLAMP(A0)
	CLAMP(A1)
	CLAMP(A2)
	CLAMP(A3)
	CLAMP(A4)
	CLAMP(A5)
	CLAMP(A6)
	CLAMP(A7)
	MOVQ depthRowArgs_dst(DI), AX
	ADDQ depthRowArgs_dstAt(DI), AX
	MOVQ depthRowArgs_dstStep(DI), DX
	MOVQ depthRowArgs_n(DI), CX
	ADDQ R12, AX
	STORE(A0)
	STORE(A1)
	STORE(A2)
	STORE(A3)
	STORE(A4)
	STORE(A5)
	STORE(A6)
	VMOVUPS A7, (AX)

stored:
	CMPQ    R12, depthRowArgs_last(DI)
	JGE     tile_done
	ADDQ    $32, R12
	CMPQ    R12, depthRowArgs_last(DI)
	CMOVQGT depthRowArgs_last(DI), R12
	JMP     channels

tile_done:
	TILE_DONE
	JNZ tile
	VZEROUPPER
	RET
