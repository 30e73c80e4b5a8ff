//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// What the output transforms to 2×2 pixels have in common. Registers:
//	R0  args    R1  src    R2  dst    R3  channels left    R5  posStride    R6  rowStride    R7  bias    R8  pixStride
//	R9  columns    R10 rows    R11 second row of dst    R12 pixel    R13 position    R14 a row of positions in bytes    R4  column
//	V8, V9, V10, V11  pixels (0, 0), (0, 1), (1, 0), (1, 1)    V12 lo    V13 hi    V15 2

#define LOAD_ARGS \
	MOVD  a+0(FP), R0 \
	MOVD  winoOutputArgs_src(R0), R1 \
	MOVD  winoOutputArgs_dst(R0), R2 \
	MOVD  winoOutputArgs_cols(R0), R3 \
	MOVD  winoOutputArgs_posStride(R0), R5 \
	MOVD  winoOutputArgs_rowStride(R0), R6 \
	MOVD  winoOutputArgs_bias(R0), R7 \
	MOVD  winoOutputArgs_pixStride(R0), R8 \
	MOVD  winoOutputArgs_columns(R0), R9 \
	MOVD  winoOutputArgs_rows(R0), R10 \
	ADD   $winoOutputArgs_lo, R0, R13 \
	VLD1R (R13), [V12.S4] \
	ADD   $winoOutputArgs_hi, R0, R13 \
	VLD1R (R13), [V13.S4]

// Adds the bias and clamps. Clobbers V0.
#define FINISH \
	VLD1.P 16(R7), [V0.B16] \
	FADD(0, 8, 8) \
	FADD(0, 9, 9) \
	FADD(0, 10, 10) \
	FADD(0, 11, 11) \
	FMAX(12, 8, 8) \
	FMAX(12, 9, 9) \
	FMAX(12, 10, 10) \
	FMAX(12, 11, 11) \
	FMIN(13, 8, 8) \
	FMIN(13, 9, 9) \
	FMIN(13, 10, 10) \
	FMIN(13, 11, 11)

// Stores R3 < 4 channels at R12.
#define STORE_TAIL(V, l2, l1) \
	MOVD R12, R15 \
	TBZ  $1, R3, l2 \
	VST1.P V.D[0], 8(R15) \
	VEXT $8, V.B16, V.B16, V.B16 \
l2: \
	TBZ  $0, R3, l1 \
	VST1 V.S[0], (R15) \
l1:

// Stores those of the four pixels that exist, and goes on to the next channels.
#define STORE_PIXELS \
	MOVD R2, R12 \
	ADD  R6, R2, R11 \
	CMP  $4, R3 \
	BLT  tail \
	VST1 [V8.B16], (R12) \
	CMP  $2, R9 \
	BLT  second_row \
	ADD  R8, R12 \
	VST1 [V9.B16], (R12) \
second_row: \
	CMP  $2, R10 \
	BLT  stored \
	VST1 [V10.B16], (R11) \
	CMP  $2, R9 \
	BLT  stored \
	ADD  R8, R11 \
	VST1 [V11.B16], (R11) \
stored: \
	ADD  $16, R1 \
	ADD  $16, R2 \
	SUBS $4, R3 \
	BGT  channels \
	RET \
tail: \
	STORE_TAIL(V8, p0_2, p0_1) \
	CMP  $2, R9 \
	BLT  tail_second_row \
	ADD  R8, R12 \
	STORE_TAIL(V9, p1_2, p1_1) \
tail_second_row: \
	CMP  $2, R10 \
	BLT  tail_stored \
	MOVD R11, R12 \
	STORE_TAIL(V10, p2_2, p2_1) \
	CMP  $2, R9 \
	BLT  tail_stored \
	ADD  R8, R12 \
	STORE_TAIL(V11, p3_2, p3_1) \
tail_stored: \
	RET

// f32_wino25output_2x2__neon — Winograd F(2,5) output transform of one tile, 4 channels at a time.
//
// Computes   dst[y][x][k] = clamp((Aᵀ m A)[y][x] + bias[k])
// Reference  wino25OutputF32Generic (wino_tile.go)
// Requires   NEON
// Layout     src [36] × posStride bytes; dst NHWC
// Contract   cols ≥ 1, src and bias readable to the next multiple of 4; 1 ≤ rows, columns ≤ 2; no over-write
// Bound      36 loads + 4 stores + 75 additions and FMAs per 4 channels
// Registers  above; V0–V5  a column of positions, then V6, V7  its two sums
// Phases     channel block → columns, each added to the pixels → store | tail

