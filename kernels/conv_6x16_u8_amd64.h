#include "bytes_u8_amd64.h"
#include "rows6_amd64.h"

// Body of the quantised convolution tiles of 6 output pixels × 16 output channels with 256-bit registers. The including
// file defines NAME, GROUP, which adds the products of four bytes of each input row, GROUP4, the same of the first four
// rows, and GROUP8, that of panels of eight channels, to the accumulators on the left:
//
//	accumulators += inputs at src(R8)…src(R13), indexed by AX, times the weights at w(DX); may clobber Y0–Y3
//
// Computes   dst[p][k] = requantize(bias[k] + Σ_{t,c} (*ptrs[t][p])[c] · w[t][c][k])
// Tile       col →  0–7   8–15       Registers
//   pixel 0         Y4    Y5           DI  args              SI  row addresses of this tap
//   pixel 1         Y6    Y7           DX  w                 CX  bytes of a row read
//   …                                  AX  −bytes left       BX  taps left
//   pixel 5         Y14   Y15          R8–R13  ends of the six input rows
//                                      Y0, Y1 weights   Y2, Y3 input and products
//                                      R14  what to fetch of the next panel
// Phases     tile → tap → group, of six pixels or the last four, or of 8 channels → requantize → store | store two by two | store_tail

// One pixel's sixteen accumulators to bytes in X0, through memory operands: every register holds an accumulator but
// Y0–Y3. Reads AX scale.
#define REQUANTIZE(a, b) \
	VCVTDQ2PS a, Y0 \
	VCVTDQ2PS b, Y1 \
	VMULPS (AX), Y0, Y0 \
	VMULPS 32(AX), Y1, Y1 \
	VBROADCASTSS convTileArgs_lo(DI), Y2 \
	VBROADCASTSS convTileArgs_hi(DI), Y3 \
	VMAXPS Y2, Y0, Y0 \
	VMAXPS Y2, Y1, Y1 \
	VMINPS Y3, Y0, Y0 \
	VMINPS Y3, Y1, Y1 \
	VPBROADCASTD convTileArgs_zero(DI), Y2 \
	VCVTPS2DQ Y0, Y0 \
	VCVTPS2DQ Y1, Y1 \
	VPADDD Y2, Y0, Y0 \
	VPADDD Y2, Y1, Y1 \
	VPACKSSDW Y1, Y0, Y0 \
	VPERMQ $0xd8, Y0, Y0 \
	VEXTRACTI128 $1, Y0, X1 \
	VPACKUSWB X1, X0, X0

#define STORE(a, b) \
	REQUANTIZE(a, b) \
	VMOVDQU X0, (R8) \
	ADDQ R9, R8 \
	SUBQ $1, CX \
	JZ   tile_done

// Where the output's range is that of the type, saturating packs clamp, and two pixels are packed at a time: a, b are the
// first pixel's accumulators, c, d the second's; x, y, the low halves of a, b: x and X3 are the pixels' bytes. Reads Y0, Y1
// scales, Y2 zero as words.
#define BYTES_PLAIN(a, b, c, d, x, y) \
	BYTES4(a, b, c, d, Y0, Y1, Y2) \
	VEXTRACTI128 $1, a, y \
	VPUNPCKHDQ   y, x, X3 \
	VPUNPCKLDQ   y, x, x

#define STORE_PLAIN(x) \
	VMOVDQU x, (R8) \
	ADDQ R9, R8 \
	SUBQ $1, CX \
	JZ   tile_done

// As STORE, but of R10 < 16 bytes: eight, four, two, one. Clobbers BX, R11.
#define STORE_TAIL(a, b, l8, l4, l2, l1) \
	REQUANTIZE(a, b) \
	MOVQ R8, R11 \
	TESTQ $8, R10 \
	JZ   l8 \
	VMOVQ X0, (R11) \
	VPSRLDQ $8, X0, X0 \
	ADDQ $8, R11 \
l8: \
	VMOVQ X0, BX \
	TESTQ $4, R10 \
	JZ   l4 \
	MOVL BX, (R11) \
	SHRQ $32, BX \
	ADDQ $4, R11 \
l4: \
	TESTQ $2, R10 \
	JZ   l2 \
	MOVW BX, (R11) \
	SHRQ $16, BX \
	ADDQ $2, R11 \
l2: \
	TESTQ $1, R10 \
	JZ   l1 \
	MOVB BX, (R11) \
l1: \
	ADDQ R9, R8 \
	SUBQ $1, CX \
	JZ   tile_done

