//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// f32_reorder_8x8__avx2 — boxes of elements of four bytes to another order: transposed by squares of 8×8, two rows woven
// into one, and back.
// one, and back.
//
// Computes   dst[i·dstStep[0] + j·dstStep[1] + k·dstStep[2]] = src[i·srcStep[0] + j·srcStep[1] + k·srcStep[2]]
// Reference  reorder32Generic (reorder.go)
// Requires   AVX2
// Contract   n ≥ 1; no over-read, no over-write; dst and src do not overlap
//            transpose  transposeArgs says it; rows and cols multiples of 8
//            zip        srcStep[1] = dstStep[2] = 1; n[2] = dstStep[1] = 2; n[1] a multiple of 4
//            unzip      srcStep[1] = dstStep[2] = 1; n[1] = srcStep[2] = 2; n[2] a multiple of 4
// Bound      16 loads, 16 shuffles and 8 stores per 64 elements; three or four instructions per 8 elements of a weave
// Registers  DI  args     SI  src     DX  dst     CX  layers left     R8, R9, BX  of the inner loops
//            transpose: layers and columns left, src and dst of columns are on the stack
//            AX  src of rows    R9  dst of rows    BX  rows left        R10, R11 srcRow, three of it
//            R12, SI, R13 col1, col2, both         DX  col4
// Phases     layer → eight columns → eight rows

// A half of eight rows: Y0–Y3 have rows 0–3, and 4–7 above, at offset; Y4–Y7 become its columns.
#define HALF(offset) \
	VMOVUPS     offset(AX), X0 \
	VMOVUPS     offset(AX)(R10*1), X1 \
	VMOVUPS     offset(AX)(R10*2), X2 \
	VMOVUPS     offset(AX)(R11*1), X3 \
	LEAQ        (AX)(R10*4), AX \
	VINSERTF128 $1, offset(AX), Y0, Y0 \
	VINSERTF128 $1, offset(AX)(R10*1), Y1, Y1 \
	VINSERTF128 $1, offset(AX)(R10*2), Y2, Y2 \
	VINSERTF128 $1, offset(AX)(R11*1), Y3, Y3 \
	VUNPCKLPS   Y1, Y0, Y8 \
	VUNPCKHPS   Y1, Y0, Y9 \
	VUNPCKLPS   Y3, Y2, Y10 \
	VUNPCKHPS   Y3, Y2, Y11 \
	VUNPCKLPD   Y10, Y8, Y4 \
	VUNPCKHPD   Y10, Y8, Y5 \
	VUNPCKLPD   Y11, Y9, Y6 \
	VUNPCKHPD   Y11, Y9, Y7

// Four columns to rows of dst.
#define STORE \
	VMOVUPS Y4, (R9) \
	VMOVUPS Y5, (R9)(R12*1) \
	VMOVUPS Y6, (R9)(SI*1) \
	VMOVUPS Y7, (R9)(R13*1)

// func transposeF32AVX2(t *transposeArgs)
TEXT ·transposeF32AVX2(SB), NOSPLIT, $40-8
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
	HALF(0)
	STORE
	SUBQ R10, AX                     // back to the square's first row
	SUBQ R11, AX
	ADDQ DX, R9
	HALF(16)
	STORE
	LEAQ (AX)(R10*4), AX             // the next eight rows
	SUBQ DX, R9
	ADDQ $32, R9
	SUBQ $8, BX
	JNZ  transpose_rows
	ADDQ $32, R8
	LEAQ (CX)(DX*2), CX
	SUBQ $8, cols-16(SP)
	JNZ  transpose_cols
	MOVQ transposeArgs_srcLayer(DI), AX
	ADDQ AX, transposeArgs_src(DI)
	MOVQ transposeArgs_dstLayer(DI), AX
	ADDQ AX, transposeArgs_dst(DI)
	SUBQ $1, layers-8(SP)
	JNZ  transpose_layer
	VZEROUPPER
	RET

// func reorderZipF32AVX2(b *reorderArgs)
TEXT ·reorderZipF32AVX2(SB), NOSPLIT, $0-8
	MOVQ b+0(FP), DI
	MOVQ reorderArgs_src(DI), SI
	MOVQ reorderArgs_dst(DI), DX
	MOVQ reorderArgs_n(DI), CX
	MOVQ reorderArgs_srcStep(DI), R10
	SHLQ $2, R10
	MOVQ reorderArgs_dstStep(DI), R11
	SHLQ $2, R11
	MOVQ reorderArgs_srcStep+16(DI), R12
	SHLQ $2, R12
	MOVQ reorderArgs_n+8(DI), R13

zip_i:
	MOVQ SI, R8
	MOVQ DX, R9
	MOVQ R13, BX

zip_block:
	VMOVUPS   (R8), X0
	VMOVUPS   (R8)(R12*1), X1
	VUNPCKLPS X1, X0, X2
	VUNPCKHPS X1, X0, X3
	VMOVUPS   X2, 0(R9)
	VMOVUPS   X3, 16(R9)
	ADDQ      $16, R8
	ADDQ      $32, R9
	SUBQ      $4, BX
	JNZ       zip_block
	ADDQ      R10, SI
	ADDQ      R11, DX
	SUBQ      $1, CX
	JNZ       zip_i
	VZEROUPPER
	RET

// func reorderUnzipF32AVX2(b *reorderArgs)
TEXT ·reorderUnzipF32AVX2(SB), NOSPLIT, $0-8
	MOVQ b+0(FP), DI
	MOVQ reorderArgs_src(DI), SI
	MOVQ reorderArgs_dst(DI), DX
	MOVQ reorderArgs_n(DI), CX
	MOVQ reorderArgs_srcStep(DI), R10
	SHLQ $2, R10
	MOVQ reorderArgs_dstStep(DI), R11
	SHLQ $2, R11
	MOVQ reorderArgs_dstStep+8(DI), R12
	SHLQ $2, R12
	MOVQ reorderArgs_n+16(DI), R13

unzip_i:
	MOVQ SI, R8
	MOVQ DX, R9
	MOVQ R13, BX

unzip_block:
	VMOVUPS 0(R8), X0
	VMOVUPS 16(R8), X1
	VSHUFPS $0x88, X1, X0, X2        // the even ones
	VSHUFPS $0xdd, X1, X0, X3        // the odd ones
	VMOVUPS X2, (R9)
	VMOVUPS X3, (R9)(R12*1)
	ADDQ    $32, R8
	ADDQ    $16, R9
	SUBQ    $4, BX
	JNZ     unzip_block
	ADDQ    R10, SI
	ADDQ    R11, DX
	SUBQ    $1, CX
	JNZ     unzip_i
	VZEROUPPER
	RET
