//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "rows8_avx512_amd64.h"

// u8_winogemm_8x32__avx512vnni — products of quantised Winograd: 8 tiles × 32 output channels at one position.
//
// Computes   dst[row][k] = Σ_c v[row][c]·u[c/2][k][c%2] in int32, modulo 2³²
// Reference  winoGemmGeneric (wino_tile_u8.go)
// Requires   AVX-512 F, VNNI
// Layout     v int16 through addresses; u int16 packed [C/2][32][2]; dst int32, rows dstStride bytes apart
// Contract   groups (pairs of channels) even, ≥ 2; tiles ≥ 1; 1 ≤ rows ≤ 8; cols 16 or 32; no over-read
// Bound      16 VPDPWSSD per 2 loads + 8 broadcasts, 2 channels
// Tile       col →  0–15  16–31      Registers
//   row 0           Z8    Z9           DI  args              SI  row addresses
//   row 1           Z10   Z11          DX  u                 CX  −bytes left
//   …                                  R8–R13, AX, BX  ends of the eight rows
//   row 7           Z22   Z23          Z0, Z1  filters       Z2–Z5  input, broadcast
//                                      R14  what to fetch of the next panel
// Phases     tile → two pairs | two pairs of four rows | four pairs of one row | two pairs of 16 channels → store

#define STORE_ROW(a, b) \
	VMOVDQU32 a, (R8) \
	VMOVDQU32 b, 64(R8) \
	ADDQ R9, R8 \
	SUBQ $1, CX \
	JZ   tile_done

// func winoGemmAVX512VNNI(a *convTileArgs)
TEXT ·winoGemmAVX512VNNI(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	MOVQ convTileArgs_ptrs(DI), SI
	MOVQ convTileArgs_dst(DI), AX
	MOVQ AX, convTileArgs_at(DI)
	MOVQ convTileArgs_groups(DI), R14
	SHLQ $7, R14
	FETCH_INIT

tile:
	VPXORD Z8, Z8, Z8
	VPXORD Z9, Z9, Z9
	VPXORD Z10, Z10, Z10
	VPXORD Z11, Z11, Z11
	VPXORD Z12, Z12, Z12
	VPXORD Z13, Z13, Z13
	VPXORD Z14, Z14, Z14
	VPXORD Z15, Z15, Z15
	VPXORD Z16, Z16, Z16
	VPXORD Z17, Z17, Z17
	VPXORD Z18, Z18, Z18
	VPXORD Z19, Z19, Z19
	VPXORD Z20, Z20, Z20
	VPXORD Z21, Z21, Z21
	VPXORD Z22, Z22, Z22
	VPXORD Z23, Z23, Z23
	MOVQ   convTileArgs_w(DI), DX
	MOVQ   convTileArgs_groups(DI), CX
	SHLQ   $2, CX
	NEXT_ROWS
	CMPQ   convTileArgs_cols(DI), $16
	JLE    half_loop
	CMPQ   convTileArgs_tiles(DI), $1
	JNE    pair_loop
	CMPQ   convTileArgs_rows(DI), $1
	JEQ    pairs1
	CMPQ   convTileArgs_rows(DI), $4
	JLE    pair4_loop

	PCALIGN $32
pair_loop:                               // CX = −bytes left < 0
	DOTS8(VPDPWSSD, 0, 0)
	FETCH
	DOTS8(VPDPWSSD, 128, 4)
	ADDQ $256, DX
	ADDQ $8, CX
	JLT  pair_loop
	JMP  summed

	PCALIGN $32
pair4_loop:                              // the last tile has four rows or less
	DOTS4(VPDPWSSD, 0, 0)
	FETCH
	DOTS4(VPDPWSSD, 128, 4)
	ADDQ $256, DX
	ADDQ $8, CX
	JLT  pair4_loop
	JMP  summed

pairs1:                                  // the last tile has one row
	ADDQ $16, CX
	JGT  pair1_tail

	PCALIGN $32
pair1_loop:                              // CX = 16 − bytes left ≤ 0
	LONE_DOTS(VPDPWSSD)
	ADDQ $512, DX
	ADDQ $16, CX
	JLE  pair1_loop

pair1_tail:
	SUBQ $16, CX
	JGE  pairs1_done
	LONE_DOT(VPDPWSSD, 0, 0, Z2, Z8, Z9)
	LONE_DOT(VPDPWSSD, 128, 4, Z3, Z10, Z11)
	ADDQ $256, DX

pairs1_done:
	LONE_SUMS
	JMP    summed

	PCALIGN $32
half_loop:
	HALF_DOTS(VPDPWSSD, 0, 0)
	HALF_DOTS(VPDPWSSD, 128, 4)
	ADDQ $256, DX
	ADDQ $8, CX
	JLT  half_loop

summed:
	MOVQ convTileArgs_at(DI), R8
	MOVQ convTileArgs_dstStride(DI), R9
	MOVQ $8, CX
	CMPQ convTileArgs_tiles(DI), $1
	JNE  store
	MOVQ convTileArgs_rows(DI), CX

store:
	STORE_ROW(Z8, Z9)
	STORE_ROW(Z10, Z11)
	STORE_ROW(Z12, Z13)
	STORE_ROW(Z14, Z15)
	STORE_ROW(Z16, Z17)
	STORE_ROW(Z18, Z19)
	STORE_ROW(Z20, Z21)
	STORE_ROW(Z22, Z23)

tile_done:
	MOVQ R8, convTileArgs_at(DI)         // where the next tile's rows go
	SUBQ $1, convTileArgs_tiles(DI)
	JNZ  tile
	VZEROUPPER
	RET
