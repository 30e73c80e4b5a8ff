//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "wino43input_u8_amd64.h"
#include "bytes_u8_amd64.h"
#include "pixelorder_avx512_amd64.h"

// u8_wino43input_6x6__avx512 — quantised Winograd F(4,3) input transform of one 6×6 tile, 32 channels at a time.
//
// Computes   v[pos][c] = (Bᵀ d B)[pos] in int16, exactly: |v| ≤ 100·255
// Reference  wino43InputU8Generic (wino_tile_u8.go)
// Requires   AVX-512 F, BW
// Layout     src NHWC uint8 through 36 addresses; dst [36] × posStride bytes of int16
// Contract   c a multiple of 16, ≥ 16; no over-read, no over-write
// Bound      36 widening loads + 36 stores + 204 additions and shifts per 32 channels; 18 loads and stores of rows 3–5 beside
// Measured   EPYC (Zen 5): 71 cycles for 16 of 160 channels, the stores going to L2; the AVX2 kernel 111
// Registers  DI  args    SI  addresses    DX  dst    CX  channels left    AX  channel    K1  channels of this block
//            R8  posStride    R9  tmp    R10–R13 pixels    R10, R11 a row of positions
//            Z0–Z17 rows 0–2 of Bᵀd    Z18–Z23 d    Z24–Z30 results, scratch
// Phases     channel block → columns (rows 3–5 to tmp) → rows (to dst)

// One column: pixels (0…5, col) of the tile, to r0, r1, r2 and tmp[0…2][col].
#define IN_COLUMN(col, r0, r1, r2) \
	MOVQ (0*6+col)*8(SI), R10 \
	MOVQ (1*6+col)*8(SI), R11 \
	MOVQ (2*6+col)*8(SI), R12 \
	MOVQ (3*6+col)*8(SI), R13 \
	VPMOVZXBW.Z (R10)(AX*1), K1, Z18 \
	VPMOVZXBW.Z (R11)(AX*1), K1, Z19 \
	MOVQ (4*6+col)*8(SI), R10 \
	MOVQ (5*6+col)*8(SI), R11 \
	VPMOVZXBW.Z (R12)(AX*1), K1, Z20 \
	VPMOVZXBW.Z (R13)(AX*1), K1, Z21 \
	VPMOVZXBW.Z (R10)(AX*1), K1, Z22 \
	VPMOVZXBW.Z (R11)(AX*1), K1, Z23 \
	WINO_B(Z18, Z19, Z20, Z21, Z22, Z23, Z27, r0, r1, r2, Z24, Z25, Z26) \
	VMOVDQU32 Z24, (0*6+col)*64(R9) \
	VMOVDQU32 Z25, (1*6+col)*64(R9) \
	VMOVDQU32 Z26, (2*6+col)*64(R9)

// One row, d0…d5, to six positions from R10 on, and to the next row.
#define IN_ROW(d0, d1, d2, d3, d4, d5) \
	WINO_B(d0, d1, d2, d3, d4, d5, Z24, Z25, Z26, Z27, Z28, Z29, Z30) \
	VMOVDQU16 Z25, K1, (R10) \
	VMOVDQU16 Z26, K1, (R10)(R8*1) \
	VMOVDQU16 Z27, K1, (R10)(R8*2) \
	VMOVDQU16 Z28, K1, (R11) \
	VMOVDQU16 Z29, K1, (R11)(R8*1) \
	VMOVDQU16 Z30, K1, (R11)(R8*2) \
	ADDQ R12, R10 \
	ADDQ R12, R11

// The same of a row of tmp.
#define IN_TMP_ROW(row) \
	VMOVDQU32 (row*6+0)*64(R9), Z18 \
	VMOVDQU32 (row*6+1)*64(R9), Z19 \
	VMOVDQU32 (row*6+2)*64(R9), Z20 \
	VMOVDQU32 (row*6+3)*64(R9), Z21 \
	VMOVDQU32 (row*6+4)*64(R9), Z22 \
	VMOVDQU32 (row*6+5)*64(R9), Z23 \
	IN_ROW(Z18, Z19, Z20, Z21, Z22, Z23)

