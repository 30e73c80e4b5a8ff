//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_softmax_1x8__avx2 — quantised softmax over the channels of each pixel, 8 at a time.
//
// Computes   S = Σ table[m − src[i]], m = max src[i];  dst[i] = zero + roundEven(min(max(table[m − src[i]]·f, lo), hi))
//            where f = float32(1/(outScale·S)), in binary64
// Reference  softmaxU8Generic (softmax_u8.go)
// Requires   AVX2
// Contract   pixels ≥ 1; c a multiple of 8, 8 ≤ c ≤ 248, so that S is below 2³²; dst may be src; no over-read
// Bound      two gathers of 8 per 8 channels
// Registers  DI  args    SI  src pixel    DX  dst pixel    CX  c    BX  pixels left    AX  channel    R8  table
//            X0–X3, Y0–Y3 work    Y4 sums    X5, Y5 largest    Y6 f    Y8 lo    Y9 hi    Y10 zero    X12 outScale    X13 one
// Phases     pixel → largest → sum → level

DATA softmaxU8One<>+0(SB)/8, $0x3ff0000000000000
GLOBL softmaxU8One<>(SB), RODATA|NOPTR, $8

// Y0 = table[m − src] of 8 channels from AX on. Clobbers Y1, Y2.
#define POWERS \
	VPMOVZXBD  (SI)(AX*1), Y1 \
	VPSUBD     Y1, Y5, Y1 \
	VPCMPEQD   Y2, Y2, Y2 \
	VPGATHERDD Y2, (R8)(Y1*4), Y0

// func softmaxBlocksU8AVX2(b *softmaxU8Args)
TEXT ·softmaxBlocksU8AVX2(SB), NOSPLIT, $0-8
	MOVQ         b+0(FP), DI
	MOVQ         softmaxU8Args_src(DI), SI
	MOVQ         softmaxU8Args_dst(DI), DX
	MOVQ         softmaxU8Args_c(DI), CX
	MOVQ         softmaxU8Args_pixels(DI), BX
	MOVQ         softmaxU8Args_table(DI), R8
	VBROADCASTSS softmaxU8Args_lo(DI), Y8
	VBROADCASTSS softmaxU8Args_hi(DI), Y9
	VPBROADCASTD softmaxU8Args_zero(DI), Y10
	VMOVSD       softmaxU8Args_outScale(DI), X12
	VMOVSD       softmaxU8One<>(SB), X13

pixel:
	VPXOR X5, X5, X5
	XORL  AX, AX

largest:
	VMOVQ        (SI)(AX*1), X0
	VPMAXUB      X0, X5, X5
	ADDQ         $8, AX
	CMPQ         AX, CX
	JLT          largest
	VPSRLQ       $32, X5, X0
	VPMAXUB      X0, X5, X5
	VPSRLQ       $16, X5, X0
	VPMAXUB      X0, X5, X5
	VPSRLQ       $8, X5, X0
	VPMAXUB      X0, X5, X5
	VPMOVZXBD    X5, X5
	VPBROADCASTD X5, Y5
	VPXOR        Y4, Y4, Y4
	XORL         AX, AX

sum:
	POWERS
	VPADDD       Y0, Y4, Y4          // below 2³² together
	ADDQ         $8, AX
	CMPQ         AX, CX
	JLT          sum
	VEXTRACTI128 $1, Y4, X0
	VPADDD       X0, X4, X4
	VPSHUFD      $0x4e, X4, X0
	VPADDD       X0, X4, X4
	VPSHUFD      $0xb1, X4, X0
	VPADDD       X0, X4, X4
	VMOVD        X4, AX              // and no sign
	VCVTSI2SDQ   AX, X0, X0
	VMULSD       X12, X0, X0
	VDIVSD       X0, X13, X0
	VCVTSD2SS    X0, X0, X0
	VBROADCASTSS X0, Y6
	XORL         AX, AX

level:
	POWERS
	VCVTDQ2PS    Y0, Y0
	VMULPS       Y6, Y0, Y0
	VMAXPS       Y8, Y0, Y0          // the second source, lo, of a NaN
	VMINPS       Y9, Y0, Y0
	VCVTPS2DQ    Y0, Y0
	VPADDD       Y10, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPACKSSDW    X1, X0, X0
	VPACKUSWB    X0, X0, X0
	VMOVQ        X0, (DX)(AX*1)
	ADDQ         $8, AX
	CMPQ         AX, CX
	JLT          level
	ADDQ         softmaxU8Args_srcStride(DI), SI
	ADDQ         softmaxU8Args_dstStride(DI), DX
	SUBQ         $1, BX
	JNZ          pixel
	VZEROUPPER
	RET
