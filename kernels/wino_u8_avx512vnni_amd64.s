//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_winogemm_8x32__avx512vnni — products of quantised Winograd: 8 tiles × 32 output channels at one position.
//
// Computes   dst[row][k] = Σ_c v[row][c]·u[c/2][k][c%2] in int32, modulo 2³²
// Reference  winoGemmGeneric (wino_tile.go)
// Requires   AVX-512 F, VNNI
// Layout     v int16 through addresses; u int16 packed [C/2][32][2]; dst int32, rows dstStride bytes apart
// Contract   groups (pairs of channels) even, ≥ 2; tiles ≥ 1; 1 ≤ rows ≤ 8; cols 16 or 32; no over-read
// Bound      16 VPDPWSSD per 2 loads + 8 broadcasts, 2 channels
// Tile       col →  0–15  16–31      Registers
//   row 0           Z8    Z9           DI  args              SI  row addresses
//   row 1           Z10   Z11          DX  u                 CX  −bytes left
//   …                                  R8–R13, AX, BX  ends of the eight rows
//   row 7           Z22   Z23          Z0, Z1  filters       Z2–Z5  input, broadcast    R14 of the next panel, what to fetch
//            A lone last row has four sums of every fourth pair, for a sum can be added to once in four cycles or five.
// Phases     tile → two pairs | two pairs of four rows | four pairs of one row | two pairs of 16 channels → store

#define ROW(src, t, a, b) \
	VPBROADCASTD src, t \
	VPDPWSSD Z0, t, a \
	VPDPWSSD Z1, t, b

#define PAIR(uOff, vOff) \
	VMOVDQU32 (uOff)(DX), Z0 \
	VMOVDQU32 (uOff+64)(DX), Z1 \
	ROW(vOff(R8)(CX*1), Z2, Z8, Z9) \
	ROW(vOff(R9)(CX*1), Z3, Z10, Z11) \
	ROW(vOff(R10)(CX*1), Z4, Z12, Z13) \
	ROW(vOff(R11)(CX*1), Z5, Z14, Z15) \
	ROW(vOff(R12)(CX*1), Z2, Z16, Z17) \
	ROW(vOff(R13)(CX*1), Z3, Z18, Z19) \
	ROW(vOff(AX)(CX*1), Z4, Z20, Z21) \
	ROW(vOff(BX)(CX*1), Z5, Z22, Z23)

// The same of the first four rows.
#define PAIR4(uOff, vOff) \
	VMOVDQU32 (uOff)(DX), Z0 \
	VMOVDQU32 (uOff+64)(DX), Z1 \
	ROW(vOff(R8)(CX*1), Z2, Z8, Z9) \
	ROW(vOff(R9)(CX*1), Z3, Z10, Z11) \
	ROW(vOff(R10)(CX*1), Z4, Z12, Z13) \
	ROW(vOff(R11)(CX*1), Z5, Z14, Z15)

// One pair of a lone last row, the filters of which are read where they are used.
#define PAIR1(uOff, vOff, t, a, b) \
	VPBROADCASTD vOff(R8)(CX*1), t \
	VPDPWSSD (uOff)(DX), t, a \
	VPDPWSSD (uOff+64)(DX), t, b

#define HALF_ROW(src, t, a) \
	VPBROADCASTD src, t \
	VPDPWSSD Z0, t, a

#define HALF_PAIR(uOff, vOff) \
	VMOVDQU32 (uOff)(DX), Z0 \
	HALF_ROW(vOff(R8)(CX*1), Z2, Z8) \
	HALF_ROW(vOff(R9)(CX*1), Z3, Z10) \
	HALF_ROW(vOff(R10)(CX*1), Z4, Z12) \
	HALF_ROW(vOff(R11)(CX*1), Z5, Z14) \
	HALF_ROW(vOff(R12)(CX*1), Z2, Z16) \
	HALF_ROW(vOff(R13)(CX*1), Z3, Z18) \
	HALF_ROW(vOff(AX)(CX*1), Z4, Z20) \
	HALF_ROW(vOff(BX)(CX*1), Z5, Z22)

// Fetches some of the next panel, which follows this one: by the end of the last tile, all of it.
#define FETCH \
	PREFETCHT0 0(R14) \
	PREFETCHT0 64(R14) \
	PREFETCHT0 128(R14) \
	PREFETCHT0 192(R14) \
	ADDQ ConvTile_ahead(DI), R14

