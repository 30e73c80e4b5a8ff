//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm.h"

// f32_conv_4x8__neon — convolution tile of ARMv7, 4 output pixels × 8 output channels.
//
// Computes   dst[p][k] = clamp(bias[k] + Σ_{t,c} (*ptrs[t][p])[c] · w[t][c][k])
// Reference  convTileF32Generic (conv_tile.go)
// Requires   NEON
// Layout     src/dst NHWC; w packed [K/8][taps][C][8]
// Contract   taps, groups, tiles ≥ 1; 1 ≤ rows ≤ 4; 1 ≤ cols ≤ 8; dst does not alias src; no over-read. Denormals count as 0
// Bound      32 VMLA per 4 loads of input and 4 of weights, four channels; products and sums are rounded apart
// Tile       col →  0–3   4–7        Registers
//   pixel 0         Q8    Q9           R0  args    R1  row addresses    R2  w    R3  taps left    R4–R7  input rows
//   …                                  R8  channels left    R9  dst    R12 scratch
//   pixel 3         Q14   Q15          Q4–Q7  four channels of each row    Q0, Q1, Q2, Q3  weights
// Phases     tile → tap → four channels → one channel → clamp → store | store_tail

// The products of one channel of the rows: weights in the quads wa, wb, the channel lane x of double h of each row.
#define CHANNEL(wa, wb, h, x) \
	PIXEL(8, 9, wa, wb, 8+(h), x) \
	PIXEL(10, 11, wa, wb, 10+(h), x) \
	PIXEL(12, 13, wa, wb, 12+(h), x) \
	PIXEL(14, 15, wa, wb, 14+(h), x)

#define PIXEL(a, b, wa, wb, m, x) \
	VMLA_F32_X(a, wa, m, x) \
	VMLA_F32_X(b, wb, m, x)

// Clamp a pixel (quads a, b) between Q0 and Q1.
#define CLAMP(a, b) \
	VMAX_F32(a, a, 0) \
	VMAX_F32(b, b, 0) \
	VMIN_F32(a, a, 1) \
	VMIN_F32(b, b, 1)

// On to the next pixel, if there is one.
#define NEXT_PIXEL \
	ADD  R12, R9 \
	SUB.S $1, R8 \
	BEQ  tile_done

// Clamp a pixel and store its channels.
#define STORE(a, b) \
	CLAMP(a, b) \
	VST1_QUADS(a, 9) \
	NEXT_PIXEL

// The same of fewer than 8 channels, through memory of this function's own.
#define STORE_TAIL(a, b, copy) \
	CLAMP(a, b) \
	MOVW $row-32(SP), R4 \
	VST1_QUADS(a, 4) \
	MOVW convTileArgs_cols(R0), R5 \
	MOVW R9, R6 \
copy: \
	MOVW.P 4(R4), R7 \
	MOVW.P R7, 4(R6) \
	SUB.S $1, R5 \
	BNE  copy \
	NEXT_PIXEL

// func convTileF32NEON(a *convTileArgs)
TEXT ·convTileF32NEON(SB), NOSPLIT, $32-4
	MOVW a+0(FP), R0
	MOVW convTileArgs_ptrs(R0), R1
	MOVW convTileArgs_dst(R0), R2
	MOVW R2, convTileArgs_at(R0)

tile:
	MOVW convTileArgs_bias(R0), R2
	WORD $0xf462028f // arm: vld1.32 {d16-d19}, [r2]
	WORD $0xf26041f0 // arm: vmov q10, q8
	WORD $0xf26261f2 // arm: vmov q11, q9
	WORD $0xf26081f0 // arm: vmov q12, q8
	WORD $0xf262a1f2 // arm: vmov q13, q9
	WORD $0xf260c1f0 // arm: vmov q14, q8
	WORD $0xf262e1f2 // arm: vmov q15, q9
	MOVW convTileArgs_w(R0), R2
	MOVW convTileArgs_taps(R0), R3

tap:
	MOVM.IA.W (R1), [R4-R7]
	MOVW convTileArgs_groups(R0), R8
	SUB.S $4, R8
	BLT  tap_tail

four:
	WORD $0xf4248a8d // arm: vld1.32 {d8-d9}, [r4]!
	WORD $0xf425aa8d // arm: vld1.32 {d10-d11}, [r5]!
	WORD $0xf426ca8d // arm: vld1.32 {d12-d13}, [r6]!
	WORD $0xf427ea8d // arm: vld1.32 {d14-d15}, [r7]!
	WORD $0xf422028d // arm: vld1.32 {d0-d3}, [r2]!
	WORD $0xf422428d // arm: vld1.32 {d4-d7}, [r2]!
	CHANNEL(0, 1, 0, 0)
	WORD $0xf422028d // arm: vld1.32 {d0-d3}, [r2]!
	CHANNEL(2, 3, 0, 1)
	WORD $0xf422428d // arm: vld1.32 {d4-d7}, [r2]!
	CHANNEL(0, 1, 1, 0)
	CHANNEL(2, 3, 1, 1)
	SUB.S $4, R8
	BGE  four

tap_tail:
	ADD.S $4, R8
	BEQ  tap_done

one:
	WORD $0xf4a4880d // arm: vld1.32 {d8[0]}, [r4]!
	WORD $0xf4a5a80d // arm: vld1.32 {d10[0]}, [r5]!
	WORD $0xf4a6c80d // arm: vld1.32 {d12[0]}, [r6]!
	WORD $0xf4a7e80d // arm: vld1.32 {d14[0]}, [r7]!
	WORD $0xf422028d // arm: vld1.32 {d0-d3}, [r2]!
	CHANNEL(0, 1, 0, 0)
	SUB.S $1, R8
	BNE  one

tap_done:
	SUB.S $1, R3
	BNE  tap

	ADD  $convTileArgs_lo, R0, R12
	WORD $0xf4ac0caf // arm: vld1.32 {d0[], d1[]}, [r12]
	ADD  $convTileArgs_hi, R0, R12
	WORD $0xf4ac2caf // arm: vld1.32 {d2[], d3[]}, [r12]
	MOVW convTileArgs_at(R0), R9
	MOVW convTileArgs_dstStride(R0), R12
	MOVW $4, R8
	MOVW convTileArgs_tiles(R0), R4
	CMP  $1, R4
	BNE  rows_known
	MOVW convTileArgs_rows(R0), R8

rows_known:
	MOVW convTileArgs_cols(R0), R4
	CMP  $8, R4
	BNE  store_tail
	STORE(8, 9)
	STORE(10, 11)
	STORE(12, 13)
	STORE(14, 15)

store_tail:
	STORE_TAIL(8, 9, copy0)
	STORE_TAIL(10, 11, copy1)
	STORE_TAIL(12, 13, copy2)
	STORE_TAIL(14, 15, copy3)

tile_done:
	MOVW R9, convTileArgs_at(R0)         // where the next tile's pixels go
	MOVW convTileArgs_tiles(R0), R4
	SUB.S $1, R4
	MOVW R4, convTileArgs_tiles(R0)
	BNE  tile
	RET
