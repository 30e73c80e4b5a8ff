//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_scale_1x16__avx512 — each channel of bytes times a number of its own, quantised, 16 at a time.
//
// Computes   dst[i] = zero + roundEven(min(max((src[i] − inZero)·inScale·by[i] / scale, −zero), 255 − zero))
// Reference  scaleU8Generic (scale.go)
// Requires   AVX512F
// Contract   rows, c ≥ 1; the rest of a row is masked: no over-read, no over-write; dst does not overlap src or by
// Bound      one VDIVPS per 16 channels
// Registers  DI  args    SI  src    DX  dst    BX  by    R8  rows left    AX  channel    CX  channels left    R10 scratch
//            Z0  work    Z8  scale    Z9  lo    Z10 hi    Z11 zero    Z12 inZero    Z13 inScale    K1  channels of the rest
// Phases     row → block → rest → next_row

#define SCALE \
	VPSUBD    Z12, Z0, Z0 \
	VCVTDQ2PS Z0, Z0      \
	VMULPS    Z13, Z0, Z0 \
	VMULPS    Z1, Z0, Z0  \
	VDIVPS    Z8, Z0, Z0  \
	VMAXPS    Z9, Z0, Z0  \
	VMINPS    Z10, Z0, Z0 \
	VCVTPS2DQ Z0, Z0      \
	VPADDD    Z11, Z0, Z0

// func scaleU8AVX512(a *scaleArgs)
TEXT ·scaleU8AVX512(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), DI
	MOVQ         scaleArgs_src(DI), SI
	MOVQ         scaleArgs_dst(DI), DX
	MOVQ         scaleArgs_by(DI), BX
	MOVQ         scaleArgs_rows(DI), R8
	VBROADCASTSS scaleArgs_scale(DI), Z8
	VBROADCASTSS scaleArgs_inScale(DI), Z13
	VPBROADCASTD scaleArgs_zero(DI), Z11
	VPBROADCASTD scaleArgs_inZero(DI), Z12
	VPXORD       Z9, Z9, Z9
	VPSUBD       Z11, Z9, Z9         // −zero
	VPTERNLOGD   $0xff, Z10, Z10, Z10
	VPSRLD       $24, Z10, Z10       // 255
	VPSUBD       Z11, Z10, Z10       // 255 − zero
	VCVTDQ2PS    Z9, Z9
	VCVTDQ2PS    Z10, Z10

row:
	XORL AX, AX
	MOVQ scaleArgs_c(DI), CX
	SUBQ $16, CX
	JLT  rest

block:
	VPMOVZXBD (SI)(AX*1), Z0
	VMOVUPS   (BX)(AX*4), Z1
	SCALE
	VPMOVDB   Z0, (DX)(AX*1)
	ADDQ      $16, AX
	SUBQ      $16, CX
	JGE       block

rest:
	ADDQ        $16, CX
	JEQ         next_row
	MOVL        $-1, R10
	SHLL        CX, R10
	NOTL        R10
	KMOVW       R10, K1
	VPMOVZXBD.Z (SI)(AX*1), K1, Z0
	VMOVUPS.Z   (BX)(AX*4), K1, Z1
	SCALE
	VPMOVDB     Z0, K1, (DX)(AX*1)

next_row:
	ADDQ scaleArgs_srcStride(DI), SI
	ADDQ scaleArgs_dstStride(DI), DX
	SUBQ $1, R8
	JNZ  row
	VZEROUPPER
	RET