// One column of positions: V6 = m0 + m1 + m2 + m3 + m4, V7 = m1 − m2 + 2·(m3 − m4) + m5. Goes on to the next.
#define COLUMN6 \
	MOVD R4, R13 \
	VLD1 (R13), [V0.B16] \
	ADD  R14, R13 \
	VLD1 (R13), [V1.B16] \
	ADD  R14, R13 \
	VLD1 (R13), [V2.B16] \
	ADD  R14, R13 \
	VLD1 (R13), [V3.B16] \
	ADD  R14, R13 \
	VLD1 (R13), [V4.B16] \
	ADD  R14, R13 \
	VLD1 (R13), [V5.B16] \
	ADD  R5, R4 \
	FADD(2, 1, 6) \
	FADD(5, 1, 7) \
	FSUB(2, 7, 7) \
	FADD(4, 3, 5) \
	FSUB(4, 3, 3) \
	FADD(0, 6, 6) \
	FMLA(3, 15, 7) \
	FADD(5, 6, 6)

// func wino25OutputF32NEON(a *winoOutputArgs)
TEXT ·wino25OutputF32NEON(SB), NOSPLIT, $0-8
	LOAD_ARGS
	FMOVS $2.0, F15
	VDUP  V15.S[0], V15.S4
	ADD   R5<<1, R5, R14
	LSL   $1, R14

channels:
	MOVD R1, R4
	COLUMN6
	VMOV V6.B16, V8.B16              // column 0 counts on the left only
	VMOV V7.B16, V10.B16
	COLUMN6
	FADD(6, 8, 8)                    // 1 on both sides
	VMOV V6.B16, V9.B16
	FADD(7, 10, 10)
	VMOV V7.B16, V11.B16
	COLUMN6
	FADD(6, 8, 8)                    // 2: −1 on the right
	FSUB(6, 9, 9)
	FADD(7, 10, 10)
	FSUB(7, 11, 11)
	COLUMN6
	FADD(6, 8, 8)                    // 3: 2 on the right
	FMLA(6, 15, 9)
	FADD(7, 10, 10)
	FMLA(7, 15, 11)
	COLUMN6
	FADD(6, 8, 8)                    // 4: −2 on the right
	FMLS(6, 15, 9)
	FADD(7, 10, 10)
	FMLS(7, 15, 11)
	COLUMN6
	FADD(6, 9, 9)                    // 5 on the right only
	FADD(7, 11, 11)
	FINISH
	STORE_PIXELS

// f32_wino23output_2x2__neon — Winograd F(2,3) output transform of one tile, 4 channels at a time.
//
// Computes   dst[y][x][k] = clamp((Aᵀ m A)[y][x] + bias[k])
// Reference  wino23OutputF32Generic (wino_tile.go)
// Requires   NEON
// Layout     src [16] × posStride bytes; dst NHWC
// Contract   cols ≥ 1, src and bias readable to the next multiple of 4; 1 ≤ rows, columns ≤ 2; no over-write
// Bound      16 loads + 4 stores + 28 additions per 4 channels
// Registers  above; V0–V3  a column of positions, then V6, V7  its two sums
// Phases     channel block → columns, each added to the pixels → store | tail

// One column of positions: V6 = m0 + m1 + m2, V7 = m1 − m2 − m3. Goes on to the next.
#define COLUMN4 \
	MOVD R4, R13 \
	VLD1 (R13), [V0.B16] \
	ADD  R14, R13 \
	VLD1 (R13), [V1.B16] \
	ADD  R14, R13 \
	VLD1 (R13), [V2.B16] \
	ADD  R14, R13 \
	VLD1 (R13), [V3.B16] \
	ADD  R5, R4 \
	FADD(0, 1, 6) \
	FSUB(2, 1, 7) \
	FADD(2, 6, 6) \
	FSUB(3, 7, 7)

// func wino23OutputF32NEON(a *winoOutputArgs)
TEXT ·wino23OutputF32NEON(SB), NOSPLIT, $0-8
	LOAD_ARGS
	LSL $2, R5, R14

