//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "pairs_avx2_amd64.h"
#include "winooutput_u8_avx2_amd64.h"

// u8_wino23input_4x4__avx2 — Winograd F(2,3) input transform of one 4×4 tile, 16 channels at a time.
//
// Computes   v[pos][c] = (Bᵀ d B)[pos] in int16
// Reference  wino23InputU8Generic (wino_tile_u8.go)
// Requires   AVX2
// Layout     src NHWC uint8 through 16 addresses; dst [16] × posStride bytes of int16
// Contract   c a multiple of 16, ≥ 16; no over-read
// Bound      16 widening loads + 32 additions + 16 stores per 16 channels
// Registers  DI  args    SI  addresses    DX  dst    CX  channels    AX  channel    R8  posStride
//            R9  dst row    R10–R13 addresses    Y0–Y3, Y4–Y7  rows 1 and 2 of d    Y8–Y11  one row of Bᵀd    Y12, Y13  results

// Widen channels AX…AX+15 of the four pixels of one row of the tile.
#define LOAD_ROW(row, a, b, c, d) \
	MOVQ (row*4+0)*8(SI), R10 \
	MOVQ (row*4+1)*8(SI), R11 \
	MOVQ (row*4+2)*8(SI), R12 \
	MOVQ (row*4+3)*8(SI), R13 \
	VPMOVZXBW (R10)(AX*1), a \
	VPMOVZXBW (R11)(AX*1), b \
	VPMOVZXBW (R12)(AX*1), c \
	VPMOVZXBW (R13)(AX*1), d

// The row of Bᵀd in Y8–Y11 times B, to four positions from R9 on; R9 goes on to the next row.
#define STORE_ROW \
	VPSUBW Y10, Y8, Y12 \
	VPADDW Y10, Y9, Y13 \
	VMOVDQU Y12, (R9) \
	VMOVDQU Y13, (R9)(R8*1) \
	LEAQ (R9)(R8*2), R9 \
	VPSUBW Y9, Y10, Y12 \
	VPSUBW Y11, Y9, Y13 \
	VMOVDQU Y12, (R9) \
	VMOVDQU Y13, (R9)(R8*1) \
	LEAQ (R9)(R8*2), R9

