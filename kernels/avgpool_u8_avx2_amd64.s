//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_avgpool_1x8__avx2 — adds rows of uint8 to int32 sums, 32 and then 8 channels at a time.
//
// Computes   sums[i] += Σ src[r][i] over rows r
// Reference  sumU8Generic (avgpool_u8.go)
// Requires   AVX2
// Contract   rows ≥ 1; c a multiple of 8, ≥ 8; no over-read
// Bound      4 loads and 4 additions per 32 channels of a row
// Registers  DI  args    SI  src    DX  sums    CX  channels left    R8  row    R9  rows left    R10 stride    Y0–Y3 src    Y4–Y7 sums
// Phases     blocks → rows32 → block → rows8

// func sumBlocksAVX2(a *sumU8Args)
TEXT ·sumBlocksAVX2(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	MOVQ sumU8Args_src(DI), SI
	MOVQ sumU8Args_sums(DI), DX
	MOVQ sumU8Args_c(DI), CX
	MOVQ sumU8Args_stride(DI), R10
	SUBQ $32, CX
	JLT  rest

blocks:
	MOVQ    SI, R8
	MOVQ    sumU8Args_rows(DI), R9
	VMOVDQU (DX), Y4
	VMOVDQU 32(DX), Y5
	VMOVDQU 64(DX), Y6
	VMOVDQU 96(DX), Y7

rows32:
	VPMOVZXBD (R8), Y0
	VPMOVZXBD 8(R8), Y1
	VPMOVZXBD 16(R8), Y2
	VPMOVZXBD 24(R8), Y3
	VPADDD    Y0, Y4, Y4
	VPADDD    Y1, Y5, Y5
	VPADDD    Y2, Y6, Y6
	VPADDD    Y3, Y7, Y7
	ADDQ      R10, R8
	SUBQ      $1, R9
	JNZ       rows32
	VMOVDQU   Y4, (DX)
	VMOVDQU   Y5, 32(DX)
	VMOVDQU   Y6, 64(DX)
	VMOVDQU   Y7, 96(DX)
	ADDQ      $32, SI
	ADDQ      $128, DX
	SUBQ      $32, CX
	JGE       blocks

rest:
	ADDQ $32, CX
	JEQ  done

block:
	MOVQ    SI, R8
	MOVQ    sumU8Args_rows(DI), R9
	VMOVDQU (DX), Y4

rows8:
	VPMOVZXBD (R8), Y0
	VPADDD    Y0, Y4, Y4
	ADDQ      R10, R8
	SUBQ      $1, R9
	JNZ       rows8
	VMOVDQU   Y4, (DX)
	ADDQ      $8, SI
	ADDQ      $32, DX
	SUBQ      $8, CX
	JNZ       block

done:
	VZEROUPPER
	RET
