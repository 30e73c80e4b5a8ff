//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "bytes_u8_amd64.h"
#include "pixelorder_avx512_amd64.h"
#include "requantize_avx512_amd64.h"
#include "rows8_avx512_amd64.h"

// u8_conv_8x32__avx512vnni — quantised convolution tile, 8 output pixels × 32 output channels.
//
// Computes   dst[p][k] = requantize(bias[k] + Σ_{t,c} (*ptrs[t][p])[c] · w[t][c][k])
// Reference  convTileU8Generic (conv_tile.go)
// Requires   AVX-512 F, BW, VL, VNNI
// Layout     src/dst NHWC uint8; w int8 packed [K/32][taps][C/4][32][4]
// Contract   taps, groups, tiles ≥ 1; 1 ≤ rows ≤ 8; 1 ≤ cols ≤ 32; reads whole groups of 4 channels; dst does not alias src
// Bound      16 VPDPBUSD per 2 loads + 8 broadcasts, 4 channels; exact: VPDPBUSD does not saturate
// Tile       col →  0–15  16–31      Registers
//   pixel 0         Z8    Z9           DI  args              SI  row addresses of this tap
//   pixel 1         Z10   Z11          DX  w                 CX  −bytes left
//   …                                  R8–R13, AX, BX  ends of the eight input rows
//   pixel 7         Z22   Z23          Z0, Z1  weights       Z2–Z5  input, broadcast
//                                      R14  what to fetch of the next panel
// Phases     tile → tap → group | half group, of eight pixels, the last four or one → requantise → store | store two by two

// One pixel's 32 accumulators to bytes, stored under the masks K1 (0–15) and K2 (16–31); then the next, if there is one.
#define STORE(a, b, xa, xb) \
	REQUANTISE(a, b, xa, xb) \
	VMOVDQU8 xa, K1, (R8) \
	VMOVDQU8 xb, K2, 16(R8) \
	ADDQ R9, R8 \
	SUBQ $1, CX \
	JZ   tile_done

// Where the output's range is that of the type, saturating packs clamp, and two pixels are packed at a time:
// a, b are the first pixel's accumulators, c, d the second's; y is the low half of a. Reads Z0, Z1 scales, Z2 zero as
// words, Z3 pixelOrder.
#define STORE_PLAIN(a, b, c, d, y) \
	BYTES4(a, b, c, d, Z0, Z1, Z2) \
	VPERMD a, Z3, a \
	VMOVDQU8 y, K3, (R8) \
	ADDQ R9, R8 \
	SUBQ $1, CX \
	JZ   tile_done \
	VEXTRACTI64X4 $1, a, y \
	VMOVDQU8 y, K3, (R8) \
	ADDQ R9, R8 \
	SUBQ $1, CX \
	JZ   tile_done

