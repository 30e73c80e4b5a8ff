//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// f16_fc_8x16__fp16 — dot products of eight rows of weights with one input, float16, sums by blocks.
//
// Computes   sum[r] += Σ_{i<c} w[r][i]·x[i], of each lane of eight in float16 for 256 elements, then in float32
// Reference  fcHalfGeneric (fc_half.go): the same bits
// Requires   NEON, FP16
// Contract   c a multiple of 16, ≥ 16; no over-read
// Bound      9 loads of 32 bytes per 16 FMLA: reading the weights; a block's end is 32 instructions after 256
// Registers  R0  args    R1  x    R2–R9  rows    R10 elements left    R11 those of the block    R12 sums
//            V0–V7  a block's sums of rows 0–7    V8, V9  x    V10, V11  work    V16–V23  sums, four lanes    V24–V31  weights
// Phases     block → vectors → block's end → … → sum

// Sixteen products of row r, on weights A and B.
#define ROW(ROWS, r, a, b, A, B) \
	VLD1.P 32(ROWS), [A.H8, B.H8] \
	FMLAH(8, a, r) \
	FMLAH(9, b, r)

// Adds the block's sums h to s, lanes 0–3 first, and begins another.
#define END(h, s, H) \
	FCVTL(h, 10) \
	FCVTL2(h, 11) \
	FADD(10, s, s) \
	FADD(11, s, s) \
	VEOR H.B16, H.B16, H.B16

// The sums of eight rows, a to h, into four lanes of two vectors: pairs of lanes first, then pairs of those.
#define PAIRS(a, b, c, d) \
	FADDP(b, a, a) \
	FADDP(d, c, c) \
	FADDP(c, a, a)

// func fcBlocksFP16(t *fcArgs)
TEXT ·fcBlocksFP16(SB), NOSPLIT, $0-8
	MOVD t+0(FP), R0
	MOVD fcArgs_x(R0), R1
	MOVD (fcArgs_w+0)(R0), R2
	MOVD (fcArgs_w+8)(R0), R3
	MOVD (fcArgs_w+16)(R0), R4
	MOVD (fcArgs_w+24)(R0), R5
	MOVD (fcArgs_w+32)(R0), R6
	MOVD (fcArgs_w+40)(R0), R7
	MOVD (fcArgs_w+48)(R0), R8
	MOVD (fcArgs_w+56)(R0), R9
	MOVD fcArgs_c(R0), R10
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
	VEOR V2.B16, V2.B16, V2.B16
	VEOR V3.B16, V3.B16, V3.B16
	VEOR V4.B16, V4.B16, V4.B16
	VEOR V5.B16, V5.B16, V5.B16
	VEOR V6.B16, V6.B16, V6.B16
	VEOR V7.B16, V7.B16, V7.B16
	VEOR V16.B16, V16.B16, V16.B16
	VEOR V17.B16, V17.B16, V17.B16
	VEOR V18.B16, V18.B16, V18.B16
	VEOR V19.B16, V19.B16, V19.B16
	VEOR V20.B16, V20.B16, V20.B16
	VEOR V21.B16, V21.B16, V21.B16
	VEOR V22.B16, V22.B16, V22.B16
	VEOR V23.B16, V23.B16, V23.B16

block:
	MOVD $const_fcHalfBlock, R11
	CMP  R11, R10
	CSEL LT, R10, R11, R11
	SUB  R11, R10

vectors:
	VLD1.P 32(R1), [V8.H8, V9.H8]
	ROW(R2, 0, 24, 25, V24, V25)
	ROW(R3, 1, 26, 27, V26, V27)
	ROW(R4, 2, 28, 29, V28, V29)
	ROW(R5, 3, 30, 31, V30, V31)
	ROW(R6, 4, 24, 25, V24, V25)
	ROW(R7, 5, 26, 27, V26, V27)
	ROW(R8, 6, 28, 29, V28, V29)
	ROW(R9, 7, 30, 31, V30, V31)
	SUBS $16, R11
	BNE  vectors

	END(0, 16, V0)
	END(1, 17, V1)
	END(2, 18, V2)
	END(3, 19, V3)
	END(4, 20, V4)
	END(5, 21, V5)
	END(6, 22, V6)
	END(7, 23, V7)
	CBNZ R10, block

	PAIRS(16, 17, 18, 19)
	PAIRS(20, 21, 22, 23)
	VMOV V20.B16, V17.B16
	ADD  $fcArgs_sum, R0, R12
	VLD1 (R12), [V18.S4, V19.S4]
	FADD(16, 18, 18)
	FADD(17, 19, 19)
	VST1 [V18.S4, V19.S4], (R12)
	RET
