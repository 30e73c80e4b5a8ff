// Body of the 8×8 convolution tiles of arm64: 8 output pixels × 8 output channels, float32 or uint8. Both take four
// bytes of a pixel per step, one float or four bytes, and multiply them by element into eight channels, so they share
// everything but the instruction and the end. The including file defines
//
//	NAME                      the function
//	DOT(m, i, n, d)           d.4s += n · element i of m
//	CONST80                   sets V12 to the constant FIX needs, or nothing
//	FIX(n, V)                 makes bytes just loaded into V fit DOT, or nothing
//	FINISH                    sets V0–V4 to what END needs
//	END(a, b)                 turns accumulators a, b into the pixel's channels
//	STORE8(A, B)              stores eight channels at R13
//	STORE4, STORE2, STORE1(A, B)  store four, two, one at R17, go on, and move the next ones down
//
// Reference  convTileF32Generic, convTileU8Generic (conv_tile.go)
// Layout     src/dst NHWC; w packed [K/8][taps][groups][8] × 4 bytes
// Contract   taps, groups, tiles ≥ 1; 1 ≤ rows, cols ≤ 8; reads whole groups; dst does not alias src
// Bound      64 DOT per 8 loads of input and 8 of weights, four groups; loads stand 16 DOTs before their use, for
//            in-order cores
// Tile       col →  0–3   4–7        Registers
//   pixel 0         V16   V17          R0  args    R1  row addresses    R2  w    R3  taps left    R4  groups left
//   …                                  R5–R12  input rows    V0–V7  four groups of each row
//   pixel 7         V30   V31          V8–V15  weights of four groups    R13, R14, R15  dst, its stride, cols    R16  rows left
// Phases     tile → tap → four groups (pipelined) → one group → finish → store

#define LANE(i, wa, wb) \
	DOT(0, i, wa, 16) \
	DOT(0, i, wb, 17) \
	DOT(1, i, wa, 18) \
	DOT(1, i, wb, 19) \
	DOT(2, i, wa, 20) \
	DOT(2, i, wb, 21) \
	DOT(3, i, wa, 22) \
	DOT(3, i, wb, 23) \
	DOT(4, i, wa, 24) \
	DOT(4, i, wb, 25) \
	DOT(5, i, wa, 26) \
	DOT(5, i, wb, 27) \
	DOT(6, i, wa, 28) \
	DOT(6, i, wb, 29) \
	DOT(7, i, wa, 30) \
	DOT(7, i, wb, 31)

#define STORE(a, b, A, B) \
	END(a, b) \
	STORE8(A, B) \
	ADD  R14, R13 \
	SUBS $1, R16 \
	BEQ  tile_done

// As STORE, but of R15 < 8 channels.
#define STORE_TAIL(a, b, A, B, l4, l2, l1) \
	END(a, b) \
	MOVD R13, R17 \
	TBZ  $2, R15, l4 \
	STORE4(A, B) \
l4: \
	TBZ  $1, R15, l2 \
	STORE2(A) \
l2: \
	TBZ  $0, R15, l1 \
	STORE1(A) \
l1: \
	ADD  R14, R13 \
	SUBS $1, R16 \
	BEQ  tile_done

TEXT NAME(SB), NOSPLIT, $0-8
	MOVD a+0(FP), R0
	MOVD ConvTile_ptrs(R0), R1
	MOVD ConvTile_dst(R0), R13
	MOVD ConvTile_dstStride(R0), R14
	MOVD ConvTile_cols(R0), R15
	MOVD ConvTile_tiles(R0), R19

tile:
	MOVD ConvTile_bias(R0), R3
	VLD1 (R3), [V16.B16, V17.B16]    // every pixel starts from the bias
	VMOV V16.B16, V18.B16
	VMOV V17.B16, V19.B16
	VMOV V16.B16, V20.B16
	VMOV V17.B16, V21.B16
	VMOV V16.B16, V22.B16
	VMOV V17.B16, V23.B16
	VMOV V16.B16, V24.B16
	VMOV V17.B16, V25.B16
	VMOV V16.B16, V26.B16
	VMOV V17.B16, V27.B16
	VMOV V16.B16, V28.B16
	VMOV V17.B16, V29.B16
	VMOV V16.B16, V30.B16
	VMOV V17.B16, V31.B16
	MOVD ConvTile_w(R0), R2
	MOVD ConvTile_taps(R0), R3

