//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// f32_conv_6x16__avx2 — convolution tile, 6 output pixels × 16 output channels; 1×1, 3×3, 5×5 and any other window.
//
// Computes   dst[p][k] = clamp(bias[k] + Σ_{t,c} (*ptrs[t][p])[c] · w[t][c][k])
// Reference  convTileF32Generic (conv_tile.go)
// Requires   AVX2, FMA
// Layout     src/dst NHWC; w packed [K/16][taps][C][16] by packWeights (conv_pack.go)
// Contract   taps, c, tiles ≥ 1; 1 ≤ rows ≤ 6; 1 ≤ cols ≤ 16; no over-read; dst does not alias src
// Bound      12 FMA per 2 loads + 6 broadcasts
// Tile       col →  0–7   8–15       Registers
//   pixel 0         Y4    Y5           DI  args              SI  row addresses of this tap
//   pixel 1         Y6    Y7           DX  w                 CX  channels (constant)
//   pixel 2         Y8    Y9           AX  −channels left    BX  taps left
//   pixel 3         Y10   Y11          R8–R13  ends of the six input rows
//   pixel 4         Y12   Y13          Y0, Y1  weights       Y2, Y3  input, broadcast
//   pixel 5         Y14   Y15                              R14  what to fetch of the next panel
// Phases     tile → tap → channel ×4 | ×1, of six pixels or the last four → clamp → store | store_tail | store_narrow

// One channel: acc[p][0:16] += src[p][c]·w[c][0:16].
// Reads DX, R8–R13, AX, Y4–Y15. Writes Y4–Y15. Clobbers Y0–Y3.
#define CHANNEL(wOff, srcOff) \
	VMOVUPS (wOff)(DX), Y0 \
	VMOVUPS (wOff+32)(DX), Y1 \
	VBROADCASTSS srcOff(R8)(AX*4), Y2 \
	VBROADCASTSS srcOff(R9)(AX*4), Y3 \
	VFMADD231PS Y0, Y2, Y4 \
	VFMADD231PS Y1, Y2, Y5 \
	VBROADCASTSS srcOff(R10)(AX*4), Y2 \
	VFMADD231PS Y0, Y3, Y6 \
	VFMADD231PS Y1, Y3, Y7 \
	VBROADCASTSS srcOff(R11)(AX*4), Y3 \
	VFMADD231PS Y0, Y2, Y8 \
	VFMADD231PS Y1, Y2, Y9 \
	VBROADCASTSS srcOff(R12)(AX*4), Y2 \
	VFMADD231PS Y0, Y3, Y10 \
	VFMADD231PS Y1, Y3, Y11 \
	VBROADCASTSS srcOff(R13)(AX*4), Y3 \
	VFMADD231PS Y0, Y2, Y12 \
	VFMADD231PS Y1, Y2, Y13 \
	VFMADD231PS Y0, Y3, Y14 \
	VFMADD231PS Y1, Y3, Y15

// The same of the first four pixels.
// Reads DX, R8–R11, AX, Y4–Y11. Writes Y4–Y11. Clobbers Y0–Y3, Y12, Y13.
#define CHANNEL4(wOff, srcOff) \
	VMOVUPS (wOff)(DX), Y0 \
	VMOVUPS (wOff+32)(DX), Y1 \
	VBROADCASTSS srcOff(R8)(AX*4), Y2 \
	VBROADCASTSS srcOff(R9)(AX*4), Y3 \
	VBROADCASTSS srcOff(R10)(AX*4), Y12 \
	VBROADCASTSS srcOff(R11)(AX*4), Y13 \
	VFMADD231PS Y0, Y2, Y4 \
	VFMADD231PS Y1, Y2, Y5 \
	VFMADD231PS Y0, Y3, Y6 \
	VFMADD231PS Y1, Y3, Y7 \
	VFMADD231PS Y0, Y12, Y8 \
	VFMADD231PS Y1, Y12, Y9 \
	VFMADD231PS Y0, Y13, Y10 \
	VFMADD231PS Y1, Y13, Y11

// Fetches a part of the next panel, which lies behind this one. After the last tile all of it has been fetched.
// With three tiles or fewer it goes to the L2 cache only: weights then pass faster than the few misses that the L1 cache
// lets be pending.
#define FETCH \
	PREFETCHT0 0(R14) \
	PREFETCHT0 64(R14) \
	PREFETCHT0 128(R14) \
	PREFETCHT0 192(R14) \
	ADDQ convTileArgs_ahead(DI), R14

