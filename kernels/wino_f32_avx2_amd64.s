//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "wino_f32_amd64.h"

// f32_wino43input_6x6__avx2 — Winograd F(4,3) input transform of one 6×6 tile, 8 channels at a time.
//
// Computes   v[pos][c] = (Bᵀ d B)[pos]
// Reference  wino43InputF32Generic (wino_tile.go)
// Requires   AVX2, FMA
// Layout     src NHWC through 36 addresses; dst [36] × posStride bytes
// Contract   c a multiple of 8, ≥ 8; no over-read
// Bound      36 loads + 36 stores + 144 additions and FMAs per 8 channels, each twice through L1
// Registers  DI  args    SI  addresses    DX  dst    CX  bytes of channels    AX  channel offset, bytes
//            R8  posStride   R9  tmp    Y0–Y5  d    Y6–Y10, Y5  results    Y12 scratch    Y13, Y14, Y15  4, 5, 2
// Phases     channel block → columns (to tmp) → rows (to dst)

// Bᵀ of Y0–Y5 into Y6–Y10, Y5. Clobbers Y3, Y4, Y12.
#define WINO_B \
	WINO_B345(Y1, Y2, Y3, Y4, Y5, Y9, Y10, Y12, Y15, Y13, Y14) \
	WINO_B012(Y0, Y1, Y2, Y3, Y4, Y6, Y7, Y8, Y13, Y14)

// One column: pixels (0…5, col) of the tile, to tmp[0…5][col].
#define COLUMN(col) \
	MOVQ (0*6+col)*8(SI), R10 \
	MOVQ (1*6+col)*8(SI), R11 \
	MOVQ (2*6+col)*8(SI), R12 \
	MOVQ (3*6+col)*8(SI), R13 \
	VMOVUPS (R10)(AX*1), Y0 \
	VMOVUPS (R11)(AX*1), Y1 \
	MOVQ (4*6+col)*8(SI), R10 \
	MOVQ (5*6+col)*8(SI), R11 \
	VMOVUPS (R12)(AX*1), Y2 \
	VMOVUPS (R13)(AX*1), Y3 \
	VMOVUPS (R10)(AX*1), Y4 \
	VMOVUPS (R11)(AX*1), Y5 \
	WINO_B \
	VMOVUPS Y6, (0*6+col)*32(R9) \
	VMOVUPS Y7, (1*6+col)*32(R9) \
	VMOVUPS Y8, (2*6+col)*32(R9) \
	VMOVUPS Y9, (3*6+col)*32(R9) \
	VMOVUPS Y10, (4*6+col)*32(R9) \
	VMOVUPS Y5, (5*6+col)*32(R9)

// One row of tmp to positions row·6 … row·6+5; R10 walks over the positions.
#define ROW(row) \
	VMOVUPS (row*6+0)*32(R9), Y0 \
	VMOVUPS (row*6+1)*32(R9), Y1 \
	VMOVUPS (row*6+2)*32(R9), Y2 \
	VMOVUPS (row*6+3)*32(R9), Y3 \
	VMOVUPS (row*6+4)*32(R9), Y4 \
	VMOVUPS (row*6+5)*32(R9), Y5 \
	WINO_B \
	VMOVUPS Y6, (R10) \
	VMOVUPS Y7, (R10)(R8*1) \
	LEAQ (R10)(R8*2), R10 \
	VMOVUPS Y8, (R10) \
	VMOVUPS Y9, (R10)(R8*1) \
	LEAQ (R10)(R8*2), R10 \
	VMOVUPS Y10, (R10) \
	VMOVUPS Y5, (R10)(R8*1) \
	LEAQ (R10)(R8*2), R10

// func wino43InputF32AVX2(a *winoInputArgs)
TEXT ·wino43InputF32AVX2(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), DI
	MOVQ         winoInputArgs_ptrs(DI), SI
	MOVQ         winoInputArgs_dst(DI), DX
	MOVQ         winoInputArgs_posStride(DI), R8
	MOVQ         winoInputArgs_c(DI), CX
	SHLQ         $2, CX
	LEAQ         winoInputArgs_tmp(DI), R9
	VBROADCASTSS winoConst<>+0x00(SB), Y13
	VBROADCASTSS winoConst<>+0x04(SB), Y14
	VBROADCASTSS winoConst<>+0x08(SB), Y15
	XORQ         AX, AX

