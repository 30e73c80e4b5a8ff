//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_add_1x16__avx2 — quantised addition, 16 and then 8 elements at a time.
//
// Computes   dst[i] = zero + roundEven(min(max((a[i] − aZero)·aScale + (b[i] − bZero)·bScale, lo), hi))
// Reference  addU8Generic (add_u8.go)
// Requires   AVX2
// Contract   rows ≥ 1; c a multiple of 8, ≥ 8; dst may be a or b; no over-read
// Bound      28 vector operations per 16 elements
// Registers  DI  args    SI  a    BX  b    DX  dst    CX  elements    AX  element    R8  rows left    R9 whole blocks of 16
//            Y0–Y3  sums, products    Y7  hi    Y8  aScale    Y9  bScale    Y10  aZero    Y11  bZero
//            Y12  zero, words    Y13  least, bytes
// Phases     row → block → half
//
// The lower bound is one of bytes: what is too small for a word, and a NaN, becomes the least word, and that byte 0.

// SUM leaves in va the words' numbers of 8 elements from off on. MIN keeps a NaN of its first operand in this order.
#define SUM(off, va, vb) \
	VPMOVZXBD off(SI)(AX*1), va \
	VPMOVZXBD off(BX)(AX*1), vb \
	VPSUBD    Y10, va, va \
	VPSUBD    Y11, vb, vb \
	VCVTDQ2PS va, va \
	VCVTDQ2PS vb, vb \
	VMULPS    Y8, va, va \
	VMULPS    Y9, vb, vb \
	VADDPS    vb, va, va \
	VMINPS    va, Y7, va \
	VCVTPS2DQ va, va

// func addBlocksU8AVX2(e *addU8Args)
TEXT ·addBlocksU8AVX2(SB), NOSPLIT, $0-8
	MOVQ         e+0(FP), DI
	MOVQ         addU8Args_a(DI), SI
	MOVQ         addU8Args_b(DI), BX
	MOVQ         addU8Args_dst(DI), DX
	MOVQ         addU8Args_c(DI), CX
	MOVQ         addU8Args_rows(DI), R8
	MOVQ         CX, R9
	ANDQ         $-16, R9
	VBROADCASTSS addU8Args_hi(DI), Y7
	VBROADCASTSS addU8Args_aScale(DI), Y8
	VBROADCASTSS addU8Args_bScale(DI), Y9
	VPBROADCASTD addU8Args_aZero(DI), Y10
	VPBROADCASTD addU8Args_bZero(DI), Y11
	VPBROADCASTW addU8Args_zero(DI), Y12
	VPBROADCASTB addU8Args_least(DI), Y13

row:
	XORQ AX, AX
	TESTQ R9, R9
	JEQ  half

block:
	SUM(0, Y0, Y1)
	SUM(8, Y2, Y3)
	VPACKSSDW    Y2, Y0, Y0
	VPADDSW      Y12, Y0, Y0
	VPACKUSWB    Y0, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPUNPCKLDQ   X1, X0, X0
	VPMAXUB      X13, X0, X0
	VMOVDQU      X0, (DX)(AX*1)
	ADDQ         $16, AX
	CMPQ         AX, R9
	JLT          block
	CMPQ         AX, CX
	JEQ          next

half:
	SUM(0, Y0, Y1)
	VEXTRACTI128 $1, Y0, X1
	VPACKSSDW    X1, X0, X0
	VPADDSW      X12, X0, X0
	VPACKUSWB    X0, X0, X0
	VPMAXUB      X13, X0, X0
	VMOVQ        X0, (DX)(AX*1)

next:
	ADDQ addU8Args_aStride(DI), SI
	ADDQ addU8Args_bStride(DI), BX
	ADDQ addU8Args_dstStride(DI), DX
	DECQ R8
	JNZ  row
	VZEROUPPER
	RET
