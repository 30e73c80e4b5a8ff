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

// func depthwiseF32BlocksAVX2(a *depthArgs)
TEXT ·depthwiseF32BlocksAVX2(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), DI
	VBROADCASTSS depthArgs_lo(DI), Y13
	VBROADCASTSS depthArgs_hi(DI), Y14
	MOVQ         $0, depthArgs_channel(DI)
	MOVQ         depthArgs_pixels(DI), AX
	IMULQ        depthArgs_srcStep(DI), AX
	MOVQ         AX, depthArgs_end(DI)

channels:
	MOVQ    depthArgs_channel(DI), BX
	MOVQ    depthArgs_bias(DI), AX
	VMOVUPS (AX)(BX*1), Y12
	CMPQ    depthArgs_taps(DI), $9
	JNE     any

	MOVQ depthArgs_table(DI), AX
	ADDRESS(0, SI, Y0)
	ADDRESS(1, R8, Y1)
	ADDRESS(2, R9, Y2)
	ADDRESS(3, R10, Y3)
	ADDRESS(4, R11, Y4)
	ADDRESS(5, R12, Y5)
	ADDRESS(6, R13, Y6)
	ADDRESS(7, CX, Y7)
	ADDRESS(8, DX, Y8)
	ADDQ depthArgs_dst(DI), BX
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
	ADDQ        depthArgs_dstStep(DI), BX
	ADDQ        depthArgs_srcStep(DI), AX
	CMPQ        AX, depthArgs_end(DI)
	JLT         nine_pixel
	JMP         channels_done

any:
	MOVQ BX, R12                     // channels, and then the pixel, in each tap
	MOVQ BX, R13
	ADDQ depthArgs_dst(DI), BX
	XORL AX, AX

any_pixel:
	VMOVAPS Y12, Y9
	MOVQ    depthArgs_table(DI), SI
	MOVQ    depthArgs_taps(DI), CX

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
	ADDQ        depthArgs_dstStep(DI), BX
	ADDQ        depthArgs_srcStep(DI), R12
	ADDQ        depthArgs_srcStep(DI), AX
	CMPQ        AX, depthArgs_end(DI)
	JLT         any_pixel

channels_done:
	ADDQ $32, depthArgs_channel(DI)
	SUBQ $8, depthArgs_c(DI)
	JNZ  channels
	VZEROUPPER
	RET