#define FETCH_L2 \
	PREFETCHT1 0(R14) \
	PREFETCHT1 64(R14) \
	PREFETCHT1 128(R14) \
	PREFETCHT1 192(R14) \
	ADDQ convTileArgs_ahead(DI), R14

// Channels, four at a time.
#define CHANNELS(CHANNEL, FETCH, loop) \
loop: /* AX = 4 − channels left ≤ 0 */ \
	CHANNEL(0, -16) \
	CHANNEL(64, -12) \
	FETCH \
	CHANNEL(128, -8) \
	CHANNEL(192, -4) \
	ADDQ $256, DX \
	ADDQ $4, AX \
	JLE  loop

// Clamp one pixel; a NaN accumulator stays a NaN (it is the second operand of max and min).
#define CLAMP(a, b) \
	VMAXPS a, Y0, a \
	VMAXPS b, Y0, b \
	VMINPS a, Y1, a \
	VMINPS b, Y1, b

// Store one pixel and go on to the next, if there is one.
#define STORE(a, b) \
	VMOVUPS a, (R8) \
	VMOVUPS b, 32(R8) \
	ADDQ R9, R8 \
	SUBQ $1, CX \
	JZ   tile_done

// The first R10 & 7 channels of y, whose lower half is x, to R12 on: masked stores take many times as long on AMD's.
#define STORE_PART(y, x) \
	TESTQ        $4, R10   \
	JEQ          4(PC)     \
	VMOVUPS      x, (R12)  \
	VEXTRACTF128 $1, y, x  \
	ADDQ         $16, R12  \
	TESTQ        $2, R10   \
	JEQ          4(PC)     \
	VMOVLPS      x, (R12)  \
	VMOVHLPS     x, x, x   \
	ADDQ         $8, R12   \
	TESTQ        $1, R10   \
	JEQ          2(PC)     \
	VMOVSS       x, (R12)

// The same of eight channels or more, and of fewer.
#define STORE_WIDE(a, b, x) \
	VMOVUPS a, (R8) \
	LEAQ 32(R8), R12 \
	STORE_PART(b, x) \
	ADDQ R9, R8 \
	SUBQ $1, CX \
	JZ   tile_done

#define STORE_NARROW(a, x) \
	MOVQ R8, R12 \
	STORE_PART(a, x) \
	ADDQ R9, R8 \
	SUBQ $1, CX \
	JZ   tile_done

