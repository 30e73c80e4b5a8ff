//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_conv_4x16__avx2 — quantised convolution tile, 4 output pixels × 16 output channels.
//
// Computes   dst[p][k] = requantize(bias[k] + Σ_{t,c} (*ptrs[t][p])[c] · w[t][c][k])
// Reference  convTileU8Generic (conv_tile.go)
// Requires   AVX2
// Layout     src/dst NHWC uint8; w and order as pairPanel says (conv_u8_pairs.go)
// Contract   taps, tiles ≥ 1; 1 ≤ rows ≤ 4; 1 ≤ cols ≤ 16; no sum of products leaves int16, see conv_u8_pairs.go;
//            reads whole groups of 4 channels; dst does not alias src
// Bound      16 × VPMADDUBSW + 8 × (VPADDW + VPMADDWD + VPADDD) per 3 loads + 8 broadcasts, 8 channels of a match
// Measured   EPYC (Zen 4), in the L1 cache: 14.1 cycles a match of 8 channels, 8.7 another group of 4
// Tile       col →  0–7   8–15       Registers
//   pixel 0         Y0    Y1           DI  args              SI  row addresses of this tap
//   pixel 1         Y2    Y3           DX  w                 R14 order
//   pixel 2         Y4    Y5           CX  matches or others left   BX  taps left
//   pixel 3         Y6    Y7           R8–R11  the four input rows  AX, R13  channels
//                                      R12  what to fetch of the next panel
//                                      Y8–Y10 weights   Y11, Y12–Y14 inputs and products   Y15 sixteen ones
// Phases     tile → tap → matches → others → requantize → store | store_tail

// A match: acc[p][0:16] += src·w over the four channels at AX and those at R13, whose products are added in int16 first.
#define MATCH_ROW(w, row, a, b) \
	VPBROADCASTD (row)(AX*1), Y11 \
	VPMADDUBSW Y8, Y11, Y12 \
	VPMADDUBSW Y9, Y11, Y13 \
	VPBROADCASTD (row)(R13*1), Y11 \
	VPMADDUBSW Y10, Y11, Y14 \
	VPMADDUBSW (w+96)(DX), Y11, Y11 \
	VPADDW Y14, Y12, Y12 \
	VPADDW Y11, Y13, Y13 \
	VPMADDWD Y15, Y12, Y12 \
	VPMADDWD Y15, Y13, Y13 \
	VPADDD Y12, a, a \
	VPADDD Y13, b, b

#define MATCH(w, o) \
	MOVLQSX (o)(R14), AX \
	MOVLQSX (o+4)(R14), R13 \
	VMOVDQU (w)(DX), Y8 \
	VMOVDQU (w+32)(DX), Y9 \
	VMOVDQU (w+64)(DX), Y10 \
	MATCH_ROW(w, R8, Y0, Y1) \
	MATCH_ROW(w, R9, Y2, Y3) \
	MATCH_ROW(w, R10, Y4, Y5) \
	MATCH_ROW(w, R11, Y6, Y7)

// Another group: the four channels at AX.
#define ROW(row, a, b) \
	VPBROADCASTD (row)(AX*1), Y11 \
	VPMADDUBSW Y8, Y11, Y12 \
	VPMADDUBSW Y9, Y11, Y13 \
	VPMADDWD Y15, Y12, Y12 \
	VPMADDWD Y15, Y13, Y13 \
	VPADDD Y12, a, a \
	VPADDD Y13, b, b

#define OTHER(w, o) \
	MOVLQSX (o)(R14), AX \
	VMOVDQU (w)(DX), Y8 \
	VMOVDQU (w+32)(DX), Y9 \
	ROW(R8, Y0, Y1) \
	ROW(R9, Y2, Y3) \
	ROW(R10, Y4, Y5) \
	ROW(R11, Y6, Y7)

// With every two matches: fetches a part of the next panel, which lies behind this one. After the last tile nearly all of
// it has been fetched.
#define FETCH \
	PREFETCHT0 0(R12) \
	PREFETCHT0 64(R12) \
	ADDQ convTileArgs_ahead(DI), R12

// Sixteen accumulators of a pixel to bytes: low half of a. Reads Y8–Y13, Y15 as set up below. Clobbers b.
#define REQUANTIZE(a, b, ax) \
	VCVTDQ2PS a, a \
	VCVTDQ2PS b, b \
	VMULPS Y8, a, a \
	VMULPS Y9, b, b \
	VMAXPS Y10, a, a \
	VMAXPS Y10, b, b \
	VMINPS Y11, a, a \
	VMINPS Y11, b, b \
	VCVTPS2DQ a, a \
	VCVTPS2DQ b, b \
	VPADDD Y12, a, a \
	VPADDD Y12, b, b \
	VPACKSSDW b, a, a \
	VPERMQ $0xd8, a, a \
	VEXTRACTI128 $1, a, X13 \
	VPACKUSWB X13, ax, ax

#define STORE(ax) \
	VMOVDQU ax, (R8) \
	ADDQ R9, R8 \
	SUBQ $1, CX \
	JZ   tile_done

