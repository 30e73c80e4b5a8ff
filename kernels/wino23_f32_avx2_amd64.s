//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "wino_f32_amd64.h"

// What the output transforms to 2×2 pixels have in common. Registers:
//	DI  args    SI  src    DX  dst    CX  channels left    R8  posStride    R9  rowStride    AX  pixStride
//	BX  bias    R10 row of positions    R11 position    R12 a row of positions in bytes
//	Y8, Y9, Y10, Y11  pixels (0, 0), (0, 1), (1, 0), (1, 1)    Y12 lo    Y13 hi    Y15 2

#define LOAD_ARGS \
	MOVQ         a+0(FP), DI \
	MOVQ         winoOutputArgs_src(DI), SI \
	MOVQ         winoOutputArgs_dst(DI), DX \
	MOVQ         winoOutputArgs_posStride(DI), R8 \
	MOVQ         winoOutputArgs_rowStride(DI), R9 \
	MOVQ         winoOutputArgs_pixStride(DI), AX \
	MOVQ         winoOutputArgs_bias(DI), BX \
	MOVQ         winoOutputArgs_cols(DI), CX \
	VBROADCASTSS winoOutputArgs_lo(DI), Y12 \
	VBROADCASTSS winoOutputArgs_hi(DI), Y13

// Adds the bias and clamps. Clobbers Y0.
#define FINISH \
	VMOVUPS (BX), Y0 \
	WINO_FINISH(Y8, Y0, Y12, Y13) \
	WINO_FINISH(Y9, Y0, Y12, Y13) \
	WINO_FINISH(Y10, Y0, Y12, Y13) \
	WINO_FINISH(Y11, Y0, Y12, Y13)

// Stores those of the four pixels that exist, and goes on to the next channels. Clobbers Y0, R10, R11.
#define STORE_PIXELS \
	CMPQ    CX, $8 \
	JLT     tail \
	VMOVUPS Y8, (DX) \
	CMPQ    winoOutputArgs_columns(DI), $2 \
	JLT     second_row \
	VMOVUPS Y9, (DX)(AX*1) \
second_row: \
	CMPQ    winoOutputArgs_rows(DI), $2 \
	JLT     stored \
	LEAQ    (DX)(R9*1), R10 \
	VMOVUPS Y10, (R10) \
	CMPQ    winoOutputArgs_columns(DI), $2 \
	JLT     stored \
	VMOVUPS Y11, (R10)(AX*1) \
stored: \
	ADDQ $32, SI \
	ADDQ $32, DX \
	ADDQ $32, BX \
	SUBQ $8, CX \
	JGT  channels \
	VZEROUPPER \
	RET \
tail: \
	LEAQ       wino2Mask<>+32(SB), R11 \
	SHLQ       $2, CX \
	SUBQ       CX, R11 \
	SHRQ       $2, CX \
	VMOVUPS    (R11), Y0 \
	VMASKMOVPS Y8, Y0, (DX) \
	CMPQ       winoOutputArgs_columns(DI), $2 \
	JLT        tail_second_row \
	VMASKMOVPS Y9, Y0, (DX)(AX*1) \
tail_second_row: \
	CMPQ       winoOutputArgs_rows(DI), $2 \
	JLT        tail_stored \
	LEAQ       (DX)(R9*1), R10 \
	VMASKMOVPS Y10, Y0, (R10) \
	CMPQ       winoOutputArgs_columns(DI), $2 \
	JLT        tail_stored \
	VMASKMOVPS Y11, Y0, (R10)(AX*1) \
tail_stored: \
	VZEROUPPER \
	RET

DATA wino2Mask<>+0x00(SB)/8, $-1 // 8 ones, then 8 zeros
DATA wino2Mask<>+0x08(SB)/8, $-1
DATA wino2Mask<>+0x10(SB)/8, $-1
DATA wino2Mask<>+0x18(SB)/8, $-1
GLOBL wino2Mask<>(SB), RODATA|NOPTR, $64

