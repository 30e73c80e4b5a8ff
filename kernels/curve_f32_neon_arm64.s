//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// f32_curve_1x8__neon — functions of one number, two vectors of 4 at a time: one assembly function for each.
//
// Computes   dst[i] = f(a[i]) as curve_f32.h says; lo and hi are the function's parameters
// Reference  curveF32Generic (curve.go); the same bits
// Requires   NEON
// Contract   rows ≥ 1; c a multiple of 8, ≥ 8; dst is a or does not overlap it; no over-read
// Bound      sigmoid: 33 vector operations, a division and 18 loads of constants per 4 numbers, of which two share a load
// Registers  R0  args    R1  a    R3  dst    R4  rows left    R5  numbers left    R6, R8  walking    R7  stride    R9  constants
//            V0, V1  x, f(x)    V2–V17 scratch    V18, V19 masks    V20, V21 parameters    V22 constant
// Phases     row → block

// Registers are pairs: W0(A) is the number of the first of W0, W0(B) that of the second.
#define A(a, b) a
#define B(a, b) b
#define W0(x) x(0, 1)
#define W1(x) x(2, 3)
#define W2(x) x(4, 5)
#define W3(x) x(6, 7)
#define W4(x) x(8, 9)
#define W5(x) x(10, 11)
#define W6(x) x(12, 13)
#define W7(x) x(14, 15)
#define W8(x) x(16, 17)
#define M1(x) x(18, 19)
#define PA(x) x(20, 20)
#define PB(x) x(21, 21)

// V22 = a constant.
#define C(c) FMOVQ c(R9), F22

#define MOVE(n, d) \
	ORR(n(A), n(A), d(A)) \
	ORR(n(B), n(B), d(B))
#define LOADC(c, d) \
	C(c)              \
	ORR(22, 22, d(A)) \
	ORR(22, 22, d(B))
#define ADDV(m, n, d) \
	FADD(m(A), n(A), d(A)) \
	FADD(m(B), n(B), d(B))
#define SUBV(m, n, d) \
	FSUB(m(A), n(A), d(A)) \
	FSUB(m(B), n(B), d(B))
#define MULV(m, n, d) \
	FMUL(m(A), n(A), d(A)) \
	FMUL(m(B), n(B), d(B))
#define DIVV(m, n, d) \
	FDIV(m(A), n(A), d(A)) \
	FDIV(m(B), n(B), d(B))
#define SQRTV(n, d) \
	FSQRT(n(A), d(A)) \
	FSQRT(n(B), d(B))
#define ADDC(c, n, d) \
	C(c)                 \
	FADD(22, n(A), d(A)) \
	FADD(22, n(B), d(B))
#define SUBC(c, n, d) \
	C(c)                 \
	FSUB(22, n(A), d(A)) \
	FSUB(22, n(B), d(B))
#define MULC(c, n, d) \
	C(c)                 \
	FMUL(22, n(A), d(A)) \
	FMUL(22, n(B), d(B))
#define MAXC(c, n, d) \
	C(c)                 \
	FMAX(22, n(A), d(A)) \
	FMAX(22, n(B), d(B))
#define MINC(c, n, d) \
	C(c)                 \
	FMIN(22, n(A), d(A)) \
	FMIN(22, n(B), d(B))
#define ANDC(c, n, d) \
	C(c)                \
	AND(22, n(A), d(A)) \
	AND(22, n(B), d(B))
#define ORC(c, n, d) \
	C(c)                \
	ORR(22, n(A), d(A)) \
	ORR(22, n(B), d(B))
#define XORC(c, n, d) \
	C(c)                \
	EOR(22, n(A), d(A)) \
	EOR(22, n(B), d(B))
#define ORV(m, n, d) \
	ORR(m(A), n(A), d(A)) \
	ORR(m(B), n(B), d(B))
#define IADDC(c, n, d) \
	C(c)                 \
	IADD(22, n(A), d(A)) \
	IADD(22, n(B), d(B))
#define ISUBC(c, n, d) \
	C(c)                 \
	ISUB(22, n(A), d(A)) \
	ISUB(22, n(B), d(B))
#define ISUBV(m, n, d) \
	ISUB(m(A), n(A), d(A)) \
	ISUB(m(B), n(B), d(B))
#define SHL23V(n, d) \
	SHL23(n(A), d(A)) \
	SHL23(n(B), d(B))
#define SAR1V(n, d) \
	SSHR1(n(A), d(A)) \
	SSHR1(n(B), d(B))
#define BELOW(c, n, m) \
	C(c)                  \
	FCMGT(n(A), 22, m(A)) \
	FCMGT(n(B), 22, m(B))
#define ABOVE(c, n, m) \
	C(c)                  \
	FCMGT(22, n(A), m(A)) \
	FCMGT(22, n(B), m(B))
#define SIGNS(n, m) \
	SSHR31(n(A), m(A)) \
	SSHR31(n(B), m(B))
#define PICK(m, n, d) \
	BIT(m(A), n(A), d(A)) \
	BIT(m(B), n(B), d(B))
