//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "depthrow_amd64.h"

// u8_grouprow_8x16__avx512vnni — quantised convolution of a row in groups of channels, windows of 3 or 5, 8 pixels × 16 channels.
//
// Computes   dst[p][k] = requantize(bias[k] + Σ src[r][p·stride + t][k/G·G + 4i + j] · w[r][i][t][k][j]), j < 4, i < each = G/4
// Reference  groupRowU8Generic (grouprow.go); the same bytes
// Requires   AVX-512F, AVX512-BW, AVX512-VNNI
// Layout     src NHWC, a padded copy; bias with the zero point of src folded in; dst NHWC
// Contract   as depthRowArgs says; G = 4·each divides 16; rows ≥ 1; c ≥ 16; no over-read; dst does not alias src
// Bound      of four inputs: what depthrow of that tier does, and a VPERMD with each column; exact
// Registers  Z0–Z7  sums of pixels 0–7    Z8–Z12  weights of a group's taps; then scale, lo, hi, zero, order    Z13  column
//            DI  args    SI  column    CX  columns left    BX  row    DX  its weights    R8  colStep
//            R9, R10  wStep, 3·wStep    R11  rows left    R12  offset of the channels    R13  form    AX  bias, inputs left, scale, dst
//            Z14  the lanes of the inputs    Z15  ones
// Phases     tile → channels → row → input → column | store

#define A0 Z0
#define A1 Z1
#define A2 Z2
#define A3 Z3
#define A4 Z4
#define A5 Z5
#define A6 Z6
#define A7 Z7
#define COLUMN \
	VBROADCASTI32X4 (SI), Z13 \
	VPERMD Z13, Z14, Z13
#define TAP0(n, a) VPDPBUSD Z8, Z13, a
#define TAP1(n, a) VPDPBUSD Z9, Z13, a
#define TAP2(n, a) VPDPBUSD Z10, Z13, a
#define TAP3(n, a) VPDPBUSD Z11, Z13, a
#define TAP4(n, a) VPDPBUSD Z12, Z13, a
#define TAPS3 \
	VMOVDQU32 (DX), Z8 \
	VMOVDQU32 (DX)(R9*1), Z9 \
	VMOVDQU32 (DX)(R9*2), Z10
#define TAPS5 \
	TAPS3 \
	VMOVDQU32 (DX)(R10*1), Z11 \
	VMOVDQU32 (DX)(R9*4), Z12

// func groupRowU8AVX512VNNI(a *depthRowArgs)
TEXT ·groupRowU8AVX512VNNI(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	VPTERNLOGD $0xff, Z15, Z15, Z15
	VPSRLD $31, Z15, Z15
	ROW_INIT(16, 1)

tile:
	TILE

channels:
	MOVQ    depthRowArgs_bias(DI), AX
	VMOVDQU32 (AX)(R12*4), A0
	VMOVDQA32 A0, A1
	VMOVDQA32 A0, A2
	VMOVDQA32 A0, A3
	VMOVDQA32 A0, A4
	VMOVDQA32 A0, A5
	VMOVDQA32 A0, A6
	VMOVDQA32 A0, A7
	MOVQ    depthRowArgs_src(DI), BX
	ADDQ    depthRowArgs_srcAt(DI), BX
	MOVQ    depthRowArgs_w(DI), DX
	ADDQ    R12, BX
	LEAQ    (DX)(R12*4), DX
	MOVQ    depthRowArgs_rows(DI), R11

row:
	VMOVDQU32 depthRowArgs_lanes(DI), Z14
	MOVQ depthRowArgs_each(DI), AX

input:
	MOVQ BX, SI
	MOVQ depthRowArgs_see(DI), CX

#include "depthcolumns_amd64.h"

row_done:
	ADDQ depthRowArgs_wRow(DI), DX
	VPADDD Z15, Z14, Z14
	SUBQ $1, AX
	JNZ  input
	ADDQ depthRowArgs_rowStep(DI), BX
	SUBQ $1, R11
	JNZ  row

#include "depthstore_u8_avx512_amd64.h"

stored:
	CMPQ    R12, depthRowArgs_last(DI)
	JGE     tile_done
	ADDQ    $16, R12
	CMPQ    R12, depthRowArgs_last(DI)
	CMOVQGT depthRowArgs_last(DI), R12
	JMP     channels

tile_done:
	TILE_DONE
	JNZ tile
	VZEROUPPER
	RET
