//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// f32_conv_8x48__avx512 — convolution tile, 8 output pixels × 48, 32 or 16 output channels; any window.
//
// Computes   dst[p][k] = clamp(bias[k] + Σ_{t,c} (*ptrs[t][p])[c] · w[t][c][k])
// Reference  convTileF32Generic (conv_tile.go)
// Requires   AVX-512 F
// Layout     src/dst NHWC; w packed [taps][C][width], width being cols rounded up to 16
// Contract   taps, c, tiles ≥ 1; 1 ≤ rows ≤ 8; 1 ≤ cols ≤ 48; no over-read; dst does not alias src
// Bound      24, 16 or 8 FMA per 3, 2 or 1 loads + 8 broadcasts; of 16 columns even and odd channels have sums of their own
// Tile       col →  0–15  16–31  32–47   Registers
//   pixel 0         Z8    Z9     Z10     DI  args              SI  row addresses of this tap
//   pixel 1         Z11   Z12    Z13     DX  w                 CX  −channels left
//   …                                    R8–R13, AX, BX  ends of the eight input rows
//   pixel 7         Z29   Z30    Z31     Z0–Z2  weights        Z3–Z7  input, broadcast
//                                      R14  what to fetch of the next panel
// Phases     tile → tap → channel ×2 | ×1, of eight pixels or the last four, of three, two or one vectors → clamp → store

#define ROW3(src, t, a, b, c) \
	VBROADCASTSS src, t \
	VFMADD231PS Z0, t, a \
	VFMADD231PS Z1, t, b \
	VFMADD231PS Z2, t, c

#define ROW2(src, t, a, b) \
	VBROADCASTSS src, t \
	VFMADD231PS Z0, t, a \
	VFMADD231PS Z1, t, b

#define ROW1(src, t, a) \
	VBROADCASTSS src, t \
	VFMADD231PS Z0, t, a

// One channel of 48, 32 or 16 filters: acc[p] += src[p][c]·w[c], of pixels 0–3 and 4–7.
#define LOW3(wOff, srcOff) \
	VMOVUPS (wOff)(DX), Z0 \
	VMOVUPS (wOff+64)(DX), Z1 \
	VMOVUPS (wOff+128)(DX), Z2 \
	ROW3(srcOff(R8)(CX*4), Z3, Z8, Z9, Z10) \
	ROW3(srcOff(R9)(CX*4), Z4, Z11, Z12, Z13) \
	ROW3(srcOff(R10)(CX*4), Z5, Z14, Z15, Z16) \
	ROW3(srcOff(R11)(CX*4), Z6, Z17, Z18, Z19)

#define HIGH3(srcOff) \
	ROW3(srcOff(R12)(CX*4), Z7, Z20, Z21, Z22) \
	ROW3(srcOff(R13)(CX*4), Z3, Z23, Z24, Z25) \
	ROW3(srcOff(AX)(CX*4), Z4, Z26, Z27, Z28) \
	ROW3(srcOff(BX)(CX*4), Z5, Z29, Z30, Z31)

#define LOW2(wOff, srcOff) \
	VMOVUPS (wOff)(DX), Z0 \
	VMOVUPS (wOff+64)(DX), Z1 \
	ROW2(srcOff(R8)(CX*4), Z3, Z8, Z9) \
	ROW2(srcOff(R9)(CX*4), Z4, Z11, Z12) \
	ROW2(srcOff(R10)(CX*4), Z5, Z14, Z15) \
	ROW2(srcOff(R11)(CX*4), Z6, Z17, Z18)

#define HIGH2(srcOff) \
	ROW2(srcOff(R12)(CX*4), Z7, Z20, Z21) \
	ROW2(srcOff(R13)(CX*4), Z3, Z23, Z24) \
	ROW2(srcOff(AX)(CX*4), Z4, Z26, Z27) \
	ROW2(srcOff(BX)(CX*4), Z5, Z29, Z30)

#define LOW1(wOff, srcOff) \
	VMOVUPS (wOff)(DX), Z0 \
	ROW1(srcOff(R8)(CX*4), Z3, Z8) \
	ROW1(srcOff(R9)(CX*4), Z4, Z11) \
	ROW1(srcOff(R10)(CX*4), Z5, Z14) \
	ROW1(srcOff(R11)(CX*4), Z6, Z17)