// func wino23InputU8AVX2(a *winoInputArgs)
TEXT ·wino23InputU8AVX2(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	MOVQ winoInputArgs_ptrs(DI), SI
	MOVQ winoInputArgs_dst(DI), DX
	MOVQ winoInputArgs_posStride(DI), R8
	MOVQ winoInputArgs_c(DI), CX
	XORQ AX, AX

channels:
	LEAQ (DX)(AX*2), R9
	LOAD_ROW(1, Y0, Y1, Y2, Y3)
	LOAD_ROW(2, Y4, Y5, Y6, Y7)
	LOAD_ROW(0, Y8, Y9, Y10, Y11)
	VPSUBW Y4, Y8, Y8                // d0 − d2
	VPSUBW Y5, Y9, Y9
	VPSUBW Y6, Y10, Y10
	VPSUBW Y7, Y11, Y11
	STORE_ROW
	VPADDW Y4, Y0, Y8                // d1 + d2
	VPADDW Y5, Y1, Y9
	VPADDW Y6, Y2, Y10
	VPADDW Y7, Y3, Y11
	STORE_ROW
	VPSUBW Y0, Y4, Y8                // d2 − d1
	VPSUBW Y1, Y5, Y9
	VPSUBW Y2, Y6, Y10
	VPSUBW Y3, Y7, Y11
	STORE_ROW
	LOAD_ROW(3, Y8, Y9, Y10, Y11)
	VPSUBW Y8, Y0, Y8                // d1 − d3
	VPSUBW Y9, Y1, Y9
	VPSUBW Y10, Y2, Y10
	VPSUBW Y11, Y3, Y11
	STORE_ROW
	ADDQ $16, AX
	CMPQ AX, CX
	JLT  channels
	VZEROUPPER
	RET

// u8_winogemm_6x16__avx2 — products of quantised Winograd: 6 tiles × 16 output channels at one position.
//
// Computes   as winogemm_6x16_amd64.h says
// Reference  winoGemmGeneric (wino_tile_u8.go)
// Requires   AVX2
// Layout     v int16 through addresses; u int16 packed [C/2][16][2]; dst int32, rows dstStride bytes apart
// Contract   groups (pairs of channels), tiles ≥ 1; 1 ≤ rows ≤ 6; no over-read
// Bound      12 × (VPMADDWD + VPADDD) per 2 loads + 6 broadcasts, 2 channels
#define GROUP(w, src) PAIRS(w, src)
#define GROUP4(w, src) PAIRS4(w, src)
#define NAME ·winoGemmAVX2
#include "winogemm_6x16_amd64.h"

// u8_wino23output_2x2__avx2 — Winograd F(2,3) output transform of one tile, 8 channels at a time.
//
// Computes   see winoOutputArgs (wino_tile.go)
// Reference  wino23OutputU8Generic (wino_tile_u8.go)
// Requires   AVX2
// Layout     src int32 [16] × posStride bytes; dst NHWC uint8
// Contract   cols ≥ 1; src, bias and scale readable to the next multiple of 8; 1 ≤ rows, columns ≤ 2; no over-write
// Bound      16 loads + 26 additions + 4 requantisations of 3 operations + 8 to pack, per 8 channels
// Registers  DI  args    SI  src    DX  dst    CX  channels left    R8  posStride    R9  4·posStride
//            R10 walks src    R11 pixel    R12 bias, scale    R13 scratch    BX  bytes of a pixel    AX  channel
//            Y0–Y3, Y4–Y7  rows 0 and 1 of Aᵀm    Y8, Y9 scratch    Y10–Y14 see winooutput_u8_avx2_amd64.h

// Column col of m to rows 0 and 1 of Aᵀm: a = m0 + m1 + m2, b = m1 − m2 − m3. Clobbers Y8, Y9.
#define COLUMN(a, b) \
	MOVQ R10, R11 \
	VMOVDQU (R11), a \
	ADDQ R9, R11 \
	VMOVDQU (R11), Y8 \
	ADDQ R9, R11 \
	VMOVDQU (R11), Y9 \
	VPADDD Y8, a, a \
	VPADDD Y9, a, a \
	VPSUBD Y9, Y8, b \
	VPSUBD (R11)(R9*1), b, b \
	ADDQ R8, R10

// func wino23OutputU8AVX2(a *winoOutputArgs)
TEXT ·wino23OutputU8AVX2(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	MOVQ winoOutputArgs_src(DI), SI
	MOVQ winoOutputArgs_dst(DI), DX
	MOVQ winoOutputArgs_posStride(DI), R8
	MOVQ winoOutputArgs_cols(DI), CX
	MOVQ R8, R9
	SHLQ $2, R9
	OUTPUT_CONSTANTS
	XORQ AX, AX

out_channels:
	LEAQ    (SI)(AX*4), R10
	COLUMN(Y0, Y4)
	COLUMN(Y1, Y5)
	COLUMN(Y2, Y6)
	COLUMN(Y3, Y7)
	MOVQ    winoOutputArgs_bias(DI), R12
	VPADDD  (R12)(AX*4), Y1, Y1      // position (1, 1) counts once in each output
	VPADDD  (R12)(AX*4), Y5, Y5
	VPADDD  Y1, Y0, Y0               // row 0: o0 = m0 + m1 + m2
	VPADDD  Y2, Y0, Y0
	VPSUBD  Y2, Y1, Y1               // o1 = m1 − m2 − m3
	VPSUBD  Y3, Y1, Y1
	VPADDD  Y5, Y4, Y4               // row 1
	VPADDD  Y6, Y4, Y4
	VPSUBD  Y6, Y5, Y5
	VPSUBD  Y7, Y5, Y5
	MOVQ    winoOutputArgs_scale(DI), R12
	VMOVUPS (R12)(AX*4), Y10
	REQUANTISE4(Y0, Y1, Y4, Y5)

	LEAQ (DX)(AX*1), R11
	VMOVQ X0, BX
	STORE_PIXEL(p00_4, p00_2, p00_1, p00)
	CMPQ winoOutputArgs_columns(DI), $2
	JLT  row_1
	ADDQ winoOutputArgs_pixStride(DI), R11
	VPEXTRQ $1, X0, BX
	STORE_PIXEL(p01_4, p01_2, p01_1, p01)

row_1:
	CMPQ winoOutputArgs_rows(DI), $2
	JLT  out_next
	LEAQ (DX)(AX*1), R11
	ADDQ winoOutputArgs_rowStride(DI), R11
	VEXTRACTI128 $1, Y0, X0
	VMOVQ X0, BX
	STORE_PIXEL(p10_4, p10_2, p10_1, p10)
	CMPQ winoOutputArgs_columns(DI), $2
	JLT  out_next
	ADDQ winoOutputArgs_pixStride(DI), R11
	VPEXTRQ $1, X0, BX
	STORE_PIXEL(p11_4, p11_2, p11_1, p11)

out_next:
	ADDQ $8, AX
	SUBQ $8, CX
	JGT  out_channels
	VZEROUPPER
	RET
