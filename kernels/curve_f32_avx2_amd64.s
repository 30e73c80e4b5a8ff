//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "storerest_amd64.h"

// f32_curve_1x8__avx2 — functions of one number, 8 at a time: one assembly function for each; the sigmoid and SiLU, which
// networks have most of, 24 at a time.
//
// Computes   dst[i] = f(a[i]) as curve_f32.h says; lo and hi are the function's parameters
// Reference  curveF32Generic (curve.go); the same bits
// Requires   AVX2
// Contract   rows, c ≥ 1; dst is a or does not overlap it; the rest of a row is masked: no over-read, no over-write
// Bound      arithmetic: tanh 34 instructions and a division per 8 numbers
// Registers  DI  args    SI  a    DX  dst    R8  rows left    R9  constants    AX  byte    CX  numbers left    R10 scratch
//            Y0  x, f(x)    Y1–Y8, Y11 scratch    Y12 numbers of the rest    Y13 mask    Y14, Y15 parameters
// Phases     row → block → rest → next_row

#define W0 Y0
#define W1 Y1
#define W2 Y2
#define W3 Y3
#define W4 Y4
#define W5 Y5
#define W6 Y6
#define W7 Y7
#define W8 Y8
#define M1 Y13
#define PA Y14
#define PB Y15
#define MOVE(n, d)     VMOVAPS n, d
#define LOADC(c, d)    VMOVUPS c(R9), d
#define ADDV(m, n, d)  VADDPS m, n, d
#define SUBV(m, n, d)  VSUBPS m, n, d
#define MULV(m, n, d)  VMULPS m, n, d
#define DIVV(m, n, d)  VDIVPS m, n, d
#define SQRTV(n, d)    VSQRTPS n, d
#define ADDC(c, n, d)  VADDPS c(R9), n, d
#define SUBC(c, n, d)  VSUBPS c(R9), n, d
#define MULC(c, n, d)  VMULPS c(R9), n, d
#define ANDC(c, n, d)  VANDPS c(R9), n, d
#define ORC(c, n, d)   VORPS c(R9), n, d
#define XORC(c, n, d)  VXORPS c(R9), n, d
#define ORV(m, n, d)   VORPS m, n, d
#define IADDC(c, n, d) VPADDD c(R9), n, d
#define ISUBC(c, n, d) VPSUBD c(R9), n, d
#define ISUBV(m, n, d) VPSUBD m, n, d
#define SHL23V(n, d)   VPSLLD $23, n, d
#define SAR1V(n, d)    VPSRAD $1, n, d
#define BELOW(c, n, m) VCMPPS $0x11, c(R9), n, m
#define ABOVE(c, n, m) VCMPPS $0x1e, c(R9), n, m
#define SIGNS(n, m)    VMOVAPS n, m
#define PICK(m, n, d)  VBLENDVPS m, n, d, d
#define PICKC(m, c, d) VBLENDVPS m, c(R9), d, d
#define WIPE(m, d)     VANDNPS d, m, d

// Of two zeros, and of a NaN, MAXPS and MINPS return the second source operand.
#define MAXC(c, n, d) \
	VMOVUPS c(R9), Y11 \
	VMAXPS  n, Y11, d
#define MINC(c, n, d) \
	VMOVUPS c(R9), Y11 \
	VMINPS  n, Y11, d

#include "curve_f32.h"
#include "curve_f32_amd64.h"

DATA curveRest<>+0x00(SB)/8, $-1
DATA curveRest<>+0x08(SB)/8, $-1
DATA curveRest<>+0x10(SB)/8, $-1
DATA curveRest<>+0x18(SB)/8, $-1
GLOBL curveRest<>(SB), RODATA|NOPTR, $64

#define CURVE(f) \
	BEGIN(Y14, Y15)                    \
row:                                 \
	XORL       AX, AX                  \
	MOVQ       eltwiseArgs_c(DI), CX   \
	SUBQ       $8, CX                  \
	JLT        rest                    \
block:                               \
	VMOVUPS    (SI)(AX*1), W0          \
	f                                  \
	VMOVUPS    W0, (DX)(AX*1)          \
	ADDQ       $32, AX                 \
	SUBQ       $8, CX                  \
	JGE        block                   \
