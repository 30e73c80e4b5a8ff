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
// Bound      64 DOT per 8 loads of input and 8 of weights, four groups; all loads together, for in-order cores
// Tile       col →  0–3   4–7        Registers
//   pixel 0         V16   V17          R0  args    R1  row addresses    R2  w    R3  taps left    R4  index into rows
//   …                                  R5–R12  ends of the input rows, less 16    V0–V7  four groups of each row
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

// Four groups of each row and their weights, and the index of the next: all together, for an in-order core makes a load
// wait for the products before it. Sets the flags to what is left.
#define LOADS \
	CONST80 \
	WORD $0x3ce468a0; /* arm64: ldr q0, [x5, x4] */ \
	WORD $0x3ce468c1; /* arm64: ldr q1, [x6, x4] */ \
	WORD $0x3ce468e2; /* arm64: ldr q2, [x7, x4] */ \
	WORD $0x3ce46903; /* arm64: ldr q3, [x8, x4] */ \
	WORD $0x3ce46924; /* arm64: ldr q4, [x9, x4] */ \
	WORD $0x3ce46945; /* arm64: ldr q5, [x10, x4] */ \
	WORD $0x3ce46966; /* arm64: ldr q6, [x11, x4] */ \
	WORD $0x3ce46987; /* arm64: ldr q7, [x12, x4] */ \
	ADDS $16, R4 \
	FMOVQ 0(R2), F8 \
	FMOVQ 16(R2), F9 \
	FMOVQ 32(R2), F10 \
	FMOVQ 48(R2), F11 \
	FMOVQ 80(R2), F13 \
	FMOVQ 96(R2), F14 \
	FMOVQ 112(R2), F15 \
	FIX(0, V0) \
	FIX(1, V1) \
	FIX(2, V2) \
	FIX(3, V3) \
	FIX(4, V4) \
	FIX(5, V5) \
	FIX(6, V6) \
	FIX(7, V7) \
	FMOVQ 64(R2), F12 \
	ADD $128, R2

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
	MOVD convTileArgs_ptrs(R0), R1
	MOVD convTileArgs_dst(R0), R13
	MOVD convTileArgs_dstStride(R0), R14
	MOVD convTileArgs_cols(R0), R15
	MOVD convTileArgs_tiles(R0), R19

tile:
	MOVD convTileArgs_bias(R0), R3
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
	MOVD convTileArgs_w(R0), R2
	MOVD convTileArgs_taps(R0), R3

tap:
	LDP.P 16(R1), (R5, R6)
	LDP.P 16(R1), (R7, R8)
	LDP.P 16(R1), (R9, R10)
	LDP.P 16(R1), (R11, R12)
	MOVD  convTileArgs_groups(R0), R4
	LSL   $2, R4
	SUB   $16, R4, R17
	ADD   R17, R5                    // rows are addressed from 16 before their ends, so that one index counts and addresses
	ADD   R17, R6
	ADD   R17, R7
	ADD   R17, R8
	ADD   R17, R9
	ADD   R17, R10
	ADD   R17, R11
	ADD   R17, R12
	NEG   R4, R4
	ADDS  $16, R4
	BGT   tap_tail

	LOADS
	BGT   last

	PCALIGN $16
group_loop:                              // four groups; R4 = 16 − bytes left ≤ 0
	LANE(0, 8, 9)
	LANE(1, 10, 11)
	LANE(2, 12, 13)
	LANE(3, 14, 15)
	LOADS
	BLE   group_loop

last:                                    // the last four groups, nothing left to load
	LANE(0, 8, 9)
	LANE(1, 10, 11)
	LANE(2, 12, 13)
	LANE(3, 14, 15)

tap_tail:
	CMP  $16, R4
	BEQ  tap_done
	CONST80

tail_loop:                               // one group; R4 = 16 − bytes left > 0
	FMOVS (R5)(R4), F0
	FMOVS (R6)(R4), F1
	FMOVS (R7)(R4), F2
	FMOVS (R8)(R4), F3
	FMOVS (R9)(R4), F4
	FMOVS (R10)(R4), F5
	FMOVS (R11)(R4), F6
	FMOVS (R12)(R4), F7
	FLDPQ (R2), (F8, F9)
	FIX(0, V0)
	FIX(1, V1)
	FIX(2, V2)
	FIX(3, V3)
	FIX(4, V4)
	FIX(5, V5)
	FIX(6, V6)
	FIX(7, V7)
	ADD   $32, R2
	ADD   $4, R4
	LANE(0, 8, 9)
	CMP   $16, R4
	BNE   tail_loop

tap_done:
	SUBS $1, R3
	BNE  tap

	FINISH
	MOVD $8, R16
	CMP  $1, R19
	BNE  rows_known
	MOVD convTileArgs_rows(R0), R16

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

