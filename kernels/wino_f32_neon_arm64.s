//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// f32_wino43input_6x6__neon — Winograd F(4,3) input transform of one 6×6 tile, 4 channels at a time.
//
// Computes   v[pos][c] = (Bᵀ d B)[pos]
// Reference  wino43InputF32Generic (wino_tile.go)
// Requires   NEON
// Layout     src NHWC through 36 addresses; dst [36] × posStride bytes
// Contract   c a multiple of 4, ≥ 4; no over-read
// Bound      36 loads + 36 stores + 168 additions and FMAs per 4 channels, each twice through L1
// Registers  R0  args    R1  addresses    R2  dst of these channels    R3  channels left, bytes    R4  channel offset, bytes
//            R5  posStride    R6  tmp    R7–R12 addresses, R13 walks dst or tmp
//            V0–V5  d    V6–V11  results    V12 scratch    V13, V14, V15  4, 5, 2
// Phases     channel block → columns (to tmp) → rows (to dst)

// Bᵀ of V0–V5 into V6–V11. Clobbers V0, V3, V4, V5, V12.
#define WINO_B \
	VMOV V4.B16, V6.B16 \
	FMLS(2, 14, 6) \
	FMLA(0, 13, 6) /* 4·d0 + (d4 − 5·d2) */ \
	VMOV V5.B16, V11.B16 \
	FMLS(3, 14, 11) \
	FMLA(1, 13, 11) /* 4·d1 + (d5 − 5·d3) */ \
	VMOV V4.B16, V12.B16 \
	FMLS(2, 13, 12) /* a = d4 − 4·d2 */ \
	VMOV V3.B16, V0.B16 \
	FMLS(1, 13, 0) /* b = d3 − 4·d1 */ \
	FADD(0, 12, 7) \
	FSUB(0, 12, 8) \
	FSUB(2, 4, 4) /* c = d4 − d2 */ \
	FSUB(1, 3, 3) /* e = d3 − d1 */ \
	VMOV V4.B16, V9.B16 \
	FMLA(3, 15, 9) \
	VMOV V4.B16, V10.B16 \
	FMLS(3, 15, 10)

// Pixels (0…5, col) of the tile to tmp[0…5][col].
#define COLUMN(col) \
	MOVD ((0*6+col)*8)(R1), R7 \
	MOVD ((1*6+col)*8)(R1), R8 \
	MOVD ((2*6+col)*8)(R1), R9 \
	MOVD ((3*6+col)*8)(R1), R10 \
	MOVD ((4*6+col)*8)(R1), R11 \
	MOVD ((5*6+col)*8)(R1), R12 \
	ADD  R4, R7 \
	ADD  R4, R8 \
	ADD  R4, R9 \
	ADD  R4, R10 \
	ADD  R4, R11 \
	ADD  R4, R12 \
	VLD1 (R7), [V0.B16] \
	VLD1 (R8), [V1.B16] \
	VLD1 (R9), [V2.B16] \
	VLD1 (R10), [V3.B16] \
	VLD1 (R11), [V4.B16] \
	VLD1 (R12), [V5.B16] \
	WINO_B \
	ADD  $(col*16), R6, R13 \
	FMOVQ F6, (0*96)(R13) \
	FMOVQ F7, (1*96)(R13) \
	FMOVQ F8, (2*96)(R13) \
	FMOVQ F9, (3*96)(R13) \
	FMOVQ F10, (4*96)(R13) \
	FMOVQ F11, (5*96)(R13)

// One row of tmp to six positions from R13 on.
#define ROW(row) \
	FMOVQ (row*96+0)(R6), F0 \
	FMOVQ (row*96+16)(R6), F1 \
	FMOVQ (row*96+32)(R6), F2 \
	FMOVQ (row*96+48)(R6), F3 \
	FMOVQ (row*96+64)(R6), F4 \
	FMOVQ (row*96+80)(R6), F5 \
	WINO_B \
	VST1 [V6.B16], (R13) \
	ADD  R5, R13 \
	VST1 [V7.B16], (R13) \
	ADD  R5, R13 \
	VST1 [V8.B16], (R13) \
	ADD  R5, R13 \
	VST1 [V9.B16], (R13) \
	ADD  R5, R13 \
	VST1 [V10.B16], (R13) \
	ADD  R5, R13 \
	VST1 [V11.B16], (R13) \
	ADD  R5, R13

// func wino43InputF32NEON(a *winoInputArgs)
TEXT ·wino43InputF32NEON(SB), NOSPLIT, $0-8
	MOVD  a+0(FP), R0
	MOVD  winoInputArgs_ptrs(R0), R1
	MOVD  winoInputArgs_dst(R0), R2
	MOVD  winoInputArgs_posStride(R0), R5
	MOVD  winoInputArgs_c(R0), R3
	LSL   $2, R3
	ADD   $winoInputArgs_tmp, R0, R6
	FMOVS $4.0, F13
	VDUP  V13.S[0], V13.S4
	FMOVS $5.0, F14
	VDUP  V14.S[0], V14.S4
	FMOVS $2.0, F15
	VDUP  V15.S[0], V15.S4
	MOVD  $0, R4