channels:
	COLUMN(0)
	COLUMN(1)
	COLUMN(2)
	COLUMN(3)
	COLUMN(4)
	COLUMN(5)
	LEAQ (DX)(AX*1), R10
	ROW(0)
	ROW(1)
	ROW(2)
	ROW(3)
	ROW(4)
	ROW(5)
	ADDQ $32, AX
	CMPQ AX, CX
	JLT  channels
	VZEROUPPER
	RET

// f32_wino43output_4x4__avx2 — Winograd F(4,3) output transform of one tile, 8 channels at a time.
//
// Computes   dst[y][x][k] = clamp((Aᵀ m A)[y][x] + bias[k])
// Reference  wino43OutputF32Generic (wino_tile.go)
// Requires   AVX2, FMA
// Layout     src [36] × posStride bytes; dst NHWC
// Contract   cols ≥ 1, src and bias readable to the next multiple of 8; 1 ≤ rows, columns ≤ 4; no over-write
// Bound      36 loads + 16 stores + 100 additions and FMAs per 8 channels
// Registers  DI  args    SI  src    DX  dst    CX  channels left    R8  posStride    R9  tmp
//            R10 row of src or dst    R11 pixel    R12 rows left    R13 tmp row    AX  pixStride    BX  columns    R14 ahead
//            Y0–Y5  m    Y6–Y9  results    Y10 bias    Y11 lo    Y12 hi    Y13, Y14, Y15  4, 8, 2
// Phases     channel block → columns (to tmp) → rows → pixel | pixel_tail

#define WINO_A WINO_A43(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, Y8, Y9, Y15, Y13, Y14)

#define OUT_COLUMN(col) \
	LEAQ (col*32)(R9), R13 \
	MOVQ R11, R10 \
	VMOVUPS (R10), Y0 \
	ADDQ R12, R10 \
	VMOVUPS (R10), Y1 \
	ADDQ R12, R10 \
	VMOVUPS (R10), Y2 \
	ADDQ R12, R10 \
	VMOVUPS (R10), Y3 \
	ADDQ R12, R10 \
	VMOVUPS (R10), Y4 \
	ADDQ R12, R10 \
	VMOVUPS (R10), Y5 \
	ADDQ R8, R11 \
	WINO_A \
	VMOVUPS Y6, (R13) \
	VMOVUPS Y7, 192(R13) \
	VMOVUPS Y8, 384(R13) \
	VMOVUPS Y9, 576(R13)

// Clamp and store one pixel; the row ends after `columns` of them.
#define PIXEL(y) \
	WINO_FINISH(y, Y10, Y11, Y12) \
	PREFETCHT0 (R11)(R14*1) \
	VMOVUPS y, (R11) \
	ADDQ AX, R11

#define PIXEL_TAIL(y) \
	WINO_FINISH(y, Y10, Y11, Y12) \
	VMASKMOVPS y, Y0, (R11) \
	ADDQ AX, R11

// The output transform by WINO_A. Of two columns `second` is the second one, of two rows the one `skip` bytes of tmp beyond the next.
#define WINO_OUTPUT(second, skip) \
	MOVQ         a+0(FP), DI \
	MOVQ         winoOutputArgs_src(DI), SI \
	MOVQ         winoOutputArgs_dst(DI), DX \
	MOVQ         winoOutputArgs_posStride(DI), R8 \
	MOVQ         winoOutputArgs_cols(DI), CX \
	MOVQ         winoOutputArgs_pixStride(DI), AX \
	MOVQ         winoOutputArgs_columns(DI), BX \
	MOVQ         winoOutputArgs_ahead(DI), R14 \
	LEAQ         winoOutputArgs_tmp(DI), R9 \
	VBROADCASTSS winoOutputArgs_lo(DI), Y11 \
	VBROADCASTSS winoOutputArgs_hi(DI), Y12 \
	VBROADCASTSS winoConst<>+0x00(SB), Y13 \
	VBROADCASTSS winoConst<>+0x0c(SB), Y14 \
	VBROADCASTSS winoConst<>+0x08(SB), Y15 \
