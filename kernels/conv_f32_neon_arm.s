//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

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

// The products of channel 0, 1, 2 or 3 of the rows: weights in Q0, Q1 or Q2, Q3.
#define CHANNEL0 \
	WORD $0xf3e00148; /* arm: vmla.f32 q8, q0, d8[0] */ \
	WORD $0xf3e22148; /* arm: vmla.f32 q9, q1, d8[0] */ \
	WORD $0xf3e0414a; /* arm: vmla.f32 q10, q0, d10[0] */ \
	WORD $0xf3e2614a; /* arm: vmla.f32 q11, q1, d10[0] */ \
	WORD $0xf3e0814c; /* arm: vmla.f32 q12, q0, d12[0] */ \
	WORD $0xf3e2a14c; /* arm: vmla.f32 q13, q1, d12[0] */ \
	WORD $0xf3e0c14e; /* arm: vmla.f32 q14, q0, d14[0] */ \
	WORD $0xf3e2e14e; /* arm: vmla.f32 q15, q1, d14[0] */

#define CHANNEL1 \
	WORD $0xf3e40168; /* arm: vmla.f32 q8, q2, d8[1] */ \
	WORD $0xf3e62168; /* arm: vmla.f32 q9, q3, d8[1] */ \
	WORD $0xf3e4416a; /* arm: vmla.f32 q10, q2, d10[1] */ \
	WORD $0xf3e6616a; /* arm: vmla.f32 q11, q3, d10[1] */ \
	WORD $0xf3e4816c; /* arm: vmla.f32 q12, q2, d12[1] */ \
	WORD $0xf3e6a16c; /* arm: vmla.f32 q13, q3, d12[1] */ \
	WORD $0xf3e4c16e; /* arm: vmla.f32 q14, q2, d14[1] */ \
	WORD $0xf3e6e16e; /* arm: vmla.f32 q15, q3, d14[1] */

#define CHANNEL2 \
	WORD $0xf3e00149; /* arm: vmla.f32 q8, q0, d9[0] */ \
	WORD $0xf3e22149; /* arm: vmla.f32 q9, q1, d9[0] */ \
	WORD $0xf3e0414b; /* arm: vmla.f32 q10, q0, d11[0] */ \
	WORD $0xf3e2614b; /* arm: vmla.f32 q11, q1, d11[0] */ \
	WORD $0xf3e0814d; /* arm: vmla.f32 q12, q0, d13[0] */ \
	WORD $0xf3e2a14d; /* arm: vmla.f32 q13, q1, d13[0] */ \
	WORD $0xf3e0c14f; /* arm: vmla.f32 q14, q0, d15[0] */ \
	WORD $0xf3e2e14f; /* arm: vmla.f32 q15, q1, d15[0] */

#define CHANNEL3 \
	WORD $0xf3e40169; /* arm: vmla.f32 q8, q2, d9[1] */ \
	WORD $0xf3e62169; /* arm: vmla.f32 q9, q3, d9[1] */ \
	WORD $0xf3e4416b; /* arm: vmla.f32 q10, q2, d11[1] */ \
	WORD $0xf3e6616b; /* arm: vmla.f32 q11, q3, d11[1] */ \
	WORD $0xf3e4816d; /* arm: vmla.f32 q12, q2, d13[1] */ \
	WORD $0xf3e6a16d; /* arm: vmla.f32 q13, q3, d13[1] */ \
	WORD $0xf3e4c16f; /* arm: vmla.f32 q14, q2, d15[1] */ \
	WORD $0xf3e6e16f; /* arm: vmla.f32 q15, q3, d15[1] */

// Clamp a pixel (quads a, b) between Q0 and Q1, store its channels, go on to the next pixel if there is one.
#define STORE0 \
	WORD $0xf2400fc0; /* arm: vmax.f32 q8, q8, q0 */ \
	WORD $0xf2422fc0; /* arm: vmax.f32 q9, q9, q0 */ \
	WORD $0xf2600fc2; /* arm: vmin.f32 q8, q8, q1 */ \
	WORD $0xf2622fc2; /* arm: vmin.f32 q9, q9, q1 */ \
	WORD $0xf449028f; /* arm: vst1.32 {d16-d19}, [r9] */ \
	ADD  R12, R9 \
	SUB.S $1, R8 \
	BEQ  tile_done

