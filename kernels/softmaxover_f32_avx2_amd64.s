//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "exp_f32_avx2_amd64.h"

// f32_softmaxover_1x8__avx2 — the last pass of softmax over any axes, 8 channels at a time.
//
// Computes   dst[i] = exp(src[i] − most[i·step]) / sums[i·step]
// Reference  softmaxOverGeneric (softmax_over.go), of the form SoftmaxPlain; the same bits
// Requires   AVX2
// Contract   c a multiple of 8, ≥ 8; dst may be src; no over-read
// Bound      about 25 instructions and a division per 8 channels
// Registers  SI  src    DX  dst    BX  most    R8  sums    CX  elements left    AX  bytes from a vector of most to the next
//            Y0  source, result    Y1–Y3, Y15 scratch    Y4  sums    Y5  most    Y6–Y12 constants of the exponential

// func softmaxOverBlocksAVX2(a *softmaxOverArgs)
TEXT ·softmaxOverBlocksAVX2(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), DI
	MOVQ         softmaxOverArgs_src(DI), SI
	MOVQ         softmaxOverArgs_dst(DI), DX
	MOVQ         softmaxOverArgs_most(DI), BX
	MOVQ         softmaxOverArgs_sums(DI), R8
	MOVQ         softmaxOverArgs_c(DI), CX
	MOVQ         softmaxOverArgs_step(DI), AX
	SHLQ         $5, AX
	EXP_CONSTANTS
	VBROADCASTSS (BX), Y5
	VBROADCASTSS (R8), Y4

block:
	TESTQ   AX, AX
	JEQ     repeated
	VMOVUPS (BX), Y5
	VMOVUPS (R8), Y4
	ADDQ    AX, BX
	ADDQ    AX, R8

repeated:
	VMOVUPS (SI), Y0
	EXP(Y5, Y0, Y1, Y2, Y3, Y15)
	VDIVPS  Y4, Y0, Y0
	VMOVUPS Y0, (DX)
	ADDQ    $32, SI
	ADDQ    $32, DX
	SUBQ    $8, CX
	JNZ     block
	VZEROUPPER
	RET