out_channels: \
	LEAQ (R8)(R8*2), R12 \
	ADDQ R12, R12 /* R12 = 6 positions: from one row of the tile to the next */ \
	MOVQ SI, R11 \
	OUT_COLUMN(0) \
	OUT_COLUMN(1) \
	OUT_COLUMN(2) \
	OUT_COLUMN(3) \
	OUT_COLUMN(4) \
	OUT_COLUMN(5) \
	MOVQ    DX, R10 \
	SUBQ    winoOutputArgs_dst(DI), R10 \
	ADDQ    winoOutputArgs_bias(DI), R10 \
	VMOVUPS (R10), Y10 /* as far into bias as DX is into the first pixel */ \
	MOVQ    winoOutputArgs_rows(DI), R12 \
	MOVQ    DX, R10 \
	MOVQ    R9, R13 \
out_row: \
	VMOVUPS (R13), Y0 \
	VMOVUPS 32(R13), Y1 \
	VMOVUPS 64(R13), Y2 \
	VMOVUPS 96(R13), Y3 \
	VMOVUPS 128(R13), Y4 \
	VMOVUPS 160(R13), Y5 \
	WINO_A \
	MOVQ    R10, R11 \
	CMPQ    CX, $8 \
	JLT     pixel_tail \
	PIXEL(Y6) \
	CMPQ    BX, $2 \
	JLT     out_row_done \
	JEQ     second_pixel \
	PIXEL(Y7) \
	PIXEL(Y8) \
	CMPQ    BX, $4 \
	JLT     out_row_done \
	PIXEL(Y9) \
	JMP     out_row_done \
second_pixel: \
	PIXEL(second) \
	JMP     out_row_done \
pixel_tail: \
	LEAQ    winoMask<>+32(SB), R11 \
	SHLQ    $2, CX \
	SUBQ    CX, R11 \
	SHRQ    $2, CX \
	VMOVUPS (R11), Y0 /* channels to store */ \
	MOVQ    R10, R11 \
	PIXEL_TAIL(Y6) \
	CMPQ    BX, $2 \
	JLT     out_row_done \
	JEQ     second_tail \
	PIXEL_TAIL(Y7) \
	PIXEL_TAIL(Y8) \
	CMPQ    BX, $4 \
	JLT     out_row_done \
	PIXEL_TAIL(Y9) \
	JMP     out_row_done \
second_tail: \
	PIXEL_TAIL(second) \
out_row_done: \
	ADDQ $192, R13 \
	CMPQ winoOutputArgs_rows(DI), $2 \
	JNE  out_next_row \
	ADDQ $skip, R13 \
out_next_row: \
	ADDQ winoOutputArgs_rowStride(DI), R10 \
	SUBQ $1, R12 \
	JNZ  out_row \
	ADDQ $32, SI \
	ADDQ $32, DX \
	SUBQ $8, CX \
	JGT  out_channels \
	VZEROUPPER \
	RET

// func wino43OutputF32AVX2(a *winoOutputArgs)
TEXT ·wino43OutputF32AVX2(SB), NOSPLIT, $0-8
	WINO_OUTPUT(Y9, 384)

// f32_wino34output_3x3__avx2 — Winograd F(3,4) output transform of one tile, 8 channels at a time.
//
// Computes   dst[y][x][k] = clamp((Aᵀ m A)[y][x] + bias[k])
// Reference  wino34OutputF32Generic (wino_tile.go)
// Requires   AVX2, FMA
// Layout     src [36] × posStride bytes; dst NHWC
// Contract   cols ≥ 1, src and bias readable to the next multiple of 8; 1 ≤ rows, columns ≤ 3; no over-write
// Bound      36 loads + 9 stores + 100 additions and FMAs per 8 channels
// Registers  as wino43OutputF32AVX2; Y9 and Y14 are not used
// Phases     channel block → columns (to tmp) → rows → pixel | pixel_tail

#undef WINO_A

#define WINO_A WINO_A34(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, Y8, Y15, Y13)

// func wino34OutputF32AVX2(a *winoOutputArgs)
TEXT ·wino34OutputF32AVX2(SB), NOSPLIT, $0-8
	WINO_OUTPUT(Y7, 0)

// winoMask: 8 ones, then 8 zeros.
DATA winoMask<>+0x00(SB)/8, $-1
DATA winoMask<>+0x08(SB)/8, $-1
DATA winoMask<>+0x10(SB)/8, $-1
DATA winoMask<>+0x18(SB)/8, $-1
GLOBL winoMask<>(SB), RODATA|NOPTR, $64
