//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

#define DOT(m, i, n, d) FMLAH_LANE(m, i, n, d)
#include "tile8_arm64.h"

// f16_convhalf_8x16__fp16 — convolution tile, 8 output pixels × 16 output channels, sums in float16 by blocks.
//
// Computes   sum = bias[k] + Σ over blocks of float32(Σ_{t,c} (*ptrs[t][p])[c] · w[t][c][k]); dst[p][k] = ToHalf(clamp(sum)),
//            clamped after rounding, by rounded lo and hi: rounding is monotonic. To a single block the rounded bias is
//            added in float16 if plain is 2; it is stored as it is if plain is 1
// Reference  convHalfGeneric (conv_halfsums.go): the same bits
// Requires   NEON, FP16
// Layout     src/dst NHWC, float16; w packed [K/16][taps][groups][16]; bias float32
// Contract   taps, groups, tiles ≥ 1; 1 ≤ rows ≤ 8; 1 ≤ cols ≤ 16; no over-read; dst does not alias src
// Bound      128 FMLA per 8 loads of input and 16 of weights, eight channels; a block's end is 32 conversions, 32 additions
//            and 64 loads and stores after 2048 FMLA or more
// Tile       col →  0–7   8–15       Registers
//   pixel 0         V16   V17          R0  args    R1  row addresses    R2  w    R3  taps left    R4  offset into rows, bytes
//   …                                  R5–R12  input rows    V0–V7  eight channels of each    V8–V15  weights of four
//   pixel 7         V30   V31          R13, R14, R15  dst, its stride, cols    R16  rows left    R19  tiles left
//                                      R20, R21  what blocks are added to, and from a pixel's to the next's: bias, 0 at
//                                      first, then tmp, 64    R22  tmp    R23  products in this block    R24  channels left
//                                      of the tap    R25  channels left of the run
// Phases     tile → tap → run of up to 128 channels: eights (pipelined) → four → ones → block's end → … → finish → store

// Five of eight channels, whose first four weights are loaded, and the weights of the other four. R2: the first's weights.
#define FIVE \
	LANE(0, 8, 9) \
	LANE_LOAD(1, 10, 11, 128, F8, F9) \
	LANE_LOAD(2, 12, 13, 160, F10, F11) \
	LANE_LOAD(3, 14, 15, 192, F12, F13) \
	LANE_LOAD(4, 8, 9, 224, F14, F15)

// A pixel's sixteen sums, float32, in V0–V3: what they are added to and the block. Goes on to the next pixel.
#define SUMS(a, b) \
	VLD1 (R20), [V0.S4, V1.S4, V2.S4, V3.S4] \
	ADD  R21, R20 \
	FCVTL(a, 4) \
	FCVTL2(a, 5) \
	FCVTL(b, 6) \
	FCVTL2(b, 7) \
	FADD(4, 0, 0) \
	FADD(5, 1, 1) \
	FADD(6, 2, 2) \
	FADD(7, 3, 3)

// Ends a pixel's block.
#define END_BLOCK(a, b, A, B) \
	SUMS(a, b) \
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R22) \
	VEOR A.B16, A.B16, A.B16 \
	VEOR B.B16, B.B16, B.B16

#define CLAMP(a, b) \
	FMAXH(8, a, a) \
	FMAXH(8, b, b) \
	FMINH(9, a, a) \
	FMINH(9, b, b)

// Makes a pixel's channels of its only block. V4, V5: bias. V8, V9: lo and hi.
#define BLOCK(a, b) \
	FADDH(4, a, a) \
	FADDH(5, b, b) \
	CLAMP(a, b)

// Makes a pixel's channels of its sums. V8, V9: lo and hi.
#define FINISH(a, b) \
	SUMS(a, b) \
	FCVTN(0, a) \
	FCVTN(2, b) \
	FCVTN2(1, a) \
	FCVTN2(3, b) \
	CLAMP(a, b)

#define STORE(A, B) \
	VST1 [A.H8, B.H8], (R13) \
	ADD  R14, R13 \
	SUBS $1, R16 \
	BEQ  tile_done

// As STORE, but of R15 < 16 channels.
#define STORE_TAIL(A, B, l8, l4, l2, l1) \
	MOVD R13, R17 \
	TBZ  $3, R15, l8 \
	VST1.P [A.H8], 16(R17) \
	VMOV B.B16, A.B16 \
l8: \
	TBZ  $2, R15, l4 \
	VST1.P A.D[0], 8(R17) \
	VEXT $8, A.B16, A.B16, A.B16 \
l4: \
	TBZ  $1, R15, l2 \
	VST1.P A.S[0], 4(R17) \
	VEXT $4, A.B16, A.B16, A.B16 \
l2: \
	TBZ  $0, R15, l1 \
	VST1 A.H[0], (R17) \
l1: \
	ADD  R14, R13 \
	SUBS $1, R16 \
	BEQ  tile_done

// func convHalfFP16(a *convTileArgs)
TEXT ·convHalfFP16(SB), NOSPLIT, $0-8
	MOVD a+0(FP), R0
	MOVD convTileArgs_ptrs(R0), R1
	MOVD convTileArgs_dst(R0), R13
	MOVD convTileArgs_dstStride(R0), R14
	MOVD convTileArgs_cols(R0), R15
	MOVD convTileArgs_tiles(R0), R19

tile:
	MOVD convTileArgs_w(R0), R2
	MOVD convTileArgs_taps(R0), R3
	MOVD convTileArgs_bias(R0), R20
	MOVD $0, R21
	MOVD $0, R23
	CLEAR_SUMS

tap:
	ROW_ADDRESSES
	MOVD  convTileArgs_groups(R0), R24
	MOVD  $0, R4

