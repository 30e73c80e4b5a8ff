//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"
#include "bytes_u8_arm64.h"

// f32_quantize_1x16__neon — float32 to uint8, 16 elements at a time, then one.
//
// Computes   dst[i] = zero + roundEven(min(max(src[i]/scale, −zero), 255 − zero)); a NaN gives 0
// Reference  quantizeGeneric (convert.go)
// Requires   NEON
// Contract   rows, c ≥ 1; no over-read
// Bound      four FDIV per 16 elements
// Registers  R0  args    R1  src    R2  dst    R3  elements left    R4  rows left    R5, R6  src, dst of the row    R7  stride
//            V0–V3  elements    V8  scale    V9  lo    V10 hi    V11 zero
//            V12 1.5·2²³    V13 its bits less zero
// Phases     row → elements → tail

// Four quotients to levels. FMAXNM takes the number, lo, of a NaN and a number. A number plus 1.5·2²³ is rounded to an
// integer, which its bits count.
#define ROUND4 \
	WORD $0x4e29c400; /* arm64: fmaxnm v0.4s, v0.4s, v9.4s */ \
	WORD $0x4e29c421; /* arm64: fmaxnm v1.4s, v1.4s, v9.4s */ \
	WORD $0x4e29c442; /* arm64: fmaxnm v2.4s, v2.4s, v9.4s */ \
	WORD $0x4e29c463; /* arm64: fmaxnm v3.4s, v3.4s, v9.4s */ \
	FMIN(10, 0, 0) \
	FMIN(10, 1, 1) \
	FMIN(10, 2, 2) \
	FMIN(10, 3, 3) \
	FOUR_BY(FADD, 12, 0, 0) \
	FOUR_BY(ISUB, 13, 0, 0)

// func quantizeNEON(a *convertArgs)
TEXT ·quantizeNEON(SB), NOSPLIT, $0-8
	MOVD  a+0(FP), R0
	MOVD  convertArgs_src(R0), R1
	MOVD  convertArgs_dst(R0), R2
	MOVD  convertArgs_rows(R0), R4
	ADD   $convertArgs_scale, R0, R7
	VLD1R (R7), [V8.S4]
	ADD   $convertArgs_zero, R0, R7
	VLD1R (R7), [V11.S4]
	VEOR  V9.B16, V9.B16, V9.B16
	VSUB  V11.S4, V9.S4, V9.S4       // −zero
	MOVD  $255, R7
	VDUP  R7, V10.S4
	VADD  V9.S4, V10.S4, V10.S4      // 255 − zero
	SCVTF(9, 9)
	SCVTF(10, 10)
	MOVW  $0x4b400000, R7
	VDUP  R7, V12.S4
	VSUB  V11.S4, V12.S4, V13.S4

row:
	MOVD R1, R5
	MOVD R2, R6
	MOVD convertArgs_c(R0), R3
	SUBS $16, R3
	BLT  tail

elements:
	VLD1.P 64(R5), [V0.S4, V1.S4, V2.S4, V3.S4]
	WORD $0x6e28fc00 // arm64: fdiv v0.4s, v0.4s, v8.4s
	WORD $0x6e28fc21 // arm64: fdiv v1.4s, v1.4s, v8.4s
	WORD $0x6e28fc42 // arm64: fdiv v2.4s, v2.4s, v8.4s
	WORD $0x6e28fc63 // arm64: fdiv v3.4s, v3.4s, v8.4s
	ROUND4
	NARROW16(0, 1, 2, 3, V0, V2)
	VST1.P [V0.B16], 16(R6)
	SUBS   $16, R3
	BGE    elements

tail:
	ADDS $16, R3
	BEQ  next_row

one:
	FMOVS.P 4(R5), F0
	WORD $0x1e281800 // arm64: fdiv s0, s0, s8
	WORD $0x1e296800 // arm64: fmaxnm s0, s0, s9
	WORD $0x1e2a5800 // arm64: fmin s0, s0, s10
	FCVTNS(0, 0)
	VADD    V11.S4, V0.S4, V0.S4
	VST1.P  V0.B[0], 1(R6)
	SUBS    $1, R3
	BNE     one

next_row:
	MOVD convertArgs_srcStride(R0), R7
	ADD  R7, R1
	MOVD convertArgs_dstStride(R0), R7
	ADD  R7, R2
	SUBS $1, R4
	BNE  row
	RET