#define STORE1 \
	WORD $0xf2444fc0; /* arm: vmax.f32 q10, q10, q0 */ \
	WORD $0xf2466fc0; /* arm: vmax.f32 q11, q11, q0 */ \
	WORD $0xf2644fc2; /* arm: vmin.f32 q10, q10, q1 */ \
	WORD $0xf2666fc2; /* arm: vmin.f32 q11, q11, q1 */ \
	WORD $0xf449428f; /* arm: vst1.32 {d20-d23}, [r9] */ \
	ADD  R12, R9 \
	SUB.S $1, R8 \
	BEQ  tile_done

#define STORE2 \
	WORD $0xf2488fc0; /* arm: vmax.f32 q12, q12, q0 */ \
	WORD $0xf24aafc0; /* arm: vmax.f32 q13, q13, q0 */ \
	WORD $0xf2688fc2; /* arm: vmin.f32 q12, q12, q1 */ \
	WORD $0xf26aafc2; /* arm: vmin.f32 q13, q13, q1 */ \
	WORD $0xf449828f; /* arm: vst1.32 {d24-d27}, [r9] */ \
	ADD  R12, R9 \
	SUB.S $1, R8 \
	BEQ  tile_done

#define STORE3 \
	WORD $0xf24ccfc0; /* arm: vmax.f32 q14, q14, q0 */ \
	WORD $0xf24eefc0; /* arm: vmax.f32 q15, q15, q0 */ \
	WORD $0xf26ccfc2; /* arm: vmin.f32 q14, q14, q1 */ \
	WORD $0xf26eefc2; /* arm: vmin.f32 q15, q15, q1 */ \
	WORD $0xf449c28f; /* arm: vst1.32 {d28-d31}, [r9] */ \
	ADD  R12, R9 \
	SUB.S $1, R8 \
	BEQ  tile_done

// The same of fewer than 8 channels, through memory of this function's own.
#define STORE_TAIL0 \
	WORD $0xf2400fc0; /* arm: vmax.f32 q8, q8, q0 */ \
	WORD $0xf2422fc0; /* arm: vmax.f32 q9, q9, q0 */ \
	WORD $0xf2600fc2; /* arm: vmin.f32 q8, q8, q1 */ \
	WORD $0xf2622fc2; /* arm: vmin.f32 q9, q9, q1 */ \
	MOVW $row-32(SP), R4 \
	WORD $0xf444028f; /* arm: vst1.32 {d16-d19}, [r4] */ \
	MOVW ConvTile_cols(R0), R5 \
	MOVW R9, R6 \
copy0: \
	MOVW.P 4(R4), R7 \
	MOVW.P R7, 4(R6) \
	SUB.S $1, R5 \
	BNE  copy0 \
	ADD  R12, R9 \
	SUB.S $1, R8 \
	BEQ  tile_done

#define STORE_TAIL1 \
	WORD $0xf2444fc0; /* arm: vmax.f32 q10, q10, q0 */ \
	WORD $0xf2466fc0; /* arm: vmax.f32 q11, q11, q0 */ \
	WORD $0xf2644fc2; /* arm: vmin.f32 q10, q10, q1 */ \
	WORD $0xf2666fc2; /* arm: vmin.f32 q11, q11, q1 */ \
	MOVW $row-32(SP), R4 \
	WORD $0xf444428f; /* arm: vst1.32 {d20-d23}, [r4] */ \
	MOVW ConvTile_cols(R0), R5 \
	MOVW R9, R6 \
copy1: \
	MOVW.P 4(R4), R7 \
	MOVW.P R7, 4(R6) \
	SUB.S $1, R5 \
	BNE  copy1 \
	ADD  R12, R9 \
	SUB.S $1, R8 \
	BEQ  tile_done

#define STORE_TAIL2 \
	WORD $0xf2488fc0; /* arm: vmax.f32 q12, q12, q0 */ \
	WORD $0xf24aafc0; /* arm: vmax.f32 q13, q13, q0 */ \
	WORD $0xf2688fc2; /* arm: vmin.f32 q12, q12, q1 */ \
	WORD $0xf26aafc2; /* arm: vmin.f32 q13, q13, q1 */ \
	MOVW $row-32(SP), R4 \
	WORD $0xf444828f; /* arm: vst1.32 {d24-d27}, [r4] */ \
	MOVW ConvTile_cols(R0), R5 \
	MOVW R9, R6 \