#define HIGH1(srcOff) \
	ROW1(srcOff(R12)(CX*4), Z7, Z20) \
	ROW1(srcOff(R13)(CX*4), Z3, Z23) \
	ROW1(srcOff(AX)(CX*4), Z4, Z26) \
	ROW1(srcOff(BX)(CX*4), Z5, Z29)

// The same of the second of two channels, to sums of their own: one sum takes an addition every four cycles, and eight
// of them would have to be met without delay.
#define LOW1_ODD(wOff, srcOff) \
	VMOVUPS (wOff)(DX), Z0 \
	ROW1(srcOff(R8)(CX*4), Z3, Z9) \
	ROW1(srcOff(R9)(CX*4), Z4, Z12) \
	ROW1(srcOff(R10)(CX*4), Z5, Z15) \
	ROW1(srcOff(R11)(CX*4), Z6, Z18)

#define HIGH1_ODD(srcOff) \
	ROW1(srcOff(R12)(CX*4), Z7, Z21) \
	ROW1(srcOff(R13)(CX*4), Z3, Z24) \
	ROW1(srcOff(AX)(CX*4), Z4, Z27) \
	ROW1(srcOff(BX)(CX*4), Z5, Z30)

#define NONE(srcOff)

// Fetches a part of the next panel, which lies behind this one. After the last tile all of it has been fetched.
// With one or two tiles it goes to the L2 cache only: weights then pass faster than the few misses that the L1 cache
// lets be pending.
#define FETCH \
	PREFETCHT0 0(R14) \
	PREFETCHT0 64(R14) \
	PREFETCHT0 128(R14) \
	ADDQ convTileArgs_ahead(DI), R14

#define FETCH_L2 \
	PREFETCHT1 0(R14) \
	PREFETCHT1 64(R14) \
	PREFETCHT1 128(R14) \
	ADDQ convTileArgs_ahead(DI), R14

// The channels of one tap: `bytes` of weights each. LOW2ND and HIGH2ND do the second of two.
#define CHANNELS(LOW, HIGH, LOW2ND, HIGH2ND, FETCH, bytes, loop, tail) \
	ADDQ $2, CX \
	JGT  tail \
	PCALIGN $32 \
loop: /* CX = 2 − channels left ≤ 0 */ \
	LOW(0, -8) \
	HIGH(-8) \
	FETCH \
	LOW2ND(bytes, -4) \
	HIGH2ND(-4) \
	ADDQ $(2*bytes), DX \
	ADDQ $2, CX \
	JLE  loop \
tail: \
	SUBQ $2, CX \
	JGE  tap_done \
	LOW(0, 0) \
	HIGH(0) \
	ADDQ $bytes, DX \
	JMP  tap_done

#define CLAMP(a) \
	VMAXPS a, Z0, a \
	VMINPS a, Z1, a

// Goes on to the next pixel, if there is one.
#define NEXT \
	ADDQ R9, R8 \
	SUBQ $1, CX \
	JZ   tile_done

// Clamp and store one pixel of some, 48, 32 or 16 columns; a NaN stays a NaN (it is the second operand).
#define STORE(a, b, c) \
	CLAMP(a) \
	CLAMP(b) \
	CLAMP(c) \
	VMOVUPS a, K1, (R8) \
	VMOVUPS b, K2, 64(R8) \
	VMOVUPS c, K3, 128(R8) \
	NEXT

#define STORE3(a, b, c) \
	CLAMP(a) \
	CLAMP(b) \
	CLAMP(c) \
	VMOVUPS a, (R8) \
	VMOVUPS b, 64(R8) \
	VMOVUPS c, 128(R8) \
	NEXT

#define STORE2(a, b) \
	CLAMP(a) \
	CLAMP(b) \
	VMOVUPS a, (R8) \
	VMOVUPS b, 64(R8) \
	NEXT

#define STORE1(a) \
	CLAMP(a) \
	VMOVUPS a, (R8) \
	NEXT

