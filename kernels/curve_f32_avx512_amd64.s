//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// f32_curve_1x32__avx512 — functions of one number, 32 at a time, two vectors so that neither waits for itself: one assembly function for each.
//
// Computes   dst[i] = f(a[i]) as curve_f32.h says; lo and hi are the function's parameters
// Reference  curveF32Generic (curve.go); the same bits
// Requires   AVX512F
// Contract   rows, c ≥ 1; dst is a or does not overlap it; the rest of a row is masked: no over-read, no over-write
// Bound      sigmoid: 32 instructions and a division per 16 numbers; half of what one vector at a time takes, which waits for its own results
// Registers  DI  args    SI  a    DX  dst    R8  rows left    R9  constants    AX  byte    CX  numbers left    R10 scratch
//            Z0, Z16  x, f(x)    Z1–Z8, Z17–Z24, Z11 scratch    Z14, Z15 parameters    K1, K4  masks    K2, K3  numbers of the rest
// Phases     row → block → rest → next_row
// Registers are pairs: W0(A) is the first of W0, W0(B) the second.
#define A(a, b) a
#define B(a, b) b
#define W0(x) x(Z0, Z16)
#define W1(x) x(Z1, Z17)
#define W2(x) x(Z2, Z18)
#define W3(x) x(Z3, Z19)
#define W4(x) x(Z4, Z20)
#define W5(x) x(Z5, Z21)
#define W6(x) x(Z6, Z22)
#define W7(x) x(Z7, Z23)
#define W8(x) x(Z8, Z24)
#define M1(x) x(K1, K4)
#define PA(x) x(Z14, Z14)
#define PB(x) x(Z15, Z15)

#define MOVE(n, d) \
	VMOVAPS n(A), d(A) \
	VMOVAPS n(B), d(B)
#define LOADC(c, d) \
	VMOVUPS c(R9), d(A) \
	VMOVUPS c(R9), d(B)
#define ADDV(m, n, d) \
	VADDPS m(A), n(A), d(A) \
	VADDPS m(B), n(B), d(B)
#define SUBV(m, n, d) \
	VSUBPS m(A), n(A), d(A) \
	VSUBPS m(B), n(B), d(B)
#define MULV(m, n, d) \
	VMULPS m(A), n(A), d(A) \
	VMULPS m(B), n(B), d(B)
#define DIVV(m, n, d) \
	VDIVPS m(A), n(A), d(A) \
	VDIVPS m(B), n(B), d(B)
#define SQRTV(n, d) \
	VSQRTPS n(A), d(A) \
	VSQRTPS n(B), d(B)
#define ADDC(c, n, d) \
	VADDPS c(R9), n(A), d(A) \
	VADDPS c(R9), n(B), d(B)
#define SUBC(c, n, d) \
	VSUBPS c(R9), n(A), d(A) \
	VSUBPS c(R9), n(B), d(B)
#define MULC(c, n, d) \
	VMULPS c(R9), n(A), d(A) \
	VMULPS c(R9), n(B), d(B)
#define ANDC(c, n, d) \
	VPANDD c(R9), n(A), d(A) \
	VPANDD c(R9), n(B), d(B)
#define ORC(c, n, d) \
	VPORD c(R9), n(A), d(A) \
	VPORD c(R9), n(B), d(B)
#define XORC(c, n, d) \
	VPXORD c(R9), n(A), d(A) \
	VPXORD c(R9), n(B), d(B)
#define ORV(m, n, d) \
	VPORD m(A), n(A), d(A) \
	VPORD m(B), n(B), d(B)
#define IADDC(c, n, d) \
	VPADDD c(R9), n(A), d(A) \
	VPADDD c(R9), n(B), d(B)
#define ISUBC(c, n, d) \
	VPSUBD c(R9), n(A), d(A) \
	VPSUBD c(R9), n(B), d(B)
#define ISUBV(m, n, d) \
	VPSUBD m(A), n(A), d(A) \
	VPSUBD m(B), n(B), d(B)
#define SHL23V(n, d) \
	VPSLLD $23, n(A), d(A) \
	VPSLLD $23, n(B), d(B)
#define SAR1V(n, d) \
	VPSRAD $1, n(A), d(A) \
	VPSRAD $1, n(B), d(B)
#define BELOW(c, n, m) \
	VCMPPS $0x11, c(R9), n(A), m(A) \
	VCMPPS $0x11, c(R9), n(B), m(B)
#define ABOVE(c, n, m) \
	VCMPPS $0x1e, c(R9), n(A), m(A) \
	VCMPPS $0x1e, c(R9), n(B), m(B)
#define SIGNS(n, m) \
	VPCMPD $1, every_zero(R9), n(A), m(A) \
	VPCMPD $1, every_zero(R9), n(B), m(B)
#define PICK(m, n, d) \
	VBLENDMPS n(A), d(A), m(A), d(A) \
	VBLENDMPS n(B), d(B), m(B), d(B)
#define PICKC(m, c, d) \
	VBLENDMPS c(R9), d(A), m(A), d(A) \
	VBLENDMPS c(R9), d(B), m(B), d(B)
#define WIPE(m, d) \
	VPXORD d(A), d(A), m(A), d(A) \
	VPXORD d(B), d(B), m(B), d(B)

// Of two zeros, and of a NaN, MAXPS and MINPS return the second source operand.
#define MAXC(c, n, d) \
	VMOVUPS c(R9), Z11      \
	VMAXPS  n(A), Z11, d(A) \
	VMAXPS  n(B), Z11, d(B)
#define MINC(c, n, d) \
	VMOVUPS c(R9), Z11      \
	VMINPS  n(A), Z11, d(A) \
	VMINPS  n(B), Z11, d(B)

#include "curve_f32.h"
#include "curve_f32_amd64.h"

#define CURVE(f) \
	BEGIN(Z14, Z15)                 \
row:                             \
	XORL      AX, AX                \
	MOVQ      eltwiseArgs_c(DI), CX \
	SUBQ      $32, CX               \
	JLT       rest                  \
block:                           \
	VMOVUPS   (SI)(AX*1), Z0        \
	VMOVUPS   64(SI)(AX*1), Z16     \
	f                               \
	VMOVUPS   Z0, (DX)(AX*1)        \
	VMOVUPS   Z16, 64(DX)(AX*1)     \
	ADDQ      $128, AX              \
	SUBQ      $32, CX               \
	JGE       block                 \
rest:                            \
	ADDQ      $32, CX               \
	JEQ       next_row              \
	MOVQ      $-1, R10              \
	SHLQ      CX, R10               \
	NOTQ      R10                   \
	KMOVW     R10, K2               \
	SHRQ      $16, R10              \
	KMOVW     R10, K3               \
	VMOVUPS.Z (SI)(AX*1), K2, Z0    \
	VMOVUPS.Z 64(SI)(AX*1), K3, Z16 \
	f                               \
	VMOVUPS   Z0, K2, (DX)(AX*1)    \
	VMOVUPS   Z16, K3, 64(DX)(AX*1) \
next_row:                        \
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

// func celuAVX512(e *eltwiseArgs)
TEXT ·celuAVX512(SB), NOSPLIT, $0-8
	CURVE(CELU)

// func softplusAVX512(e *eltwiseArgs)
TEXT ·softplusAVX512(SB), NOSPLIT, $0-8
	CURVE(SOFTPLUS)

// func softsignAVX512(e *eltwiseArgs)
TEXT ·softsignAVX512(SB), NOSPLIT, $0-8
	CURVE(SOFTSIGN)

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
