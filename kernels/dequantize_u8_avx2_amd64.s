//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_dequantize_1x8__avx2 — uint8 to float32, 8 elements at a time.
//
// Computes   dst[i] = float32(src[i] − zero)·scale
// Reference  dequantizeGeneric (convert.go)
// Requires   AVX2
// Contract   rows ≥ 1; c a multiple of 8, ≥ 8; no over-read
// Bound      4 vector operations and a store per 8 elements
// Registers  DI  args    SI  src    DX  dst    CX  elements    AX  element    R8  rows left    Y0  numbers    Y1  zero
//            Y2  scale
// Phases     row → block

// func dequantizeBlocksAVX2(a *convertArgs)
TEXT ·dequantizeBlocksAVX2(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), DI
	MOVQ         convertArgs_src(DI), SI
	MOVQ         convertArgs_dst(DI), DX
	MOVQ         convertArgs_c(DI), CX
	MOVQ         convertArgs_rows(DI), R8
	VPBROADCASTD convertArgs_zero(DI), Y1
	VBROADCASTSS convertArgs_scale(DI), Y2

row:
	XORQ AX, AX

block:
	VPMOVZXBD (SI)(AX*1), Y0
	VPSUBD    Y1, Y0, Y0
	VCVTDQ2PS Y0, Y0
	VMULPS    Y2, Y0, Y0
	VMOVUPS   Y0, (DX)(AX*4)
	ADDQ      $8, AX
	CMPQ      AX, CX
	JLT       block
	ADDQ      convertArgs_srcStride(DI), SI
	ADDQ      convertArgs_dstStride(DI), DX
	DECQ      R8
	JNZ       row
	VZEROUPPER
	RET
