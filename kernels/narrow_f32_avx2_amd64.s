//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// f32_narrow_1x8__avx2 — float32 to float16, 8 elements at a time.
//
// Computes   dst[i] = ToHalf(src[i]): the nearest, of two the even one
// Reference  narrowGeneric (half.go)
// Requires   AVX2, F16C
// Contract   rows ≥ 1; c a multiple of 8, ≥ 8; no over-read
// Bound      one VCVTPS2PH and its store per 8 elements
// Registers  DI  args    SI  src    DX  dst    CX  elements    AX  element    BX  rows left

// func narrowBlocksAVX2(a *convertArgs)
TEXT ·narrowBlocksAVX2(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	MOVQ convertArgs_src(DI), SI
	MOVQ convertArgs_dst(DI), DX
	MOVQ convertArgs_c(DI), CX
	MOVQ convertArgs_rows(DI), BX

row:
	XORQ AX, AX

elements:
	VMOVUPS   (SI)(AX*4), Y0
	VCVTPS2PH $0, Y0, (DX)(AX*2)      // to the nearest, of two the even one, whatever MXCSR says
	ADDQ      $8, AX
	CMPQ      AX, CX
	JLT       elements
	ADDQ      convertArgs_srcStride(DI), SI
	ADDQ      convertArgs_dstStride(DI), DX
	SUBQ      $1, BX
	JNZ       row
	VZEROUPPER
	RET
