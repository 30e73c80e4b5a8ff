//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_add_1x16__avx512 — quantised addition, 32 and then up to 16 elements at a time.
//
// Computes   dst[i] = zero + roundEven(min(max((a[i] − aZero)·aScale + (b[i] − bZero)·bScale, lo), hi))
// Reference  addU8Generic (add_u8.go)
// Requires   AVX512F
// Contract   rows, c ≥ 1; dst may be a or b; no over-read
// Bound      13 vector operations and a narrowing store per 16 elements
// Registers  DI  args    SI  a    BX  b    DX  dst    AX  element    R8  rows left    R9  blocks of 32    R10 blocks left
//            CX  elements past those    Z0–Z3  sums, products    Z7  hi    Z8  aScale    Z9  bScale    Z10  aZero
//            Z11  bZero    Z12  zero    Z13  least    K1  elements of a vector    K2, K3  those of the tail's
// Phases     row → block → tail: one vector or two
//
// The lower bound is one of whole numbers: what is too small for one, and a NaN, becomes the least.

// SUM leaves in va the levels of 16 elements, or those of mask k, from off on. MIN keeps a NaN in this order.
#define SUM(off, k, va, vb) \
	VPMOVZXBD.Z off(SI)(AX*1), k, va \
	VPMOVZXBD.Z off(BX)(AX*1), k, vb \
	VPSUBD      Z10, va, va \
	VPSUBD      Z11, vb, vb \
	VCVTDQ2PS   va, va \
	VCVTDQ2PS   vb, vb \
	VMULPS      Z8, va, va \
	VMULPS      Z9, vb, vb \
	VADDPS      vb, va, va \
	VMINPS      va, Z7, va \
	VCVTPS2DQ   va, va \
	VPADDD      Z12, va, va \
	VPMAXSD     Z13, va, va

// func addU8AVX512(e *addU8Args)
TEXT ·addU8AVX512(SB), NOSPLIT, $0-8
	MOVQ         e+0(FP), DI
	MOVQ         addU8Args_a(DI), SI
	MOVQ         addU8Args_b(DI), BX
	MOVQ         addU8Args_dst(DI), DX
	MOVQ         addU8Args_c(DI), CX
	MOVQ         addU8Args_rows(DI), R8
	VBROADCASTSS addU8Args_hi(DI), Z7
	VBROADCASTSS addU8Args_aScale(DI), Z8
	VBROADCASTSS addU8Args_bScale(DI), Z9
	VPBROADCASTD addU8Args_aZero(DI), Z10
	VPBROADCASTD addU8Args_bZero(DI), Z11
	VPBROADCASTD addU8Args_zero(DI), Z12
	VPBROADCASTD addU8Args_least(DI), Z13
	MOVQ         CX, R9
	SHRQ         $5, R9
	ANDQ         $31, CX
	MOVQ         $-1, AX
	KMOVW        AX, K1
	SHLQ         CX, AX
	NOTQ         AX        // a bit for each element of the tail
	KMOVW        AX, K2
	SHRQ         $16, AX
	KMOVW        AX, K3

row:
	XORQ  AX, AX
	MOVQ  R9, R10
	TESTQ R10, R10
	JEQ   tail

block:
	SUM(0, K1, Z0, Z1)
	SUM(16, K1, Z2, Z3)
	VPMOVUSDB Z0, K1, (DX)(AX*1)
	VPMOVUSDB Z2, K1, 16(DX)(AX*1)
	ADDQ      $32, AX
	DECQ      R10
	JNZ       block

tail:
	TESTQ CX, CX
	JEQ   next
	SUM(0, K2, Z0, Z1)
	CMPQ  CX, $16
	JLE   last
	SUM(16, K3, Z2, Z3)
	VPMOVUSDB Z2, K3, 16(DX)(AX*1)

last:
	VPMOVUSDB Z0, K2, (DX)(AX*1)

next:
	ADDQ addU8Args_aStride(DI), SI
	ADDQ addU8Args_bStride(DI), BX
	ADDQ addU8Args_dstStride(DI), DX
	DECQ R8
	JNZ  row
	VZEROUPPER
	RET
