//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "wino43input_u8_amd64.h"
#include "winooutput_u8_avx2_amd64.h"

// u8_wino43input_6x6__avx2 — quantised Winograd F(4,3) input transform of one 6×6 tile, 16 channels at a time.
//
// Computes   v[pos][c] = (Bᵀ d B)[pos] in int16, exactly: |v| ≤ 100·255
// Reference  wino43InputU8Generic (wino_tile_u8.go)
// Requires   AVX2
// Layout     src NHWC uint8 through 36 addresses; dst [36] × posStride bytes of int16
// Contract   c a multiple of 16, ≥ 16; no over-read
// Bound      36 widening loads + 36 stores + 192 additions and shifts per 16 channels, each load and store twice
// Registers  DI  args    SI  addresses    DX  dst    CX  channels    AX  channel
//            R8  posStride    R9  tmp    Y0–Y5  d    Y6–Y11  results    Y12 scratch
// Phases     channel block → columns (to tmp) → rows (to dst)

// One column: pixels (0…5, col) of the tile, to tmp[0…5][col].
#define COLUMN(col) \
	MOVQ (0*6+col)*8(SI), R10 \
	MOVQ (1*6+col)*8(SI), R11 \
	MOVQ (2*6+col)*8(SI), R12 \
	MOVQ (3*6+col)*8(SI), R13 \
	VPMOVZXBW (R10)(AX*1), Y0 \
	VPMOVZXBW (R11)(AX*1), Y1 \
	MOVQ (4*6+col)*8(SI), R10 \
	MOVQ (5*6+col)*8(SI), R11 \
	VPMOVZXBW (R12)(AX*1), Y2 \
	VPMOVZXBW (R13)(AX*1), Y3 \
	VPMOVZXBW (R10)(AX*1), Y4 \
	VPMOVZXBW (R11)(AX*1), Y5 \
	WINO_B(Y0, Y1, Y2, Y3, Y4, Y5, Y12, Y6, Y7, Y8, Y9, Y10, Y11) \
	VMOVDQU Y6, (0*6+col)*32(R9) \
	VMOVDQU Y7, (1*6+col)*32(R9) \
	VMOVDQU Y8, (2*6+col)*32(R9) \
	VMOVDQU Y9, (3*6+col)*32(R9) \
	VMOVDQU Y10, (4*6+col)*32(R9) \
	VMOVDQU Y11, (5*6+col)*32(R9)

// One row of tmp to positions row·6 … row·6+5; R10 walks over the positions.
#define ROW(row) \
	VMOVDQU (row*6+0)*32(R9), Y0 \
	VMOVDQU (row*6+1)*32(R9), Y1 \
	VMOVDQU (row*6+2)*32(R9), Y2 \
	VMOVDQU (row*6+3)*32(R9), Y3 \
	VMOVDQU (row*6+4)*32(R9), Y4 \
	VMOVDQU (row*6+5)*32(R9), Y5 \
	WINO_B(Y0, Y1, Y2, Y3, Y4, Y5, Y12, Y6, Y7, Y8, Y9, Y10, Y11) \
	VMOVDQU Y6, (R10) \
	VMOVDQU Y7, (R10)(R8*1) \
	LEAQ (R10)(R8*2), R10 \
	VMOVDQU Y8, (R10) \
	VMOVDQU Y9, (R10)(R8*1) \
	LEAQ (R10)(R8*2), R10 \
	VMOVDQU Y10, (R10) \
	VMOVDQU Y11, (R10)(R8*1) \
	LEAQ (R10)(R8*2), R10

