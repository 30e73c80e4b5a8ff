//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "storerest_amd64.h"

// f32_conv_4x24__avx2 — convolution tile, 4 output pixels × 24, 16 or 8 output channels; 1×1, 3×3, 5×5, any window.
//
// Computes   dst[p][k] = clamp(bias[k] + Σ_{t,c} (*ptrs[t][p])[c] · w[t][c][k])
// Reference  convTileF32Generic (conv_tile.go)
// Requires   AVX2, FMA
// Layout     src/dst NHWC; w packed [taps][C][width] by packWeights (conv_pack.go), width = 8·⌈cols/8⌉
// Contract   taps, c, tiles ≥ 1; 1 ≤ rows ≤ 4; 1 ≤ cols ≤ 24; no over-read; dst does not alias src
// Bound      12 FMA per 3 loads + 4 broadcasts; of 16 channels 8 per 2 + 4, of 8 channels 4 per 1 + 4
// Tile       col →  0–7   8–15  16–23    Registers
//   pixel 0         Y4    Y5    Y6         DI  args              SI  row addresses of this tap
//   pixel 1         Y7    Y8    Y9         DX  w                 CX  channels (constant)
//   pixel 2         Y10   Y11   Y12        AX  −channels left    BX  taps left
//   pixel 3         Y13   Y14   Y15        R8–R11  ends of the four input rows
//                                          Y0–Y2  weights        Y3  input, broadcast
//                                          R14  what to fetch of the next panel, R13 bytes at a time
// Phases     tile → tap → channel ×4 | ×1, of 24, 16 or 8 → clamp → store | store_tail

// One channel: acc[p][0:width] += src[p][c]·w[c][0:width].
// Reads DX, R8–R11, AX, Y4–Y15. Writes Y4–Y15. Clobbers Y0–Y3.
#define CHANNEL24(n, src) \
	VMOVUPS (96*n)(DX), Y0 \
	VMOVUPS (96*n+32)(DX), Y1 \
	VMOVUPS (96*n+64)(DX), Y2 \
	VBROADCASTSS src(R8)(AX*4), Y3 \
	VFMADD231PS Y0, Y3, Y4 \
	VFMADD231PS Y1, Y3, Y5 \
	VFMADD231PS Y2, Y3, Y6 \
	VBROADCASTSS src(R9)(AX*4), Y3 \
	VFMADD231PS Y0, Y3, Y7 \
	VFMADD231PS Y1, Y3, Y8 \
	VFMADD231PS Y2, Y3, Y9 \
	VBROADCASTSS src(R10)(AX*4), Y3 \
	VFMADD231PS Y0, Y3, Y10 \
	VFMADD231PS Y1, Y3, Y11 \
	VFMADD231PS Y2, Y3, Y12 \
	VBROADCASTSS src(R11)(AX*4), Y3 \
	VFMADD231PS Y0, Y3, Y13 \
	VFMADD231PS Y1, Y3, Y14 \
	VFMADD231PS Y2, Y3, Y15

#define CHANNEL16(n, src) \
	VMOVUPS (64*n)(DX), Y0 \
	VMOVUPS (64*n+32)(DX), Y1 \
	VBROADCASTSS src(R8)(AX*4), Y2 \
	VFMADD231PS Y0, Y2, Y4 \
	VFMADD231PS Y1, Y2, Y5 \
	VBROADCASTSS src(R9)(AX*4), Y3 \
	VFMADD231PS Y0, Y3, Y7 \
	VFMADD231PS Y1, Y3, Y8 \
	VBROADCASTSS src(R10)(AX*4), Y2 \
	VFMADD231PS Y0, Y2, Y10 \
	VFMADD231PS Y1, Y2, Y11 \
	VBROADCASTSS src(R11)(AX*4), Y3 \
	VFMADD231PS Y0, Y3, Y13 \
	VFMADD231PS Y1, Y3, Y14

