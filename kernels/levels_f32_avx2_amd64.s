//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// f32_levels_1x8__avx2 — float32 sums of levels to levels, 8 elements at a time.
//
// Computes   dst[i] = zero + round(min(max(src[i]·scale, lo), hi)); of two the even one, or the upper one where up is set
// Reference  levelsGeneric (convert.go)
// Requires   AVX2
// Contract   rows ≥ 1; c a multiple of 8, ≥ 8; no over-read
// Bound      13 vector operations per 8 elements
// Registers  DI  args    SI  src    DX  dst    CX  elements    AX  element    BX  rows left
//            Y7  ½ where halves go up, else 1     Y8  scale    Y9  lo    Y10 hi    Y11 zero
//
// A value less its nearest even is exact; where it is a half, rounding took the lower of the two.

DATA levelsTie<>+0(SB)/4, $0x3f800000 // 1
DATA levelsTie<>+4(SB)/4, $0x3f000000 // ½
GLOBL levelsTie<>(SB), RODATA|NOPTR, $8

// func levelsBlocksAVX2(a *convertArgs)
TEXT ·levelsBlocksAVX2(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), DI
	MOVQ         convertArgs_src(DI), SI
	MOVQ         convertArgs_dst(DI), DX
	MOVQ         convertArgs_c(DI), CX
	MOVQ         convertArgs_rows(DI), BX
	VBROADCASTSS convertArgs_scale(DI), Y8
	VPBROADCASTD convertArgs_lo(DI), Y9
	VPBROADCASTD convertArgs_hi(DI), Y10
	VPBROADCASTD convertArgs_zero(DI), Y11
	VCVTDQ2PS    Y9, Y9
	VCVTDQ2PS    Y10, Y10
	MOVBLZX      convertArgs_up(DI), AX
	LEAQ         levelsTie<>(SB), R8
	VBROADCASTSS (R8)(AX*4), Y7

row:
	XORQ AX, AX

elements:
	VMULPS       (SI)(AX*4), Y8, Y0
	VMAXPS       Y9, Y0, Y0
	VMINPS       Y10, Y0, Y0
	VROUNDPS     $0, Y0, Y1          // to the nearest even
	VSUBPS       Y1, Y0, Y2
	VCMPPS       $0, Y7, Y2, Y2      // −1 where it is a half above
	VCVTPS2DQ    Y1, Y0
	VPSUBD       Y2, Y0, Y0
	VPADDD       Y11, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPACKSSDW    X1, X0, X0
	VPACKUSWB    X0, X0, X0
	VMOVQ        X0, (DX)(AX*1)
	ADDQ         $8, AX
	CMPQ         AX, CX
	JLT          elements
	ADDQ         convertArgs_srcStride(DI), SI
	ADDQ         convertArgs_dstStride(DI), DX
	SUBQ         $1, BX
	JNZ          row
	VZEROUPPER
	RET
