//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "wino_f32_amd64.h"

// f32_wino43input_6x6__avx512 — Winograd F(4,3) input transform of one 6×6 tile, 16 channels at a time.
//
// Computes   v[pos][c] = (Bᵀ d B)[pos]
// Reference  wino43InputF32Generic (wino_tile.go)
// Requires   AVX-512 F; AVX2, FMA for 8 channels, which are f32_wino43input_6x6__avx2's
// Layout     src NHWC through 36 addresses; dst [36] × posStride bytes
// Contract   c a multiple of 8, ≥ 8; no over-read; dst does not alias src: of 16·n + 8 channels, 8 are taken twice
// Bound      60 loads + 36 stores + 144 additions and FMAs per 16 channels: two thirds of the tile are read for each half of
//            the rows of Bᵀd, so nothing is kept
// Registers  DI  args, later position 0 of a row    SI  addresses    DX  dst    CX  offset of the last 16 channels, bytes
//            AX  channel offset, bytes    R8  posStride    R9  3·posStride    R10–R13, BX  addresses    R10 position 3 of a row
//            Z0–Z17  three rows of Bᵀd    Z18–Z28  scratch    Z29, Z30, Z31  2, 4, 5
// Phases     channel block → columns, rows 0–2 → rows → columns, rows 3–5 → rows

// Rows 0, 1 and 2 of Bᵀ of one column of the tile.
#define COLUMN012(col, r0, r1, r2) \
	MOVQ (2*6+col)*8(SI), R12 \
	MOVQ (3*6+col)*8(SI), R13 \
	MOVQ (4*6+col)*8(SI), BX \
	MOVQ (0*6+col)*8(SI), R10 \
	MOVQ (1*6+col)*8(SI), R11 \
	VMOVUPS (R12)(AX*1), Z18 \
	VMOVUPS (R13)(AX*1), r2 \
	VMOVUPS (BX)(AX*1), Z19 \
	WINO_B012((R10)(AX*1), (R11)(AX*1), Z18, r2, Z19, r0, r1, r2, Z30, Z31)

// Rows 3, 4 and 5 of Bᵀ of one column of the tile.
#define COLUMN345(col, r3, r4, r5) \
	MOVQ (1*6+col)*8(SI), R11 \
	MOVQ (2*6+col)*8(SI), R12 \
	MOVQ (3*6+col)*8(SI), R13 \
	MOVQ (4*6+col)*8(SI), BX \
	MOVQ (5*6+col)*8(SI), R10 \
	VMOVUPS (R11)(AX*1), Z18 \
	VMOVUPS (R13)(AX*1), r3 \
	VMOVUPS (BX)(AX*1), Z19 \
	VMOVUPS (R10)(AX*1), r5 \
	WINO_B345(Z18, (R12)(AX*1), r3, Z19, r5, r3, r4, Z19, Z29, Z30, Z31)

// A row of Bᵀd, a…f, times B to six positions from DI on. Goes on to the next.
#define ROW(a, b, c, d, e, f) \
	LEAQ (DI)(R9*1), R10 \
	WINO_B345(b, c, d, e, f, Z24, Z25, Z26, Z29, Z30, Z31) \
	WINO_B012(a, b, c, d, e, Z27, Z28, d, Z30, Z31) \
	VMOVUPS Z27, (DI) \
	VMOVUPS Z28, (DI)(R8*1) \
	VMOVUPS d, (DI)(R8*2) \
	VMOVUPS Z24, (R10) \
	VMOVUPS Z25, (R10)(R8*1) \
	VMOVUPS f, (R10)(R8*2) \
	LEAQ (R10)(R9*1), DI

// func wino43InputF32AVX512(a *winoInputArgs)
TEXT ·wino43InputF32AVX512(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), DI
	MOVQ         winoInputArgs_c(DI), CX
	SUBQ         $16, CX
	JLT          few
	SHLQ         $2, CX
	MOVQ         winoInputArgs_ptrs(DI), SI
	MOVQ         winoInputArgs_dst(DI), DX
	MOVQ         winoInputArgs_posStride(DI), R8
	LEAQ         (R8)(R8*2), R9
	VBROADCASTSS winoConst<>+0x08(SB), Z29
	VBROADCASTSS winoConst<>+0x00(SB), Z30
	VBROADCASTSS winoConst<>+0x04(SB), Z31
	XORQ         AX, AX

