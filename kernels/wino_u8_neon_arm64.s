//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"
#include "winooutput_u8_arm64.h"

// u8_wino23input_4x4__neon — quantised Winograd F(2,3) input transform of one 4×4 tile, 8 channels at a time.
//
// Computes   v[pos][c] = (Bᵀ d B)[pos] in int16
// Reference  wino23InputU8Generic (wino_tile_u8.go)
// Requires   NEON
// Layout     src NHWC uint8 through 16 addresses; dst [16] × posStride bytes of int16
// Contract   c a multiple of 8, ≥ 8; no over-read
// Bound      16 loads of 8 bytes + 32 additions + 16 stores per 8 channels
// Registers  R0  args    R1  addresses    R2  dst    R3  channels left    R4  channel    R5  posStride
//            R7–R10 addresses    R13 walks dst    V0–V3, V4–V7  rows 1 and 2 of d    V8–V11  one row of Bᵀd    V12–V15 results

// Widen channels R4…R4+7 of the four pixels of one row of the tile.
#define LOAD_ROW(row, a, b, c, d, A, B, C, D) \
	LDP   (row*32)(R1), (R7, R8) \
	LDP   (row*32+16)(R1), (R9, R10) \
	FMOVD (R7)(R4), a \
	FMOVD (R8)(R4), b \
	FMOVD (R9)(R4), c \
	FMOVD (R10)(R4), d \
	VUXTL A.B8, A.H8 \
	VUXTL B.B8, B.H8 \
	VUXTL C.B8, C.H8 \
	VUXTL D.B8, D.H8

// The row of Bᵀd in V8–V11 times B, to four positions from R13 on, which goes on to the next row.
#define STORE_ROW \
	VSUB   V10.H8, V8.H8, V12.H8 \
	VADD   V10.H8, V9.H8, V13.H8 \
	VSUB   V9.H8, V10.H8, V14.H8 \
	VSUB   V11.H8, V9.H8, V15.H8 \
	VST1.P [V12.B16], (R13)(R5) \
	VST1.P [V13.B16], (R13)(R5) \
	VST1.P [V14.B16], (R13)(R5) \
	VST1.P [V15.B16], (R13)(R5)

// func wino23InputU8NEON(a *winoInputArgs)
TEXT ·wino23InputU8NEON(SB), NOSPLIT, $0-8
	MOVD a+0(FP), R0
	MOVD winoInputArgs_ptrs(R0), R1
	MOVD winoInputArgs_dst(R0), R2
	MOVD winoInputArgs_posStride(R0), R5
	MOVD winoInputArgs_c(R0), R3
	MOVD $0, R4

channels:
	ADD  R4<<1, R2, R13
	LOAD_ROW(1, F0, F1, F2, F3, V0, V1, V2, V3)
	LOAD_ROW(2, F4, F5, F6, F7, V4, V5, V6, V7)
	LOAD_ROW(0, F8, F9, F10, F11, V8, V9, V10, V11)
	VSUB V4.H8, V8.H8, V8.H8         // d0 − d2
	VSUB V5.H8, V9.H8, V9.H8
	VSUB V6.H8, V10.H8, V10.H8
	VSUB V7.H8, V11.H8, V11.H8
	STORE_ROW
	VADD V4.H8, V0.H8, V8.H8         // d1 + d2
	VADD V5.H8, V1.H8, V9.H8
	VADD V6.H8, V2.H8, V10.H8
	VADD V7.H8, V3.H8, V11.H8
	STORE_ROW
	VSUB V0.H8, V4.H8, V8.H8         // d2 − d1
	VSUB V1.H8, V5.H8, V9.H8
	VSUB V2.H8, V6.H8, V10.H8
	VSUB V3.H8, V7.H8, V11.H8
	STORE_ROW
	LOAD_ROW(3, F8, F9, F10, F11, V8, V9, V10, V11)
	VSUB V8.H8, V0.H8, V8.H8         // d1 − d3
	VSUB V9.H8, V1.H8, V9.H8
	VSUB V10.H8, V2.H8, V10.H8
	VSUB V11.H8, V3.H8, V11.H8
	STORE_ROW
	ADD  $8, R4
	SUBS $8, R3
	BGT  channels
	RET

// u8_winogemm_8x8__neon — products of quantised Winograd: 8 tiles × 8 output channels at one position.
//
// Computes   dst[row][k] = Σ_c v[row][c]·u[c][k] in int32, modulo 2³²
// Reference  winoGemmGeneric (wino_tile_u8.go), which takes channels in pairs
// Requires   NEON
// Layout     v int16 through addresses; u int16 packed [C][8]; dst int32, rows dstStride bytes apart
// Contract   groups (channels) a multiple of 8, ≥ 8; tiles ≥ 1; 1 ≤ rows ≤ 8; no over-read
// Bound      128 SMLAL per 8 loads of input and 8 of filters, 8 channels; all loads together, for in-order cores
// Tile       col →  0–3   4–7        Registers
//   row 0           V16   V17          R0  args    R1  row addresses    R2  u    R4  −bytes left
//   …                                  R5–R12  ends of the rows    V0–V7  eight channels of each row    V8–V15  filters
//   row 7           V30   V31          R13, R14  dst, its stride    R16  rows    R19  tiles left
// Phases     tile → eight channels, of eight rows or the last four → store