// func convTileU8AVX512VNNI(a *convTileArgs)
TEXT ·convTileU8AVX512VNNI(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	MOVQ convTileArgs_ptrs(DI), SI
	MOVQ convTileArgs_dst(DI), AX
	MOVQ AX, convTileArgs_at(DI)

	MOVQ  convTileArgs_taps(DI), R14
	IMULQ convTileArgs_groups(DI), R14
	SHLQ  $7, R14
	FETCH_INIT

	MOVQ  convTileArgs_cols(DI), CX      // masks of the channels to store
	MOVQ  $1, AX
	SHLQ  CX, AX
	SUBQ  $1, AX
	KMOVD AX, K3                     // all 32
	KMOVW AX, K1
	SHRQ  $16, AX
	KMOVW AX, K2

tile:
	MOVQ      convTileArgs_bias(DI), AX
	VMOVDQU32 (AX), Z8
	VMOVDQU32 64(AX), Z9
	VMOVDQA32 Z8, Z10
	VMOVDQA32 Z9, Z11
	VMOVDQA32 Z8, Z12
	VMOVDQA32 Z9, Z13
	VMOVDQA32 Z8, Z14
	VMOVDQA32 Z9, Z15
	VMOVDQA32 Z8, Z16
	VMOVDQA32 Z9, Z17
	VMOVDQA32 Z8, Z18
	VMOVDQA32 Z9, Z19
	VMOVDQA32 Z8, Z20
	VMOVDQA32 Z9, Z21
	VMOVDQA32 Z8, Z22
	VMOVDQA32 Z9, Z23
	MOVQ      convTileArgs_w(DI), DX
	MOVQ      convTileArgs_taps(DI), CX
	MOVQ      CX, convTileArgs_left(DI)

tap:
	MOVQ convTileArgs_groups(DI), CX
	SHLQ $2, CX
	NEXT_ROWS
	CMPQ convTileArgs_cols(DI), $16
	JLE  half_loop
	CMPQ convTileArgs_tiles(DI), $1
	JNE  groups
	CMPQ convTileArgs_rows(DI), $1
	JEQ  groups1
	CMPQ convTileArgs_rows(DI), $4
	JLE  groups4

groups:
	ADDQ $8, CX
	JGT  group_tail

	PCALIGN $32
group_loop:                              // CX = 8 − bytes left ≤ 0
	DOTS8(VPDPBUSD, 0, -8)
	FETCH
	DOTS8(VPDPBUSD, 128, -4)
	ADDQ $256, DX
	ADDQ $8, CX
	JLE  group_loop

group_tail:
	SUBQ $8, CX
	JGE  tap_done
	DOTS8(VPDPBUSD, 0, 0)
	ADDQ $128, DX
	JMP  tap_done

groups4:                                 // the last tile has four pixels or less
	ADDQ $8, CX
	JGT  group4_tail

	PCALIGN $32
group4_loop:
	DOTS4(VPDPBUSD, 0, -8)
	FETCH
	DOTS4(VPDPBUSD, 128, -4)
	ADDQ $256, DX
	ADDQ $8, CX
	JLE  group4_loop

group4_tail:
	SUBQ $8, CX
	JGE  tap_done
	DOTS4(VPDPBUSD, 0, 0)
	ADDQ $128, DX
	JMP  tap_done

groups1:                                 // the last tile has one pixel
	MOVQ   convTileArgs_taps(DI), R9
	CMPQ   R9, convTileArgs_left(DI)
	JNE    more1
	VPXORD Z10, Z10, Z10             // before the first tap: the other sums
	VPXORD Z11, Z11, Z11
	VPXORD Z12, Z12, Z12
	VPXORD Z13, Z13, Z13
	VPXORD Z14, Z14, Z14
	VPXORD Z15, Z15, Z15

more1:
	ADDQ $16, CX
	JGT  group1_tail

	PCALIGN $32
group1_loop:                             // CX = 16 − bytes left ≤ 0
	LONE_DOTS(VPDPBUSD)
	ADDQ $512, DX
	ADDQ $16, CX
	JLE  group1_loop

group1_tail:
	SUBQ $16, CX
	JGE  tap1_done

group1_last:
	LONE_DOT(VPDPBUSD, 0, 0, Z2, Z8, Z9)
	ADDQ $128, DX
	ADDQ $4, CX
	JLT  group1_last

tap1_done:
	SUBQ   $1, convTileArgs_left(DI)
	JNZ    tap
	LONE_SUMS
	JMP    summed

	PCALIGN $32
half_loop:                               // CX = −bytes left < 0
	HALF_DOTS(VPDPBUSD, 0, 0)
	ADDQ $128, DX
	ADDQ $4, CX
	JLT  half_loop

tap_done:
	SUBQ $1, convTileArgs_left(DI)
	JNZ  tap

summed:
	MOVQ         convTileArgs_scale(DI), AX
	VMOVUPS      (AX), Z0
	VMOVUPS      64(AX), Z1
	MOVQ         convTileArgs_at(DI), R8
	MOVQ         convTileArgs_dstStride(DI), R9
	MOVQ         $8, CX
	CMPQ         convTileArgs_tiles(DI), $1
	JNE          rows_known
	MOVQ         convTileArgs_rows(DI), CX

rows_known:
	CMPQ         convTileArgs_plain(DI), $0
	JEQ          store
	VPBROADCASTW convTileArgs_zero(DI), Z2
	VMOVDQU32    pixelOrder<>(SB), Z3
	STORE_PLAIN(Z8, Z9, Z10, Z11, Y8)
	STORE_PLAIN(Z12, Z13, Z14, Z15, Y12)
	STORE_PLAIN(Z16, Z17, Z18, Z19, Y16)
	STORE_PLAIN(Z20, Z21, Z22, Z23, Y20)

store:
	VBROADCASTSS convTileArgs_lo(DI), Z2
	VBROADCASTSS convTileArgs_hi(DI), Z3
	VPBROADCASTD convTileArgs_zero(DI), Z4
	STORE(Z8, Z9, X8, X9)
	STORE(Z10, Z11, X10, X11)
	STORE(Z12, Z13, X12, X13)
	STORE(Z14, Z15, X14, X15)
	STORE(Z16, Z17, X16, X17)
	STORE(Z18, Z19, X18, X19)
	STORE(Z20, Z21, X20, X21)
	STORE(Z22, Z23, X22, X23)

tile_done:
	MOVQ R8, convTileArgs_at(DI)        // where the next tile's pixels go
	SUBQ $1, convTileArgs_tiles(DI)
	JNZ  tile
	VZEROUPPER
	RET
