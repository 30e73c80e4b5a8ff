//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_reorder_8x8__avx2 — boxes of bytes to another order: rows as they are, transposed by squares of 8×8, two rows woven
// into one, and back.
//
// Computes   dst[i·dstStep[0] + j·dstStep[1] + k·dstStep[2]] = src[i·srcStep[0] + j·srcStep[1] + k·srcStep[2]]
// Reference  reorder8Generic (reorder.go)
// Requires   AVX2
// Contract   n ≥ 1; no over-read, no over-write; dst and src do not overlap
//            rows       srcStep[2] = dstStep[2] = 1
//            transpose  transposeArgs says it; rows and cols multiples of 8
//            zip        srcStep[1] = dstStep[2] = 1; n[2] = dstStep[1] = 2; n[1] a multiple of 8
//            unzip      srcStep[1] = dstStep[2] = 1; n[1] = srcStep[2] = 2; n[2] a multiple of 8
// Bound      8 loads, 12 shuffles and 8 stores per 64 elements; four instructions per 16 elements of a weave
// Registers  those of f32_reorder_8x8__avx2 (reorder_f32_avx2_amd64.s)
// Phases     i → j → k: a square

// func reorderRowsAVX2(b *reorderArgs)
TEXT ·reorderRowsAVX2(SB), NOSPLIT, $0-8
	MOVQ b+0(FP), DI
	MOVQ reorderArgs_src(DI), SI
	MOVQ reorderArgs_dst(DI), DX
	MOVQ reorderArgs_n(DI), CX
	MOVQ reorderArgs_n+16(DI), R13
	MOVQ reorderArgs_srcStep+8(DI), R10
	MOVQ reorderArgs_dstStep+8(DI), R11

rows_i:
	MOVQ SI, R8
	MOVQ DX, R9
	MOVQ reorderArgs_n+8(DI), BX

rows_j:
	XORQ AX, AX

rows_32:
	LEAQ    32(AX), R12
	CMPQ    R12, R13
	JGT     rows_16
	VMOVDQU (R8)(AX*1), Y0
	VMOVDQU Y0, (R9)(AX*1)
	MOVQ    R12, AX
	JMP     rows_32

rows_16:
	TESTQ   $16, R13
	JEQ     rows_8
	VMOVDQU (R8)(AX*1), X0
	VMOVDQU X0, (R9)(AX*1)
	ADDQ    $16, AX

rows_8:
	TESTQ $8, R13
	JEQ   rows_4
	MOVQ  (R8)(AX*1), R12
	MOVQ  R12, (R9)(AX*1)
	ADDQ  $8, AX

rows_4:
	TESTQ $4, R13
	JEQ   rows_2
	MOVL  (R8)(AX*1), R12
	MOVL  R12, (R9)(AX*1)
	ADDQ  $4, AX

rows_2:
	TESTQ   $2, R13
	JEQ     rows_1
	MOVWLZX (R8)(AX*1), R12
	MOVW    R12, (R9)(AX*1)
	ADDQ    $2, AX

rows_1:
	TESTQ   $1, R13
	JEQ     rows_next
	MOVBLZX (R8)(AX*1), R12
	MOVB    R12, (R9)(AX*1)

rows_next:
	ADDQ R10, R8
	ADDQ R11, R9
	SUBQ $1, BX
	JNZ  rows_j
	ADDQ reorderArgs_srcStep(DI), SI
	ADDQ reorderArgs_dstStep(DI), DX
	SUBQ $1, CX
	JNZ  rows_i
	VZEROUPPER
	RET

// func transposeU8AVX2(t *transposeArgs)
TEXT ·transposeU8AVX2(SB), NOSPLIT, $40-8
	MOVQ t+0(FP), DI
	MOVQ transposeArgs_srcRow(DI), R10
	LEAQ (R10)(R10*2), R11
	MOVQ transposeArgs_col1(DI), R12
	MOVQ transposeArgs_col2(DI), SI
	LEAQ (R12)(SI*1), R13
	MOVQ transposeArgs_col4(DI), DX
	MOVQ transposeArgs_layers(DI), AX
	MOVQ AX, layers-8(SP)

transpose_layer:
	MOVQ transposeArgs_cols(DI), AX
	MOVQ AX, cols-16(SP)
	MOVQ transposeArgs_src(DI), R8
	MOVQ transposeArgs_dst(DI), CX

transpose_cols:
	MOVQ CX, R9
	MOVQ R8, AX
	MOVQ transposeArgs_rows(DI), BX

