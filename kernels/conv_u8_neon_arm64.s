//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// u8_conv_4x4__neon — quantised convolution tile, 4 output pixels × 4 output channels, without dot product instructions.
//
// Computes   dst[p][k] = requantize(bias[k] + Σ_{t,c} ((*ptrs[t][p])[c] − 128) · w[t][c][k])
// Reference  convTileU8Generic (conv_tile.go)
// Requires   NEON
// Layout     src/dst NHWC uint8; w int8 packed [K/4][taps][C/16][4][16]
// Contract   taps, groups, tiles ≥ 1; 1 ≤ rows, cols ≤ 4; reads whole groups of 16 channels; dst does not alias src.
//            Exact: an input less 128 times a weight in ±127 is at most 16256, and two of them fit int16.
// Bound      16 × (SMULL + SMLAL2 + SADALP) per 4 loads of input and 4 of weights, 16 channels
// Tile       col →  0    1    2    3      Registers
//   pixel 0         V16  V17  V18  V19    R0  args   R1  row addresses   R2  w   R3  taps left   R4  groups left
//   …               four partial sums     R5–R8  input rows   V0–V3  input   V4–V7  weights   V15  0x80
//   pixel 3         V28  V29  V30  V31    V8–V11  products    R13, R14, R15  dst, its stride, cols   R16  rows left
// Phases     tile → tap → group → sum up → requantise → store | store_tail

// One pixel times four filters, 16 channels. Clobbers V8–V11.
#define PIXEL(x, a0, a1, a2, a3) \
	SMULL(4, x, 8) \
	SMULL(5, x, 9) \
	SMULL(6, x, 10) \
	SMULL(7, x, 11) \
	SMLAL2(4, x, 8) \
	SMLAL2(5, x, 9) \
	SMLAL2(6, x, 10) \
	SMLAL2(7, x, 11) \
	SADALP(8, a0) \
	SADALP(9, a1) \
	SADALP(10, a2) \
	SADALP(11, a3)

// Four accumulators of a pixel to four bytes in A: sum each up, add the bias, requantise.
#define END(a, A, B, C, D) \
	VADDP B.S4, A.S4, A.S4 \
	VADDP D.S4, C.S4, C.S4 \
	VADDP C.S4, A.S4, A.S4 \
	VADD  V5.S4, A.S4, A.S4 \
	SCVTF(a, a) \
	FMUL(0, a, a) \
	FMAX(2, a, a) \
	FMIN(3, a, a) \
	FCVTNS(a, a) \
	VADD  V4.S4, A.S4, A.S4 \
	SQXTN(a, a) \
	SQXTUN(a, a)

#define STORE(A) \
	VST1 A.S[0], (R13) \
	ADD  R14, R13 \
	SUBS $1, R16 \
	BEQ  tile_done

#define STORE_TAIL(A, l2, l1) \
	MOVD R13, R17 \
	TBZ  $1, R15, l2 \
	VST1.P A.H[0], 2(R17) \
	VEXT $2, A.B16, A.B16, A.B16 \
l2: \
	TBZ  $0, R15, l1 \
	VST1 A.B[0], (R17) \
l1: \
	ADD  R14, R13 \
	SUBS $1, R16 \
	BEQ  tile_done

// func convTileU8NEON(a *ConvTile)
TEXT ·convTileU8NEON(SB), NOSPLIT, $0-8
	MOVD a+0(FP), R0
	MOVD ConvTile_ptrs(R0), R1
	MOVD ConvTile_dst(R0), R13
	MOVD ConvTile_dstStride(R0), R14
	MOVD ConvTile_cols(R0), R15
	MOVD ConvTile_tiles(R0), R19

tile:
	VEOR V16.B16, V16.B16, V16.B16
	VEOR V17.B16, V17.B16, V17.B16
	VEOR V18.B16, V18.B16, V18.B16
	VEOR V19.B16, V19.B16, V19.B16
	VEOR V20.B16, V20.B16, V20.B16
	VEOR V21.B16, V21.B16, V21.B16
	VEOR V22.B16, V22.B16, V22.B16
	VEOR V23.B16, V23.B16, V23.B16
	VEOR V24.B16, V24.B16, V24.B16
	VEOR V25.B16, V25.B16, V25.B16
	VEOR V26.B16, V26.B16, V26.B16
	VEOR V27.B16, V27.B16, V27.B16
	VEOR V28.B16, V28.B16, V28.B16
	VEOR V29.B16, V29.B16, V29.B16
	VEOR V30.B16, V30.B16, V30.B16
	VEOR V31.B16, V31.B16, V31.B16
	VMOVI $128, V15.B16
	MOVD  ConvTile_w(R0), R2
	MOVD  ConvTile_taps(R0), R3

tap:
	LDP.P 16(R1), (R5, R6)
	LDP.P 16(R1), (R7, R8)
	MOVD  ConvTile_groups(R0), R4

group_loop:
	VLD1.P 16(R5), [V0.B16]
	VLD1.P 16(R6), [V1.B16]
	VLD1.P 16(R7), [V2.B16]
	VLD1.P 16(R8), [V3.B16]
	VLD1.P 64(R2), [V4.B16, V5.B16, V6.B16, V7.B16]
	VEOR   V15.B16, V0.B16, V0.B16
	VEOR   V15.B16, V1.B16, V1.B16
	VEOR   V15.B16, V2.B16, V2.B16
	VEOR   V15.B16, V3.B16, V3.B16
	PIXEL(0, 16, 17, 18, 19)
	PIXEL(1, 20, 21, 22, 23)
	PIXEL(2, 24, 25, 26, 27)
	PIXEL(3, 28, 29, 30, 31)
	SUBS   $1, R4
	BNE    group_loop
	SUBS   $1, R3
	BNE    tap

	MOVD  ConvTile_scale(R0), R17
	VLD1  (R17), [V0.B16]
	MOVD  ConvTile_bias(R0), R17
	VLD1  (R17), [V5.B16]
	ADD   $ConvTile_lo, R0, R17
	VLD1R (R17), [V2.S4]
	ADD   $ConvTile_hi, R0, R17
	VLD1R (R17), [V3.S4]
	ADD   $ConvTile_zero, R0, R17
	VLD1R (R17), [V4.S4]
	END(16, V16, V17, V18, V19)
	END(20, V20, V21, V22, V23)
	END(24, V24, V25, V26, V27)
	END(28, V28, V29, V30, V31)
	MOVD  $4, R16
	CMP   $1, R19
	BNE   rows_known
	MOVD  ConvTile_rows(R0), R16

rows_known:
	CMP $4, R15
	BNE store_tail
	STORE(V16)
	STORE(V20)
	STORE(V24)
	STORE(V28)

store_tail:
	STORE_TAIL(V16, row0_2, row0_1)
	STORE_TAIL(V20, row1_2, row1_1)
	STORE_TAIL(V24, row2_2, row2_1)
	STORE_TAIL(V28, row3_2, row3_1)

tile_done:
	SUBS $1, R19
	BNE  tile
	RET
