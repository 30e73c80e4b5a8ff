//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"
#include "eltwise_arm64.h"

// f16_clamp_1x8__fp16, f16_add_1x8__fp16 — elementwise on float16, 8 elements of a row at a time, 32 of a sum.
//
// Computes   dst = ToHalf(clamp(a))     dst = ToHalf(clamp(a + b)): clamped after rounding, by rounded lo and hi, which is
//            the same, for rounding is monotonic; and of a sum it matters not whether float32 has rounded it before
// Reference  clampHalfGeneric, addHalfGeneric (eltwise_half.go); the same bits
// Requires   NEON, FP16
// Contract   rows ≥ 1; c a multiple of 8, ≥ 8; dst may be a or b; no over-read
// Bound      loads and a store
// Registers  R0  args    R1  a    R2  b    R3  dst    R4  rows left    R5  elements left    R6–R8  walking
//            V0–V7  work    V30 lo    V31 hi

#define BOUNDS \
	HALF_BOUNDS(eltwiseArgs_lo, eltwiseArgs_hi, R0, R6, 30, 31, V30, V31)

// func clampBlocksFP16(e *eltwiseArgs)
TEXT ·clampBlocksFP16(SB), NOSPLIT, $0-8
	MOVD e+0(FP), R0
	EW_CLAMP(H8, 8, FMAXH, FMINH, BOUNDS)

// func addBlocksFP16(e *eltwiseArgs)
TEXT ·addBlocksFP16(SB), NOSPLIT, $0-8
	MOVD e+0(FP), R0
	EW_SUM(H8, 8, FADDH, FMAXH, FMINH, BOUNDS)
