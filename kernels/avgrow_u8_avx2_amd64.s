//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_avgrow_1x32__avx2 — quantised averages of windows that see the same columns, 32 channels at a time.
//
// Computes   dst[p][k] = zero + roundEven(min(max(float32(Σ src[p][r][t][k] − from)·scale, lo), hi)) over rows r, taps t < across
// Reference  avgRowGeneric (avgrow.go)
// Requires   AVX2
// Contract   as avgRowArgs says; c ≥ 32: the last 32 channels end at the last one; no over-read; dst does not alias src
// Bound      2 loads and 2 additions for 32 channels of a cell, 32 vector operations for their bytes
// Registers  DI  args    SI  src    DX  dst    CX  pixels left    BX  channel    AX  taps left    R8  row    R9  cell    R10 rowStep
//            R11 colStep    R12 the last vector's channel    R13 rows left    Y0, Y1  sums    Y2–Y5  cells, dwords
//            Y6 scale    Y7 lo    Y8 hi    Y9 zero    Y10 from    Y11 zeros
// Phases     pixel → channels → row → tap → requantise, store

#define REQUANTISE(a) \
	VPSUBD    Y10, a, a \
	VCVTDQ2PS a, a \
	VMULPS    Y6, a, a \
	VMAXPS    Y7, a, a \
	VMINPS    Y8, a, a \
	VCVTPS2DQ a, a \
	VPADDD    Y9, a, a

// func avgRowAVX2(a *avgRowArgs)
TEXT ·avgRowAVX2(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), DI
	MOVQ         avgRowArgs_src(DI), SI
	MOVQ         avgRowArgs_dst(DI), DX
	MOVQ         avgRowArgs_pixels(DI), CX
	MOVQ         avgRowArgs_rowStep(DI), R10
	MOVQ         avgRowArgs_colStep(DI), R11
	MOVQ         avgRowArgs_c(DI), R12
	SUBQ         $32, R12
	VBROADCASTSS avgRowArgs_scale(DI), Y6
	VBROADCASTSS avgRowArgs_lo(DI), Y7
	VBROADCASTSS avgRowArgs_hi(DI), Y8
	VPBROADCASTD avgRowArgs_zero(DI), Y9
	VPBROADCASTD avgRowArgs_from(DI), Y10
	VPXOR        Y11, Y11, Y11

pixel:
	XORL BX, BX

channels:
	LEAQ  (SI)(BX*1), R8
	MOVQ  avgRowArgs_rows(DI), R13
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1

row:
	MOVQ R8, R9
	MOVQ avgRowArgs_across(DI), AX

tap:
	VPMOVZXBW (R9), Y2
	VPMOVZXBW 16(R9), Y3
	VPADDW    Y2, Y0, Y0
	VPADDW    Y3, Y1, Y1
	ADDQ      R11, R9
	SUBQ      $1, AX
	JNZ       tap
	ADDQ      R10, R8
	SUBQ      $1, R13
	JNZ       row

	VPUNPCKLWD Y11, Y0, Y2              // dwords of channels 0–3, 8–11
	VPUNPCKHWD Y11, Y0, Y3              // of 4–7, 12–15
	VPUNPCKLWD Y11, Y1, Y4
	VPUNPCKHWD Y11, Y1, Y5
	REQUANTISE(Y2)
	REQUANTISE(Y3)
	REQUANTISE(Y4)
	REQUANTISE(Y5)
	VPACKSSDW  Y3, Y2, Y2               // words of channels 0–15 in their order
	VPACKSSDW  Y5, Y4, Y4
	VPACKUSWB  Y4, Y2, Y2
	VPERMQ     $0xd8, Y2, Y2
	VMOVDQU    Y2, (DX)(BX*1)
	CMPQ       BX, R12
	JGE        pixel_done
	ADDQ       $32, BX
	CMPQ       BX, R12
	CMOVQGT    R12, BX
	JMP        channels

pixel_done:
	ADDQ avgRowArgs_srcStep(DI), SI
	ADDQ avgRowArgs_dstStep(DI), DX
	SUBQ $1, CX
	JNZ  pixel
	VZEROUPPER
	RET