TEXT NAME(SB), NOSPLIT, $0-8
	MOVQ  a+0(FP), DI
	MOVQ  convTileArgs_ptrs(DI), SI
	MOVQ  convTileArgs_dst(DI), AX
	MOVQ  AX, convTileArgs_at(DI)
	MOVQ  convTileArgs_taps(DI), R14
	IMULQ convTileArgs_groups(DI), R14
	SHLQ  $6, R14
	MOVQ  $256, AX
	CMPQ  convTileArgs_cols(DI), $8
	JGT   wide
	SHRQ  $1, R14                        // a panel of eight channels
	SHRQ  $1, AX

wide:
	FETCH_INIT

tile:
	MOVQ    convTileArgs_bias(DI), AX
	VMOVDQU (AX), Y4
	VMOVDQU 32(AX), Y5
	VMOVDQA Y4, Y6
	VMOVDQA Y5, Y7
	VMOVDQA Y4, Y8
	VMOVDQA Y5, Y9
	VMOVDQA Y4, Y10
	VMOVDQA Y5, Y11
	VMOVDQA Y4, Y12
	VMOVDQA Y5, Y13
	VMOVDQA Y4, Y14
	VMOVDQA Y5, Y15
	MOVQ    convTileArgs_w(DI), DX
	MOVQ    convTileArgs_taps(DI), BX
	MOVQ    convTileArgs_groups(DI), CX
	SHLQ    $2, CX

tap:
	NEXT_ROWS
	CMPQ convTileArgs_cols(DI), $8
	JLE  tap8
	CMPQ convTileArgs_tiles(DI), $1
	JNE  tap6
	CMPQ convTileArgs_rows(DI), $4
	JLE  tap4

tap6:
	GROUPS(GROUP, 64, group_four, group_tail, group_one, group_done)
	SUBQ $1, BX
	JNZ  tap
	JMP  summed

tap4:                                    // the last tile has four pixels or less
	GROUPS(GROUP4, 64, group4_four, group4_tail, group4_one, group4_done)
	SUBQ $1, BX
	JNZ  tap
	JMP  summed

tap8:                                    // a panel of eight channels
	GROUPS(GROUP8, 32, group8_four, group8_tail, group8_one, group8_done)
	SUBQ $1, BX
	JNZ  tap

summed:
	MOVQ         convTileArgs_scale(DI), AX
	MOVQ         convTileArgs_at(DI), R8
	MOVQ         convTileArgs_dstStride(DI), R9
	MOVQ         convTileArgs_cols(DI), R10
	MOVQ         $6, CX
	CMPQ         convTileArgs_tiles(DI), $1
	JNE          rows_known
	MOVQ         convTileArgs_rows(DI), CX

rows_known:
	CMPQ         R10, $16
	JNE          store_tail
	CMPQ         convTileArgs_plain(DI), $0
	JEQ          store
	VMOVUPS      (AX), Y0
	VMOVUPS      32(AX), Y1
	VPBROADCASTW convTileArgs_zero(DI), Y2
	BYTES_PLAIN(Y4, Y5, Y6, Y7, X4, X5)
	STORE_PLAIN(X4)
	STORE_PLAIN(X3)
	BYTES_PLAIN(Y8, Y9, Y10, Y11, X8, X9)
	STORE_PLAIN(X8)
	STORE_PLAIN(X3)
	BYTES_PLAIN(Y12, Y13, Y14, Y15, X12, X13)
	STORE_PLAIN(X12)
	STORE_PLAIN(X3)

store:
	STORE(Y4, Y5)
	STORE(Y6, Y7)
	STORE(Y8, Y9)
	STORE(Y10, Y11)
	STORE(Y12, Y13)
	STORE(Y14, Y15)

store_tail:
	STORE_TAIL(Y4, Y5, row0_8, row0_4, row0_2, row0_1)
	STORE_TAIL(Y6, Y7, row1_8, row1_4, row1_2, row1_1)
	STORE_TAIL(Y8, Y9, row2_8, row2_4, row2_2, row2_1)
	STORE_TAIL(Y10, Y11, row3_8, row3_4, row3_2, row3_1)
	STORE_TAIL(Y12, Y13, row4_8, row4_4, row4_2, row4_1)
	STORE_TAIL(Y14, Y15, row5_8, row5_4, row5_2, row5_1)

tile_done:
	MOVQ R8, convTileArgs_at(DI)        // where the next tile's pixels go
	SUBQ $1, convTileArgs_tiles(DI)
	JNZ  tile
	VZEROUPPER
	RET
