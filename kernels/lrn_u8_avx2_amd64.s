//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_lrn_1x8__avx2 — quantised local response normalisation across channels, 8 channels at a time.
//
// Computes   see LRNU8 (lrn_u8.go): every operation rounded, in the order written there
// Reference  lrnU8Generic (lrn_u8.go)
// Requires   AVX2
// Layout     src/dst NHWC uint8; squares int32 with zeros around the pixel's channels
// Contract   pixels, c ≥ 1, c a multiple of 8; dst is src or does not overlap it; no over-read
// Bound      two VSQRTPS and one VDIVPS per 8 channels
// Registers  DI  args    SI  src    DX  dst    R8  squares    R9  where this pixel's go    CX  channels    BX  pixels left
//            AX  channel    R10 window    R11 taps left    R12 size
//            Y8  inZero    Y9  alpha    Y10 bias    Y11 scale    Y12 lo    Y13 hi    Y14 zero
// Phases     pixel → squares → channel block → window → normalise → store

// func lrnU8AVX2(a *LRNU8)
TEXT ·lrnU8AVX2(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), DI
	MOVQ         LRNU8_src(DI), SI
	MOVQ         LRNU8_dst(DI), DX
	MOVQ         LRNU8_squares(DI), R8
	MOVQ         LRNU8_before(DI), R9
	LEAQ         (R8)(R9*4), R9
	MOVQ         LRNU8_c(DI), CX
	MOVQ         LRNU8_pixels(DI), BX
	MOVQ         LRNU8_size(DI), R12
	VPBROADCASTD LRNU8_inZero(DI), Y8
	VBROADCASTSS LRNU8_alpha(DI), Y9
	VBROADCASTSS LRNU8_bias(DI), Y10
	VBROADCASTSS LRNU8_scale(DI), Y11
	VBROADCASTSS LRNU8_lo(DI), Y12
	VBROADCASTSS LRNU8_hi(DI), Y13
	VPBROADCASTD LRNU8_zero(DI), Y14

pixel:
	XORQ AX, AX

square_loop:
	VPMOVZXBD (SI)(AX*1), Y0
	VPSUBD    Y8, Y0, Y0             // x
	VPMULLD   Y0, Y0, Y0
	VMOVDQU   Y0, (R9)(AX*4)
	ADDQ      $8, AX
	CMPQ      AX, CX
	JLT       square_loop
	XORQ      AX, AX

channels:
	LEAQ    (R8)(AX*4), R10
	VMOVDQU (R10), Y0                // s = Σ x²
	MOVQ    R12, R11
	JMP     window_next

window_loop:
	ADDQ   $4, R10
	VPADDD (R10), Y0, Y0

window_next:
	SUBQ $1, R11
	JNZ  window_loop

	VCVTDQ2PS    Y0, Y0
	VMULPS       Y9, Y0, Y0
	VADDPS       Y10, Y0, Y0         // t
	VSQRTPS      Y0, Y0
	VSQRTPS      Y0, Y1
	VMULPS       Y1, Y0, Y0          // d
	VPMOVZXBD    (SI)(AX*1), Y1
	VPSUBD       Y8, Y1, Y1
	VCVTDQ2PS    Y1, Y1
	VMULPS       Y11, Y1, Y1
	VDIVPS       Y0, Y1, Y1          // x·scale / d
	VMAXPS       Y12, Y1, Y1
	VMINPS       Y13, Y1, Y1
	VCVTPS2DQ    Y1, Y1
	VPADDD       Y14, Y1, Y1
	VEXTRACTI128 $1, Y1, X2
	VPACKSSDW    X2, X1, X1
	VPACKUSWB    X1, X1, X1
	VMOVQ        X1, (DX)(AX*1)
	ADDQ         $8, AX
	CMPQ         AX, CX
	JLT          channels

	ADDQ LRNU8_srcStride(DI), SI
	ADDQ LRNU8_dstStride(DI), DX
	SUBQ $1, BX
	JNZ  pixel
	VZEROUPPER
	RET
