//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm.h"

// u8_conv_2x4__neon — quantised convolution tile of ARMv7, 2 output pixels × 4 output channels.
//
// Computes   dst[p][k] = requantize(bias[k] + Σ_{t,c} ((*ptrs[t][p])[c] − 128) · w[t][c][k])
// Reference  convTileU8Generic (conv_tile.go)
// Requires   NEON
// Layout     src/dst NHWC uint8; w int8 packed [K/4][taps][C/16][4][16]
// Contract   taps, groups, tiles ≥ 1; 1 ≤ rows ≤ 2; 1 ≤ cols ≤ 4; reads whole groups of 16 channels; dst does not alias src.
//            Exact: an input less 128 times a weight in ±127 is at most 16256, and two of them fit int16.
// Bound      8 × (VMULL + VMLAL + VPADAL) per 2 loads of input and 4 of weights, 16 channels
// Tile       col →  0    1    2    3     Registers
//   pixel 0         Q8   Q9   Q10  Q11     R0  args    R1  row addresses    R2  w    R3  taps left    R4, R5  input rows
//   pixel 1         Q12  Q13  Q14  Q15     R8  groups left    R9  dst    R12 scratch
//                   four partial sums      Q0, Q1  input    Q2–Q5  weights    Q6, Q7  products
// Phases     tile → tap → group → sum up → requantise → store
//
// ARMv7 has no conversion that rounds half to even, so 1.5·2²³ is added: the bounded value, at most 255 in size, is then
// rounded by that addition, and stands in the low bits. That NEON takes denormals for zeros changes no byte: such a
// product rounds to 0 anyway.

// A pixel (doubles n, n+1) times four filters (Q2–Q5), added to the quads a–d.
#define PIXEL(n, a, b, c, d) \
	TWO_FILTERS(n, 4, 6, a, b) \
	TWO_FILTERS(n, 8, 10, c, d)

// A pixel times the filters at the doubles v and w.
#define TWO_FILTERS(n, v, w, a, b) \
	VMULL_S8(6, n, v) \
	VMULL_S8(7, n, w) \
	VMLAL_S8(6, (n)+1, (v)+1) \
	VMLAL_S8(7, (n)+1, (w)+1) \
	VPADAL_S16(a, 6) \
	VPADAL_S16(b, 7)

// Four sums in a quad to levels: bias Q8, scale Q9, lo Q10, hi Q11, zero Q12, 1.5·2²³ Q13.
#define REQUANTIZE(q) \
	VADD_I32(q, q, 8) \
	VCVT_F32_S32(q, q) \
	VMUL_F32(q, q, 9) \
	VMAX_F32(q, q, 10) \
	VMIN_F32(q, q, 11) \
	VADD_F32(q, q, 13) \
	VSUB_I32(q, q, 13) \
	VADD_I32(q, q, 12)

// func convTileU8NEON(a *convTileArgs)
TEXT ·convTileU8NEON(SB), NOSPLIT, $16-4
	MOVW a+0(FP), R0
	MOVW convTileArgs_ptrs(R0), R1
	MOVW convTileArgs_dst(R0), R2
	MOVW R2, convTileArgs_at(R0)

tile:
	WORD $0xf34001f0 // arm: veor q8, q8, q8
	WORD $0xf34221f2 // arm: veor q9, q9, q9
	WORD $0xf34441f4 // arm: veor q10, q10, q10
	WORD $0xf34661f6 // arm: veor q11, q11, q11
	WORD $0xf34881f8 // arm: veor q12, q12, q12
	WORD $0xf34aa1fa // arm: veor q13, q13, q13
	WORD $0xf34cc1fc // arm: veor q14, q14, q14
	WORD $0xf34ee1fe // arm: veor q15, q15, q15
	MOVW convTileArgs_w(R0), R2
	MOVW convTileArgs_taps(R0), R3

tap:
	MOVM.IA.W (R1), [R4-R5]
	MOVW convTileArgs_groups(R0), R8