// func wino43InputU8AVX2(a *winoInputArgs)
TEXT ·wino43InputU8AVX2(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	MOVQ winoInputArgs_ptrs(DI), SI
	MOVQ winoInputArgs_dst(DI), DX
	MOVQ winoInputArgs_posStride(DI), R8
	MOVQ winoInputArgs_c(DI), CX
	LEAQ winoInputArgs_tmp(DI), R9
	XORQ AX, AX

channels:
	COLUMN(0)
	COLUMN(1)
	COLUMN(2)
	COLUMN(3)
	COLUMN(4)
	COLUMN(5)
	LEAQ (DX)(AX*2), R10
	ROW(0)
	ROW(1)
	ROW(2)
	ROW(3)
	ROW(4)
	ROW(5)
	ADDQ $16, AX
	CMPQ AX, CX
	JLT  channels
	VZEROUPPER
	RET

// u8_wino43output_4x4__avx2 — quantised Winograd F(4,3) output transform of one tile, 8 channels at a time.
//
// Computes   see winoOutputArgs (wino_tile.go)
// Reference  wino43OutputU8Generic (wino_tile_u8.go)
// Requires   AVX2
// Layout     src int32 [36] × posStride bytes; dst NHWC uint8
// Contract   cols ≥ 1; src, bias and scale readable to the next multiple of 8; 1 ≤ rows, columns ≤ 4; no over-write
// Bound      36 loads + 140 additions and shifts + 16 requantisations of 4 operations + 4 × 8 to pack, per 8 channels
// Registers  DI  args    SI  src    DX  dst    CX  channels left    R8  posStride    R9  tmp, then row of it
//            AX  channel    BX  bytes of a pixel    R10 row of dst    R11 pixel    R12 bias, then rows left    R13 6·posStride, then scratch
//            Y0–Y5  m    Y6–Y9  results    Y10–Y14 see winooutput_u8_avx2_amd64.h    Y15 1/9 modulo 2³²
// Phases     channel block → columns (to tmp) → rows → pixel

DATA ninth<>+0x00(SB)/4, $0x38e38e39
GLOBL ninth<>(SB), RODATA|NOPTR, $4

// Aᵀ of Y0–Y5 into Y6–Y9. Clobbers Y1–Y5.
#define WINO_A \
	VPADDD Y1, Y2, Y6 /* s = m1 + m2 */ \
	VPSUBD Y2, Y1, Y7 /* d = m1 − m2 */ \
	VPADDD Y3, Y4, Y1 /* p = m3 + m4 */ \
	VPSUBD Y4, Y3, Y2 /* q = m3 − m4 */ \
	VPSLLD $2, Y1, Y3 \
	VPADDD Y5, Y5, Y5 \
	VPSLLD $3, Y2, Y4 \
	VPADDD Y3, Y6, Y8 /* s + 4·p */ \
	VPADDD Y5, Y7, Y9 \
	VPADDD Y2, Y2, Y2 \
	VPADDD Y0, Y6, Y6 \
	VPADDD Y4, Y9, Y9 /* d + 8·q + 2·m5 */ \
	VPADDD Y2, Y7, Y7 /* d + 2·q */ \
	VPADDD Y1, Y6, Y6 /* m0 + s + p */

#define NO_BIAS
#define ADD_BIAS VPADDD (R12)(AX*4), Y1, Y1 /* position (1, 1) counts once in each output */

#define OUT_COLUMN(col, bias) \
	MOVQ    R11, R10 \
	VMOVDQU (R10), Y0 \
	ADDQ    R13, R10 \
	VMOVDQU (R10), Y1 \
	ADDQ    R13, R10 \
	VMOVDQU (R10), Y2 \
	ADDQ    R13, R10 \
	VMOVDQU (R10), Y3 \
	ADDQ    R13, R10 \
	VMOVDQU (R10), Y4 \
	ADDQ    R13, R10 \
	VMOVDQU (R10), Y5 \
	ADDQ    R8, R11 \
	bias \
	WINO_A \
	VMOVDQU Y6, (0*6+col)*32(R9) \
	VMOVDQU Y7, (1*6+col)*32(R9) \
	VMOVDQU Y8, (2*6+col)*32(R9) \
	VMOVDQU Y9, (3*6+col)*32(R9)

// func wino43OutputU8AVX2(a *winoOutputArgs)
TEXT ·wino43OutputU8AVX2(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), DI
	MOVQ         winoOutputArgs_src(DI), SI
	MOVQ         winoOutputArgs_dst(DI), DX
	MOVQ         winoOutputArgs_posStride(DI), R8
	MOVQ         winoOutputArgs_cols(DI), CX
	OUTPUT_CONSTANTS
	VPBROADCASTD ninth<>(SB), Y15
	XORQ         AX, AX

out_channels:
	LEAQ    winoOutputArgs_tmp(DI), R9
	LEAQ    (R8)(R8*2), R13
	ADDQ    R13, R13                 // 6 positions: from one row of the tile to the next
	LEAQ    (SI)(AX*4), R11
	MOVQ    winoOutputArgs_bias(DI), R12
	OUT_COLUMN(0, NO_BIAS)
	OUT_COLUMN(1, ADD_BIAS)
	OUT_COLUMN(2, NO_BIAS)
	OUT_COLUMN(3, NO_BIAS)
	OUT_COLUMN(4, NO_BIAS)
	OUT_COLUMN(5, NO_BIAS)
	MOVQ    winoOutputArgs_scale(DI), R10
	VMOVUPS (R10)(AX*4), Y10
	LEAQ    (DX)(AX*1), R10
	MOVQ    winoOutputArgs_rows(DI), R12

out_row:
	VMOVDQU 0*32(R9), Y0
	VMOVDQU 1*32(R9), Y1
	VMOVDQU 2*32(R9), Y2
	VMOVDQU 3*32(R9), Y3
	VMOVDQU 4*32(R9), Y4
	VMOVDQU 5*32(R9), Y5
	WINO_A
	VPMULLD Y15, Y6, Y6              // 576·acc to 64·acc
	VPMULLD Y15, Y7, Y7
	VPMULLD Y15, Y8, Y8
	VPMULLD Y15, Y9, Y9
	REQUANTISE4(Y6, Y7, Y8, Y9)
	MOVQ R10, R11
	VMOVQ X6, BX
	STORE_PIXEL(p0_4, p0_2, p0_1, p0)
	ADDQ winoOutputArgs_pixStride(DI), R11
	CMPQ winoOutputArgs_columns(DI), $2
	JLT  out_row_done
	VPEXTRQ $1, X6, BX
	VEXTRACTI128 $1, Y6, X6
	JEQ  last_pixel                  // the first and the last
	STORE_PIXEL(p1_4, p1_2, p1_1, p1)
	ADDQ winoOutputArgs_pixStride(DI), R11
	VMOVQ X6, BX
	STORE_PIXEL(p2_4, p2_2, p2_1, p2)
	CMPQ winoOutputArgs_columns(DI), $4
	JLT  out_row_done
	ADDQ winoOutputArgs_pixStride(DI), R11

last_pixel:
	VPEXTRQ $1, X6, BX
	STORE_PIXEL(p3_4, p3_2, p3_1, p3)

out_row_done:
	ADDQ $192, R9
	CMPQ winoOutputArgs_rows(DI), $2
	JNE  out_next_row
	ADDQ $384, R9                    // the first and the last

out_next_row:
	ADDQ winoOutputArgs_rowStride(DI), R10
	SUBQ $1, R12
	JNZ  out_row

	ADDQ $8, AX
	SUBQ $8, CX
	JGT  out_channels
	VZEROUPPER
	RET
