//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_words_1x16__avx2 — inputs to int16, for convolutions that multiply those, 16 at a time.
//
// Computes   dst[r·dstStride + 2·i … + 1] = ptrs[r][i], 0
// Reference  wordsGeneric (flip.go)
// Requires   AVX2
// Contract   rows ≥ 1; bytes ≥ 16; dst overlaps no input; no over-read, no over-write
// Bound      a load and a store per 16 bytes
// Registers  DI  args    SI  ptrs    DX  dst    BX  a row's input    CX  bytes less 16    AX  byte    R8  rows left    Y0  words
// Phases     row → block → the last 16 bytes, again what of them was done

// func wordsBlocksAVX2(a *flipArgs)
TEXT ·wordsBlocksAVX2(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	MOVQ flipArgs_ptrs(DI), SI
	MOVQ flipArgs_dst(DI), DX
	MOVQ flipArgs_rows(DI), R8
	MOVQ flipArgs_bytes(DI), CX
	SUBQ $16, CX

row:
	MOVQ  (SI), BX
	XORQ  AX, AX
	TESTQ CX, CX
	JEQ   last

block:
	VPMOVZXBW (BX)(AX*1), Y0
	VMOVDQU   Y0, (DX)(AX*2)
	ADDQ      $16, AX
	CMPQ      AX, CX
	JLT       block

last:
	VPMOVZXBW (BX)(CX*1), Y0
	VMOVDQU   Y0, (DX)(CX*2)
	ADDQ      $8, SI
	ADDQ      flipArgs_dstStride(DI), DX
	DECQ      R8
	JNZ       row
	VZEROUPPER
	RET
