//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// f32_fc_4x16__neon — dot products of four rows of weights with one input.
//
// Computes   sum[r] += Σ_{i<c} w[r][i]·x[i]
// Reference  fcF32Generic (fc.go)
// Requires   NEON
// Contract   c a multiple of 16, ≥ 16; no over-read
// Bound      20 loads per 16 FMLA: reading the weights
// Registers  R0  args    R1  x    R2–R5  rows    R6  elements left    V0, V1  x    V4–V11  rows
//            V16–V31  sums of rows 0–3, four each

// Eight elements from `at` on, x and all rows: loads stand together, for in-order cores wait for those that follow
// products. k is 0 or 2: sums take turns by the vectors of sixteen elements.
#define LOAD(r, at, A, B) \
	FMOVQ (at)(r), A \
	FMOVQ (at+16)(r), B
#define ROW(w, sum) \
	FMLA(0, w, sum) \
	FMLA(1, (w)+1, (sum)+1)
#define ELEMENTS(at, k) \
	LOAD(R1, at, F0, F1) \
	LOAD(R2, at, F4, F5) \
	LOAD(R3, at, F6, F7) \
	LOAD(R4, at, F8, F9) \
	LOAD(R5, at, F10, F11) \
	ROW(4, 16+k) \
	ROW(6, 20+k) \
	ROW(8, 24+k) \
	ROW(10, 28+k)

// The four numbers of A…D added up, into lane 0 of the vector a.
#define REDUCE(a, b, c, d, A) \
	FADD(b, a, a) \
	FADD(d, c, c) \
	FADD(c, a, a) \
	VEXT $8, A.B16, A.B16, V0.B16 \
	FADD(0, a, a) \
	VEXT $4, A.B16, A.B16, V0.B16 \
	FADD(0, a, a)

// func fcBlocksNEON(t *fcArgs)
TEXT ·fcBlocksNEON(SB), NOSPLIT, $0-8
	MOVD t+0(FP), R0
	MOVD fcArgs_x(R0), R1
	MOVD (fcArgs_w+0)(R0), R2
	MOVD (fcArgs_w+8)(R0), R3
	MOVD (fcArgs_w+16)(R0), R4
	MOVD (fcArgs_w+24)(R0), R5
	MOVD fcArgs_c(R0), R6
	CLEAR_SUMS

vectors:
	ELEMENTS(0, 0)
	ELEMENTS(32, 2)
	ADD  $64, R1
	ADD  $64, R2
	ADD  $64, R3
	ADD  $64, R4
	ADD  $64, R5
	SUBS $16, R6
	BNE  vectors

	REDUCE(16, 17, 18, 19, V16)
	REDUCE(20, 21, 22, 23, V20)
	REDUCE(24, 25, 26, 27, V24)
	REDUCE(28, 29, 30, 31, V28)
	VMOV V20.S[0], V16.S[1]
	VMOV V24.S[0], V16.S[2]
	VMOV V28.S[0], V16.S[3]
	ADD  $fcArgs_sum, R0, R1
	VLD1 (R1), [V0.S4]
	FADD(0, 16, 0)
	VST1 [V0.S4], (R1)
	RET