channels:
	MOVD R1, R4
	COLUMN4
	VMOV V6.B16, V8.B16              // column 0 counts on the left only
	VMOV V7.B16, V10.B16
	COLUMN4
	FADD(6, 8, 8)                    // 1 on both sides
	VMOV V6.B16, V9.B16
	FADD(7, 10, 10)
	VMOV V7.B16, V11.B16
	COLUMN4
	FADD(6, 8, 8)                    // 2: −1 on the right
	FSUB(6, 9, 9)
	FADD(7, 10, 10)
	FSUB(7, 11, 11)
	COLUMN4
	FSUB(6, 9, 9)                    // 3: −1 on the right only
	FSUB(7, 11, 11)
	FINISH
	STORE_PIXELS

// f32_wino23input_4x4__neon — Winograd F(2,3) input transform of one 4×4 tile, 4 channels at a time.
//
// Computes   v[pos][c] = (Bᵀ d B)[pos]
// Reference  wino23InputF32Generic (wino_tile.go)
// Requires   NEON
// Layout     src NHWC through 16 addresses; dst [16] × posStride bytes
// Contract   c a multiple of 4, ≥ 4; no over-read
// Bound      16 loads + 16 stores + 32 additions per 4 channels
// Registers  R0  args    R1  addresses    R2  dst of these channels    R3  channels left, bytes    R4  channel offset, bytes
//            R5  posStride    R7–R10 addresses, R13 walks dst    V16–V31  d, V16–V19  then a row of Bᵀ d    V4–V7  a row's results
// Phases     channel block → load → rows of Bᵀ d, one at a time

#define LOAD_ROW(row, A, B, C, D) \
	MOVD ((row*4+0)*8)(R1), R7 \
	MOVD ((row*4+1)*8)(R1), R8 \
	MOVD ((row*4+2)*8)(R1), R9 \
	MOVD ((row*4+3)*8)(R1), R10 \
	ADD  R4, R7 \
	ADD  R4, R8 \
	ADD  R4, R9 \
	ADD  R4, R10 \
	VLD1 (R7), [A.B16] \
	VLD1 (R8), [B.B16] \
	VLD1 (R9), [C.B16] \
	VLD1 (R10), [D.B16]

// A row of Bᵀ d times B, to four positions from R13 on.
#define ROW(a, b, c, d) \
	FSUB(c, a, 4) \
	FADD(c, b, 5) \
	FSUB(b, c, 6) \
	FSUB(d, b, 7) \
	VST1 [V4.B16], (R13) \
	ADD  R5, R13 \
	VST1 [V5.B16], (R13) \
	ADD  R5, R13 \
	VST1 [V6.B16], (R13) \
	ADD  R5, R13 \
	VST1 [V7.B16], (R13) \
	ADD  R5, R13

// func wino23InputF32NEON(a *winoInputArgs)
TEXT ·wino23InputF32NEON(SB), NOSPLIT, $0-8
	MOVD a+0(FP), R0
	MOVD winoInputArgs_ptrs(R0), R1
	MOVD winoInputArgs_dst(R0), R2
	MOVD winoInputArgs_posStride(R0), R5
	MOVD winoInputArgs_c(R0), R3
	LSL  $2, R3
	MOVD $0, R4

channels:
	LOAD_ROW(0, V16, V17, V18, V19)
	LOAD_ROW(1, V20, V21, V22, V23)
	LOAD_ROW(2, V24, V25, V26, V27)
	LOAD_ROW(3, V28, V29, V30, V31)
	ADD  R4, R2, R13
	FSUB(24, 16, 16)                 // d0 − d2
	FSUB(25, 17, 17)
	FSUB(26, 18, 18)
	FSUB(27, 19, 19)
	ROW(16, 17, 18, 19)
	FADD(24, 20, 16)                 // d1 + d2
	FADD(25, 21, 17)
	FADD(26, 22, 18)
	FADD(27, 23, 19)
	ROW(16, 17, 18, 19)
	FSUB(20, 24, 16)                 // d2 − d1
	FSUB(21, 25, 17)
	FSUB(22, 26, 18)
	FSUB(23, 27, 19)
	ROW(16, 17, 18, 19)
	FSUB(28, 20, 16)                 // d1 − d3
	FSUB(29, 21, 17)
	FSUB(30, 22, 18)
	FSUB(31, 23, 19)
	ROW(16, 17, 18, 19)
	ADD  $16, R4
	SUBS $16, R3
	BGT  channels
	RET