tap:
	LDP.P 16(R1), (R5, R6)
	LDP.P 16(R1), (R7, R8)
	LDP.P 16(R1), (R9, R10)
	LDP.P 16(R1), (R11, R12)
	MOVD  ConvTile_groups(R0), R4
	SUBS  $4, R4
	BLT   tap_tail
	CONST80
	VLD1.P 16(R5), [V0.B16]
	VLD1.P 16(R6), [V1.B16]
	VLD1.P 16(R7), [V2.B16]
	VLD1.P 16(R8), [V3.B16]
	VLD1.P 16(R9), [V4.B16]
	VLD1.P 16(R10), [V5.B16]
	VLD1.P 16(R11), [V6.B16]
	VLD1.P 16(R12), [V7.B16]
	FIX(0, V0)
	FIX(1, V1)
	FIX(2, V2)
	FIX(3, V3)
	FIX(4, V4)
	FIX(5, V5)
	FIX(6, V6)
	FIX(7, V7)
	VLD1.P 64(R2), [V8.B16, V9.B16, V10.B16, V11.B16]
	VLD1.P 64(R2), [V12.B16, V13.B16, V14.B16, V15.B16]
	SUBS   $4, R4
	BLT    last

group_loop:                              // four groups; each register is loaded anew once it was used for the last time
	LANE(0, 8, 9)
	VLD1.P 32(R2), [V8.B16, V9.B16]
	LANE(1, 10, 11)
	VLD1.P 32(R2), [V10.B16, V11.B16]
	LANE(2, 12, 13)
	CONST80
	DOT(0, 3, 14, 16)
	DOT(0, 3, 15, 17)
	VLD1.P 16(R5), [V0.B16]
	DOT(1, 3, 14, 18)
	DOT(1, 3, 15, 19)
	VLD1.P 16(R6), [V1.B16]
	DOT(2, 3, 14, 20)
	DOT(2, 3, 15, 21)
	VLD1.P 16(R7), [V2.B16]
	FIX(0, V0)
	DOT(3, 3, 14, 22)
	DOT(3, 3, 15, 23)
	VLD1.P 16(R8), [V3.B16]
	FIX(1, V1)
	DOT(4, 3, 14, 24)
	DOT(4, 3, 15, 25)
	VLD1.P 16(R9), [V4.B16]
	FIX(2, V2)
	DOT(5, 3, 14, 26)
	DOT(5, 3, 15, 27)
	VLD1.P 16(R10), [V5.B16]
	FIX(3, V3)
	DOT(6, 3, 14, 28)
	DOT(6, 3, 15, 29)
	VLD1.P 16(R11), [V6.B16]
	FIX(4, V4)
	DOT(7, 3, 14, 30)
	DOT(7, 3, 15, 31)
	VLD1.P 16(R12), [V7.B16]
	FIX(5, V5)
	FIX(6, V6)
	FIX(7, V7)
	VLD1.P 64(R2), [V12.B16, V13.B16, V14.B16, V15.B16]
	SUBS   $4, R4
	BGE    group_loop

last:                                    // the last four groups, nothing left to load
	LANE(0, 8, 9)
	LANE(1, 10, 11)
	LANE(2, 12, 13)
	LANE(3, 14, 15)

tap_tail:
	ADDS $4, R4
	BEQ  tap_done
	CONST80

tail_loop:                               // one group
	VLD1.P 4(R5), V0.S[0]
	VLD1.P 4(R6), V1.S[0]
	VLD1.P 4(R7), V2.S[0]
	VLD1.P 4(R8), V3.S[0]
	VLD1.P 4(R9), V4.S[0]
	VLD1.P 4(R10), V5.S[0]
	VLD1.P 4(R11), V6.S[0]
	VLD1.P 4(R12), V7.S[0]
	VLD1.P 32(R2), [V8.B16, V9.B16]
	FIX(0, V0)
	FIX(1, V1)
	FIX(2, V2)
	FIX(3, V3)
	FIX(4, V4)
	FIX(5, V5)
	FIX(6, V6)
	FIX(7, V7)
	LANE(0, 8, 9)
	SUBS $1, R4
	BNE  tail_loop

tap_done:
	SUBS $1, R3
	BNE  tap

	FINISH
	MOVD $8, R16
	CMP  $1, R19
	BNE  rows_known
	MOVD ConvTile_rows(R0), R16

rows_known:
	CMP   $8, R15
	BNE   store_tail
	STORE(16, 17, V16, V17)
	STORE(18, 19, V18, V19)
	STORE(20, 21, V20, V21)
	STORE(22, 23, V22, V23)
	STORE(24, 25, V24, V25)
	STORE(26, 27, V26, V27)
	STORE(28, 29, V28, V29)
	STORE(30, 31, V30, V31)

store_tail:
	STORE_TAIL(16, 17, V16, V17, row0_4, row0_2, row0_1)
	STORE_TAIL(18, 19, V18, V19, row1_4, row1_2, row1_1)
	STORE_TAIL(20, 21, V20, V21, row2_4, row2_2, row2_1)
	STORE_TAIL(22, 23, V22, V23, row3_4, row3_2, row3_1)
	STORE_TAIL(24, 25, V24, V25, row4_4, row4_2, row4_1)
	STORE_TAIL(26, 27, V26, V27, row5_4, row5_2, row5_1)
	STORE_TAIL(28, 29, V28, V29, row6_4, row6_2, row6_1)
	STORE_TAIL(30, 31, V30, V31, row7_4, row7_2, row7_1)

tile_done:
	SUBS $1, R19
	BNE  tile
	RET

