//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// f32_quantize_1x8__avx2 — float32 to uint8, 8 elements at a time.
//
// Computes   dst[i] = zero + roundEven(min(max(src[i]/scale, −zero), 255 − zero)); a NaN gives 0
// Reference  quantizeGeneric (convert.go)
// Requires   AVX2
// Contract   rows ≥ 1; c a multiple of 8, ≥ 8; no over-read
// Bound      one VDIVPS per 8 elements
// Registers  DI  args    SI  src    DX  dst    CX  elements    AX  element    BX  rows left
//            Y8  scale    Y9  lo    Y10 hi    Y11 zero

// func quantizeBlocksAVX2(a *convertArgs)
TEXT ·quantizeBlocksAVX2(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), DI
	MOVQ         convertArgs_src(DI), SI
	MOVQ         convertArgs_dst(DI), DX
	MOVQ         convertArgs_c(DI), CX
	MOVQ         convertArgs_rows(DI), BX
	VBROADCASTSS convertArgs_scale(DI), Y8
	VPBROADCASTD convertArgs_zero(DI), Y11
	VPXOR        Y9, Y9, Y9
	VPSUBD       Y11, Y9, Y9         // −zero
	VPCMPEQD     Y10, Y10, Y10
	VPSRLD       $24, Y10, Y10       // 255
	VPSUBD       Y11, Y10, Y10       // 255 − zero
	VCVTDQ2PS    Y9, Y9
	VCVTDQ2PS    Y10, Y10

row:
	XORQ AX, AX

elements:
	VMOVUPS      (SI)(AX*4), Y0
	VDIVPS       Y8, Y0, Y0
	VMAXPS       Y9, Y0, Y0          // the second source, lo, if src is a NaN
	VMINPS       Y10, Y0, Y0
	VCVTPS2DQ    Y0, Y0
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