copy2: \
	MOVW.P 4(R4), R7 \
	MOVW.P R7, 4(R6) \
	SUB.S $1, R5 \
	BNE  copy2 \
	ADD  R12, R9 \
	SUB.S $1, R8 \
	BEQ  tile_done

#define STORE_TAIL3 \
	WORD $0xf24ccfc0; /* arm: vmax.f32 q14, q14, q0 */ \
	WORD $0xf24eefc0; /* arm: vmax.f32 q15, q15, q0 */ \
	WORD $0xf26ccfc2; /* arm: vmin.f32 q14, q14, q1 */ \
	WORD $0xf26eefc2; /* arm: vmin.f32 q15, q15, q1 */ \
	MOVW $row-32(SP), R4 \
	WORD $0xf444c28f; /* arm: vst1.32 {d28-d31}, [r4] */ \
	MOVW ConvTile_cols(R0), R5 \
	MOVW R9, R6 \
copy3: \
	MOVW.P 4(R4), R7 \
	MOVW.P R7, 4(R6) \
	SUB.S $1, R5 \
	BNE  copy3 \
	ADD  R12, R9 \
	SUB.S $1, R8 \
	BEQ  tile_done

// func convTileF32NEON(a *ConvTile)
TEXT ·convTileF32NEON(SB), NOSPLIT, $32-4
	MOVW a+0(FP), R0
	MOVW ConvTile_ptrs(R0), R1
	MOVW ConvTile_dst(R0), R2
	MOVW R2, ConvTile_at(R0)

tile:
	MOVW ConvTile_bias(R0), R2
	WORD $0xf462028f // arm: vld1.32 {d16-d19}, [r2]
	WORD $0xf26041f0 // arm: vmov q10, q8
	WORD $0xf26261f2 // arm: vmov q11, q9
	WORD $0xf26081f0 // arm: vmov q12, q8
	WORD $0xf262a1f2 // arm: vmov q13, q9
	WORD $0xf260c1f0 // arm: vmov q14, q8
	WORD $0xf262e1f2 // arm: vmov q15, q9
	MOVW ConvTile_w(R0), R2
	MOVW ConvTile_taps(R0), R3

tap:
	MOVM.IA.W (R1), [R4-R7]
	MOVW ConvTile_groups(R0), R8
	SUB.S $4, R8
	BLT  tap_tail

four:
	WORD $0xf4248a8d // arm: vld1.32 {d8-d9}, [r4]!
	WORD $0xf425aa8d // arm: vld1.32 {d10-d11}, [r5]!
	WORD $0xf426ca8d // arm: vld1.32 {d12-d13}, [r6]!
	WORD $0xf427ea8d // arm: vld1.32 {d14-d15}, [r7]!
	WORD $0xf422028d // arm: vld1.32 {d0-d3}, [r2]!
	WORD $0xf422428d // arm: vld1.32 {d4-d7}, [r2]!
	CHANNEL0
	WORD $0xf422028d // arm: vld1.32 {d0-d3}, [r2]!
	CHANNEL1
	WORD $0xf422428d // arm: vld1.32 {d4-d7}, [r2]!
	CHANNEL2
	CHANNEL3
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
	CHANNEL0
	SUB.S $1, R8
	BNE  one

tap_done:
	SUB.S $1, R3
	BNE  tap

	ADD  $ConvTile_lo, R0, R12
	WORD $0xf4ac0caf // arm: vld1.32 {d0[], d1[]}, [r12]
	ADD  $ConvTile_hi, R0, R12
	WORD $0xf4ac2caf // arm: vld1.32 {d2[], d3[]}, [r12]
	MOVW ConvTile_at(R0), R9
	MOVW ConvTile_dstStride(R0), R12
	MOVW $4, R8
	MOVW ConvTile_tiles(R0), R4
	CMP  $1, R4
	BNE  rows_known
	MOVW ConvTile_rows(R0), R8

rows_known:
	MOVW ConvTile_cols(R0), R4
	CMP  $8, R4
	BNE  store_tail
	STORE0
	STORE1
	STORE2
	STORE3

store_tail:
	STORE_TAIL0
	STORE_TAIL1
	STORE_TAIL2
	STORE_TAIL3

tile_done:
	MOVW R9, ConvTile_at(R0)         // where the next tile's pixels go
	MOVW ConvTile_tiles(R0), R4
	SUB.S $1, R4
	MOVW R4, ConvTile_tiles(R0)
	BNE  tile
	RET