#define PICKC(m, c, d) \
	C(c)                \
	BIT(m(A), 22, d(A)) \
	BIT(m(B), 22, d(B))
#define WIPE(m, d) \
	BIC(m(A), d(A), d(A)) \
	BIC(m(B), d(B), d(B))

#include "curve_f32.h"

#define CURVE(f) \
	MOVD   e+0(FP), R0                   \
	MOVD   eltwiseArgs_a(R0), R1         \
	MOVD   eltwiseArgs_dst(R0), R3       \
	MOVD   eltwiseArgs_rows(R0), R4      \
	MOVD   ·curveConsts(SB), R9          \
	ADD    $eltwiseArgs_lo, R0, R6       \
	VLD1R  (R6), [V20.S4]                \
	ADD    $eltwiseArgs_hi, R0, R6       \
	VLD1R  (R6), [V21.S4]                \
row:                                  \
	MOVD   eltwiseArgs_c(R0), R5         \
	MOVD   R1, R6                        \
	MOVD   R3, R8                        \
block:                                \
	VLD1.P 32(R6), [V0.S4, V1.S4]        \
	f                                    \
	VST1.P [V0.S4, V1.S4], 32(R8)        \
	SUBS   $8, R5                        \
	BNE    block                         \
	MOVD   eltwiseArgs_aStride(R0), R7   \
	ADD    R7, R1                        \
	MOVD   eltwiseArgs_dstStride(R0), R7 \
	ADD    R7, R3                        \
	SUBS   $1, R4                        \
	BNE    row                           \
	RET

// func sigmoidNEON(e *eltwiseArgs)
TEXT ·sigmoidNEON(SB), NOSPLIT, $0-8
	CURVE(SIGMOID)

// func tanhNEON(e *eltwiseArgs)
TEXT ·tanhNEON(SB), NOSPLIT, $0-8
	CURVE(TANH)

// func siluNEON(e *eltwiseArgs)
TEXT ·siluNEON(SB), NOSPLIT, $0-8
	CURVE(SILU)

// func hardSwishNEON(e *eltwiseArgs)
TEXT ·hardSwishNEON(SB), NOSPLIT, $0-8
	CURVE(HARDSWISH)

// func hardSigmoidNEON(e *eltwiseArgs)
TEXT ·hardSigmoidNEON(SB), NOSPLIT, $0-8
	CURVE(HARDSIGMOID)

// func leakyNEON(e *eltwiseArgs)
TEXT ·leakyNEON(SB), NOSPLIT, $0-8
	CURVE(LEAKY)

// func eluNEON(e *eltwiseArgs)
TEXT ·eluNEON(SB), NOSPLIT, $0-8
	CURVE(ELU)

// func seluNEON(e *eltwiseArgs)
TEXT ·seluNEON(SB), NOSPLIT, $0-8
	CURVE(SELU)

// func geluNEON(e *eltwiseArgs)
TEXT ·geluNEON(SB), NOSPLIT, $0-8
	CURVE(GELU)

// func geluTanhNEON(e *eltwiseArgs)
TEXT ·geluTanhNEON(SB), NOSPLIT, $0-8
	CURVE(GELUTANH)

// func mishNEON(e *eltwiseArgs)
TEXT ·mishNEON(SB), NOSPLIT, $0-8
	CURVE(MISH)

// func celuNEON(e *eltwiseArgs)
TEXT ·celuNEON(SB), NOSPLIT, $0-8
	CURVE(CELU)

// func softplusNEON(e *eltwiseArgs)
TEXT ·softplusNEON(SB), NOSPLIT, $0-8
	CURVE(SOFTPLUS)

// func softsignNEON(e *eltwiseArgs)
TEXT ·softsignNEON(SB), NOSPLIT, $0-8
	CURVE(SOFTSIGN)

// func expNEON(e *eltwiseArgs)
TEXT ·expNEON(SB), NOSPLIT, $0-8
	CURVE(EXP)

// func erfNEON(e *eltwiseArgs)
TEXT ·erfNEON(SB), NOSPLIT, $0-8
	CURVE(ERF)

// func sqrtNEON(e *eltwiseArgs)
TEXT ·sqrtNEON(SB), NOSPLIT, $0-8
	CURVE(SQRT)

// func rsqrtNEON(e *eltwiseArgs)
TEXT ·rsqrtNEON(SB), NOSPLIT, $0-8
	CURVE(RSQRT)

// func reciprocalNEON(e *eltwiseArgs)
TEXT ·reciprocalNEON(SB), NOSPLIT, $0-8
	CURVE(RECIPROCAL)

// func squareNEON(e *eltwiseArgs)
TEXT ·squareNEON(SB), NOSPLIT, $0-8
	CURVE(SQUARE)

// func absNEON(e *eltwiseArgs)
TEXT ·absNEON(SB), NOSPLIT, $0-8
	CURVE(ABS)

// func negNEON(e *eltwiseArgs)
TEXT ·negNEON(SB), NOSPLIT, $0-8
	CURVE(NEG)
