//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// f32_curve_1x16__avx512 — functions of one number, 16 at a time: one assembly function for each.
//
// Computes   dst[i] = f(a[i]) as curve_f32.h says; lo and hi are the function's parameters
// Reference  curveF32Generic (curve.go); the same bits
// Requires   AVX512F
// Contract   rows, c ≥ 1; dst is a or does not overlap it; the rest of a row is masked: no over-read, no over-write
// Bound      sigmoid: 32 instructions and a division per 16 numbers
// Registers  DI  args    SI  a    DX  dst    R8  rows left    R9  constants    AX  byte    CX  numbers left    R10 scratch
//            Z0  x, f(x)    Z1–Z11 scratch    Z14, Z15 parameters    K1  mask    K2  numbers of the rest
// Phases     row → block → rest → next_row
#define W0 Z0
#define W1 Z1
#define W2 Z2
#define W3 Z3
#define W4 Z4
#define W5 Z5
#define W6 Z6
#define W7 Z7
#define W8 Z8
#define W9 Z9
#define W10 Z10
#define W11 Z11
#define M1 K1
#define PA Z14
#define PB Z15
#define ANDC(c, n, d)  VPANDD c(R9), n, d
#define ORC(c, n, d)   VPORD c(R9), n, d
#define XORC(c, n, d)  VPXORD c(R9), n, d
#define ORV(m, n, d)   VPORD m, n, d
#define SIGNS(n, m)    VPCMPD $1, every_zero(R9), n, m
#define PICK(m, n, d)  VBLENDMPS n, d, m, d
#define PICKC(m, c, d) VBLENDMPS c(R9), d, m, d
#define WIPE(m, d)     VPXORD d, d, m, d
#include "curve_f32_amd64.h"

#define CURVE(f) \
	BEGIN                           \
row:                              \
	XORL      AX, AX                \
	MOVQ      eltwiseArgs_c(DI), CX \
	SUBQ      $16, CX               \
	JLT       rest                  \
block:                            \
	VMOVUPS   (SI)(AX*1), W0        \
	f                               \
	VMOVUPS   W0, (DX)(AX*1)        \
	ADDQ      $64, AX               \
	SUBQ      $16, CX               \
	JGE       block                 \
rest:                             \
	ADDQ      $16, CX               \
	JEQ       next_row              \
	MOVL      $-1, R10              \
	SHLL      CX, R10               \
	NOTL      R10                   \
	KMOVW     R10, K2               \
	VMOVUPS.Z (SI)(AX*1), K2, W0    \
	f                               \
	VMOVUPS   W0, K2, (DX)(AX*1)    \
next_row:                         \
	END

// func sigmoidAVX512(e *eltwiseArgs)
TEXT ·sigmoidAVX512(SB), NOSPLIT, $0-8
	CURVE(SIGMOID)

// func tanhAVX512(e *eltwiseArgs)
TEXT ·tanhAVX512(SB), NOSPLIT, $0-8
	CURVE(TANH)

// func siluAVX512(e *eltwiseArgs)
TEXT ·siluAVX512(SB), NOSPLIT, $0-8
	CURVE(SILU)

// func hardSwishAVX512(e *eltwiseArgs)
TEXT ·hardSwishAVX512(SB), NOSPLIT, $0-8
	CURVE(HARDSWISH)

// func hardSigmoidAVX512(e *eltwiseArgs)
TEXT ·hardSigmoidAVX512(SB), NOSPLIT, $0-8
	CURVE(HARDSIGMOID)

// func leakyAVX512(e *eltwiseArgs)
TEXT ·leakyAVX512(SB), NOSPLIT, $0-8
	CURVE(LEAKY)

// func eluAVX512(e *eltwiseArgs)
TEXT ·eluAVX512(SB), NOSPLIT, $0-8
	CURVE(ELU)

// func seluAVX512(e *eltwiseArgs)
TEXT ·seluAVX512(SB), NOSPLIT, $0-8
	CURVE(SELU)

// func geluAVX512(e *eltwiseArgs)
TEXT ·geluAVX512(SB), NOSPLIT, $0-8
	CURVE(GELU)

// func geluTanhAVX512(e *eltwiseArgs)
TEXT ·geluTanhAVX512(SB), NOSPLIT, $0-8
	CURVE(GELUTANH)

// func mishAVX512(e *eltwiseArgs)
TEXT ·mishAVX512(SB), NOSPLIT, $0-8
	CURVE(MISH)

// func expAVX512(e *eltwiseArgs)
TEXT ·expAVX512(SB), NOSPLIT, $0-8
	CURVE(EXP)

// func erfAVX512(e *eltwiseArgs)
TEXT ·erfAVX512(SB), NOSPLIT, $0-8
	CURVE(ERF)

// func sqrtAVX512(e *eltwiseArgs)
TEXT ·sqrtAVX512(SB), NOSPLIT, $0-8
	CURVE(SQRT)

// func rsqrtAVX512(e *eltwiseArgs)
TEXT ·rsqrtAVX512(SB), NOSPLIT, $0-8
	CURVE(RSQRT)

// func reciprocalAVX512(e *eltwiseArgs)
TEXT ·reciprocalAVX512(SB), NOSPLIT, $0-8
	CURVE(RECIPROCAL)

// func squareAVX512(e *eltwiseArgs)
TEXT ·squareAVX512(SB), NOSPLIT, $0-8
	CURVE(SQUARE)

// func absAVX512(e *eltwiseArgs)
TEXT ·absAVX512(SB), NOSPLIT, $0-8
	CURVE(ABS)

// func negAVX512(e *eltwiseArgs)
TEXT ·negAVX512(SB), NOSPLIT, $0-8
	CURVE(NEG)
