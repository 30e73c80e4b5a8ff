//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// f32_depthwise_1x8__avx2 — depthwise convolution, a row of pixels, 8 channels at a time.
//
// Computes   dst[p][k] = clamp(bias[k] + Σ_t src[t][p][k] · w[t][k])
// Reference  depthwiseF32Generic (depthwise.go)
// Requires   AVX2, FMA
// Layout     src/dst NHWC; taps as pairs of addresses; w rows of c
// Contract   taps, pixels ≥ 1; c a multiple of 8, ≥ 8; srcStep > 0; no over-read, no over-write
// Bound      nine taps: 9 loads with their FMA per pixel, weights in registers; other counts: 2 loads per FMA
// Registers  DI  args    BX  dst    AX  offset of the pixel in each tap    Y0–Y8  weights of nine taps
//            SI, R8–R13, CX, DX  addresses of nine taps    Y9, Y10 sums    Y12 bias    Y13 lo    Y14 hi
// Phases     channels → nine taps: pixel | taps: pixel → tap

// The weights and the address of tap t; clobbers DX, so that of the last tap comes last.
#define ADDRESS(t, r, w) \
	MOVQ    (16*t+8)(AX), DX \
	VMOVUPS (DX)(BX*1), w \
	MOVQ    (16*t)(AX), r \
	ADDQ    BX, r

// func depthwiseF32BlocksAVX2(a *DepthTaps)
TEXT ·depthwiseF32BlocksAVX2(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), DI
	VBROADCASTSS DepthTaps_lo(DI), Y13
	VBROADCASTSS DepthTaps_hi(DI), Y14
	MOVQ         $0, DepthTaps_channel(DI)
	MOVQ         DepthTaps_pixels(DI), AX
	IMULQ        DepthTaps_srcStep(DI), AX
	MOVQ         AX, DepthTaps_end(DI)

channels:
	MOVQ    DepthTaps_channel(DI), BX
	MOVQ    DepthTaps_bias(DI), AX
	VMOVUPS (AX)(BX*1), Y12
	CMPQ    DepthTaps_taps(DI), $9
	JNE     any

	MOVQ DepthTaps_table(DI), AX
	ADDRESS(0, SI, Y0)
	ADDRESS(1, R8, Y1)
	ADDRESS(2, R9, Y2)
	ADDRESS(3, R10, Y3)
	ADDRESS(4, R11, Y4)
	ADDRESS(5, R12, Y5)
	ADDRESS(6, R13, Y6)
	ADDRESS(7, CX, Y7)
	ADDRESS(8, DX, Y8)
	ADDQ DepthTaps_dst(DI), BX
	XORL AX, AX

	PCALIGN $32
nine_pixel:
	VMULPS      (SI)(AX*1), Y0, Y9
	VMOVUPS     (R8)(AX*1), Y10
	VFMADD213PS Y12, Y1, Y10
	VFMADD231PS (R9)(AX*1), Y2, Y9
	VFMADD231PS (R10)(AX*1), Y3, Y10
	VFMADD231PS (R11)(AX*1), Y4, Y9
	VFMADD231PS (R12)(AX*1), Y5, Y10
	VFMADD231PS (R13)(AX*1), Y6, Y9
	VFMADD231PS (CX)(AX*1), Y7, Y10
	VFMADD231PS (DX)(AX*1), Y8, Y9
	VADDPS      Y10, Y9, Y9
	VMAXPS      Y9, Y13, Y9
	VMINPS      Y9, Y14, Y9
	VMOVUPS     Y9, (BX)
	ADDQ        DepthTaps_dstStep(DI), BX
	ADDQ        DepthTaps_srcStep(DI), AX
	CMPQ        AX, DepthTaps_end(DI)
	JLT         nine_pixel
	JMP         channels_done

any:
	MOVQ BX, R12                     // channels, and then the pixel, in each tap
	MOVQ BX, R13
	ADDQ DepthTaps_dst(DI), BX
	XORL AX, AX

any_pixel:
	VMOVAPS Y12, Y9
	MOVQ    DepthTaps_table(DI), SI
	MOVQ    DepthTaps_taps(DI), CX

tap:
	MOVQ        (SI), R8
	MOVQ        8(SI), R9
	VMOVUPS     (R9)(R13*1), Y0
	VFMADD231PS (R8)(R12*1), Y0, Y9
	ADDQ        $16, SI
	SUBQ        $1, CX
	JNZ         tap
	VMAXPS      Y9, Y13, Y9
	VMINPS      Y9, Y14, Y9
	VMOVUPS     Y9, (BX)
	ADDQ        DepthTaps_dstStep(DI), BX
	ADDQ        DepthTaps_srcStep(DI), R12
	ADDQ        DepthTaps_srcStep(DI), AX
	CMPQ        AX, DepthTaps_end(DI)
	JLT         any_pixel