// Channel i of rows 0–3 and 4–7, times the filters of V8+i.
#define LANE4(i) \
	SMLAL_LANE(0, i, 8+i, 16) \
	SMLAL2_LANE(0, i, 8+i, 17) \
	SMLAL_LANE(1, i, 8+i, 18) \
	SMLAL2_LANE(1, i, 8+i, 19) \
	SMLAL_LANE(2, i, 8+i, 20) \
	SMLAL2_LANE(2, i, 8+i, 21) \
	SMLAL_LANE(3, i, 8+i, 22) \
	SMLAL2_LANE(3, i, 8+i, 23)

#define LANE8(i) \
	LANE4(i) \
	SMLAL_LANE(4, i, 8+i, 24) \
	SMLAL2_LANE(4, i, 8+i, 25) \
	SMLAL_LANE(5, i, 8+i, 26) \
	SMLAL2_LANE(5, i, 8+i, 27) \
	SMLAL_LANE(6, i, 8+i, 28) \
	SMLAL2_LANE(6, i, 8+i, 29) \
	SMLAL_LANE(7, i, 8+i, 30) \
	SMLAL2_LANE(7, i, 8+i, 31)

#define LOAD4 \
	WORD $0x3ce468a0; /* arm64: ldr q0, [x5, x4] */ \
	WORD $0x3ce468c1; /* arm64: ldr q1, [x6, x4] */ \
	WORD $0x3ce468e2; /* arm64: ldr q2, [x7, x4] */ \
	WORD $0x3ce46903; /* arm64: ldr q3, [x8, x4] */

#define LOAD_FILTERS \
	VLD1.P 64(R2), [V8.B16, V9.B16, V10.B16, V11.B16] \
	VLD1.P 64(R2), [V12.B16, V13.B16, V14.B16, V15.B16]

#define STORE_ROW4(A, B, C, D) \
	VST1 [A.B16, B.B16], (R13) \
	ADD  R14, R13 \
	SUBS $1, R16 \
	BEQ  gemm_done \
	VST1 [C.B16, D.B16], (R13) \
	ADD  R14, R13 \
	SUBS $1, R16 \
	BEQ  gemm_done

// func winoGemmNEON(a *convTileArgs)
TEXT ·winoGemmNEON(SB), NOSPLIT, $0-8
	MOVD a+0(FP), R0
	MOVD convTileArgs_ptrs(R0), R1
	MOVD convTileArgs_dst(R0), R13
	MOVD convTileArgs_dstStride(R0), R14
	MOVD convTileArgs_tiles(R0), R19

gemm_tile:
	VEOR V16.B16, V16.B16, V16.B16
	VEOR V17.B16, V17.B16, V17.B16
	VEOR V18.B16, V18.B16, V18.B16
	VEOR V19.B16, V19.B16, V19.B16
	VEOR V20.B16, V20.B16, V20.B16
	VEOR V21.B16, V21.B16, V21.B16
	VEOR V22.B16, V22.B16, V22.B16
	VEOR V23.B16, V23.B16, V23.B16
	MOVD convTileArgs_w(R0), R2
	MOVD convTileArgs_groups(R0), R4
	LSL  $1, R4
	LDP.P 16(R1), (R5, R6)
	LDP.P 16(R1), (R7, R8)
	LDP.P 16(R1), (R9, R10)
	LDP.P 16(R1), (R11, R12)
	ADD  R4, R5
	ADD  R4, R6
	ADD  R4, R7
	ADD  R4, R8
	ADD  R4, R9
	ADD  R4, R10
	ADD  R4, R11
	ADD  R4, R12
	NEG  R4, R4
	MOVD $8, R16
	CMP  $1, R19
	BNE  eight
	MOVD convTileArgs_rows(R0), R16
	CMP  $4, R16
	BLE  gemm_loop4

eight:
	VEOR V24.B16, V24.B16, V24.B16
	VEOR V25.B16, V25.B16, V25.B16
	VEOR V26.B16, V26.B16, V26.B16
	VEOR V27.B16, V27.B16, V27.B16
	VEOR V28.B16, V28.B16, V28.B16
	VEOR V29.B16, V29.B16, V29.B16
	VEOR V30.B16, V30.B16, V30.B16
	VEOR V31.B16, V31.B16, V31.B16

	PCALIGN $16
gemm_loop:                               // R4 = −bytes left < 0
	LOAD4
	WORD $0x3ce46924 // arm64: ldr q4, [x9, x4]
	WORD $0x3ce46945 // arm64: ldr q5, [x10, x4]
	WORD $0x3ce46966 // arm64: ldr q6, [x11, x4]
	WORD $0x3ce46987 // arm64: ldr q7, [x12, x4]
	LOAD_FILTERS
	ADDS $16, R4
	LANE8(0)
	LANE8(1)
	LANE8(2)
	LANE8(3)
	LANE8(4)
	LANE8(5)
	LANE8(6)
	LANE8(7)
	BLT  gemm_loop
	STORE_ROW4(V16, V17, V18, V19)
	STORE_ROW4(V20, V21, V22, V23)
	STORE_ROW4(V24, V25, V26, V27)
	STORE_ROW4(V28, V29, V30, V31)