// func convTileF32AVX2(a *convTileArgs)
TEXT ·convTileF32AVX2(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	MOVQ convTileArgs_ptrs(DI), SI
	MOVQ convTileArgs_dst(DI), AX
	MOVQ AX, convTileArgs_at(DI)
	MOVQ convTileArgs_taps(DI), R14
	IMULQ convTileArgs_groups(DI), R14
	SHLQ $6, R14
	ADDQ convTileArgs_w(DI), R14         // the next panel
	MOVQ $256, AX                    // four channels' weights,
	XORQ DX, DX
	DIVQ convTileArgs_tiles(DI)          // over all tiles
	MOVQ AX, convTileArgs_ahead(DI)

tile:
	MOVQ    convTileArgs_bias(DI), AX
	VMOVUPS (AX), Y4                 // every pixel starts from the bias
	VMOVUPS 32(AX), Y5
	VMOVAPS Y4, Y6
	VMOVAPS Y5, Y7
	VMOVAPS Y4, Y8
	VMOVAPS Y5, Y9
	VMOVAPS Y4, Y10
	VMOVAPS Y5, Y11
	VMOVAPS Y4, Y12
	VMOVAPS Y5, Y13
	VMOVAPS Y4, Y14
	VMOVAPS Y5, Y15
	MOVQ    convTileArgs_w(DI), DX
	MOVQ    convTileArgs_taps(DI), BX
	MOVQ    convTileArgs_groups(DI), CX
	CMPQ    convTileArgs_tiles(DI), $1
	JNE     tap
	CMPQ    convTileArgs_rows(DI), $4
	JLE     tap4

tap:
	MOVQ 0(SI), R8
	MOVQ 8(SI), R9
	MOVQ 16(SI), R10
	MOVQ 24(SI), R11
	MOVQ 32(SI), R12
	MOVQ 40(SI), R13
	ADDQ $48, SI
	LEAQ (R8)(CX*4), R8              // address rows from their ends, so that one index counts and addresses
	LEAQ (R9)(CX*4), R9
	LEAQ (R10)(CX*4), R10
	LEAQ (R11)(CX*4), R11
	LEAQ (R12)(CX*4), R12
	LEAQ (R13)(CX*4), R13
	MOVQ CX, AX
	NEGQ AX
	ADDQ $4, AX
	JGT  channel_tail
	CMPQ convTileArgs_ahead(DI), $85
	JGE  few

	PCALIGN $64
	CHANNELS(CHANNEL, FETCH, channel_loop)

channel_tail:
	SUBQ $4, AX
	JGE  tap_done

channel_tail_loop:                       // AX = −channels left < 0
	CHANNEL(0, 0)
	ADDQ $64, DX
	ADDQ $1, AX
	JLT  channel_tail_loop

tap_done:
	SUBQ $1, BX
	JNZ  tap
	JMP  tile_summed

	PCALIGN $64
few:
	CHANNELS(CHANNEL, FETCH_L2, few_loop)
	JMP  channel_tail

tap4:                                    // the last tile has four pixels or less
	MOVQ 0(SI), R8
	MOVQ 8(SI), R9
	MOVQ 16(SI), R10
	MOVQ 24(SI), R11
	ADDQ $48, SI
	LEAQ (R8)(CX*4), R8
	LEAQ (R9)(CX*4), R9
	LEAQ (R10)(CX*4), R10
	LEAQ (R11)(CX*4), R11
	MOVQ CX, AX
	NEGQ AX
	ADDQ $4, AX
	JGT  channel4_tail
	CMPQ convTileArgs_ahead(DI), $85
	JGE  few4

	PCALIGN $64
	CHANNELS(CHANNEL4, FETCH, channel4_loop)

channel4_tail:
	SUBQ $4, AX
	JGE  tap4_done

channel4_tail_loop:
	CHANNEL4(0, 0)
	ADDQ $64, DX
	ADDQ $1, AX
	JLT  channel4_tail_loop

tap4_done:
	SUBQ $1, BX
	JNZ  tap4
	JMP  tile_summed

	PCALIGN $64
few4:
	CHANNELS(CHANNEL4, FETCH_L2, few4_loop)
	JMP  channel4_tail

tile_summed:
	VBROADCASTSS convTileArgs_lo(DI), Y0
	VBROADCASTSS convTileArgs_hi(DI), Y1
	CLAMP(Y4, Y5)
	CLAMP(Y6, Y7)
	CLAMP(Y8, Y9)
	CLAMP(Y10, Y11)
	CLAMP(Y12, Y13)
	CLAMP(Y14, Y15)
	MOVQ convTileArgs_at(DI), R8
	MOVQ convTileArgs_dstStride(DI), R9
	MOVQ convTileArgs_cols(DI), R10
	MOVQ $6, CX
	CMPQ convTileArgs_tiles(DI), $1
	JNE  rows_known
	MOVQ convTileArgs_rows(DI), CX

rows_known:
	CMPQ R10, $16
	JNE  store_tail
	STORE(Y4, Y5)
	STORE(Y6, Y7)
	STORE(Y8, Y9)
	STORE(Y10, Y11)
	STORE(Y12, Y13)
	STORE(Y14, Y15)

store_tail:
	CMPQ R10, $8
	JLT  store_narrow
	STORE_WIDE(Y4, Y5, X5)
	STORE_WIDE(Y6, Y7, X7)
	STORE_WIDE(Y8, Y9, X9)
	STORE_WIDE(Y10, Y11, X11)
	STORE_WIDE(Y12, Y13, X13)
	STORE_WIDE(Y14, Y15, X15)

store_narrow:
	STORE_NARROW(Y4, X4)
	STORE_NARROW(Y6, X6)
	STORE_NARROW(Y8, X8)
	STORE_NARROW(Y10, X10)
	STORE_NARROW(Y12, X12)
	STORE_NARROW(Y14, X14)

tile_done:
	MOVQ R8, convTileArgs_at(DI)     // where the next tile's pixels go
	SUBQ $1, convTileArgs_tiles(DI)
	JNZ  tile
	VZEROUPPER
	RET
