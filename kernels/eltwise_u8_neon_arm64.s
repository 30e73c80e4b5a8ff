//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"
#include "bytes_u8_arm64.h"
#include "add_u8_arm64.h"

// u8_add_1x16__neon — quantised addition, 16 elements at a time, then one.
//
// Computes   dst[i] = zero + roundEven(min(max(float32(a[i] − aZero)·aScale + float32(b[i] − bZero)·bScale, lo), hi))
// Reference  addU8Generic (add_u8.go)
// Requires   NEON
// Contract   rows, c ≥ 1; dst may be a or b; no over-read
// Bound      two loads, a store and 63 vector operations per 16 elements
// Registers  R0  args    R1  a    R2  b    R3  dst    R4  elements left    R5  rows left    R6–R8  a, b, dst of the row    R9  stride
//            V0–V3  a, sum    V4–V7  b    V16 aZero    V17 bZero    V18 aScale    V19 bScale    V20 lo    V21 hi    V22 zero
// Phases     row → elements → tail

// Four vectors of levels, A and on, to four of numbers: less the zero point z, times the scale s.
#define NUMBERS(Z, s, a, b, c, d, A, B, C, D) \
	VSUB Z.S4, A.S4, A.S4 \
	VSUB Z.S4, B.S4, B.S4 \
	VSUB Z.S4, C.S4, C.S4 \
	VSUB Z.S4, D.S4, D.S4 \
	SCVTF(a, a) \
	SCVTF(b, b) \
	SCVTF(c, c) \
	SCVTF(d, d) \
	FMUL(s, a, a) \
	FMUL(s, b, b) \
	FMUL(s, c, c) \
	FMUL(s, d, d)

// 16 sums, or one 16 times, of the bytes in V0 and V4 to bytes in V0. FMAXNM takes the number, lo, of a NaN and a number.
#define SUM16 \
	WIDEN16(V0, V1, V2, V3) \
	WIDEN16(V4, V5, V6, V7) \
	NUMBERS(V16, 18, 0, 1, 2, 3, V0, V1, V2, V3) \
	NUMBERS(V17, 19, 4, 5, 6, 7, V4, V5, V6, V7) \
	FADD(4, 0, 0) \
	FADD(5, 1, 1) \
	FADD(6, 2, 2) \
	FADD(7, 3, 3) \
	WORD $0x4e34c400; /* arm64: fmaxnm v0.4s, v0.4s, v20.4s */ \
	WORD $0x4e34c421; /* arm64: fmaxnm v1.4s, v1.4s, v20.4s */ \
	WORD $0x4e34c442; /* arm64: fmaxnm v2.4s, v2.4s, v20.4s */ \
	WORD $0x4e34c463; /* arm64: fmaxnm v3.4s, v3.4s, v20.4s */ \
	FMIN(21, 0, 0) \
	FMIN(21, 1, 1) \
	FMIN(21, 2, 2) \
	FMIN(21, 3, 3) \
	FCVTNS(0, 0) \
	FCVTNS(1, 1) \
	FCVTNS(2, 2) \
	FCVTNS(3, 3) \
	VADD V22.S4, V0.S4, V0.S4 \
	VADD V22.S4, V1.S4, V1.S4 \
	VADD V22.S4, V2.S4, V2.S4 \
	VADD V22.S4, V3.S4, V3.S4 \
	NARROW16(0, 1, 2, 3, V0, V2)

// func addU8NEON(e *addU8Args)
TEXT ·addU8NEON(SB), NOSPLIT, $0-8
	ADD_ARGS
	CONSTANT(addU8Args_aZero, V16)
	CONSTANT(addU8Args_bZero, V17)
	CONSTANT(addU8Args_aScale, V18)
	CONSTANT(addU8Args_bScale, V19)
	CONSTANT(addU8Args_lo, V20)
	CONSTANT(addU8Args_hi, V21)
	CONSTANT(addU8Args_zero, V22)
	ADD_ROWS