// f32_wino25output_2x2__avx2 — Winograd F(2,5) output transform of one tile, 8 channels at a time.
//
// Computes   dst[y][x][k] = clamp((Aᵀ m A)[y][x] + bias[k])
// Reference  wino25OutputF32Generic (wino_tile.go)
// Requires   AVX2, FMA
// Layout     src [36] × posStride bytes; dst NHWC
// Contract   cols ≥ 1, src and bias readable to the next multiple of 8; 1 ≤ rows, columns ≤ 2; no over-write
// Bound      36 loads + 4 stores + 75 additions and FMAs per 8 channels
// Registers  above; Y0–Y5  a column of positions, then Y6, Y7  its two sums
// Phases     channel block → columns, each added to the pixels → store | tail

// One column of positions: Y6 = m0 + m1 + m2 + m3 + m4, Y7 = m1 − m2 + 2·(m3 − m4) + m5. Goes on to the next.
#define COLUMN6 \
	MOVQ        R11, R10 \
	VMOVUPS     (R10), Y0 \
	ADDQ        R12, R10 \
	VMOVUPS     (R10), Y1 \
	ADDQ        R12, R10 \
	VMOVUPS     (R10), Y2 \
	ADDQ        R12, R10 \
	VMOVUPS     (R10), Y3 \
	ADDQ        R12, R10 \
	VMOVUPS     (R10), Y4 \
	WINO_A25(Y0, Y1, Y2, Y3, Y4, (R10)(R12*1), Y6, Y7, Y15) \
	ADDQ        R8, R11

// func wino25OutputF32AVX2(a *winoOutputArgs)
TEXT ·wino25OutputF32AVX2(SB), NOSPLIT, $0-8
	LOAD_ARGS
	VBROADCASTSS winoConst<>+0x08(SB), Y15
	LEAQ         (R8)(R8*2), R12
	ADDQ         R12, R12

channels:
	MOVQ SI, R11
	COLUMN6
	VMOVAPS Y6, Y8                   // column 0 counts on the left only
	VMOVAPS Y7, Y10
	COLUMN6
	VADDPS  Y6, Y8, Y8               // 1 on both sides
	VMOVAPS Y6, Y9
	VADDPS  Y7, Y10, Y10
	VMOVAPS Y7, Y11
	COLUMN6
	VADDPS  Y6, Y8, Y8               // 2: −1 on the right
	VSUBPS  Y6, Y9, Y9
	VADDPS  Y7, Y10, Y10
	VSUBPS  Y7, Y11, Y11
	COLUMN6
	VADDPS  Y6, Y8, Y8               // 3: 2 on the right
	VFMADD231PS Y6, Y15, Y9
	VADDPS  Y7, Y10, Y10
	VFMADD231PS Y7, Y15, Y11
	COLUMN6
	VADDPS  Y6, Y8, Y8               // 4: −2 on the right
	VFNMADD231PS Y6, Y15, Y9
	VADDPS  Y7, Y10, Y10
	VFNMADD231PS Y7, Y15, Y11
	COLUMN6
	VADDPS  Y6, Y9, Y9               // 5 on the right only
	VADDPS  Y7, Y11, Y11
	FINISH
	STORE_PIXELS

// f32_wino23output_2x2__avx2 — Winograd F(2,3) output transform of one tile, 8 channels at a time.
//
// Computes   dst[y][x][k] = clamp((Aᵀ m A)[y][x] + bias[k])
// Reference  wino23OutputF32Generic (wino_tile.go)
// Requires   AVX2
// Layout     src [16] × posStride bytes; dst NHWC
// Contract   cols ≥ 1, src and bias readable to the next multiple of 8; 1 ≤ rows, columns ≤ 2; no over-write
// Bound      16 loads + 4 stores + 28 additions per 8 channels
// Registers  above; Y0–Y3  a column of positions, then Y6, Y7  its two sums
// Phases     channel block → columns, each added to the pixels → store | tail

// One column of positions: Y6 = m0 + m1 + m2, Y7 = m1 − m2 − m3. Goes on to the next.
#define COLUMN4 \
	LEAQ    (R11)(R12*1), R10 \
	VMOVUPS (R10), Y1 \
	VMOVUPS (R10)(R12*1), Y2 \
	VADDPS  (R11), Y1, Y6 \
	VSUBPS  Y2, Y1, Y7 \
	VADDPS  Y2, Y6, Y6 \
	VSUBPS  (R10)(R12*2), Y7, Y7 \
	ADDQ    R8, R11

// func wino23OutputF32AVX2(a *winoOutputArgs)
TEXT ·wino23OutputF32AVX2(SB), NOSPLIT, $0-8
	LOAD_ARGS
	LEAQ (R8*4), R12