channels_done:
	ADDQ $32, DepthTaps_channel(DI)
	SUBQ $8, DepthTaps_c(DI)
	JNZ  channels
	VZEROUPPER
	RET

// u8_depthwise_1x16__avx2 — quantised depthwise convolution, a row of pixels, 16 channels at a time.
//
// Computes   dst[p][k] = requantize(bias[k] + Σ_t (src[t][p][k] − inZero) · w[t][k])
// Reference  depthwiseU8Generic (depthwise.go); the same bytes
// Requires   AVX2
// Layout     as above; bias int32
// Contract   taps, pixels ≥ 1, the table has an entry more if taps is odd; c a multiple of 16, ≥ 16; no over-read
// Bound      two taps: 4 widening loads, 2 subtractions, 4 interleavings, 2 VPMADDWD, 2 VPADDD; exact in int32
// Registers  DI  args    BX  dst    SI  table    CX  pairs of taps left    R8–R11  addresses    R12, R13  offsets in
//            inputs and weights    AX  offset of the pixel    Y8, Y9  sums of channels 0–3 8–11, 4–7 12–15
//            Y10, Y11 bias    Y12, Y13 scale, both in that order    Y14  zero point of the input    Y15 lo, hi, zero
// Phases     channels → pixel → pair of taps → requantize

// func depthwiseU8BlocksAVX2(a *DepthTaps)
TEXT ·depthwiseU8BlocksAVX2(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), DI
	VPBROADCASTW DepthTaps_inZero(DI), Y14
	MOVQ         $0, DepthTaps_channel(DI)
	MOVQ         DepthTaps_pixels(DI), AX
	IMULQ        DepthTaps_srcStep(DI), AX
	MOVQ         AX, DepthTaps_end(DI)
	ADDQ         $1, DepthTaps_taps(DI)
	SHRQ         $1, DepthTaps_taps(DI)

channels_u8:
	MOVQ       DepthTaps_channel(DI), BX
	MOVQ       DepthTaps_bias(DI), AX
	VMOVDQU    (AX)(BX*4), Y0
	VMOVDQU    32(AX)(BX*4), Y1
	VPERM2I128 $0x20, Y1, Y0, Y10
	VPERM2I128 $0x31, Y1, Y0, Y11
	MOVQ       DepthTaps_scale(DI), AX
	VMOVDQU    (AX)(BX*4), Y0
	VMOVDQU    32(AX)(BX*4), Y1
	VPERM2I128 $0x20, Y1, Y0, Y12
	VPERM2I128 $0x31, Y1, Y0, Y13
	MOVQ       BX, R12
	MOVQ       BX, R13
	ADDQ       DepthTaps_dst(DI), BX
	XORL       AX, AX

pixel_u8:
	VMOVDQA Y10, Y8
	VMOVDQA Y11, Y9
	MOVQ    DepthTaps_table(DI), SI
	MOVQ    DepthTaps_taps(DI), CX

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
	VBROADCASTSS DepthTaps_lo(DI), Y15
	VMAXPS       Y15, Y8, Y8
	VMAXPS       Y15, Y9, Y9
	VBROADCASTSS DepthTaps_hi(DI), Y15
	VMINPS       Y15, Y8, Y8
	VMINPS       Y15, Y9, Y9
	VPBROADCASTD DepthTaps_zero(DI), Y15
	VCVTPS2DQ    Y8, Y8
	VCVTPS2DQ    Y9, Y9
	VPADDD       Y15, Y8, Y8
	VPADDD       Y15, Y9, Y9
	VPACKSSDW    Y9, Y8, Y8
	VEXTRACTI128 $1, Y8, X9
	VPACKUSWB    X9, X8, X8
	VMOVDQU      X8, (BX)
	ADDQ         DepthTaps_dstStep(DI), BX
	ADDQ         DepthTaps_srcStep(DI), R12
	ADDQ         DepthTaps_srcStep(DI), AX
	CMPQ         AX, DepthTaps_end(DI)
	JLT          pixel_u8

	ADDQ $16, DepthTaps_channel(DI)
	SUBQ $16, DepthTaps_c(DI)
	JNZ  channels_u8
	VZEROUPPER
	RET