gemm_done:
	SUBS $1, R19
	BNE  gemm_tile
	RET

	PCALIGN $16
gemm_loop4:                              // the last tile has four rows or less
	LOAD4
	LOAD_FILTERS
	ADDS $16, R4
	LANE4(0)
	LANE4(1)
	LANE4(2)
	LANE4(3)
	LANE4(4)
	LANE4(5)
	LANE4(6)
	LANE4(7)
	BLT  gemm_loop4
	STORE_ROW4(V16, V17, V18, V19)
	STORE_ROW4(V20, V21, V22, V23)
	B    gemm_done

// u8_wino23output_2x2__neon — quantised Winograd F(2,3) output transform of one tile, 4 channels at a time.
//
// Computes   see winoOutputArgs (wino_tile.go)
// Reference  wino23OutputU8Generic (wino_tile_u8.go)
// Requires   NEON
// Layout     src int32 [16] × posStride bytes; dst NHWC uint8
// Contract   cols ≥ 1; src, bias and scale readable to the next multiple of 4; 1 ≤ rows, columns ≤ 2; no over-write
// Bound      16 loads + 25 additions + 4 requantisations of 3 operations + 10 to pack, per 4 channels
// Registers  as winooutput_u8_arm64.h says; R4  a column of src    R13 walks it    R14 4·posStride
//            V0–V3, V4–V7  rows 0 and 1 of Aᵀm    V8, V9, V15 scratch

// Column col of m to rows 0 and 1 of Aᵀm: a = m0 + m1 + m2, b = m1 − m2 − m3. Clobbers V8, V9, V15.
#define OUT_COLUMN(A, B) \
	MOVD   R4, R13 \
	VLD1.P (R13)(R14), [A.B16] \
	VLD1.P (R13)(R14), [V8.B16] \
	VLD1.P (R13)(R14), [V9.B16] \
	VLD1   (R13), [V15.B16] \
	ADD    R5, R4 \
	VADD   V8.S4, A.S4, A.S4 \
	VSUB   V9.S4, V8.S4, B.S4 \
	VADD   V9.S4, A.S4, A.S4 \
	VSUB   V15.S4, B.S4, B.S4

// func wino23OutputU8NEON(a *winoOutputArgs)
TEXT ·wino23OutputU8NEON(SB), NOSPLIT, $0-8
	MOVD a+0(FP), R0
	OUTPUT_CONSTANTS
	LSL  $2, R5, R14

out_channels:
	VLD1.P 16(R7), [V10.B16]
	VLD1.P 16(R16), [V11.B16]
	MOVD R1, R4
	OUT_COLUMN(V0, V4)
	OUT_COLUMN(V1, V5)
	OUT_COLUMN(V2, V6)
	OUT_COLUMN(V3, V7)
	VADD V10.S4, V1.S4, V1.S4        // position (1, 1) counts once in each output
	VADD V10.S4, V5.S4, V5.S4
	VADD V1.S4, V0.S4, V0.S4         // row 0: o0 = m0 + m1 + m2
	VSUB V2.S4, V1.S4, V1.S4         // o1 = m1 − m2 − m3
	VADD V5.S4, V4.S4, V4.S4         // row 1
	VSUB V6.S4, V5.S4, V5.S4
	VADD V2.S4, V0.S4, V0.S4
	VSUB V3.S4, V1.S4, V1.S4
	VADD V6.S4, V4.S4, V4.S4
	VSUB V7.S4, V5.S4, V5.S4
	REQUANTISE4(0, 1, 4, 5, V0)
	MOVD R2, R12
	ADD  R19, R2, R11
	CMP  $4, R3
	BLT  pixel_tail
	VST1 V0.S[0], (R12)
	CMP  $2, R9
	BLT  row_1
	ADD  R8, R12
	VST1 V0.S[1], (R12)

row_1:
	CMP  $2, R20
	BLT  out_next
	VST1 V0.S[2], (R11)
	CMP  $2, R9
	BLT  out_next
	ADD  R8, R11
	VST1 V0.S[3], (R11)

out_next:
	ADD  $16, R1
	ADD  $4, R2
	SUBS $4, R3
	BGT  out_channels
	RET

pixel_tail:                              // R3 < 4 channels
	STORE_TAIL(V0, 0, 0, 2, p0_1, p0)
	CMP  $2, R9
	BLT  tail_row_1
	ADD  R8, R12
	STORE_TAIL(V0, 2, 4, 6, p1_1, p1)

tail_row_1:
	CMP  $2, R20
	BLT  out_next
	MOVD R11, R12
	STORE_TAIL(V0, 4, 8, 10, p2_1, p2)
	CMP  $2, R9
	BLT  out_next
	ADD  R8, R12
	STORE_TAIL(V0, 6, 12, 14, p3_1, p3)
	B    out_next