channels:
	COLUMN(0)
	COLUMN(1)
	COLUMN(2)
	COLUMN(3)
	COLUMN(4)
	COLUMN(5)
	ADD  R4, R2, R13
	ROW(0)
	ROW(1)
	ROW(2)
	ROW(3)
	ROW(4)
	ROW(5)
	ADD  $16, R4
	SUBS $16, R3
	BGT  channels
	RET

// f32_wino43output_4x4__neon — Winograd F(4,3) output transform of one tile, 4 channels at a time.
//
// Computes   dst[y][x][k] = clamp((Aᵀ m A)[y][x] + bias[k])
// Reference  wino43OutputF32Generic (wino_tile.go)
// Requires   NEON
// Layout     src [36] × posStride bytes; dst NHWC
// Contract   cols ≥ 1, src and bias readable to the next multiple of 4; 1 ≤ rows, columns ≤ 4; no over-write
// Bound      36 loads + 16 stores + 110 additions and FMAs per 4 channels
// Registers  R0  args    R1  src    R2  dst    R3  channels left    R5  posStride    R6  tmp    R7  bias
//            R8  pixStride    R9  columns    R10 rows left    R11 row of dst    R12 pixel    R13 walks src, tmp    R14 6·posStride
//            R16 0 if hi is infinite
//            V0–V5  m    V6–V9  results    V10 bias    V11 lo    V12 hi    V13, V14, V15  4, 8, 2
// Phases     channel block → columns (to tmp) → rows → pixel | pixel_tail

// Aᵀ of V0–V5 into V6–V9. Clobbers V1, V2.
#define WINO_A \
	FADD(1, 2, 6) /* s = m1 + m2 */ \
	FSUB(2, 1, 7) /* d = m1 − m2 */ \
	FADD(3, 4, 1) /* p = m3 + m4 */ \
	FSUB(4, 3, 2) /* q = m3 − m4 */ \
	VMOV V6.B16, V8.B16 \
	FADD(0, 6, 6) \
	FADD(1, 6, 6) /* m0 + s + p */ \
	FADD(5, 7, 9) \
	FMLA(2, 14, 9) /* d + 8·q + m5 */ \
	FMLA(2, 15, 7) /* d + 2·q */ \
	FMLA(1, 13, 8) /* s + 4·p */

#define OUT_COLUMN(col) \
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
	WINO_A \
	ADD  $(col*16), R6, R13 \
	FMOVQ F6, (0*96)(R13) \
	FMOVQ F7, (1*96)(R13) \
	FMOVQ F8, (2*96)(R13) \
	FMOVQ F9, (3*96)(R13)

// Bias and bounds of a row's four results; together, for each is a chain of three.
#define EACH4(OP, m) \
	OP(m, 6, 6) \
	OP(m, 7, 7) \
	OP(m, 8, 8) \
	OP(m, 9, 9)

#define WINO_FINISH \
	EACH4(FADD, 10) \
	EACH4(FMAX, 11) \
	CBZW R16, bounded \
	EACH4(FMIN, 12) \
bounded:

#define PIXEL(V) \
	VST1 [V.B16], (R12) \
	ADD  R8, R12

// As PIXEL, but of R3 < 4 channels.
#define PIXEL_TAIL(V, l2, l1) \
	MOVD R12, R15 \
	TBZ  $1, R3, l2 \
	VST1.P V.D[0], 8(R15) \
	VEXT $8, V.B16, V.B16, V.B16 \
l2: \
	TBZ  $0, R3, l1 \
	VST1 V.S[0], (R15) \
l1: \
	ADD  R8, R12

// The output transform by WINO_A and WINO_FINISH. Of two columns V is the second one, of two rows the one `skip` bytes of
// tmp beyond the next.
#define WINO_OUTPUT(V, skip) \
	MOVD  a+0(FP), R0 \
	MOVD  winoOutputArgs_src(R0), R1 \
	MOVD  winoOutputArgs_dst(R0), R2 \
	MOVD  winoOutputArgs_cols(R0), R3 \
	MOVD  winoOutputArgs_posStride(R0), R5 \
	ADD   $winoOutputArgs_tmp, R0, R6 \
	MOVD  winoOutputArgs_bias(R0), R7 \
	MOVD  winoOutputArgs_pixStride(R0), R8 \
	MOVD  winoOutputArgs_columns(R0), R9 \
	ADD   R5<<1, R5, R14 \
	LSL   $1, R14 \
	ADD   $winoOutputArgs_lo, R0, R13 \
	VLD1R (R13), [V11.S4] \
	ADD   $winoOutputArgs_hi, R0, R13 \
	VLD1R (R13), [V12.S4] \
	NO_BOUND(V12, R16) \
	FMOVS $4.0, F13 \
	VDUP  V13.S[0], V13.S4 \
	FMOVS $8.0, F14 \
	VDUP  V14.S[0], V14.S4 \
	FMOVS $2.0, F15 \
	VDUP  V15.S[0], V15.S4 \