channels:
	COLUMN012(0, Z0, Z6, Z12)
	COLUMN012(1, Z1, Z7, Z13)
	COLUMN012(2, Z2, Z8, Z14)
	COLUMN012(3, Z3, Z9, Z15)
	COLUMN012(4, Z4, Z10, Z16)
	COLUMN012(5, Z5, Z11, Z17)
	LEAQ (DX)(AX*1), DI
	ROW(Z0, Z1, Z2, Z3, Z4, Z5)
	ROW(Z6, Z7, Z8, Z9, Z10, Z11)
	ROW(Z12, Z13, Z14, Z15, Z16, Z17)
	COLUMN345(0, Z0, Z6, Z12)
	COLUMN345(1, Z1, Z7, Z13)
	COLUMN345(2, Z2, Z8, Z14)
	COLUMN345(3, Z3, Z9, Z15)
	COLUMN345(4, Z4, Z10, Z16)
	COLUMN345(5, Z5, Z11, Z17)
	ROW(Z0, Z1, Z2, Z3, Z4, Z5)
	ROW(Z6, Z7, Z8, Z9, Z10, Z11)
	ROW(Z12, Z13, Z14, Z15, Z16, Z17)
	CMPQ AX, CX
	JEQ  done
	ADDQ $64, AX
	CMPQ AX, CX
	CMOVQGT CX, AX
	JMP  channels

done:
	VZEROUPPER
	RET

few:
	JMP ·wino43InputF32AVX2(SB)

// What the output transforms have in common. Registers:
//	DI  args    SI  src    DX  dst    CX  channels left    R8  posStride    R13 6·posStride    R11 bias
//	R10, R12  rows 0 and 3 of a column of m, later row of dst and rows left    R9  pixel    AX  pixStride    BX  columns    R14 ahead
//	Z24, Z25  scratch    Z26, Z27, Z28  2, 4, 8    Z29 bias    Z30 lo    Z31 hi    K1  channels of this block

#define LOAD_ARGS \
	MOVQ         a+0(FP), DI \
	MOVQ         winoOutputArgs_src(DI), SI \
	MOVQ         winoOutputArgs_dst(DI), DX \
	MOVQ         winoOutputArgs_posStride(DI), R8 \
	MOVQ         winoOutputArgs_bias(DI), R11 \
	MOVQ         winoOutputArgs_cols(DI), CX \
	MOVQ         winoOutputArgs_pixStride(DI), AX \
	MOVQ         winoOutputArgs_columns(DI), BX \
	MOVQ         winoOutputArgs_ahead(DI), R14 \
	LEAQ         (R8)(R8*2), R13 \
	ADDQ         R13, R13 /* from one row of the tile to the next */ \
	VBROADCASTSS winoConst<>+0x08(SB), Z26 \
	VBROADCASTSS winoConst<>+0x00(SB), Z27 \
	VBROADCASTSS winoConst<>+0x0c(SB), Z28 \
	VBROADCASTSS winoOutputArgs_lo(DI), Z30 \
	VBROADCASTSS winoOutputArgs_hi(DI), Z31 \
	KXNORW       K1, K1, K1

// Begins a block of channels, the last with fewer of them. Clobbers R9.
#define BLOCK(whole) \
	CMPQ  CX, $16 \
	JGE   whole \
	MOVL  $1, R9 \
	SHLL  CX, R9 \
	SUBL  $1, R9 \
	KMOVW R9, K1 \
whole: \
	MOVQ    SI, R10 \
	LEAQ    (SI)(R13*2), R12 \
	ADDQ    R13, R12 \
	VMOVUPS (R11), Z29

// Goes on to the next block.
#define NEXT_BLOCK(channels) \
	ADDQ $64, SI \
	ADDQ $64, DX \
	ADDQ $64, R11 \
	SUBQ $16, CX \
	JGT  channels \
	VZEROUPPER \
	RET

// Stores a pixel and goes on to the next.
#define PIXEL(y) \
	WINO_FINISH(y, Z29, Z30, Z31) \
	PREFETCHT0 (R9)(R14*1) \
	VMOVUPS    y, K1, (R9) \
	ADDQ       AX, R9

