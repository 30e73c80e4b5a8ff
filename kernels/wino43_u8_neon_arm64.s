//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"
#include "winooutput_u8_arm64.h"

// u8_wino43input_6x6__neon — quantised Winograd F(4,3) input transform of one 6×6 tile, 8 channels at a time.
//
// Computes   v[pos][c] = (Bᵀ d B)[pos] in int16, exactly: |v| ≤ 100·255
// Reference  wino43InputU8Generic (wino_tile_u8.go)
// Requires   NEON
// Layout     src NHWC uint8 through 36 addresses; dst [36] × posStride bytes of int16
// Contract   c a multiple of 8, ≥ 8; no over-read
// Bound      36 loads of 8 bytes + 36 stores + 204 additions and shifts per 8 channels, each store and load once more
// Registers  R0  args    R1  addresses    R2  dst of these channels    R3  channels left    R4  channel    R5  posStride
//            R6  tmp    R7–R12 addresses    R13 walks dst    V0–V5  d    V6–V11  results    V12 scratch
// Phases     channel block → columns (to tmp) → rows (to dst)

// Bᵀ of V0–V5 into V6–V11. Clobbers V0–V5, V12.
#define WINO_B \
	VSUB V2.H8, V4.H8, V12.H8 /* c = d4 − d2 */ \
	VSUB V2.H8, V0.H8, V0.H8 \
	VSUB V3.H8, V5.H8, V5.H8 \
	VSHL $2, V0.H8, V0.H8 \
	VSHL $2, V2.H8, V2.H8 \
	VSUB V1.H8, V3.H8, V10.H8 /* d3 − d1 */ \
	VSHL $2, V1.H8, V1.H8 \
	VADD V12.H8, V0.H8, V6.H8 /* 4·(d0 − d2) + c */ \
	VSUB V2.H8, V4.H8, V4.H8 /* a = d4 − 4·d2 */ \
	VSHL $2, V10.H8, V11.H8 \
	VSUB V1.H8, V3.H8, V3.H8 /* b = d3 − 4·d1 */ \
	VADD V10.H8, V10.H8, V10.H8 /* e = 2·(d3 − d1) */ \
	VSUB V11.H8, V5.H8, V11.H8 /* (d5 − d3) − 4·(d3 − d1) */ \
	VADD V3.H8, V4.H8, V7.H8 \
	VSUB V3.H8, V4.H8, V8.H8 \
	VADD V10.H8, V12.H8, V9.H8 \
	VSUB V10.H8, V12.H8, V10.H8

// Pixels (0…5, col) of the tile to tmp[0…5][col].
#define COLUMN(col) \
	MOVD ((0*6+col)*8)(R1), R7 \
	MOVD ((1*6+col)*8)(R1), R8 \
	MOVD ((2*6+col)*8)(R1), R9 \
	MOVD ((3*6+col)*8)(R1), R10 \
	MOVD ((4*6+col)*8)(R1), R11 \
	MOVD ((5*6+col)*8)(R1), R12 \
	FMOVD (R7)(R4), F0 \
	FMOVD (R8)(R4), F1 \
	FMOVD (R9)(R4), F2 \
	FMOVD (R10)(R4), F3 \
	FMOVD (R11)(R4), F4 \
	FMOVD (R12)(R4), F5 \
	VUXTL V0.B8, V0.H8 \
	VUXTL V1.B8, V1.H8 \
	VUXTL V2.B8, V2.H8 \
	VUXTL V3.B8, V3.H8 \
	VUXTL V4.B8, V4.H8 \
	VUXTL V5.B8, V5.H8 \
	WINO_B \
	FMOVQ F6, (0*96+col*16)(R6) \
	FMOVQ F7, (1*96+col*16)(R6) \
	FMOVQ F8, (2*96+col*16)(R6) \
	FMOVQ F9, (3*96+col*16)(R6) \
	FMOVQ F10, (4*96+col*16)(R6) \
	FMOVQ F11, (5*96+col*16)(R6)

// One row of tmp to six positions from R13 on, which goes on to the next.
#define ROW(row) \
	FLDPQ (row*96+0)(R6), (F0, F1) \
	FLDPQ (row*96+32)(R6), (F2, F3) \
	FLDPQ (row*96+64)(R6), (F4, F5) \
	WINO_B \
	VST1.P [V6.B16], (R13)(R5) \
	VST1.P [V7.B16], (R13)(R5) \
	VST1.P [V8.B16], (R13)(R5) \
	VST1.P [V9.B16], (R13)(R5) \
	VST1.P [V10.B16], (R13)(R5) \
	VST1.P [V11.B16], (R13)(R5)

// func wino43InputU8NEON(a *winoInputArgs)
TEXT ·wino43InputU8NEON(SB), NOSPLIT, $0-8
	MOVD a+0(FP), R0
	MOVD winoInputArgs_ptrs(R0), R1
	MOVD winoInputArgs_dst(R0), R2
	MOVD winoInputArgs_posStride(R0), R5
	MOVD winoInputArgs_c(R0), R3
	ADD  $winoInputArgs_tmp, R0, R6
	MOVD $0, R4

channels:
	COLUMN(0)
	COLUMN(1)
	COLUMN(2)
	COLUMN(3)
	COLUMN(4)
	COLUMN(5)
	ADD  R4<<1, R2, R13
	ROW(0)
	ROW(1)
	ROW(2)
	ROW(3)
	ROW(4)
	ROW(5)
	ADD  $8, R4
	SUBS $8, R3
	BGT  channels
	RET

