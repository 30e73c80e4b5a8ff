//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_requantize_1x8__avx2 — int32 sums to uint8 by one scale, 8 at a time.
//
// Computes   dst[i] = zero + roundEven(min(max(float32(sums[i] − from)·scale, lo), hi))
// Reference  requantizeGeneric (requantize.go)
// Requires   AVX2
// Contract   c a multiple of 8, ≥ 8; no over-read
// Bound      12 vector operations per 8 elements
// Registers  DI  args    SI  sums    DX  dst    CX  elements left
//            Y0  sums    X1  upper half    Y2  from    Y3  scale    Y4  lo    Y5  hi    Y6  zero
// Phases     block

// func requantizeBlocksAVX2(a *requantizeArgs)
TEXT ·requantizeBlocksAVX2(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), DI
	MOVQ         requantizeArgs_sums(DI), SI
	MOVQ         requantizeArgs_dst(DI), DX
	MOVQ         requantizeArgs_c(DI), CX
	VPBROADCASTD requantizeArgs_from(DI), Y2
	VBROADCASTSS requantizeArgs_scale(DI), Y3
	VBROADCASTSS requantizeArgs_lo(DI), Y4
	VBROADCASTSS requantizeArgs_hi(DI), Y5
	VPBROADCASTD requantizeArgs_zero(DI), Y6

block:
	VMOVDQU      (SI), Y0
	VPSUBD       Y2, Y0, Y0
	VCVTDQ2PS    Y0, Y0
	VMULPS       Y3, Y0, Y0
	VMAXPS       Y4, Y0, Y0
	VMINPS       Y5, Y0, Y0
	VCVTPS2DQ    Y0, Y0
	VPADDD       Y6, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPACKSSDW    X1, X0, X0
	VPACKUSWB    X0, X0, X0
	VMOVQ        X0, (DX)
	ADDQ         $32, SI
	ADDQ         $8, DX
	SUBQ         $8, CX
	JNZ          block
	VZEROUPPER
	RET
