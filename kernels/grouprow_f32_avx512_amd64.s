//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "depthrow_amd64.h"

// f32_grouprow_8x16__avx512 — convolution of a row in groups of channels, windows of 3 or 5 columns, 8 pixels × 16 channels.
//
// Computes   dst[p][k] = min(max(bias[k] + Σ src[r][p·stride + t − skip][k/each·each + i] · w[r][i][t][k], lo), hi)
// Reference  groupRowF32Generic (grouprow.go)
// Requires   AVX-512F
// Layout     src/dst NHWC; w rows of c
// Contract   as depthRowArgs says; each divides 16; c ≥ 16; no over-read; dst does not alias src
// Bound      FMA: of an input and windows of 3 columns, stride 1, 3 loads and 10 VPERMPS for 24 FMA
// Registers  Z0–Z7  sums of pixels 0–7    Z8–Z12  weights of a row's taps    Z13  column    Z14 lo    Z15 hi
//            DI  args    SI  column    CX  columns left    BX  row    DX  its weights    R8  colStep    R9, R10  wStep, 3·wStep
//            R11  rows left    R12  offset of the channels    R13  form + skip    AX  bias, inputs left, dst
//            Z16  the lanes of the input    Z17  ones
// Phases     tile → channels → row → input → column | store

#define A0 Z0
#define A1 Z1
#define A2 Z2
#define A3 Z3
#define A4 Z4
#define A5 Z5
#define A6 Z6
#define A7 Z7
#define COLUMN VPERMPS (SI), Z16, Z13
#define TAP0(n, a) VFMADD231PS Z13, Z8, a
#define TAP1(n, a) VFMADD231PS Z13, Z9, a
#define TAP2(n, a) VFMADD231PS Z13, Z10, a
#define TAP3(n, a) VFMADD231PS Z13, Z11, a
#define TAP4(n, a) VFMADD231PS Z13, Z12, a
#define TAPS3 \
	VMOVUPS (DX), Z8 \
	VMOVUPS (DX)(R9*1), Z9 \
	VMOVUPS (DX)(R9*2), Z10
#define TAPS5 \
	TAPS3 \
	VMOVUPS (DX)(R10*1), Z11 \
	VMOVUPS (DX)(R9*4), Z12
#define CLAMP(a) \
	VMAXPS a, Z14, a \
	VMINPS a, Z15, a
#define STORE(a) \
	VMOVUPS a, (AX) \
	ADDQ    DX, AX \
	SUBQ    $1, CX \
	JEQ     stored

// func groupRowF32AVX512(a *depthRowArgs)
TEXT ·groupRowF32AVX512(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), DI
	VBROADCASTSS depthRowArgs_lo(DI), Z14
	VBROADCASTSS depthRowArgs_hi(DI), Z15
	VPTERNLOGD $0xff, Z17, Z17, Z17
	VPSRLD $31, Z17, Z17
	ROW_INIT(64, 4)

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
	VMOVDQU32 depthRowArgs_lanes(DI), Z16
	MOVQ depthRowArgs_each(DI), AX

input:
	MOVQ BX, SI
	MOVQ depthRowArgs_see(DI), CX

#include "depthcolumns_amd64.h"

row_done:
	ADDQ depthRowArgs_wRow(DI), DX
	VPADDD Z17, Z16, Z16
	SUBQ $1, AX
	JNZ  input
	ADDQ depthRowArgs_rowStep(DI), BX
	SUBQ $1, R11
	JNZ  row

store:
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
	ADDQ    $64, R12
	CMPQ    R12, depthRowArgs_last(DI)
	CMOVQGT depthRowArgs_last(DI), R12
	JMP     channels

tile_done:
	TILE_DONE
	JNZ tile
	VZEROUPPER
	RET