transpose_rows:
	VMOVQ      (AX), X0
	VMOVQ      (AX)(R10*1), X1
	VMOVQ      (AX)(R10*2), X2
	VMOVQ      (AX)(R11*1), X3
	LEAQ       (AX)(R10*4), AX
	VMOVQ      (AX), X4
	VMOVQ      (AX)(R10*1), X5
	VMOVQ      (AX)(R10*2), X6
	VMOVQ      (AX)(R11*1), X7
	LEAQ       (AX)(R10*4), AX
	VPUNPCKLBW X1, X0, X0            // columns 0–7 of rows 0, 1
	VPUNPCKLBW X3, X2, X2
	VPUNPCKLBW X5, X4, X4
	VPUNPCKLBW X7, X6, X6
	VPUNPCKLWD X2, X0, X1            // columns 0–3 of rows 0–3
	VPUNPCKHWD X2, X0, X3            // 4–7
	VPUNPCKLWD X6, X4, X5
	VPUNPCKHWD X6, X4, X7
	VPUNPCKLDQ X5, X1, X0            // columns 0, 1
	VPUNPCKHDQ X5, X1, X2            // 2, 3
	VPUNPCKLDQ X7, X3, X4
	VPUNPCKHDQ X7, X3, X6
	VMOVQ      X0, (R9)
	VMOVHPS    X0, (R9)(R12*1)
	VMOVQ      X2, (R9)(SI*1)
	VMOVHPS    X2, (R9)(R13*1)
	ADDQ       DX, R9
	VMOVQ      X4, (R9)
	VMOVHPS    X4, (R9)(R12*1)
	VMOVQ      X6, (R9)(SI*1)
	VMOVHPS    X6, (R9)(R13*1)
	SUBQ       DX, R9                // the next eight of a row
	ADDQ       $8, R9
	SUBQ       $8, BX
	JNZ        transpose_rows
	ADDQ       $8, R8
	LEAQ       (CX)(DX*2), CX
	SUBQ       $8, cols-16(SP)
	JNZ        transpose_cols
	MOVQ       transposeArgs_srcLayer(DI), AX
	ADDQ       AX, transposeArgs_src(DI)
	MOVQ       transposeArgs_dstLayer(DI), AX
	ADDQ       AX, transposeArgs_dst(DI)
	SUBQ       $1, layers-8(SP)
	JNZ        transpose_layer
	VZEROUPPER
	RET

// func reorderZipU8AVX2(b *reorderArgs)
TEXT ·reorderZipU8AVX2(SB), NOSPLIT, $0-8
	MOVQ b+0(FP), DI
	MOVQ reorderArgs_src(DI), SI
	MOVQ reorderArgs_dst(DI), DX
	MOVQ reorderArgs_n(DI), CX
	MOVQ reorderArgs_srcStep+16(DI), R12
	MOVQ reorderArgs_n+8(DI), R13

zip_i:
	MOVQ SI, R8
	MOVQ DX, R9
	MOVQ R13, BX

zip_block:
	VMOVQ      (R8), X0
	VMOVQ      (R8)(R12*1), X1
	VPUNPCKLBW X1, X0, X0
	VMOVDQU    X0, (R9)
	ADDQ       $8, R8
	ADDQ       $16, R9
	SUBQ       $8, BX
	JNZ        zip_block
	ADDQ       reorderArgs_srcStep(DI), SI
	ADDQ       reorderArgs_dstStep(DI), DX
	SUBQ       $1, CX
	JNZ        zip_i
	VZEROUPPER
	RET

DATA reorderEven<>+0(SB)/8, $0x0e0c0a0806040200
DATA reorderEven<>+8(SB)/8, $0x0f0d0b0907050301
GLOBL reorderEven<>(SB), RODATA|NOPTR, $16

// func reorderUnzipU8AVX2(b *reorderArgs)
TEXT ·reorderUnzipU8AVX2(SB), NOSPLIT, $0-8
	MOVQ    b+0(FP), DI
	MOVQ    reorderArgs_src(DI), SI
	MOVQ    reorderArgs_dst(DI), DX
	MOVQ    reorderArgs_n(DI), CX
	MOVQ    reorderArgs_dstStep+8(DI), R12
	MOVQ    reorderArgs_n+16(DI), R13
	VMOVDQU reorderEven<>(SB), X4

unzip_i:
	MOVQ SI, R8
	MOVQ DX, R9
	MOVQ R13, BX

unzip_block:
	VMOVDQU (R8), X0
	VPSHUFB X4, X0, X0               // the even ones, then the odd ones
	VMOVQ   X0, (R9)
	VMOVHPS X0, (R9)(R12*1)
	ADDQ    $16, R8
	ADDQ    $8, R9
	SUBQ    $8, BX
	JNZ     unzip_block
	ADDQ    reorderArgs_srcStep(DI), SI
	ADDQ    reorderArgs_dstStep(DI), DX
	SUBQ    $1, CX
	JNZ     unzip_i
	VZEROUPPER
	RET
