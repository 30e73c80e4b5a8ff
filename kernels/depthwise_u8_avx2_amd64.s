//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_depthwise_1x16__avx2 — quantised depthwise convolution, a row of pixels, 16 channels at a time.
//
// Computes   dst[p][k] = requantize(bias[k] + Σ_t (src[t][p][k] − inZero) · w[t][k])
// Reference  depthwiseU8Generic (depthwise.go); the same bytes
// Requires   AVX2
// Layout     src/dst NHWC; taps as pairs of addresses; w rows of c; bias int32
// Contract   taps, pixels ≥ 1, the table has an entry more if taps is odd; c a multiple of 16, ≥ 16; no over-read
// Bound      two taps: 4 widening loads, 2 subtractions, 4 interleavings, 2 VPMADDWD, 2 VPADDD; exact in int32
// Registers  DI  args    BX  dst    SI  table    CX  pairs of taps left    R8–R11  addresses    R12, R13  offsets in
//            inputs and weights    AX  offset of the pixel    Y8, Y9  sums of channels 0–3 8–11, 4–7 12–15
//            Y10, Y11 bias    Y12, Y13 scale, both in that order    Y14  zero point of the input    Y15 lo, hi, zero
// Phases     channels → pixel → pair of taps → requantize

// func depthwiseU8BlocksAVX2(a *depthArgs)
TEXT ·depthwiseU8BlocksAVX2(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), DI
	VPBROADCASTW depthArgs_inZero(DI), Y14
	MOVQ         $0, depthArgs_channel(DI)
	MOVQ         depthArgs_pixels(DI), AX
	IMULQ        depthArgs_srcStep(DI), AX
	MOVQ         AX, depthArgs_end(DI)
	ADDQ         $1, depthArgs_taps(DI)
	SHRQ         $1, depthArgs_taps(DI)

channels_u8:
	MOVQ       depthArgs_channel(DI), BX
	MOVQ       depthArgs_bias(DI), AX
	VMOVDQU    (AX)(BX*4), Y0
	VMOVDQU    32(AX)(BX*4), Y1
	VPERM2I128 $0x20, Y1, Y0, Y10
	VPERM2I128 $0x31, Y1, Y0, Y11
	MOVQ       depthArgs_scale(DI), AX
	VMOVDQU    (AX)(BX*4), Y0
	VMOVDQU    32(AX)(BX*4), Y1
	VPERM2I128 $0x20, Y1, Y0, Y12
	VPERM2I128 $0x31, Y1, Y0, Y13
	MOVQ       BX, R12
	MOVQ       BX, R13
	ADDQ       depthArgs_dst(DI), BX
	XORL       AX, AX

pixel_u8:
	VMOVDQA Y10, Y8
	VMOVDQA Y11, Y9
	MOVQ    depthArgs_table(DI), SI
	MOVQ    depthArgs_taps(DI), CX

pair:
	MOVQ       (SI), R8
	MOVQ       8(SI), R9
	MOVQ       16(SI), R10
	MOVQ       24(SI), R11
	VPMOVZXBW  (R8)(R12*1), Y0
	VPMOVZXBW  (R10)(R12*1), Y1
	VPMOVSXBW  (R9)(R13*1), Y2
	VPMOVSXBW  (R11)(R13*1), Y3
	VPSUBW     Y14, Y0, Y0
	VPSUBW     Y14, Y1, Y1
	VPUNPCKLWD Y1, Y0, Y4
	VPUNPCKHWD Y1, Y0, Y5
	VPUNPCKLWD Y3, Y2, Y6
	VPUNPCKHWD Y3, Y2, Y7
	VPMADDWD   Y6, Y4, Y4
	VPMADDWD   Y7, Y5, Y5
	VPADDD     Y4, Y8, Y8
	VPADDD     Y5, Y9, Y9
	ADDQ       $32, SI
	SUBQ       $1, CX
	JNZ        pair

	VCVTDQ2PS    Y8, Y8
	VCVTDQ2PS    Y9, Y9
	VMULPS       Y12, Y8, Y8
	VMULPS       Y13, Y9, Y9
	VBROADCASTSS depthArgs_lo(DI), Y15
	VMAXPS       Y15, Y8, Y8
	VMAXPS       Y15, Y9, Y9
	VBROADCASTSS depthArgs_hi(DI), Y15
	VMINPS       Y15, Y8, Y8
	VMINPS       Y15, Y9, Y9
	VPBROADCASTD depthArgs_zero(DI), Y15
	VCVTPS2DQ    Y8, Y8
	VCVTPS2DQ    Y9, Y9
	VPADDD       Y15, Y8, Y8
	VPADDD       Y15, Y9, Y9
	VPACKSSDW    Y9, Y8, Y8
	VEXTRACTI128 $1, Y8, X9
	VPACKUSWB    X9, X8, X8
	VMOVDQU      X8, (BX)
	ADDQ         depthArgs_dstStep(DI), BX
	ADDQ         depthArgs_srcStep(DI), R12
	ADDQ         depthArgs_srcStep(DI), AX
	CMPQ         AX, depthArgs_end(DI)
	JLT          pixel_u8

	ADDQ $16, depthArgs_channel(DI)
	SUBQ $16, depthArgs_c(DI)
	JNZ  channels_u8
	VZEROUPPER
	RET
