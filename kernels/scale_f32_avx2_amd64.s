//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// f32_scale_1x32__avx2 — each channel times a number of its own, 32 and then 8 at a time.
// f32_slope_1x8__avx2  — likewise where it has a sign.
//
// Computes   scale: dst[i] = src[i]·by[i]      slope: dst[i] = src[i] < 0 ? src[i]·by[i] : src[i]·1
// Reference  scaleF32Generic, slopeF32Generic (scale.go)
// Requires   AVX2
// Contract   rows ≥ 1; c a multiple of 8, ≥ 8; no over-read; dst does not overlap src or by
// Bound      two loads and a store per 8 channels
// Registers  DI  args    SI  src    DX  dst    BX  by    R8  rows left    AX  byte    CX  channels left    Y0–Y3 work    Y15 ones
// Phases     row → blocks → block → next_row

// func scaleBlocksAVX2(a *scaleArgs)
TEXT ·scaleBlocksAVX2(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	MOVQ scaleArgs_src(DI), SI
	MOVQ scaleArgs_dst(DI), DX
	MOVQ scaleArgs_by(DI), BX
	MOVQ scaleArgs_rows(DI), R8

row:
	XORL AX, AX
	MOVQ scaleArgs_c(DI), CX
	SUBQ $32, CX
	JLT  rest

blocks:
	VMOVUPS (SI)(AX*1), Y0
	VMOVUPS 32(SI)(AX*1), Y1
	VMOVUPS 64(SI)(AX*1), Y2
	VMOVUPS 96(SI)(AX*1), Y3
	VMULPS  (BX)(AX*1), Y0, Y0
	VMULPS  32(BX)(AX*1), Y1, Y1
	VMULPS  64(BX)(AX*1), Y2, Y2
	VMULPS  96(BX)(AX*1), Y3, Y3
	VMOVUPS Y0, (DX)(AX*1)
	VMOVUPS Y1, 32(DX)(AX*1)
	VMOVUPS Y2, 64(DX)(AX*1)
	VMOVUPS Y3, 96(DX)(AX*1)
	ADDQ    $128, AX
	SUBQ    $32, CX
	JGE     blocks

rest:
	ADDQ $32, CX
	JEQ  next_row

block:
	VMOVUPS (SI)(AX*1), Y0
	VMULPS  (BX)(AX*1), Y0, Y0
	VMOVUPS Y0, (DX)(AX*1)
	ADDQ    $32, AX
	SUBQ    $8, CX
	JNZ     block

next_row:
	ADDQ scaleArgs_srcStride(DI), SI
	ADDQ scaleArgs_dstStride(DI), DX
	SUBQ $1, R8
	JNZ  row
	VZEROUPPER
	RET

// func slopeBlocksAVX2(a *scaleArgs)
TEXT ·slopeBlocksAVX2(SB), NOSPLIT, $0-8
	MOVQ     a+0(FP), DI
	MOVQ     scaleArgs_src(DI), SI
	MOVQ     scaleArgs_dst(DI), DX
	MOVQ     scaleArgs_by(DI), BX
	MOVQ     scaleArgs_rows(DI), R8
	VPCMPEQD Y15, Y15, Y15
	VPSRLD   $25, Y15, Y15
	VPSLLD   $23, Y15, Y15           // 1

row:
	XORL AX, AX
	MOVQ scaleArgs_c(DI), CX

block:
	VMOVUPS   (SI)(AX*1), Y0
	VBLENDVPS Y0, (BX)(AX*1), Y15, Y1 // by the sign
	VMULPS    Y0, Y1, Y0
	VMOVUPS   Y0, (DX)(AX*1)
	ADDQ      $32, AX
	SUBQ      $8, CX
	JNZ       block
	ADDQ      scaleArgs_srcStride(DI), SI
	ADDQ      scaleArgs_dstStride(DI), DX
	SUBQ      $1, R8
	JNZ       row
	VZEROUPPER
	RET