// Store R10 < 16 bytes of ax: eight, four, two, one. Clobbers ax, AX.
#define STORE_TAIL(ax, l8, l4, l2, l1) \
	MOVQ R8, R11 \
	TESTQ $8, R10 \
	JZ   l8 \
	VMOVQ ax, (R11) \
	VPSRLDQ $8, ax, ax \
	ADDQ $8, R11 \
l8: \
	VMOVQ ax, AX \
	TESTQ $4, R10 \
	JZ   l4 \
	MOVL AX, (R11) \
	SHRQ $32, AX \
	ADDQ $4, R11 \
l4: \
	TESTQ $2, R10 \
	JZ   l2 \
	MOVW AX, (R11) \
	SHRQ $16, AX \
	ADDQ $2, R11 \
l2: \
	TESTQ $1, R10 \
	JZ   l1 \
	MOVB AX, (R11) \
l1: \
	ADDQ R9, R8 \
	SUBQ $1, CX \
	JZ   tile_done

// func convTileU8AVX2(a *convTileArgs)
TEXT ·convTileU8AVX2(SB), NOSPLIT, $0-8
	MOVQ     a+0(FP), DI
	MOVQ     convTileArgs_ptrs(DI), SI
	MOVQ     convTileArgs_dst(DI), AX
	MOVQ     AX, convTileArgs_at(DI)
	MOVQ     convTileArgs_w(DI), R12
	ADDQ     convTileArgs_size(DI), R12      // the next panel
	MOVQ     $256, AX                    // two matches' weights,
	XORQ     DX, DX
	DIVQ     convTileArgs_tiles(DI)          // over all tiles
	MOVQ     AX, convTileArgs_ahead(DI)
	VPCMPEQW Y15, Y15, Y15
	VPSRLW   $15, Y15, Y15

tile:
	MOVQ    convTileArgs_bias(DI), AX
	VMOVDQU (AX), Y0
	VMOVDQU 32(AX), Y1
	VMOVDQA Y0, Y2
	VMOVDQA Y1, Y3
	VMOVDQA Y0, Y4
	VMOVDQA Y1, Y5
	VMOVDQA Y0, Y6
	VMOVDQA Y1, Y7
	MOVQ    convTileArgs_w(DI), DX
	MOVQ    convTileArgs_order(DI), R14
	MOVQ    convTileArgs_taps(DI), BX

tap:
	MOVQ    0(SI), R8
	MOVQ    8(SI), R9
	MOVQ    16(SI), R10
	MOVQ    24(SI), R11
	ADDQ    $32, SI
	MOVLQSX (R14), CX
	ADDQ    $4, R14
	SUBQ    $2, CX
	JLT     match_last

	PCALIGN $64
matches:
	MATCH(0, 0)
	FETCH
	MATCH(128, 8)
	ADDQ    $16, R14
	ADDQ    $256, DX
	SUBQ    $2, CX
	JGE     matches

match_last:
	ADDQ    $2, CX
	JEQ     others
	MATCH(0, 0)
	ADDQ    $8, R14
	ADDQ    $128, DX

others:
	MOVLQSX (R14), CX
	ADDQ    $4, R14
	SUBQ    $2, CX
	JLT     other_last

	PCALIGN $64
others_two:
	OTHER(0, 0)
	OTHER(64, 4)
	ADDQ    $8, R14
	ADDQ    $128, DX
	SUBQ    $2, CX
	JGE     others_two

other_last:
	ADDQ    $2, CX
	JEQ     tap_done
	OTHER(0, 0)
	ADDQ    $4, R14
	ADDQ    $64, DX

tap_done:
	SUBQ $1, BX
	JNZ  tap

requantize:
	MOVQ         convTileArgs_scale(DI), AX
	VMOVUPS      (AX), Y8
	VMOVUPS      32(AX), Y9
	VBROADCASTSS convTileArgs_lo(DI), Y10
	VBROADCASTSS convTileArgs_hi(DI), Y11
	VPBROADCASTD convTileArgs_zero(DI), Y12
	REQUANTIZE(Y0, Y1, X0)
	REQUANTIZE(Y2, Y3, X2)
	REQUANTIZE(Y4, Y5, X4)
	REQUANTIZE(Y6, Y7, X6)
	MOVQ         convTileArgs_at(DI), R8
	MOVQ         convTileArgs_dstStride(DI), R9
	MOVQ         convTileArgs_cols(DI), R10
	MOVQ         $4, CX
	CMPQ         convTileArgs_tiles(DI), $1
	JNE          rows_known
	MOVQ         convTileArgs_rows(DI), CX

rows_known:
	CMPQ R10, $16
	JNE  store_tail
	STORE(X0)
	STORE(X2)
	STORE(X4)
	STORE(X6)

store_tail:
	STORE_TAIL(X0, row0_8, row0_4, row0_2, row0_1)
	STORE_TAIL(X2, row1_8, row1_4, row1_2, row1_1)
	STORE_TAIL(X4, row2_8, row2_4, row2_2, row2_1)
	STORE_TAIL(X6, row3_8, row3_4, row3_2, row3_1)

tile_done:
	MOVQ R8, convTileArgs_at(DI)        // where the next tile's pixels go
	SUBQ $1, convTileArgs_tiles(DI)
	JNZ  tile
	VZEROUPPER
	RET
