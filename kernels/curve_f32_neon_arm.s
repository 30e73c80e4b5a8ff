//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm.h"
#include "curve_f32_arm.h"
#include "curve_f32.h"

// f32_curve_1x4__neon — functions of one number on ARMv7, 4 at a time: one assembly function for each.
//
// Computes   dst[i] = f(a[i]) as curve_f32.h says; lo and hi are the function's parameters
// Reference  curveF32Generic (curve.go); the same bits, of denormals too
// Requires   NEON, and VFP's division and square root
// Contract   rows ≥ 1; c a multiple of 4, ≥ 4; dst is a or does not overlap it; no over-read
// Bound      sigmoid: 24 vector operations and 18 loads of constants per 4 numbers, and four VDIV
// Registers  R0  args    R1  a    R3  dst    R4  rows left    R5  numbers left    R6, R8  walking    R7  stride    R9  constants
//            R12 a constant    Q0  x, f(x)    Q1–Q8 scratch    Q9  mask    Q10, Q11 parameters    Q14, Q15 as curve_f32_arm.h
// Phases     row → block

#define CURVE(f) \
	MOVW  e+0(FP), R0                   \
	MOVW  eltwiseArgs_a(R0), R1         \
	MOVW  eltwiseArgs_dst(R0), R3       \
	MOVW  eltwiseArgs_rows(R0), R4      \
	MOVW  ·curveConsts(SB), R9          \
	ADD   $eltwiseArgs_lo, R0, R12      \
	VLD1_EVERY(10, 12)                  \
	ADD   $eltwiseArgs_hi, R0, R12      \
	VLD1_EVERY(11, 12)                  \
row:                                 \
	MOVW  eltwiseArgs_c(R0), R5         \
	MOVW  R1, R6                        \
	MOVW  R3, R8                        \
block:                               \
	VLD1_QUAD_UP(0, 6)                  \
	f                                   \
	VST1_QUAD_UP(0, 8)                  \
	SUB.S $4, R5                        \
	BNE   block                         \
	MOVW  eltwiseArgs_aStride(R0), R7   \
	ADD   R7, R1                        \
	MOVW  eltwiseArgs_dstStride(R0), R7 \
	ADD   R7, R3                        \
	SUB.S $1, R4                        \
	BNE   row                           \
	RET

// func sigmoidNEON(e *eltwiseArgs)
TEXT ·sigmoidNEON(SB), NOSPLIT, $0-4
	CURVE(SIGMOID)

// func tanhNEON(e *eltwiseArgs)
TEXT ·tanhNEON(SB), NOSPLIT, $0-4
	CURVE(TANH)

// func siluNEON(e *eltwiseArgs)
TEXT ·siluNEON(SB), NOSPLIT, $0-4
	CURVE(SILU)

// func hardSwishNEON(e *eltwiseArgs)
TEXT ·hardSwishNEON(SB), NOSPLIT, $0-4
	CURVE(HARDSWISH)

// func leakyNEON(e *eltwiseArgs)
TEXT ·leakyNEON(SB), NOSPLIT, $0-4
	CURVE(LEAKY)

// func geluNEON(e *eltwiseArgs)
TEXT ·geluNEON(SB), NOSPLIT, $0-4
	CURVE(GELU)

// func geluTanhNEON(e *eltwiseArgs)
TEXT ·geluTanhNEON(SB), NOSPLIT, $0-4
	CURVE(GELUTANH)

// func mishNEON(e *eltwiseArgs)
TEXT ·mishNEON(SB), NOSPLIT, $0-4
	CURVE(MISH)

// func expNEON(e *eltwiseArgs)
TEXT ·expNEON(SB), NOSPLIT, $0-4
	CURVE(EXP)

// func erfNEON(e *eltwiseArgs)
TEXT ·erfNEON(SB), NOSPLIT, $0-4
	CURVE(ERF)

// func sqrtNEON(e *eltwiseArgs)
TEXT ·sqrtNEON(SB), NOSPLIT, $0-4
	CURVE(SQRT)

// func rsqrtNEON(e *eltwiseArgs)
TEXT ·rsqrtNEON(SB), NOSPLIT, $0-4
	CURVE(RSQRT)

// func reciprocalNEON(e *eltwiseArgs)
TEXT ·reciprocalNEON(SB), NOSPLIT, $0-4
	CURVE(RECIPROCAL)

// func squareNEON(e *eltwiseArgs)
TEXT ·squareNEON(SB), NOSPLIT, $0-4
	CURVE(SQUARE)

// func absNEON(e *eltwiseArgs)
TEXT ·absNEON(SB), NOSPLIT, $0-4
	CURVE(ABS)

// func negNEON(e *eltwiseArgs)
TEXT ·negNEON(SB), NOSPLIT, $0-4
	CURVE(NEG)