#define CHANNEL8(n, src) \
	VMOVUPS (32*n)(DX), Y0 \
	VBROADCASTSS src(R8)(AX*4), Y1 \
	VBROADCASTSS src(R9)(AX*4), Y2 \
	VFMADD231PS Y0, Y1, Y4 \
	VFMADD231PS Y0, Y2, Y7 \
	VBROADCASTSS src(R10)(AX*4), Y1 \
	VBROADCASTSS src(R11)(AX*4), Y2 \
	VFMADD231PS Y0, Y1, Y10 \
	VFMADD231PS Y0, Y2, Y13

// Fetches a part of the next panel, which lies behind this one. After the last tile all of it has been fetched.
// Where few tiles are to fetch it, it goes to the L2 cache only: weights then pass faster than the few misses that the
// L1 cache lets be pending.
#define FETCH \
	PREFETCHT0 (R14) \
	ADDQ R13, R14

#define FETCH_L2 \
	PREFETCHT1 0(R14) \
	PREFETCHT1 64(R14) \
	PREFETCHT1 128(R14) \
	PREFETCHT1 192(R14) \
	PREFETCHT1 256(R14) \
	PREFETCHT1 320(R14) \
	ADDQ R13, R14

// Channels, four at a time.
#define CHANNELS(CHANNEL, FETCH, size, loop) \
loop: /* AX = 4 − channels left ≤ 0 */ \
	CHANNEL(0, -16) \
	CHANNEL(1, -12) \
	FETCH \
	CHANNEL(2, -8) \
	CHANNEL(3, -4) \
	ADDQ $(4*size), DX \
	ADDQ $4, AX \
	JLE  loop

// All taps of a tile, of size bytes to a channel.
#define TAPS(CHANNEL, size, tap, loop, tail, tail_loop, done, few, few_loop) \
tap: \
	MOVQ 0(SI), R8 \
	MOVQ 8(SI), R9 \
	MOVQ 16(SI), R10 \
	MOVQ 24(SI), R11 \
	ADDQ $32, SI \
	LEAQ (R8)(CX*4), R8 /* address rows from their ends, so that one index counts and addresses */ \
	LEAQ (R9)(CX*4), R9 \
	LEAQ (R10)(CX*4), R10 \
	LEAQ (R11)(CX*4), R11 \
	MOVQ CX, AX \
	NEGQ AX \
	ADDQ $4, AX \
	JGT  tail \
	CMPQ R13, $64 \
	JGT  few \
	PCALIGN $64 \
	CHANNELS(CHANNEL, FETCH, size, loop) \
tail: \
	SUBQ $4, AX \
	JGE  done \
tail_loop: /* AX = −channels left < 0 */ \
	CHANNEL(0, 0) \
	ADDQ $size, DX \
	ADDQ $1, AX \
	JLT  tail_loop \
done: \
	SUBQ $1, BX \
	JNZ  tap \
	JMP  tile_summed \
	PCALIGN $64 \
few: \
	CHANNELS(CHANNEL, FETCH_L2, size, few_loop) \
	JMP  tail

// Clamp one pixel; a NaN accumulator stays a NaN (it is the second operand of max and min).
#define CLAMP(a, b, c) \
	VMAXPS a, Y0, a \
	VMAXPS b, Y0, b \
	VMAXPS c, Y0, c \
	VMINPS a, Y1, a \
	VMINPS b, Y1, b \
	VMINPS c, Y1, c

// Store one pixel and go on to the next, if there is one.
#define STORE(a, b, c) \
	VMOVUPS a, (R8) \
	VMOVUPS b, 32(R8) \
	VMOVUPS c, 64(R8) \
	ADDQ R9, R8 \
	SUBQ $1, CX \
	JZ   tile_done

#define STORE16(a, b) \
	VMOVUPS a, (R8) \
	VMOVUPS b, 32(R8) \
	ADDQ R9, R8 \
	SUBQ $1, CX \
	JZ   tile_done

// The same of less than 24 channels.
#define STORE_TAIL(a, b, c) \
	MOVQ         R8, R12      \
	VMOVAPS      a, Y0        \
	CMPQ         R10, $8      \
	JLT          9(PC)        \
	VMOVUPS      a, (R12)     \
	ADDQ         $32, R12     \
	VMOVAPS      b, Y0        \
	CMPQ         R10, $16     \
	JLT          4(PC)        \
	VMOVUPS      b, (R12)     \
	ADDQ         $32, R12     \
	VMOVAPS      c, Y0        \
	STORE_REST(R10, Y0, X0, R12) \
	ADDQ         R9, R8       \
	SUBQ         $1, CX       \
	JZ           tile_done

