//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_addfixed_1x16__avx2 — quantised addition in whole numbers, 16 elements at a time.
//
// Computes   dst[i] = min(max((bias + a[i]·aTimes + b[i]·bTimes) >> shift + zero, least), most)
// Reference  addFixedGeneric (add_u8.go)
// Requires   AVX2
// Contract   rows ≥ 1; c a multiple of 16, ≥ 16; dst may be a or b; no over-read
// Bound      4 × VPMULLD per 16 elements
// Registers  DI  args    SI  a    BX  b    DX  dst    CX  elements    AX  element    R8  rows left
//            Y0–Y3  sums, products    Y8  aTimes    Y9  bTimes    Y10  bias    X11  shift
//            Y12  least    Y13  most    Y14  zero
// Phases     row → block

// func addFixedBlocksAVX2(e *addU8Args)
TEXT ·addFixedBlocksAVX2(SB), NOSPLIT, $0-8
	MOVQ         e+0(FP), DI
	MOVQ         addU8Args_a(DI), SI
	MOVQ         addU8Args_b(DI), BX
	MOVQ         addU8Args_dst(DI), DX
	MOVQ         addU8Args_c(DI), CX
	MOVQ         addU8Args_rows(DI), R8
	VPBROADCASTD addU8Args_aTimes(DI), Y8
	VPBROADCASTD addU8Args_bTimes(DI), Y9
	VPBROADCASTD addU8Args_bias(DI), Y10
	VMOVQ        addU8Args_shift(DI), X11
	VPBROADCASTD addU8Args_least(DI), Y12
	VPBROADCASTD addU8Args_most(DI), Y13
	VPBROADCASTD addU8Args_zero(DI), Y14

row:
	XORQ AX, AX

block:
	VPMOVZXBD    (SI)(AX*1), Y0
	VPMOVZXBD    8(SI)(AX*1), Y1
	VPMOVZXBD    (BX)(AX*1), Y2
	VPMOVZXBD    8(BX)(AX*1), Y3
	VPMULLD      Y8, Y0, Y0
	VPMULLD      Y8, Y1, Y1
	VPMULLD      Y9, Y2, Y2
	VPMULLD      Y9, Y3, Y3
	VPADDD       Y10, Y0, Y0
	VPADDD       Y10, Y1, Y1
	VPADDD       Y2, Y0, Y0
	VPADDD       Y3, Y1, Y1
	VPSRAD       X11, Y0, Y0
	VPSRAD       X11, Y1, Y1
	VPADDD       Y14, Y0, Y0
	VPADDD       Y14, Y1, Y1
	VPMAXSD      Y12, Y0, Y0
	VPMAXSD      Y12, Y1, Y1
	VPMINSD      Y13, Y0, Y0
	VPMINSD      Y13, Y1, Y1
	VPACKSSDW    Y1, Y0, Y0
	VPERMQ       $0xD8, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPACKUSWB    X1, X0, X0
	VMOVDQU      X0, (DX)(AX*1)
	ADDQ         $16, AX
	CMPQ         AX, CX
	JLT          block
	ADDQ         addU8Args_aStride(DI), SI
	ADDQ         addU8Args_bStride(DI), BX
	ADDQ         addU8Args_dstStride(DI), DX
	DECQ         R8
	JNZ          row
	VZEROUPPER
	RET
