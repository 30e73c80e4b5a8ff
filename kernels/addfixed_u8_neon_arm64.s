//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"
#include "bytes_u8_arm64.h"
#include "add_u8_arm64.h"

// u8_addfixed_1x16__neon — quantised addition in whole numbers, 16 elements at a time, then one.
//
// Computes   dst[i] = min(max((bias + a[i]·aTimes + b[i]·bTimes) >> shift + zero, least), most)
// Reference  addFixedGeneric (add_u8.go)
// Requires   NEON
// Contract   rows, c ≥ 1; 0 ≤ least, most ≤ 255; dst may be a or b; no over-read
// Bound      two loads, a store and 44 vector operations per 16 elements
// Registers  R0  args    R1  a    R2  b    R3  dst    R4  elements left    R5  rows left    R6–R8  a, b, dst of the row    R9  stride
//            V0–V3  a, sum    V4–V7  b    V16 aTimes    V17 bTimes    V18 bias    V19 −shift    V20 least, bytes    V21 most, bytes
//            V22 zero
// Phases     row → elements → tail

// 16 sums, or one 16 times, of the bytes in V0 and V4 to bytes in V0.
#define SUM16 \
	WIDEN16(V0, V1, V2, V3) \
	WIDEN16(V4, V5, V6, V7) \
	MULW(16, 0, 0) \
	MULW(16, 1, 1) \
	MULW(16, 2, 2) \
	MULW(16, 3, 3) \
	MULW(17, 4, 4) \
	MULW(17, 5, 5) \
	MULW(17, 6, 6) \
	MULW(17, 7, 7) \
	VADD V18.S4, V0.S4, V0.S4 \
	VADD V18.S4, V1.S4, V1.S4 \
	VADD V18.S4, V2.S4, V2.S4 \
	VADD V18.S4, V3.S4, V3.S4 \
	VADD V4.S4, V0.S4, V0.S4 \
	VADD V5.S4, V1.S4, V1.S4 \
	VADD V6.S4, V2.S4, V2.S4 \
	VADD V7.S4, V3.S4, V3.S4 \
	WORD $0x4eb34400; /* arm64: sshl v0.4s, v0.4s, v19.4s */ \
	WORD $0x4eb34421; /* arm64: sshl v1.4s, v1.4s, v19.4s */ \
	WORD $0x4eb34442; /* arm64: sshl v2.4s, v2.4s, v19.4s */ \
	WORD $0x4eb34463; /* arm64: sshl v3.4s, v3.4s, v19.4s */ \
	VADD V22.S4, V0.S4, V0.S4 \
	VADD V22.S4, V1.S4, V1.S4 \
	VADD V22.S4, V2.S4, V2.S4 \
	VADD V22.S4, V3.S4, V3.S4 \
	NARROW16(0, 1, 2, 3, V0, V2) \
	VUMAX V20.B16, V0.B16, V0.B16 \
	VUMIN V21.B16, V0.B16, V0.B16

// func addFixedNEON(e *addU8Args)
TEXT ·addFixedNEON(SB), NOSPLIT, $0-8
	ADD_ARGS
	CONSTANT(addU8Args_aTimes, V16)
	CONSTANT(addU8Args_bTimes, V17)
	CONSTANT(addU8Args_bias, V18)
	CONSTANT(addU8Args_zero, V22)
	MOVD addU8Args_shift(R0), R9
	UBFX $0, R9, $5, R9
	NEG  R9, R9
	VDUP R9, V19.S4
	MOVW addU8Args_least(R0), R9
	VDUP R9, V20.B16
	MOVW addU8Args_most(R0), R9
	VDUP R9, V21.B16
	ADD_ROWS
