// Body of the 8×8 convolution tiles of arm64: 8 output pixels × 8 output channels, float32 or uint8. Those that take four
// bytes of a pixel per step, one float or four bytes, multiply them by element into eight channels, so they share
// everything but the instruction and the end. The including file defines
//
//	NAME                      the function
//	STEP                      PRODUCTS_LOADS; or PRODUCTS_AND_LOADS, if products take an in-order core so long that a load
//	                          between them waits
//	DOT(m, i, n, d)           d.4s += n · element i of m; or PRODUCTS and all that follows it here
//	FINISH                    sets V0–V6 to what END needs
//	PREPARE                   once for all tiles, sets R20–R25 to what START, FINISH and END need
//	RAISE(A, B, C)            adds to A and B what sums start from beside the bias. May clobber C
//	END                       turns V16–V31 into the pixels' channels, in the first of two registers, or both
//	STORE8(A, B)              stores eight channels at R13
//	STORE4, STORE2, STORE1(A, B)  store four, two, one at R17, go on, and move the next ones down
//
// Reference  convTileF32Generic, convTileU8Generic (conv_tile.go)
// Layout     src/dst NHWC; w packed [K/8][taps][groups][8] × 4 bytes
// Contract   taps, groups, tiles ≥ 1; 1 ≤ rows, cols ≤ 8; reads whole groups; dst does not alias src
// Bound      64 DOT per 8 loads of input and 8 of weights, four groups. Cortex-A53 makes a load wait for the products before
//            it: there loads stand together; Cortex-A55 hides those that stand between products
// Tile       col →  0–3   4–7        Registers
//   pixel 0         V16   V17          R0  args    R1  row addresses    R2  w    R3  taps left    R4  index into rows
//   …                                  R5–R12  ends of the input rows, less 16    V0–V7  four groups of each row
//   pixel 7         V30   V31          V8–V15  weights of four groups    R13, R14, R15  dst, its stride, cols    R16  rows left
// Phases     tile → tap → four groups (pipelined) → one group → finish → store

#ifndef PRODUCTS

#include "tile8_arm64.h"

#define GROUP_SHIFT 2                    // a group's bytes

// Every pixel starts from the bias. Clobbers R17.
#define START \
	MOVD convTileArgs_bias(R0), R17 \
	VLD1 (R17), [V16.B16, V17.B16] \
	RAISE(V16, V17, V18) \
	VMOV V16.B16, V18.B16 \
	VMOV V17.B16, V19.B16 \
	VMOV V16.B16, V20.B16 \
	VMOV V17.B16, V21.B16 \
	VMOV V16.B16, V22.B16 \
	VMOV V17.B16, V23.B16 \
	VMOV V16.B16, V24.B16 \
	VMOV V17.B16, V25.B16 \
	VMOV V16.B16, V26.B16 \
	VMOV V17.B16, V27.B16 \
	VMOV V16.B16, V28.B16 \
	VMOV V17.B16, V29.B16 \
	VMOV V16.B16, V30.B16 \
	VMOV V17.B16, V31.B16

// Four groups of each row and their weights, and the index of the next. Sets the flags to what is left.
#define LOADS \
	LOAD_ROWS \
	ADDS $16, R4 \
	LOAD_WEIGHTS \
	ADD $128, R2

// The products of what is loaded.
#define PRODUCTS \
	LANE(0, 8, 9) \
	LANE(1, 10, 11) \
	LANE(2, 12, 13) \
	LANE(3, 14, 15)

// PRODUCTS, and then the next LOADS.
#define PRODUCTS_AND_LOADS \
	PRODUCTS \
	LOADS

// PRODUCTS among the next LOADS.
#define PRODUCTS_LOADS \
	LANE(0, 8, 9) \
	LANE_LOAD(1, 10, 11, 0, F8, F9) \
	LANE_LOAD(2, 12, 13, 32, F10, F11) \
	LAST_LANE_LOAD(3, 64) \
	ADDS $16, R4 \
	ADD  $128, R2

// One group.
#define PRODUCTS_TAIL \
	FMOVS (R5)(R4), F0 \
	FMOVS (R6)(R4), F1 \
	FMOVS (R7)(R4), F2 \
	FMOVS (R8)(R4), F3 \
	FMOVS (R9)(R4), F4 \
	FMOVS (R10)(R4), F5 \
	FMOVS (R11)(R4), F6 \
	FMOVS (R12)(R4), F7 \
	FLDPQ (R2), (F8, F9) \
	ADD   $32, R2 \
	ADD   $4, R4 \
	LANE(0, 8, 9)

// Accumulators lie as they are stored.
#define ORDER

#endif

#define STORE(A, B) \
	STORE8(A, B) \
	ADD  R14, R13 \
	SUBS $1, R16 \
	BEQ  tile_done

// As STORE, but of R15 < 8 channels.
#define STORE_TAIL(A, B, l4, l2, l1) \
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
	PREPARE

tile:
	START
	MOVD convTileArgs_w(R0), R2
	MOVD convTileArgs_taps(R0), R3

tap:
	ROW_ADDRESSES
	MOVD  convTileArgs_groups(R0), R4
	LSL   $GROUP_SHIFT, R4
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
group_loop:                              // R4 = 16 − bytes left ≤ 0
	STEP
	BLE   group_loop

last:                                    // nothing left to load
	PRODUCTS

tap_tail:
	CMP  $16, R4
	BEQ  tap_done

tail_loop:                               // one group; R4 = 16 − bytes left > 0
	PRODUCTS_TAIL
	CMP   $16, R4
	BNE   tail_loop

tap_done:
	SUBS $1, R3
	BNE  tap

	ORDER
	FINISH
	END
	MOVD $8, R16
	CMP  $1, R19
	BNE  rows_known
	MOVD convTileArgs_rows(R0), R16

rows_known:
	CMP   $8, R15
	BNE   store_tail
	STORE(V16, V17)
	STORE(V18, V19)
	STORE(V20, V21)
	STORE(V22, V23)
	STORE(V24, V25)
	STORE(V26, V27)
	STORE(V28, V29)
	STORE(V30, V31)

store_tail:
	STORE_TAIL(V16, V17, row0_4, row0_2, row0_1)
	STORE_TAIL(V18, V19, row1_4, row1_2, row1_1)
	STORE_TAIL(V20, V21, row2_4, row2_2, row2_1)
	STORE_TAIL(V22, V23, row3_4, row3_2, row3_1)
	STORE_TAIL(V24, V25, row4_4, row4_2, row4_1)
	STORE_TAIL(V26, V27, row5_4, row5_2, row5_1)
	STORE_TAIL(V28, V29, row6_4, row6_2, row6_1)
	STORE_TAIL(V30, V31, row7_4, row7_2, row7_1)

tile_done:
	SUBS $1, R19
	BNE  tile
	RET