// func convTileF32AVX2(a *convTileArgs)
TEXT ·convTileF32AVX2(SB), NOSPLIT, $0-8
	MOVQ  a+0(FP), DI
	MOVQ  convTileArgs_ptrs(DI), SI
	MOVQ  convTileArgs_dst(DI), AX
	MOVQ  AX, convTileArgs_at(DI)
	MOVQ  convTileArgs_cols(DI), AX
	ADDQ  $7, AX
	ANDQ  $~7, AX                        // the panel's width
	MOVQ  convTileArgs_taps(DI), R14
	IMULQ convTileArgs_groups(DI), R14
	IMULQ AX, R14
	SHLQ  $2, R14
	ADDQ  convTileArgs_w(DI), R14        // the next panel
	SHLQ  $4, AX                         // four channels' weights,
	XORQ  DX, DX
	DIVQ  convTileArgs_tiles(DI)         // over all tiles
	MOVQ  AX, R13

tile:
	MOVQ    convTileArgs_bias(DI), AX
	VMOVUPS (AX), Y4                     // every pixel starts from the bias
	VMOVUPS 32(AX), Y5
	VMOVUPS 64(AX), Y6
	VMOVAPS Y4, Y7
	VMOVAPS Y5, Y8
	VMOVAPS Y6, Y9
	VMOVAPS Y4, Y10
	VMOVAPS Y5, Y11
	VMOVAPS Y6, Y12
	VMOVAPS Y4, Y13
	VMOVAPS Y5, Y14
	VMOVAPS Y6, Y15
	MOVQ    convTileArgs_w(DI), DX
	MOVQ    convTileArgs_taps(DI), BX
	MOVQ    convTileArgs_groups(DI), CX
	MOVQ    convTileArgs_cols(DI), AX
	CMPQ    AX, $16
	JGT     tap24
	CMPQ    AX, $8
	JGT     tap16
	JMP     tap8

	TAPS(CHANNEL24, 96, tap24, loop24, tail24, tail_loop24, done24, few24, few_loop24)
	TAPS(CHANNEL16, 64, tap16, loop16, tail16, tail_loop16, done16, few16, few_loop16)
	TAPS(CHANNEL8, 32, tap8, loop8, tail8, tail_loop8, done8, few8, few_loop8)

tile_summed:
	VBROADCASTSS convTileArgs_lo(DI), Y0
	VBROADCASTSS convTileArgs_hi(DI), Y1
	CLAMP(Y4, Y5, Y6)
	CLAMP(Y7, Y8, Y9)
	CLAMP(Y10, Y11, Y12)
	CLAMP(Y13, Y14, Y15)
	MOVQ convTileArgs_at(DI), R8
	MOVQ convTileArgs_dstStride(DI), R9
	MOVQ convTileArgs_cols(DI), R10
	MOVQ $4, CX
	CMPQ convTileArgs_tiles(DI), $1
	JNE  rows_known
	MOVQ convTileArgs_rows(DI), CX

rows_known:
	CMPQ R10, $24
	JNE  store_16
	STORE(Y4, Y5, Y6)
	STORE(Y7, Y8, Y9)
	STORE(Y10, Y11, Y12)
	STORE(Y13, Y14, Y15)

store_16:
	CMPQ R10, $16
	JNE  store_tail
	STORE16(Y4, Y5)
	STORE16(Y7, Y8)
	STORE16(Y10, Y11)
	STORE16(Y13, Y14)

store_tail:
	STORE_TAIL(Y4, Y5, Y6)
	STORE_TAIL(Y7, Y8, Y9)
	STORE_TAIL(Y10, Y11, Y12)
	STORE_TAIL(Y13, Y14, Y15)

tile_done:
	MOVQ R8, convTileArgs_at(DI)         // where the next tile's pixels go
	SUBQ $1, convTileArgs_tiles(DI)
	JNZ  tile
	VZEROUPPER
	RET
