//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_conv_4x16__avx2 — quantised convolution tile, 4 output pixels × 16 output channels.
//
// Computes   dst[p][k] = requantize(bias[k] + Σ_{t,c} (*ptrs[t][p])[c] · w[t][c][k])
// Reference  convTileU8Generic (conv_tile.go)
// Requires   AVX2
// Layout     src/dst NHWC uint8; w int8 packed [K/16][taps][C/4][16][4], then the extra groups of splitPairs
// Contract   taps, groups, tiles ≥ 1; 1 ≤ rows ≤ 4; 1 ≤ cols ≤ 16; |w0 + w1| ≤ 128 for each pair of channels, so that
//            VPMADDUBSW does not saturate; reads whole groups of 4 channels; dst does not alias src
// Bound      8 × (VPMADDUBSW + VPMADDWD + VPADDD) per 2 loads + 4 broadcasts, 4 channels
// Tile       col →  0–7   8–15       Registers
//   pixel 0         Y0    Y1           DI  args              SI  row addresses of this tap
//   pixel 1         Y2    Y3           DX  w                 CX  bytes of a pixel read
//   pixel 2         Y4    Y5           AX  −bytes left       BX  taps left
//   pixel 3         Y6    Y7           R8–R11  ends of the four input rows
//                                      Y8, Y9 weights   Y10, Y11 input   Y12, Y13 products   Y15 sixteen ones
// Phases     tile → tap → group → extra → requantize → store | store_tail

// Two products: acc[p][0:16] += src·w over four channels.
#define ROW(src, a, b) \
	VPBROADCASTD src, Y10 \
	VPMADDUBSW Y8, Y10, Y12 \
	VPMADDUBSW Y9, Y10, Y13 \
	VPMADDWD Y15, Y12, Y12 \
	VPMADDWD Y15, Y13, Y13 \
	VPADDD Y12, a, a \
	VPADDD Y13, b, b

#define GROUP(wOff, srcOff) \
	PREFETCHT0 (wOff+4096)(DX) \
	VMOVDQU (wOff)(DX), Y8 \
	VMOVDQU (wOff+32)(DX), Y9 \
	ROW(srcOff(R8)(AX*1), Y0, Y1) \
	ROW(srcOff(R9)(AX*1), Y2, Y3) \
	ROW(srcOff(R10)(AX*1), Y4, Y5) \
	ROW(srcOff(R11)(AX*1), Y6, Y7)

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

// func convTileU8AVX2(a *ConvTile)
TEXT ·convTileU8AVX2(SB), NOSPLIT, $0-8
	MOVQ     a+0(FP), DI
	MOVQ     ConvTile_ptrs(DI), SI
	MOVQ     ConvTile_dst(DI), AX
	MOVQ     AX, ConvTile_at(DI)
	VPCMPEQW Y15, Y15, Y15
	VPSRLW   $15, Y15, Y15

tile:
	MOVQ    ConvTile_bias(DI), AX
	VMOVDQU (AX), Y0
	VMOVDQU 32(AX), Y1
	VMOVDQA Y0, Y2
	VMOVDQA Y1, Y3
	VMOVDQA Y0, Y4
	VMOVDQA Y1, Y5
	VMOVDQA Y0, Y6
	VMOVDQA Y1, Y7
	MOVQ    ConvTile_w(DI), DX
	MOVQ    ConvTile_taps(DI), BX
	MOVQ    ConvTile_groups(DI), CX
	SHLQ    $2, CX
	MOVQ    SI, ConvTile_left(DI)    // where this tile's addresses begin

tap:
	MOVQ 0(SI), R8
	MOVQ 8(SI), R9
	MOVQ 16(SI), R10
	MOVQ 24(SI), R11
	ADDQ $32, SI
	ADDQ CX, R8                      // address rows from their ends, so that one index counts and addresses
	ADDQ CX, R9
	ADDQ CX, R10
	ADDQ CX, R11
	MOVQ CX, AX
	NEGQ AX
	ADDQ $8, AX
	JGT  group_tail

	PCALIGN $32
group_loop:                              // AX = 8 − bytes left ≤ 0
	GROUP(0, -8)
	GROUP(64, -4)
	ADDQ $128, DX
	ADDQ $8, AX
	JLE  group_loop

group_tail:
	SUBQ $8, AX
	JGE  tap_done
	GROUP(0, 0)
	ADDQ $64, DX

tap_done:
	SUBQ $1, BX
	JNZ  tap

	MOVQ  ConvTile_extras(DI), BX
	TESTQ BX, BX
	JZ    requantize
	MOVQ  ConvTile_extra(DI), R12

extra_loop:                              // one group of four channels, anywhere in the window
	MOVLQSX (R12), R13
	MOVLQSX 4(R12), AX
	ADDQ    $8, R12
	ADDQ    ConvTile_left(DI), R13
	MOVQ    0(R13), R8
	MOVQ    8(R13), R9
	MOVQ    16(R13), R10
	MOVQ    24(R13), R11
	GROUP(0, 0)
	ADDQ    $64, DX
	SUBQ    $1, BX
	JNZ     extra_loop

requantize:
	MOVQ         ConvTile_scale(DI), AX
	VMOVUPS      (AX), Y8
	VMOVUPS      32(AX), Y9
	VBROADCASTSS ConvTile_lo(DI), Y10
	VBROADCASTSS ConvTile_hi(DI), Y11
	VPBROADCASTD ConvTile_zero(DI), Y12
	REQUANTIZE(Y0, Y1, X0)
	REQUANTIZE(Y2, Y3, X2)
	REQUANTIZE(Y4, Y5, X4)
	REQUANTIZE(Y6, Y7, X6)
	MOVQ         ConvTile_at(DI), R8
	MOVQ         ConvTile_dstStride(DI), R9
	MOVQ         ConvTile_cols(DI), R10
	MOVQ         $4, CX
	CMPQ         ConvTile_tiles(DI), $1
	JNE          rows_known
	MOVQ         ConvTile_rows(DI), CX

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
	MOVQ R8, ConvTile_at(DI)        // where the next tile's pixels go
	SUBQ $1, ConvTile_tiles(DI)
	JNZ  tile
	VZEROUPPER
	RET