out_channels: \
	MOVD R1, R4 \
	OUT_COLUMN(0) \
	OUT_COLUMN(1) \
	OUT_COLUMN(2) \
	OUT_COLUMN(3) \
	OUT_COLUMN(4) \
	OUT_COLUMN(5) \
	VLD1.P 16(R7), [V10.B16] \
	MOVD   winoOutputArgs_rows(R0), R10 \
	MOVD   R2, R11 \
	MOVD   R6, R13 \
out_row: \
	VLD1.P 64(R13), [V0.B16, V1.B16, V2.B16, V3.B16] \
	VLD1.P 32(R13), [V4.B16, V5.B16] \
	WINO_A \
	WINO_FINISH \
	MOVD   R11, R12 \
	CMP    $4, R3 \
	BLT    pixel_tail \
	PIXEL(V6) \
	CMP    $2, R9 \
	BLT    out_row_done \
	BEQ    second_pixel \
	PIXEL(V7) \
	PIXEL(V8) \
	CMP    $4, R9 \
	BLT    out_row_done \
	PIXEL(V9) \
	B      out_row_done \
second_pixel: \
	PIXEL(V) \
	B      out_row_done \
pixel_tail: \
	PIXEL_TAIL(V6, p0_2, p0_1) \
	CMP  $2, R9 \
	BLT  out_row_done \
	BEQ  second_tail \
	PIXEL_TAIL(V7, p1_2, p1_1) \
	PIXEL_TAIL(V8, p2_2, p2_1) \
	CMP  $4, R9 \
	BLT  out_row_done \
	PIXEL_TAIL(V9, p3_2, p3_1) \
	B    out_row_done \
second_tail: \
	PIXEL_TAIL(V, p_2, p_1) \
out_row_done: \
	MOVD winoOutputArgs_rows(R0), R15 \
	CMP  $2, R15 \
	BNE  out_next_row \
	ADD  $skip, R13 \
out_next_row: \
	MOVD winoOutputArgs_rowStride(R0), R15 \
	ADD  R15, R11 \
	SUBS $1, R10 \
	BNE  out_row \
	ADD  $16, R1 \
	ADD  $16, R2 \
	SUBS $4, R3 \
	BGT  out_channels \
	RET

// func wino43OutputF32NEON(a *winoOutputArgs)
TEXT ·wino43OutputF32NEON(SB), NOSPLIT, $0-8
	WINO_OUTPUT(V9, 192)

// f32_wino34output_3x3__neon — Winograd F(3,4) output transform of one tile, 4 channels at a time.
//
// Computes   dst[y][x][k] = clamp((Aᵀ m A)[y][x] + bias[k])
// Reference  wino34OutputF32Generic (wino_tile.go)
// Requires   NEON
// Layout     src [36] × posStride bytes; dst NHWC
// Contract   cols ≥ 1, src and bias readable to the next multiple of 4; 1 ≤ rows, columns ≤ 3; no over-write
// Bound      36 loads + 9 stores + 100 additions and FMAs per 4 channels
// Registers  as wino43OutputF32NEON; V9 and V14 are not used
// Phases     channel block → columns (to tmp) → rows → pixel | pixel_tail

#undef WINO_A
#undef WINO_FINISH

#define EACH3(OP, m) \
	OP(m, 6, 6) \
	OP(m, 7, 7) \
	OP(m, 8, 8)

#define WINO_FINISH \
	EACH3(FADD, 10) \
	EACH3(FMAX, 11) \
	CBZW R16, bounded \
	EACH3(FMIN, 12) \
bounded:

// Aᵀ of V0–V5 into V6–V8. Clobbers V1, V2.
#define WINO_A \
	FADD(1, 2, 6) /* s = m1 + m2 */ \
	FSUB(2, 1, 7) /* d = m1 − m2 */ \
	FADD(3, 4, 1) /* p = m3 + m4 */ \
	FSUB(4, 3, 2) /* q = m3 − m4 */ \
	FADD(5, 6, 8) \
	FADD(0, 6, 6) \
	FADD(1, 6, 6) /* m0 + s + p */ \
	FMLA(2, 15, 7) /* d + 2·q */ \
	FMLA(1, 13, 8) /* s + 4·p + m5 */

// func wino34OutputF32NEON(a *winoOutputArgs)
TEXT ·wino34OutputF32NEON(SB), NOSPLIT, $0-8
	WINO_OUTPUT(V7, 0)
