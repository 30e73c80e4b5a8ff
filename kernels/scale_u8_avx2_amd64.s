//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_scale_1x8__avx2 — each channel of bytes times a number of its own, quantised, 8 at a time.
//
// Computes   dst[i] = zero + roundEven(min(max((src[i] − inZero)·inScale·by[i] / scale, −zero), 255 − zero))
// Reference  scaleU8Generic (scale.go)
// Requires   AVX2
// Contract   rows ≥ 1; c a multiple of 8, ≥ 8; no over-read; dst does not overlap src or by
// Bound      one VDIVPS per 8 channels
// Registers  DI  args    SI  src    DX  dst    BX  by    R8  rows left    AX  channel    CX  channels    Y0  work
//            Y8  scale    Y9  lo    Y10 hi    Y11 zero    Y12 inZero    Y13 inScale

// func scaleU8BlocksAVX2(a *scaleArgs)
TEXT ·scaleU8BlocksAVX2(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), DI
	MOVQ         scaleArgs_src(DI), SI
	MOVQ         scaleArgs_dst(DI), DX
	MOVQ         scaleArgs_by(DI), BX
	MOVQ         scaleArgs_rows(DI), R8
	MOVQ         scaleArgs_c(DI), CX
	VBROADCASTSS scaleArgs_scale(DI), Y8
	VBROADCASTSS scaleArgs_inScale(DI), Y13
	VPBROADCASTD scaleArgs_zero(DI), Y11
	VPBROADCASTD scaleArgs_inZero(DI), Y12
	VPXOR        Y9, Y9, Y9
	VPSUBD       Y11, Y9, Y9         // −zero
	VPCMPEQD     Y10, Y10, Y10
	VPSRLD       $24, Y10, Y10       // 255
	VPSUBD       Y11, Y10, Y10       // 255 − zero
	VCVTDQ2PS    Y9, Y9
	VCVTDQ2PS    Y10, Y10

row:
	XORL AX, AX

block:
	VPMOVZXBD    (SI)(AX*1), Y0
	VPSUBD       Y12, Y0, Y0
	VCVTDQ2PS    Y0, Y0
	VMULPS       Y13, Y0, Y0
	VMULPS       (BX)(AX*4), Y0, Y0
	VDIVPS       Y8, Y0, Y0
	VMAXPS       Y9, Y0, Y0          // the second source, lo, if it is a NaN
	VMINPS       Y10, Y0, Y0
	VCVTPS2DQ    Y0, Y0
	VPADDD       Y11, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPACKSSDW    X1, X0, X0
	VPACKUSWB    X0, X0, X0
	VMOVQ        X0, (DX)(AX*1)
	ADDQ         $8, AX
	CMPQ         AX, CX
	JLT          block
	ADDQ         scaleArgs_srcStride(DI), SI
	ADDQ         scaleArgs_dstStride(DI), DX
	SUBQ         $1, R8
	JNZ          row
	VZEROUPPER
	RET