// func wino43InputU8AVX512(a *winoInputArgs)
TEXT ·wino43InputU8AVX512(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	MOVQ winoInputArgs_ptrs(DI), SI
	MOVQ winoInputArgs_dst(DI), DX
	MOVQ winoInputArgs_posStride(DI), R8
	MOVQ winoInputArgs_c(DI), CX
	LEAQ winoInputArgs_tmp(DI), R9
	XORQ AX, AX
	KXNORD K1, K1, K1

in_channels:
	CMPQ     CX, $32
	JGE      in_columns
	KSHIFTRD $16, K1, K1                 // 16 are left

in_columns:
	IN_COLUMN(0, Z0, Z6, Z12)
	IN_COLUMN(1, Z1, Z7, Z13)
	IN_COLUMN(2, Z2, Z8, Z14)
	IN_COLUMN(3, Z3, Z9, Z15)
	IN_COLUMN(4, Z4, Z10, Z16)
	IN_COLUMN(5, Z5, Z11, Z17)
	LEAQ (DX)(AX*2), R10
	LEAQ (R8)(R8*2), R12
	LEAQ (R10)(R12*1), R11
	ADDQ R12, R12                        // from one row of positions to the next
	IN_ROW(Z0, Z1, Z2, Z3, Z4, Z5)
	IN_ROW(Z6, Z7, Z8, Z9, Z10, Z11)
	IN_ROW(Z12, Z13, Z14, Z15, Z16, Z17)
	IN_TMP_ROW(0)
	IN_TMP_ROW(1)
	IN_TMP_ROW(2)
	ADDQ $32, AX
	SUBQ $32, CX
	JGT  in_channels
	VZEROUPPER
	RET

// u8_wino43output_4x4__avx512 — quantised Winograd F(4,3) output transform of one tile, 16 channels at a time.
//
// Computes   see winoOutputArgs (wino_tile.go)
// Reference  wino43OutputU8Generic (wino_tile_u8.go)
// Requires   AVX-512 F, BW, VL
// Layout     src int32 [36] × posStride bytes; dst NHWC uint8
// Contract   cols ≥ 1; src, bias and scale readable to the next multiple of 16; 1 ≤ rows, columns ≤ 4; no over-write
// Bound      36 loads + 140 additions and shifts + 16 requantisations of 4 operations + 4 × 11 to pack and store, per 16 channels
// Registers  DI  args    SI  src    DX  dst    CX  channels left    AX  channel    R8  posStride    R13 6·posStride
//            R10, R12  rows 0 and 3 of a column of m, later row of dst and rows left    R9  bias, pixel 2    BX  bytes of a pixel
//            Z0–Z23  Aᵀm, rows of six    Z24–Z27  scratch    Z28 1/9 modulo 2³²    Z29 pixel order    Z30 scale
//            R14, R11  Lo, Hi, bytes    Z31 zero, words    K1  channels of this block
// Phases     channel block → columns → row: Aᵀ → requantise → pack → store

#define NO_BIAS
#define ADD_BIAS VPADDD (R9)(AX*4), Z24, Z24 /* position (1, 1) counts once in each output */

// Aᵀ of one column of m: r0 = m0 + s + p, r1 = d + 2·q, r2 = s + 4·p, r3 = d + 8·q + 2·m5, where s, d = m1 ± m2 and p, q = m3 ± m4.
// Goes on to the next column. Clobbers Z24–Z27.
#define COLUMN(r0, r1, r2, r3, bias) \
	VMOVDQU32 (R10)(R13*1), Z24 \
	bias \
	VMOVDQU32 (R10)(R13*2), Z25 \
	VMOVDQU32 (R12), Z26 \
	VMOVDQU32 (R12)(R13*1), Z27 \
	VPADDD    Z25, Z24, r2 /* s */ \
	VPSUBD    Z25, Z24, r1 /* d */ \
	VPADDD    Z27, Z26, Z24 /* p */ \
	VPSUBD    Z27, Z26, Z25 /* q */ \
	VMOVDQU32 (R12)(R13*2), Z27 \
	VPADDD    (R10), Z24, r0 \
	VPADDD    Z27, Z27, Z27 \
	VPSLLD    $3, Z25, Z26 \
	VPADDD    Z25, Z25, Z25 \
	VPSLLD    $2, Z24, Z24 \
	VPADDD    r2, r0, r0 \
	VPADDD    Z27, r1, r3 \
	VPADDD    Z25, r1, r1 \
	VPADDD    Z24, r2, r2 \
	VPADDD    Z26, r3, r3 \
	ADDQ      R8, R10 \
	ADDQ      R8, R12

// A row of Aᵀm, a…f, to four pixels of dst, or as many as there are columns; then the next row, if there is one. x is the low
// lane of a. Clobbers a…f, Z24–Z27.
#define ROW(a, b, c, d, e, f, x, more, stored) \
	VPADDD  c, b, Z24 /* s */ \
	VPSUBD  c, b, Z25 /* d */ \
	VPADDD  e, d, Z26 /* p */ \
	VPSUBD  e, d, Z27 /* q */ \
	VPADDD  Z24, a, a \
	VPADDD  f, f, f \
	VPSLLD  $3, Z27, d \
	VPADDD  Z27, Z27, Z27 \
	VPADDD  Z26, a, a \
	VPSLLD  $2, Z26, Z26 \
	VPADDD  f, d, d \
	VPADDD  Z27, Z25, b \
	VPADDD  Z26, Z24, c \
	VPADDD  Z25, d, d \
	VPMULLD Z28, a, a /* 576·acc to 64·acc */ \
	VPMULLD Z28, b, b \
	VPMULLD Z28, c, c \
	VPMULLD Z28, d, d \
	BYTES4(a, b, c, d, Z30, Z30, Z31) \
	VPBROADCASTB R14, Z25 \
	VPBROADCASTB R11, Z26 \
	VPMAXUB Z25, a, a \
	VPMINUB Z26, a, a \
	VPERMD  a, Z29, a \
	LEAQ    (R10)(BX*2), R9 \
	VMOVDQU8 x, K1, (R10) \
	CMPQ    winoOutputArgs_columns(DI), $2 \
	JLT     stored \
	JNE     more \
	VEXTRACTI32X4 $3, a, X24 \
	VMOVDQU8 X24, K1, (R10)(BX*1) \
	JMP     stored \
more: \
	VEXTRACTI32X4 $1, a, X24 \
	VMOVDQU8 X24, K1, (R10)(BX*1) \
	CMPQ    winoOutputArgs_columns(DI), $4 \
	VEXTRACTI32X4 $2, a, X25 \
	VMOVDQU8 X25, K1, (R9) \
	JLT     stored \
	VEXTRACTI32X4 $3, a, X26 \
	VMOVDQU8 X26, K1, (R9)(BX*1) \
stored: \
	ADDQ    winoOutputArgs_rowStride(DI), R10 \
	SUBQ    $1, R12

// func wino43OutputU8AVX512(a *winoOutputArgs)
TEXT ·wino43OutputU8AVX512(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), DI
	MOVQ         winoOutputArgs_src(DI), SI
	MOVQ         winoOutputArgs_dst(DI), DX
	MOVQ         winoOutputArgs_posStride(DI), R8
	MOVQ         winoOutputArgs_cols(DI), CX
	MOVQ         winoOutputArgs_pixStride(DI), BX
	LEAQ         (R8)(R8*2), R13
	ADDQ         R13, R13                // from one row of the tile to the next
	MOVL         $0x38e38e39, AX
	VPBROADCASTD AX, Z28
	MOVL         winoOutputArgs_zero(DI), AX
	VPBROADCASTW AX, Z31
	VCVTTSS2SI   winoOutputArgs_lo(DI), R14
	ADDL         AX, R14
	VCVTTSS2SI   winoOutputArgs_hi(DI), R11
	ADDL         AX, R11
	VMOVDQU32    pixelOrder<>(SB), Z29
	XORQ         AX, AX
	KXNORD       K1, K1, K1

channels:
	CMPQ CX, $16
	JGE  columns
	MOVL $1, R9                          // the last block's channels
	SHLL CX, R9
	SUBL $1, R9
	KMOVD R9, K1

columns:
	LEAQ (SI)(AX*4), R10
	LEAQ (R10)(R13*2), R12
	ADDQ R13, R12
	MOVQ winoOutputArgs_bias(DI), R9
	COLUMN(Z0, Z6, Z12, Z18, NO_BIAS)
	COLUMN(Z1, Z7, Z13, Z19, ADD_BIAS)
	COLUMN(Z2, Z8, Z14, Z20, NO_BIAS)
	COLUMN(Z3, Z9, Z15, Z21, NO_BIAS)
	COLUMN(Z4, Z10, Z16, Z22, NO_BIAS)
	COLUMN(Z5, Z11, Z17, Z23, NO_BIAS)
	MOVQ winoOutputArgs_scale(DI), R10
	VMOVUPS (R10)(AX*4), Z30
	LEAQ (DX)(AX*1), R10
	MOVQ winoOutputArgs_rows(DI), R12
	ROW(Z0, Z1, Z2, Z3, Z4, Z5, X0, row0_more, row0)
	JZ   next
	CMPQ winoOutputArgs_rows(DI), $2         // the first and the last
	JEQ  last_row
	ROW(Z6, Z7, Z8, Z9, Z10, Z11, X6, row1_more, row1)
	JZ   next
	ROW(Z12, Z13, Z14, Z15, Z16, Z17, X12, row2_more, row2)
	JZ   next

last_row:
	ROW(Z18, Z19, Z20, Z21, Z22, Z23, X18, row3_more, row3)

next:
	ADDQ $16, AX
	SUBQ $16, CX
	JGT  channels
	VZEROUPPER
	RET