// u8_wino43output_4x4__neon — quantised Winograd F(4,3) output transform of one tile, 4 channels at a time.
//
// Computes   see winoOutputArgs (wino_tile.go)
// Reference  wino43OutputU8Generic (wino_tile_u8.go)
// Requires   NEON
// Layout     src int32 [36] × posStride bytes; dst NHWC uint8
// Contract   cols ≥ 1; src, bias and scale readable to the next multiple of 4; 1 ≤ rows, columns ≤ 4; no over-write
// Bound      36 loads + 141 additions and shifts + 16 requantisations of 4 operations + 4 × 10 to pack, per 4 channels
// Registers  as winooutput_u8_arm64.h says; R4  a column of src    R6  tmp    R13 walks src, tmp    R14 6·posStride
//            V0–V5  m    V6–V9  results    V15 1/9 modulo 2³²
// Phases     channel block → columns (to tmp) → rows → pixel | pixel_tail

// Aᵀ of V0–V5 into V6–V9. Clobbers V1–V5.
#define WINO_A \
	VADD V1.S4, V2.S4, V6.S4 /* s = m1 + m2 */ \
	VSUB V2.S4, V1.S4, V7.S4 /* d = m1 − m2 */ \
	VADD V3.S4, V4.S4, V1.S4 /* p = m3 + m4 */ \
	VSUB V4.S4, V3.S4, V2.S4 /* q = m3 − m4 */ \
	VADD V5.S4, V5.S4, V5.S4 \
	VSHL $2, V1.S4, V3.S4 \
	VSHL $3, V2.S4, V4.S4 \
	VADD V2.S4, V2.S4, V2.S4 \
	VADD V5.S4, V7.S4, V9.S4 \
	VADD V3.S4, V6.S4, V8.S4 /* s + 4·p */ \
	VADD V0.S4, V6.S4, V6.S4 \
	VADD V2.S4, V7.S4, V7.S4 /* d + 2·q */ \
	VADD V4.S4, V9.S4, V9.S4 /* d + 8·q + 2·m5 */ \
	VADD V1.S4, V6.S4, V6.S4 /* m0 + s + p */

#define NO_BIAS
#define ADD_BIAS VADD V10.S4, V1.S4, V1.S4 // position (1, 1) counts once in each output

#define OUT_COLUMN(col, bias) \
	MOVD   R4, R13 \
	VLD1.P (R13)(R14), [V0.B16] \
	VLD1.P (R13)(R14), [V1.B16] \
	VLD1.P (R13)(R14), [V2.B16] \
	VLD1.P (R13)(R14), [V3.B16] \
	VLD1.P (R13)(R14), [V4.B16] \
	VLD1   (R13), [V5.B16] \
	ADD    R5, R4 \
	bias \
	WINO_A \
	FMOVQ F6, (0*96+col*16)(R6) \
	FMOVQ F7, (1*96+col*16)(R6) \
	FMOVQ F8, (2*96+col*16)(R6) \
	FMOVQ F9, (3*96+col*16)(R6)

// func wino43OutputU8NEON(a *winoOutputArgs)
TEXT ·wino43OutputU8NEON(SB), NOSPLIT, $0-8
	MOVD a+0(FP), R0
	OUTPUT_CONSTANTS
	ADD  $winoOutputArgs_tmp, R0, R6
	ADD  R5<<1, R5, R14
	LSL  $1, R14
	MOVW $0x38e38e39, R13
	VDUP R13, V15.S4

out_channels:
	VLD1.P 16(R7), [V10.B16]
	VLD1.P 16(R16), [V11.B16]
	MOVD R1, R4
	OUT_COLUMN(0, NO_BIAS)
	OUT_COLUMN(1, ADD_BIAS)
	OUT_COLUMN(2, NO_BIAS)
	OUT_COLUMN(3, NO_BIAS)
	OUT_COLUMN(4, NO_BIAS)
	OUT_COLUMN(5, NO_BIAS)
	MOVD R20, R10
	MOVD R2, R11
	MOVD R6, R13

out_row:
	VLD1.P 64(R13), [V0.B16, V1.B16, V2.B16, V3.B16]
	VLD1.P 32(R13), [V4.B16, V5.B16]
	WINO_A
	MULW(15, 6, 6)                   // 576·acc to 64·acc
	MULW(15, 7, 7)
	MULW(15, 8, 8)
	MULW(15, 9, 9)
	REQUANTISE4(6, 7, 8, 9, V6)
	MOVD R11, R12
	CMP  $4, R3
	BLT  pixel_tail
	VST1 V6.S[0], (R12)
	CMP  $2, R9
	BLT  out_row_done
	ADD  R8, R12
	BEQ  second_pixel                // the last of four
	VST1 V6.S[1], (R12)
	ADD  R8, R12
	VST1 V6.S[2], (R12)
	CMP  $4, R9
	BLT  out_row_done
	ADD  R8, R12

second_pixel:
	VST1 V6.S[3], (R12)

out_row_done:
	ADD  R19, R11
	CMP  $2, R20
	BNE  out_next_row
	ADD  $192, R13                   // the first and the last of four

out_next_row:
	SUBS $1, R10
	BNE  out_row
	ADD  $16, R1
	ADD  $4, R2
	SUBS $4, R3
	BGT  out_channels
	RET

pixel_tail:                              // R3 < 4 channels
	STORE_TAIL(V6, 0, 0, 2, p0_1, p0)
	CMP  $2, R9
	BLT  out_row_done
	ADD  R8, R12
	BEQ  second_tail
	STORE_TAIL(V6, 2, 4, 6, p1_1, p1)
	ADD  R8, R12
	STORE_TAIL(V6, 4, 8, 10, p2_1, p2)
	CMP  $4, R9
	BLT  out_row_done
	ADD  R8, R12

second_tail:
	STORE_TAIL(V6, 6, 12, 14, p3_1, p3)
	B    out_row_done