// f32_wino43output_4x4__avx512 — Winograd F(4,3) output transform of one tile, 16 channels at a time.
//
// Computes   dst[y][x][k] = clamp((Aᵀ m A)[y][x] + bias[k])
// Reference  wino43OutputF32Generic (wino_tile.go)
// Requires   AVX-512 F
// Layout     src [36] × posStride bytes; dst NHWC
// Contract   cols ≥ 1, src and bias readable to the next multiple of 16; 1 ≤ rows, columns ≤ 4; no over-write
// Bound      36 loads + 16 stores + 148 additions, FMAs and comparisons per 16 channels
// Registers  above; Z0–Z23  Aᵀm, rows of six
// Phases     channel block → columns → row: pixels

// Aᵀ of one column of m. Goes on to the next.
#define COLUMN43(r0, r1, r2, r3) \
	VMOVUPS (R10)(R13*1), Z24 \
	VMOVUPS (R10)(R13*2), Z25 \
	VMOVUPS (R12), r0 \
	VMOVUPS (R12)(R13*1), r3 \
	WINO_A43((R10), Z24, Z25, r0, r3, (R12)(R13*2), r0, r1, r2, r3, Z26, Z27, Z28) \
	ADDQ    R8, R10 \
	ADDQ    R8, R12

// A row of Aᵀm, a…f, to four pixels of dst, or as many as there are columns, two being the first and the last; then the next row, if
// there is one.
#define ROW43(a, b, c, d, e, f, last, stored) \
	WINO_A43(a, b, c, d, e, f, a, Z25, Z24, f, Z26, Z27, Z28) \
	MOVQ R10, R9 \
	PIXEL(a) \
	CMPQ BX, $2 \
	JLT  stored \
	JEQ  last \
	PIXEL(Z25) \
	PIXEL(Z24) \
	CMPQ BX, $4 \
	JLT  stored \
last: \
	PIXEL(f) \
stored: \
	ADDQ winoOutputArgs_rowStride(DI), R10 \
	SUBQ $1, R12

// func wino43OutputF32AVX512(a *winoOutputArgs)
TEXT ·wino43OutputF32AVX512(SB), NOSPLIT, $0-8
	LOAD_ARGS

channels:
	BLOCK(columns)
	COLUMN43(Z0, Z6, Z12, Z18)
	COLUMN43(Z1, Z7, Z13, Z19)
	COLUMN43(Z2, Z8, Z14, Z20)
	COLUMN43(Z3, Z9, Z15, Z21)
	COLUMN43(Z4, Z10, Z16, Z22)
	COLUMN43(Z5, Z11, Z17, Z23)
	MOVQ DX, R10
	MOVQ winoOutputArgs_rows(DI), R12
	ROW43(Z0, Z1, Z2, Z3, Z4, Z5, row0_last, row0)
	JZ   next
	CMPQ winoOutputArgs_rows(DI), $2         // the first and the last
	JEQ  last_row
	ROW43(Z6, Z7, Z8, Z9, Z10, Z11, row1_last, row1)
	JZ   next
	ROW43(Z12, Z13, Z14, Z15, Z16, Z17, row2_last, row2)
	JZ   next

last_row:
	ROW43(Z18, Z19, Z20, Z21, Z22, Z23, row3_last, row3)

next:
	NEXT_BLOCK(channels)

// f32_wino34output_3x3__avx512 — Winograd F(3,4) output transform of one tile, 16 channels at a time.
//
// Computes   dst[y][x][k] = clamp((Aᵀ m A)[y][x] + bias[k])
// Reference  wino34OutputF32Generic (wino_tile.go)
// Requires   AVX-512 F
// Layout     src [36] × posStride bytes; dst NHWC
// Contract   cols ≥ 1, src and bias readable to the next multiple of 16; 1 ≤ rows, columns ≤ 3; no over-write
// Bound      36 loads + 9 stores + 108 additions, FMAs and comparisons per 16 channels
// Registers  above; Z0–Z17  Aᵀm, rows of six    Z22, Z23  scratch
// Phases     channel block → columns → row: pixels

// Aᵀ of one column of m. Goes on to the next.
#define COLUMN34(r0, r1, r2) \
	VMOVUPS (R10)(R13*1), Z24 \
	VMOVUPS (R10)(R13*2), Z25 \
	VMOVUPS (R12), r2 \
	VMOVUPS (R12)(R13*1), Z23 \
	WINO_A34((R10), Z24, Z25, r2, Z23, (R12)(R13*2), r0, r1, r2, Z26, Z27) \
	ADDQ    R8, R10 \
	ADDQ    R8, R12