group:
	WORD $0xf4240a0d // arm: vld1.8 {d0-d1}, [r4]!
	WORD $0xf4252a0d // arm: vld1.8 {d2-d3}, [r5]!
	WORD $0xf422420d // arm: vld1.8 {d4-d7}, [r2]!
	WORD $0xf422820d // arm: vld1.8 {d8-d11}, [r2]!
	WORD $0xf380ce50 // arm: vmov.i8 q6, #128
	WORD $0xf300015c // arm: veor q0, q0, q6
	WORD $0xf302215c // arm: veor q1, q1, q6
	PIXEL(0, 8, 9, 10, 11)
	PIXEL(2, 12, 13, 14, 15)
	SUB.S $1, R8
	BNE  group
	SUB.S $1, R3
	BNE  tap

	WORD $0xf2200bb1 // arm: vpadd.i32 d0, d16, d17
	WORD $0xf2221bb3 // arm: vpadd.i32 d1, d18, d19
	WORD $0xf2242bb5 // arm: vpadd.i32 d2, d20, d21
	WORD $0xf2263bb7 // arm: vpadd.i32 d3, d22, d23
	WORD $0xf2200b11 // arm: vpadd.i32 d0, d0, d1
	WORD $0xf2221b13 // arm: vpadd.i32 d1, d2, d3
	WORD $0xf2284bb9 // arm: vpadd.i32 d4, d24, d25
	WORD $0xf22a5bbb // arm: vpadd.i32 d5, d26, d27
	WORD $0xf22c6bbd // arm: vpadd.i32 d6, d28, d29
	WORD $0xf22e7bbf // arm: vpadd.i32 d7, d30, d31
	WORD $0xf2244b15 // arm: vpadd.i32 d4, d4, d5
	WORD $0xf2265b17 // arm: vpadd.i32 d5, d6, d7
	MOVW convTileArgs_bias(R0), R12
	WORD $0xf46c0a8f // arm: vld1.32 {d16-d17}, [r12]
	MOVW convTileArgs_scale(R0), R12
	WORD $0xf46c2a8f // arm: vld1.32 {d18-d19}, [r12]
	ADD  $convTileArgs_lo, R0, R12
	WORD $0xf4ec4caf // arm: vld1.32 {d20[], d21[]}, [r12]
	ADD  $convTileArgs_hi, R0, R12
	WORD $0xf4ec6caf // arm: vld1.32 {d22[], d23[]}, [r12]
	ADD  $convTileArgs_zero, R0, R12
	WORD $0xf4ec8caf // arm: vld1.32 {d24[], d25[]}, [r12]
	MOVW $0x4B400000, R12            // 1.5·2²³
	WORD $0xeeaacb90 // arm: vdup.32 q13, r12
	REQUANTIZE(0)
	REQUANTIZE(2)
	WORD $0xf3b60280 // arm: vqmovn.s32 d0, q0
	WORD $0xf3b61284 // arm: vqmovn.s32 d1, q2
	WORD $0xf3b20240 // arm: vqmovun.s16 d0, q0
	MOVW $pixels-16(SP), R4
	WORD $0xf404070f // arm: vst1.8 {d0}, [r4]
	MOVW convTileArgs_at(R0), R9
	MOVW $2, R8
	MOVW convTileArgs_tiles(R0), R5
	CMP  $1, R5
	BNE  rows_known
	MOVW convTileArgs_rows(R0), R8

rows_known:
	MOVW convTileArgs_cols(R0), R5
	MOVW R4, R6
	MOVW R9, R7

bytes:
	MOVBU.P 1(R6), R12
	MOVBU.P R12, 1(R7)
	SUB.S $1, R5
	BNE  bytes
	MOVW convTileArgs_dstStride(R0), R12
	ADD  R12, R9
	ADD  $4, R4
	SUB.S $1, R8
	BNE  rows_known

	MOVW R9, convTileArgs_at(R0)         // where the next tile's pixels go
	MOVW convTileArgs_tiles(R0), R5
	SUB.S $1, R5
	MOVW R5, convTileArgs_tiles(R0)
	BNE  tile
	RET