#define STORE_ROW(a, b) \
	VMOVDQU32 a, (R8) \
	VMOVDQU32 b, 64(R8) \
	ADDQ R9, R8 \
	SUBQ $1, CX \
	JZ   tile_done

// func winoGemmAVX512VNNI(a *ConvTile)
TEXT ·winoGemmAVX512VNNI(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	MOVQ ConvTile_ptrs(DI), SI
	MOVQ ConvTile_dst(DI), AX
	MOVQ AX, ConvTile_at(DI)
	MOVQ ConvTile_groups(DI), R14
	SHLQ $7, R14
	ADDQ ConvTile_w(DI), R14         // the next panel
	MOVQ $256, AX                    // two pairs' filters,
	XORQ DX, DX
	DIVQ ConvTile_tiles(DI)          // over all tiles
	MOVQ AX, ConvTile_ahead(DI)

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
	MOVQ   ConvTile_w(DI), DX
	MOVQ   ConvTile_groups(DI), CX
	SHLQ   $2, CX
	MOVQ   0(SI), R8
	MOVQ   8(SI), R9
	MOVQ   16(SI), R10
	MOVQ   24(SI), R11
	MOVQ   32(SI), R12
	MOVQ   40(SI), R13
	MOVQ   48(SI), AX
	MOVQ   56(SI), BX
	ADDQ   $64, SI
	ADDQ   CX, R8                    // address rows from their ends, so that one index counts and addresses
	ADDQ   CX, R9
	ADDQ   CX, R10
	ADDQ   CX, R11
	ADDQ   CX, R12
	ADDQ   CX, R13
	ADDQ   CX, AX
	ADDQ   CX, BX
	NEGQ   CX
	CMPQ   ConvTile_cols(DI), $16
	JLE    half_loop
	CMPQ   ConvTile_tiles(DI), $1
	JNE    pair_loop
	CMPQ   ConvTile_rows(DI), $1
	JEQ    pairs1
	CMPQ   ConvTile_rows(DI), $4
	JLE    pair4_loop

	PCALIGN $32
pair_loop:                               // CX = −bytes left < 0
	PAIR(0, 0)
	FETCH
	PAIR(128, 4)
	ADDQ $256, DX
	ADDQ $8, CX
	JLT  pair_loop
	JMP  summed

	PCALIGN $32
pair4_loop:                              // the last tile has four rows or less
	PAIR4(0, 0)
	FETCH
	PAIR4(128, 4)
	ADDQ $256, DX
	ADDQ $8, CX
	JLT  pair4_loop
	JMP  summed

pairs1:                                  // the last tile has one row
	ADDQ $16, CX
	JGT  pair1_tail

	PCALIGN $32
pair1_loop:                              // CX = 16 − bytes left ≤ 0
	PAIR1(0, -16, Z2, Z8, Z9)
	PAIR1(128, -12, Z3, Z10, Z11)
	FETCH
	PAIR1(256, -8, Z4, Z12, Z13)
	PAIR1(384, -4, Z5, Z14, Z15)
	ADDQ $512, DX
	ADDQ $16, CX
	JLE  pair1_loop

pair1_tail:
	SUBQ $16, CX
	JGE  pairs1_done
	PAIR1(0, 0, Z2, Z8, Z9)
	PAIR1(128, 4, Z3, Z10, Z11)
	ADDQ $256, DX

pairs1_done:
	VPADDD Z10, Z8, Z8
	VPADDD Z11, Z9, Z9
	VPADDD Z14, Z12, Z12
	VPADDD Z15, Z13, Z13
	VPADDD Z12, Z8, Z8
	VPADDD Z13, Z9, Z9
	JMP    summed

	PCALIGN $32
half_loop:
	HALF_PAIR(0, 0)
	HALF_PAIR(128, 4)
	ADDQ $256, DX
	ADDQ $8, CX
	JLT  half_loop

summed:
	MOVQ ConvTile_at(DI), R8
	MOVQ ConvTile_dstStride(DI), R9
	MOVQ $8, CX
	CMPQ ConvTile_tiles(DI), $1
	JNE  store
	MOVQ ConvTile_rows(DI), CX

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
	MOVQ R8, ConvTile_at(DI)         // where the next tile's rows go
	SUBQ $1, ConvTile_tiles(DI)
	JNZ  tile
	VZEROUPPER
	RET