// Joins the sums of even and odd channels of 16 columns. A sum that begins anew is zero, so the order is one.
#define ADD_ODD(odd, even) VADDPS odd, even, even

// func convTileF32AVX512(a *convTileArgs)
TEXT ·convTileF32AVX512(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	MOVQ convTileArgs_ptrs(DI), SI
	MOVQ convTileArgs_dst(DI), AX
	MOVQ AX, convTileArgs_at(DI)

	MOVQ  convTileArgs_cols(DI), CX
	MOVQ  $1, AX                     // masks of the channels to store
	SHLQ  CX, AX
	SUBQ  $1, AX
	KMOVW AX, K1
	SHRQ  $16, AX
	KMOVW AX, K2
	SHRQ  $16, AX
	KMOVW AX, K3

	ADDQ  $15, CX
	SHRQ  $4, CX                     // vectors of a row
	MOVQ  convTileArgs_taps(DI), R14
	IMULQ convTileArgs_groups(DI), R14
	IMULQ CX, R14
	SHLQ  $6, R14
	ADDQ  convTileArgs_w(DI), R14        // the next panel
	MOVQ  CX, AX
	SHLQ  $7, AX                     // two channels' weights,
	XORQ  DX, DX
	DIVQ  convTileArgs_tiles(DI)         // over all tiles
	MOVQ  AX, convTileArgs_ahead(DI)

tile:
	MOVQ      convTileArgs_bias(DI), AX
	VMOVUPS   (AX), Z8               // every pixel starts from the bias
	VPXORD    Z9, Z9, Z9
	CMPQ      convTileArgs_cols(DI), $16
	JLE       sums
	VMOVUPS   64(AX), Z9
	VMOVUPS   128(AX), Z10

sums:
	VMOVAPS   Z8, Z11
	VMOVAPS   Z9, Z12
	VMOVAPS   Z10, Z13
	VMOVAPS   Z8, Z14
	VMOVAPS   Z9, Z15
	VMOVAPS   Z10, Z16
	VMOVAPS   Z8, Z17
	VMOVAPS   Z9, Z18
	VMOVAPS   Z10, Z19
	VMOVAPS   Z8, Z20
	VMOVAPS   Z9, Z21
	VMOVAPS   Z10, Z22
	VMOVAPS   Z8, Z23
	VMOVAPS   Z9, Z24
	VMOVAPS   Z10, Z25
	VMOVAPS   Z8, Z26
	VMOVAPS   Z9, Z27
	VMOVAPS   Z10, Z28
	VMOVAPS   Z8, Z29
	VMOVAPS   Z9, Z30
	VMOVAPS   Z10, Z31
	MOVQ      convTileArgs_w(DI), DX
	MOVQ      convTileArgs_taps(DI), CX
	MOVQ      CX, convTileArgs_left(DI)

tap:
	MOVQ convTileArgs_groups(DI), CX
	MOVQ 0(SI), R8
	MOVQ 8(SI), R9
	MOVQ 16(SI), R10
	MOVQ 24(SI), R11
	MOVQ 32(SI), R12
	MOVQ 40(SI), R13
	MOVQ 48(SI), AX
	MOVQ 56(SI), BX
	ADDQ $64, SI
	LEAQ (R8)(CX*4), R8              // address rows from their ends, so that one index counts and addresses
	LEAQ (R9)(CX*4), R9
	LEAQ (R10)(CX*4), R10
	LEAQ (R11)(CX*4), R11
	LEAQ (R12)(CX*4), R12
	LEAQ (R13)(CX*4), R13
	LEAQ (AX)(CX*4), AX
	LEAQ (BX)(CX*4), BX
	NEGQ CX
	CMPQ convTileArgs_tiles(DI), $1
	JNE  eight
	CMPQ convTileArgs_rows(DI), $4
	JLE  four

eight:
	CMPQ convTileArgs_cols(DI), $32
	JGT  eight_48
	CMPQ convTileArgs_cols(DI), $16
	JGT  eight_32
	CHANNELS(LOW1, HIGH1, LOW1_ODD, HIGH1_ODD, FETCH, 64, loop_8_16, tail_8_16)

eight_32:
	CHANNELS(LOW2, HIGH2, LOW2, HIGH2, FETCH, 128, loop_8_32, tail_8_32)

eight_48:
	CMPQ convTileArgs_ahead(DI), $192
	JGE  few_48
	CHANNELS(LOW3, HIGH3, LOW3, HIGH3, FETCH, 192, loop_8_48, tail_8_48)

few_48:
	CHANNELS(LOW3, HIGH3, LOW3, HIGH3, FETCH_L2, 192, loop_few_48, tail_few_48)

four:                                    // the last tile has four pixels or less
	CMPQ convTileArgs_cols(DI), $32
	JGT  four_48
	CMPQ convTileArgs_cols(DI), $16
	JGT  four_32
	CHANNELS(LOW1, NONE, LOW1_ODD, NONE, FETCH, 64, loop_4_16, tail_4_16)

four_32:
	CHANNELS(LOW2, NONE, LOW2, NONE, FETCH, 128, loop_4_32, tail_4_32)

four_48:
	CMPQ convTileArgs_ahead(DI), $192
	JGE  few_4_48
	CHANNELS(LOW3, NONE, LOW3, NONE, FETCH, 192, loop_4_48, tail_4_48)

few_4_48:
	CHANNELS(LOW3, NONE, LOW3, NONE, FETCH_L2, 192, loop_few_4_48, tail_few_4_48)

tap_done:
	SUBQ $1, convTileArgs_left(DI)
	JNZ  tap

	VBROADCASTSS convTileArgs_lo(DI), Z0
	VBROADCASTSS convTileArgs_hi(DI), Z1
	MOVQ         convTileArgs_at(DI), R8
	MOVQ         convTileArgs_dstStride(DI), R9
	MOVQ         $8, CX
	CMPQ         convTileArgs_tiles(DI), $1
	JNE          columns
	MOVQ         convTileArgs_rows(DI), CX

columns:
	CMPQ         convTileArgs_cols(DI), $48
	JEQ          store_48
	CMPQ         convTileArgs_cols(DI), $32
	JEQ          store_32
	CMPQ         convTileArgs_cols(DI), $16
	JGT          store
	ADD_ODD(Z9, Z8)
	ADD_ODD(Z12, Z11)
	ADD_ODD(Z15, Z14)
	ADD_ODD(Z18, Z17)
	ADD_ODD(Z21, Z20)
	ADD_ODD(Z24, Z23)
	ADD_ODD(Z27, Z26)
	ADD_ODD(Z30, Z29)
	CMPQ         convTileArgs_cols(DI), $16
	JEQ          store_16

store:                                   // columns that are no whole vectors
	STORE(Z8, Z9, Z10)
	STORE(Z11, Z12, Z13)
	STORE(Z14, Z15, Z16)
	STORE(Z17, Z18, Z19)
	STORE(Z20, Z21, Z22)
	STORE(Z23, Z24, Z25)
	STORE(Z26, Z27, Z28)
	STORE(Z29, Z30, Z31)

store_48:
	STORE3(Z8, Z9, Z10)
	STORE3(Z11, Z12, Z13)
	STORE3(Z14, Z15, Z16)
	STORE3(Z17, Z18, Z19)
	STORE3(Z20, Z21, Z22)
	STORE3(Z23, Z24, Z25)
	STORE3(Z26, Z27, Z28)
	STORE3(Z29, Z30, Z31)

store_32:
	STORE2(Z8, Z9)
	STORE2(Z11, Z12)
	STORE2(Z14, Z15)
	STORE2(Z17, Z18)
	STORE2(Z20, Z21)
	STORE2(Z23, Z24)
	STORE2(Z26, Z27)
	STORE2(Z29, Z30)

store_16:
	STORE1(Z8)
	STORE1(Z11)
	STORE1(Z14)
	STORE1(Z17)
	STORE1(Z20)
	STORE1(Z23)
	STORE1(Z26)
	STORE1(Z29)

tile_done:
	MOVQ R8, convTileArgs_at(DI)         // where the next tile's pixels go
	SUBQ $1, convTileArgs_tiles(DI)
	JNZ  tile
	VZEROUPPER
	RET
