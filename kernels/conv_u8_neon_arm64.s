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
//   pixel 0         V16  V17  V18  V19    R0  args   R1  row addresses   R2  w   R3  taps left   R4  index into rows
//   …               four partial sums     R5–R8  ends of rows   V0–V3  input   V4–V7  weights   V8  0x80
//   pixel 3         V28  V29  V30  V31    V8–V15  products    R13, R14, R15  dst, its stride, cols   R16  rows left
// Phases     tile → tap → group → sum up → requantise → store | store_tail

// Two pixels times four filters, 16 channels; eight products between each instruction and the next that needs it, for
// in-order cores. Clobbers V8–V15.
#define PIXELS(x, y, a0, a1, a2, a3, b0, b1, b2, b3) \
	SMULL(4, x, 8) \
	SMULL(5, x, 9) \
	SMULL(6, x, 10) \
	SMULL(7, x, 11) \
	SMULL(4, y, 12) \
	SMULL(5, y, 13) \
	SMULL(6, y, 14) \
	SMULL(7, y, 15) \
	SMLAL2(4, x, 8) \
	SMLAL2(5, x, 9) \
	SMLAL2(6, x, 10) \
	SMLAL2(7, x, 11) \
	SMLAL2(4, y, 12) \
	SMLAL2(5, y, 13) \
	SMLAL2(6, y, 14) \
	SMLAL2(7, y, 15) \
	SADALP(8, a0) \
	SADALP(9, a1) \
	SADALP(10, a2) \
	SADALP(11, a3) \
	SADALP(12, b0) \
	SADALP(13, b1) \
	SADALP(14, b2) \
	SADALP(15, b3)

// Sums up the four accumulators of a pixel in A. Clobbers C.
#define SUM(A, B, C, D) \
	VADDP B.S4, A.S4, A.S4 \
	VADDP D.S4, C.S4, C.S4 \
	VADDP C.S4, A.S4, A.S4

// One operation on each pixel's sums.
#define EACH(op) \
	op(16) \
	op(20) \
	op(24) \
	op(28)

#define BIAS(a) NEON3(0x4EA08400, 5, a, a) // add a.4s, a.4s, v5.4s
#define FLOATS(a) SCVTF(a, a)
#define SCALED(a) FMUL(0, a, a)
#define AT_LEAST(a) FMAX(2, a, a)
#define AT_MOST(a) FMIN(3, a, a)
#define ROUNDED(a) FCVTNS(a, a)
#define ZERO(a) NEON3(0x4EA08400, 4, a, a) // add a.4s, a.4s, v4.4s
#define WORDS(a) SQXTN(a, a)
#define BYTES(a) SQXTUN(a, a)

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

// func convTileU8NEON(a *convTileArgs)
TEXT ·convTileU8NEON(SB), NOSPLIT, $0-8
	MOVD a+0(FP), R0
	MOVD convTileArgs_ptrs(R0), R1
	MOVD convTileArgs_dst(R0), R13
	MOVD convTileArgs_dstStride(R0), R14
	MOVD convTileArgs_cols(R0), R15
	MOVD convTileArgs_tiles(R0), R19

tile:
	CLEAR_SUMS
	MOVD convTileArgs_w(R0), R2
	MOVD convTileArgs_taps(R0), R3

tap:
	LDP.P 16(R1), (R5, R6)
	LDP.P 16(R1), (R7, R8)
	MOVD  convTileArgs_groups(R0), R4
	LSL   $4, R4
	ADD   R4, R5                     // rows are addressed from their ends, so that one index counts and addresses
	ADD   R4, R6
	ADD   R4, R7
	ADD   R4, R8
	NEG   R4, R4

	PCALIGN $16
group_loop:                              // 16 channels; R4 = −bytes left
	VMOVI $128, V8.B16
	WORD $0x3ce468a0 // arm64: ldr q0, [x5, x4]
	WORD $0x3ce468c1 // arm64: ldr q1, [x6, x4]
	WORD $0x3ce468e2 // arm64: ldr q2, [x7, x4]
	WORD $0x3ce46903 // arm64: ldr q3, [x8, x4]
	FMOVQ 0(R2), F4
	FMOVQ 16(R2), F5
	FMOVQ 32(R2), F6
	FMOVQ 48(R2), F7
	VEOR  V8.B16, V0.B16, V0.B16
	VEOR  V8.B16, V1.B16, V1.B16
	VEOR  V8.B16, V2.B16, V2.B16
	VEOR  V8.B16, V3.B16, V3.B16
	ADD   $64, R2
	ADDS  $16, R4
	PIXELS(0, 1, 16, 17, 18, 19, 20, 21, 22, 23)
	PIXELS(2, 3, 24, 25, 26, 27, 28, 29, 30, 31)
	BNE   group_loop
	SUBS $1, R3
	BNE  tap

	MOVD  convTileArgs_scale(R0), R17
	VLD1  (R17), [V0.B16]
	MOVD  convTileArgs_bias(R0), R17
	VLD1  (R17), [V5.B16]
	ADD   $convTileArgs_lo, R0, R17
	VLD1R (R17), [V2.S4]
	ADD   $convTileArgs_hi, R0, R17
	VLD1R (R17), [V3.S4]
	ADD   $convTileArgs_zero, R0, R17
	VLD1R (R17), [V4.S4]
	SUM(V16, V17, V18, V19)
	SUM(V20, V21, V22, V23)
	SUM(V24, V25, V26, V27)
	SUM(V28, V29, V30, V31)
	EACH(BIAS)                       // all pixels together, for in-order cores
	EACH(FLOATS)
	EACH(SCALED)
	EACH(AT_LEAST)
	EACH(AT_MOST)
	EACH(ROUNDED)
	EACH(ZERO)
	EACH(WORDS)
	EACH(BYTES)
	MOVD  $4, R16
	CMP   $1, R19
	BNE   rows_known
	MOVD  convTileArgs_rows(R0), R16

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
