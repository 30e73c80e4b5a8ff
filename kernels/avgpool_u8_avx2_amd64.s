//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_avgpool_1x8__avx2 — adds a row of uint8 to int32 sums, 8 at a time.
//
// Computes   sums[i] += src[i]
// Reference  sumU8Generic (avgpool_u8.go)
// Requires   AVX2
// Contract   c a multiple of 8, ≥ 8; no over-read
// Registers  DI  args    SI  src    DX  sums    CX  elements    AX  element

// func sumBlocksAVX2(a *sumU8Args)
TEXT ·sumBlocksAVX2(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	MOVQ sumU8Args_src(DI), SI
	MOVQ sumU8Args_sums(DI), DX
	MOVQ sumU8Args_c(DI), CX
	XORQ AX, AX

sum_loop:
	VPMOVZXBD (SI)(AX*1), Y0
	VPADDD    (DX)(AX*4), Y0, Y0
	VMOVDQU   Y0, (DX)(AX*4)
	ADDQ      $8, AX
	CMPQ      AX, CX
	JLT       sum_loop
	VZEROUPPER
	RET