channels:
	MOVQ SI, R11
	COLUMN4
	VMOVAPS Y6, Y8                   // column 0 counts on the left only
	VMOVAPS Y7, Y10
	COLUMN4
	VADDPS  Y6, Y8, Y8               // 1 on both sides
	VMOVAPS Y6, Y9
	VADDPS  Y7, Y10, Y10
	VMOVAPS Y7, Y11
	COLUMN4
	VADDPS  Y6, Y8, Y8               // 2: −1 on the right
	VSUBPS  Y6, Y9, Y9
	VADDPS  Y7, Y10, Y10
	VSUBPS  Y7, Y11, Y11
	COLUMN4
	VSUBPS  Y6, Y9, Y9               // 3: −1 on the right only
	VSUBPS  Y7, Y11, Y11
	FINISH
	STORE_PIXELS

// f32_wino23input_4x4__avx2 — Winograd F(2,3) input transform of one 4×4 tile, 8 channels at a time.
//
// Computes   v[pos][c] = (Bᵀ d B)[pos]
// Reference  wino23InputF32Generic (wino_tile.go)
// Requires   AVX2
// Layout     src NHWC through 16 addresses; dst [16] × posStride bytes
// Contract   c a multiple of 8, ≥ 8; no over-read
// Bound      32 loads + 16 stores + 32 additions per 8 channels: each row of Bᵀ d takes two rows of d, so nothing is kept
// Registers  DI  args    SI  addresses    DX  dst    CX  bytes of channels    AX  channel offset, bytes
//            R8  posStride    R9  position    R10–R13  addresses    Y0–Y3  a row of Bᵀ d    Y4–Y7  results
// Phases     channel block → rows

// Two rows of the tile, added or subtracted pixel by pixel into Y0–Y3.
#define ROWS(OP, first, second) \
	MOVQ    (first*4+0)*8(SI), R10 \
	MOVQ    (first*4+1)*8(SI), R11 \
	MOVQ    (first*4+2)*8(SI), R12 \
	MOVQ    (first*4+3)*8(SI), R13 \
	VMOVUPS (R10)(AX*1), Y0 \
	VMOVUPS (R11)(AX*1), Y1 \
	VMOVUPS (R12)(AX*1), Y2 \
	VMOVUPS (R13)(AX*1), Y3 \
	MOVQ    (second*4+0)*8(SI), R10 \
	MOVQ    (second*4+1)*8(SI), R11 \
	MOVQ    (second*4+2)*8(SI), R12 \
	MOVQ    (second*4+3)*8(SI), R13 \
	OP      (R10)(AX*1), Y0, Y0 \
	OP      (R11)(AX*1), Y1, Y1 \
	OP      (R12)(AX*1), Y2, Y2 \
	OP      (R13)(AX*1), Y3, Y3

// Y0–Y3 times B to four positions; R9 walks over them.
#define POSITIONS \
	VSUBPS  Y2, Y0, Y4 \
	VADDPS  Y2, Y1, Y5 \
	VSUBPS  Y1, Y2, Y6 \
	VSUBPS  Y3, Y1, Y7 \
	VMOVUPS Y4, (R9) \
	VMOVUPS Y5, (R9)(R8*1) \
	LEAQ    (R9)(R8*2), R9 \
	VMOVUPS Y6, (R9) \
	VMOVUPS Y7, (R9)(R8*1) \
	LEAQ    (R9)(R8*2), R9

// func wino23InputF32AVX2(a *winoInputArgs)
TEXT ·wino23InputF32AVX2(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	MOVQ winoInputArgs_ptrs(DI), SI
	MOVQ winoInputArgs_dst(DI), DX
	MOVQ winoInputArgs_posStride(DI), R8
	MOVQ winoInputArgs_c(DI), CX
	SHLQ $2, CX
	XORQ AX, AX

channels:
	LEAQ (DX)(AX*1), R9
	ROWS(VSUBPS, 0, 2)
	POSITIONS
	ROWS(VADDPS, 1, 2)
	POSITIONS
	ROWS(VSUBPS, 2, 1)
	POSITIONS
	ROWS(VSUBPS, 1, 3)
	POSITIONS
	ADDQ $32, AX
	CMPQ AX, CX
	JLT  channels
	VZEROUPPER
	RET