run:
	MOVD $const_halfBlock, R25
	CMP  R25, R24
	CSEL LT, R24, R25, R25           // channels of this run
	SUB  R25, R24
	ADD  R25, R23
	SUBS $8, R25
	BLT  four

	LOAD_ROWS
	LOAD_WEIGHTS
	ADD  $16, R4
	SUBS $8, R25
	BLT  last

	PCALIGN $16
eight_loop:                              // R25 = channels left behind those that are loaded, less 8
	FIVE
	LANE_LOAD(5, 10, 11, 256, F8, F9)
	LANE_LOAD(6, 12, 13, 288, F10, F11)
	LAST_LANE_LOAD(7, 320)
	ADD  $16, R4
	ADD  $256, R2
	SUBS $8, R25
	BGE  eight_loop

last:                                    // nothing left to load
	FIVE
	LANE(5, 10, 11)
	LANE(6, 12, 13)
	LANE(7, 14, 15)
	ADD  $256, R2

four:                                    // R25 = channels left, less 8
	TBZ   $2, R25, ones
	FMOVD (R5)(R4), F0
	FMOVD (R6)(R4), F1
	FMOVD (R7)(R4), F2
	FMOVD (R8)(R4), F3
	FMOVD (R9)(R4), F4
	FMOVD (R10)(R4), F5
	FMOVD (R11)(R4), F6
	FMOVD (R12)(R4), F7
	LOAD_WEIGHTS
	ADD   $8, R4
	ADD   $128, R2
	LANE(0, 8, 9)
	LANE(1, 10, 11)
	LANE(2, 12, 13)
	LANE(3, 14, 15)

ones:
	ANDS $3, R25
	BEQ  run_done

one_loop:
	WORD $0x7c6468a0                 // arm64: ldr h0, [x5, x4]
	WORD $0x7c6468c1                 // arm64: ldr h1, [x6, x4]
	WORD $0x7c6468e2                 // arm64: ldr h2, [x7, x4]
	WORD $0x7c646903                 // arm64: ldr h3, [x8, x4]
	WORD $0x7c646924                 // arm64: ldr h4, [x9, x4]
	WORD $0x7c646945                 // arm64: ldr h5, [x10, x4]
	WORD $0x7c646966                 // arm64: ldr h6, [x11, x4]
	WORD $0x7c646987                 // arm64: ldr h7, [x12, x4]
	FLDPQ (R2), (F8, F9)
	ADD   $32, R2
	ADD   $2, R4
	LANE(0, 8, 9)
	SUBS  $1, R25
	BNE   one_loop

run_done:
	CBNZ R24, more
	CMP  $1, R3
	BEQ  finish

more:
	CMP  $const_halfBlock, R23
	BLT  next
	ADD  $convTileArgs_tmp, R0, R22
	END_BLOCK(16, 17, V16, V17)
	END_BLOCK(18, 19, V18, V19)
	END_BLOCK(20, 21, V20, V21)
	END_BLOCK(22, 23, V22, V23)
	END_BLOCK(24, 25, V24, V25)
	END_BLOCK(26, 27, V26, V27)
	END_BLOCK(28, 29, V28, V29)
	END_BLOCK(30, 31, V30, V31)
	ADD  $convTileArgs_tmp, R0, R20
	MOVD $64, R21
	MOVD $0, R23

next:
	CBNZ R24, run
	SUBS $1, R3
	BNE  tap

finish:
	HALF_BOUNDS(convTileArgs_lo, convTileArgs_hi, R0, R17, 8, 9, V8, V9)
	MOVD  convTileArgs_plain(R0), R17
	CBZ   R17, sums
	CBNZ  R21, sums                  // a block has ended
	CMP   $1, R17
	BEQ   finished                   // the one there is is the result
	VLD1  (R20), [V0.S4, V1.S4, V2.S4, V3.S4]
	FCVTN(0, 4)
	FCVTN(2, 5)
	FCVTN2(1, 4)
	FCVTN2(3, 5)
	BLOCK(16, 17)
	BLOCK(18, 19)
	BLOCK(20, 21)
	BLOCK(22, 23)
	BLOCK(24, 25)
	BLOCK(26, 27)
	BLOCK(28, 29)
	BLOCK(30, 31)
	B     finished

sums:
	FINISH(16, 17)
	FINISH(18, 19)
	FINISH(20, 21)
	FINISH(22, 23)
	FINISH(24, 25)
	FINISH(26, 27)
	FINISH(28, 29)
	FINISH(30, 31)

finished:
	MOVD  $8, R16
	CMP   $1, R19
	BNE   rows_known
	MOVD  convTileArgs_rows(R0), R16

rows_known:
	CMP  $16, R15
	BNE  store_tail
	STORE(V16, V17)
	STORE(V18, V19)
	STORE(V20, V21)
	STORE(V22, V23)
	STORE(V24, V25)
	STORE(V26, V27)
	STORE(V28, V29)
	STORE(V30, V31)

store_tail:
	STORE_TAIL(V16, V17, row0_8, row0_4, row0_2, row0_1)
	STORE_TAIL(V18, V19, row1_8, row1_4, row1_2, row1_1)
	STORE_TAIL(V20, V21, row2_8, row2_4, row2_2, row2_1)
	STORE_TAIL(V22, V23, row3_8, row3_4, row3_2, row3_1)
	STORE_TAIL(V24, V25, row4_8, row4_4, row4_2, row4_1)
	STORE_TAIL(V26, V27, row5_8, row5_4, row5_2, row5_1)
	STORE_TAIL(V28, V29, row6_8, row6_4, row6_2, row6_1)
	STORE_TAIL(V30, V31, row7_8, row7_4, row7_2, row7_1)

tile_done:
	SUBS $1, R19
	BNE  tile
	RET
