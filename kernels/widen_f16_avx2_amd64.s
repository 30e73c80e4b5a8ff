//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// f16_widen_1x8__avx2 — float16 to float32, 8 elements at a time.
//
// Computes   dst[i] = src[i], exactly
// Reference  widenGeneric (half.go)
// Requires   AVX2, F16C
// Contract   rows ≥ 1; c a multiple of 8, ≥ 8; no over-read
// Bound      one VCVTPH2PS and a store per 8 elements
// Registers  DI  args    SI  src    DX  dst    CX  elements    AX  element    BX  rows left

// func widenBlocksAVX2(a *convertArgs)
TEXT ·widenBlocksAVX2(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	MOVQ convertArgs_src(DI), SI
	MOVQ convertArgs_dst(DI), DX
	MOVQ convertArgs_c(DI), CX
	MOVQ convertArgs_rows(DI), BX

row:
	XORQ AX, AX

elements:
	VCVTPH2PS (SI)(AX*2), Y0
	VMOVUPS   Y0, (DX)(AX*4)
	ADDQ      $8, AX
	CMPQ      AX, CX
	JLT       elements
	ADDQ      convertArgs_srcStride(DI), SI
	ADDQ      convertArgs_dstStride(DI), DX
	SUBQ      $1, BX
	JNZ       row
	VZEROUPPER
	RET