// A row of Aᵀm, a…f, to three pixels of dst, or as many as there are columns; then the next row, if there is one.
#define ROW34(a, b, c, d, e, f, stored) \
	WINO_A34(a, b, c, d, e, f, Z24, Z25, f, Z26, Z27) \
	MOVQ R10, R9 \
	PIXEL(Z24) \
	CMPQ BX, $2 \
	JLT  stored \
	PIXEL(Z25) \
	CMPQ BX, $3 \
	JLT  stored \
	PIXEL(f) \
stored: \
	ADDQ winoOutputArgs_rowStride(DI), R10 \
	SUBQ $1, R12

// func wino34OutputF32AVX512(a *winoOutputArgs)
TEXT ·wino34OutputF32AVX512(SB), NOSPLIT, $0-8
	LOAD_ARGS

channels:
	BLOCK(columns)
	COLUMN34(Z0, Z6, Z12)
	COLUMN34(Z1, Z7, Z13)
	COLUMN34(Z2, Z8, Z14)
	COLUMN34(Z3, Z9, Z15)
	COLUMN34(Z4, Z10, Z16)
	COLUMN34(Z5, Z11, Z17)
	MOVQ DX, R10
	MOVQ winoOutputArgs_rows(DI), R12
	ROW34(Z0, Z1, Z2, Z3, Z4, Z5, row0)
	JZ   next
	ROW34(Z6, Z7, Z8, Z9, Z10, Z11, row1)
	JZ   next
	ROW34(Z12, Z13, Z14, Z15, Z16, Z17, row2)

next:
	NEXT_BLOCK(channels)

// f32_wino25output_2x2__avx512 — Winograd F(2,5) output transform of one tile, 16 channels at a time.
//
// Computes   dst[y][x][k] = clamp((Aᵀ m A)[y][x] + bias[k])
// Reference  wino25OutputF32Generic (wino_tile.go)
// Requires   AVX-512 F
// Layout     src [36] × posStride bytes; dst NHWC
// Contract   cols ≥ 1, src and bias readable to the next multiple of 16; 1 ≤ rows, columns ≤ 2; no over-write
// Bound      36 loads + 4 stores + 76 additions, FMAs and comparisons per 16 channels
// Registers  above; Z0–Z11  Aᵀm, rows of six    Z22, Z23  scratch
// Phases     channel block → columns → row: pixels

// Aᵀ of one column of m. Goes on to the next.
#define COLUMN25(r0, r1) \
	VMOVUPS (R10)(R13*1), Z24 \
	VMOVUPS (R10)(R13*2), Z25 \
	VMOVUPS (R12), Z22 \
	VMOVUPS (R12)(R13*1), Z23 \
	WINO_A25((R10), Z24, Z25, Z22, Z23, (R12)(R13*2), r0, r1, Z26) \
	ADDQ    R8, R10 \
	ADDQ    R8, R12

// A row of Aᵀm, a…f, to two pixels of dst, or one; then the next row, if there is one.
#define ROW25(a, b, c, d, e, f, stored) \
	WINO_A25(a, b, c, d, e, f, Z24, Z25, Z26) \
	MOVQ R10, R9 \
	PIXEL(Z24) \
	CMPQ BX, $2 \
	JLT  stored \
	PIXEL(Z25) \
stored: \
	ADDQ winoOutputArgs_rowStride(DI), R10 \
	SUBQ $1, R12

// func wino25OutputF32AVX512(a *winoOutputArgs)
TEXT ·wino25OutputF32AVX512(SB), NOSPLIT, $0-8
	LOAD_ARGS

channels:
	BLOCK(columns)
	COLUMN25(Z0, Z6)
	COLUMN25(Z1, Z7)
	COLUMN25(Z2, Z8)
	COLUMN25(Z3, Z9)
	COLUMN25(Z4, Z10)
	COLUMN25(Z5, Z11)
	MOVQ DX, R10
	MOVQ winoOutputArgs_rows(DI), R12
	ROW25(Z0, Z1, Z2, Z3, Z4, Z5, row0)
	JZ   next
	ROW25(Z6, Z7, Z8, Z9, Z10, Z11, row1)

next:
	NEXT_BLOCK(channels)
