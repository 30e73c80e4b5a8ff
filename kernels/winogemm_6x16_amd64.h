#include "rows6_amd64.h"

// Body of the products of quantised Winograd, 6 tiles × 16 output channels at one position, with 256-bit registers. The
// including file defines NAME, GROUP, which adds the products of two channels of each row, and GROUP4, the same of the
// first four rows:
//
//	accumulators += inputs at src(R8)…src(R13), indexed by AX, times the filters at w(DX); may clobber Y0–Y3
//
// Computes   dst[row][k] = Σ_c v[row][c]·u[c/2][k][c%2] in int32, modulo 2³²
// Tile       col →  0–7   8–15       Registers
//   row 0           Y4    Y5           DI  args              SI  row addresses
//   …                                  DX  u                 AX  −bytes left
//   row 5           Y14   Y15          R8–R13  ends of the six rows      CX  bytes of a row
//                                      Y0, Y1  filters   Y2, Y3  input and products
//                                      R14  what to fetch of the next panel
// Phases     tile → pairs of channels, of six rows or the last four → store

#define ROW_STORE(a, b) \
	VMOVDQU a, (R8) \
	VMOVDQU b, 32(R8) \
	ADDQ R9, R8 \
	SUBQ $1, CX \
	JZ   gemm_done

TEXT NAME(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	MOVQ convTileArgs_ptrs(DI), SI
	MOVQ convTileArgs_dst(DI), AX
	MOVQ AX, convTileArgs_at(DI)
	MOVQ convTileArgs_groups(DI), R14
	SHLQ $6, R14
	MOVQ $256, AX
	FETCH_INIT

gemm_tile:
	VPXOR Y4, Y4, Y4
	VPXOR Y5, Y5, Y5
	VPXOR Y6, Y6, Y6
	VPXOR Y7, Y7, Y7
	VPXOR Y8, Y8, Y8
	VPXOR Y9, Y9, Y9
	VPXOR Y10, Y10, Y10
	VPXOR Y11, Y11, Y11
	VPXOR Y12, Y12, Y12
	VPXOR Y13, Y13, Y13
	VPXOR Y14, Y14, Y14
	VPXOR Y15, Y15, Y15
	MOVQ  convTileArgs_w(DI), DX
	MOVQ  convTileArgs_groups(DI), CX
	SHLQ  $2, CX
	NEXT_ROWS
	CMPQ  convTileArgs_tiles(DI), $1
	JNE   gemm_pairs
	CMPQ  convTileArgs_rows(DI), $4
	JLE   gemm_pairs4

gemm_pairs:
	GROUPS(GROUP, 64, gemm_four, gemm_tail, gemm_one, gemm_done6)
	JMP   gemm_summed

gemm_pairs4:                             // the last tile has four rows or less
	GROUPS(GROUP4, 64, gemm4_four, gemm4_tail, gemm4_one, gemm_done4)

gemm_summed:
	MOVQ convTileArgs_at(DI), R8
	MOVQ convTileArgs_dstStride(DI), R9
	MOVQ $6, CX
	CMPQ convTileArgs_tiles(DI), $1
	JNE  gemm_store
	MOVQ convTileArgs_rows(DI), CX

gemm_store:
	ROW_STORE(Y4, Y5)
	ROW_STORE(Y6, Y7)
	ROW_STORE(Y8, Y9)
	ROW_STORE(Y10, Y11)
	ROW_STORE(Y12, Y13)
	ROW_STORE(Y14, Y15)

gemm_done:
	MOVQ R8, convTileArgs_at(DI)        // where the next tile's rows go
	SUBQ $1, convTileArgs_tiles(DI)
	JNZ  gemm_tile
	VZEROUPPER
	RET