rest:                                \
	ADDQ       $8, CX                  \
	JEQ        next_row                \
	LEAQ       curveRest<>+32(SB), R10 \
	SHLQ       $2, CX                  \
	SUBQ       CX, R10                 \
	VMOVUPS    (R10), Y12              \
	VMASKMOVPS (SI)(AX*1), Y12, W0     \
	f                                  \
	VMASKMOVPS W0, Y12, (DX)(AX*1)     \
next_row:                            \
	END

// func tanhAVX2(e *eltwiseArgs)
TEXT ·tanhAVX2(SB), NOSPLIT, $0-8
	CURVE(TANH)

// func hardSwishAVX2(e *eltwiseArgs)
TEXT ·hardSwishAVX2(SB), NOSPLIT, $0-8
	CURVE(HARDSWISH)

// func hardSigmoidAVX2(e *eltwiseArgs)
TEXT ·hardSigmoidAVX2(SB), NOSPLIT, $0-8
	CURVE(HARDSIGMOID)

// func leakyAVX2(e *eltwiseArgs)
TEXT ·leakyAVX2(SB), NOSPLIT, $0-8
	CURVE(LEAKY)

// func eluAVX2(e *eltwiseArgs)
TEXT ·eluAVX2(SB), NOSPLIT, $0-8
	CURVE(ELU)

// func seluAVX2(e *eltwiseArgs)
TEXT ·seluAVX2(SB), NOSPLIT, $0-8
	CURVE(SELU)

// func geluAVX2(e *eltwiseArgs)
TEXT ·geluAVX2(SB), NOSPLIT, $0-8
	CURVE(GELU)

// func geluTanhAVX2(e *eltwiseArgs)
TEXT ·geluTanhAVX2(SB), NOSPLIT, $0-8
	CURVE(GELUTANH)

// func mishAVX2(e *eltwiseArgs)
TEXT ·mishAVX2(SB), NOSPLIT, $0-8
	CURVE(MISH)

// func celuAVX2(e *eltwiseArgs)
TEXT ·celuAVX2(SB), NOSPLIT, $0-8
	CURVE(CELU)

// func softplusAVX2(e *eltwiseArgs)
TEXT ·softplusAVX2(SB), NOSPLIT, $0-8
	CURVE(SOFTPLUS)

// func softsignAVX2(e *eltwiseArgs)
TEXT ·softsignAVX2(SB), NOSPLIT, $0-8
	CURVE(SOFTSIGN)

// func expAVX2(e *eltwiseArgs)
TEXT ·expAVX2(SB), NOSPLIT, $0-8
	CURVE(EXP)

// func erfAVX2(e *eltwiseArgs)
TEXT ·erfAVX2(SB), NOSPLIT, $0-8
	CURVE(ERF)

// func sqrtAVX2(e *eltwiseArgs)
TEXT ·sqrtAVX2(SB), NOSPLIT, $0-8
	CURVE(SQRT)

// func rsqrtAVX2(e *eltwiseArgs)
TEXT ·rsqrtAVX2(SB), NOSPLIT, $0-8
	CURVE(RSQRT)

// func reciprocalAVX2(e *eltwiseArgs)
TEXT ·reciprocalAVX2(SB), NOSPLIT, $0-8
	CURVE(RECIPROCAL)

// func squareAVX2(e *eltwiseArgs)
TEXT ·squareAVX2(SB), NOSPLIT, $0-8
	CURVE(SQUARE)

// func absAVX2(e *eltwiseArgs)
TEXT ·absAVX2(SB), NOSPLIT, $0-8
	CURVE(ABS)

// func negAVX2(e *eltwiseArgs)
TEXT ·negAVX2(SB), NOSPLIT, $0-8
	CURVE(NEG)

#include "curvethree_f32_amd64.h"

// func sigmoidAVX2(e *eltwiseArgs)
TEXT ·sigmoidAVX2(SB), NOSPLIT, $0-8
	CURVE3(SIGMOID)

// func siluAVX2(e *eltwiseArgs)
TEXT ·siluAVX2(SB), NOSPLIT, $0-8
	CURVE3(SILU)
