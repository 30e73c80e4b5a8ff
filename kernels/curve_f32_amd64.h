// What the vector curves of amd64 have in common: curve_f32.h by instructions that have the same names in VEX and EVEX.
// R9 has the constants; W11 is scratch.
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
#define IADDC(c, n, d) VPADDD c(R9), n, d
#define ISUBC(c, n, d) VPSUBD c(R9), n, d
#define ISUBV(m, n, d) VPSUBD m, n, d
#define SHL23(n, d)    VPSLLD $23, n, d
#define SAR1(n, d)     VPSRAD $1, n, d
#define BELOW(c, n, m) VCMPPS $0x11, c(R9), n, m
#define ABOVE(c, n, m) VCMPPS $0x1e, c(R9), n, m

// Of two zeros, and of a NaN, MAXPS and MINPS return the second source operand.
#define MAXC(c, n, d) \
	VMOVUPS c(R9), W11 \
	VMAXPS  n, W11, d
#define MINC(c, n, d) \
	VMOVUPS c(R9), W11 \
	VMINPS  n, W11, d

#include "curve_f32.h"

// A function's beginning.
#define BEGIN \
	MOVQ         e+0(FP), DI              \
	MOVQ         eltwiseArgs_a(DI), SI    \
	MOVQ         eltwiseArgs_dst(DI), DX  \
	MOVQ         eltwiseArgs_rows(DI), R8 \
	MOVQ         ·curveConsts(SB), R9     \
	VBROADCASTSS eltwiseArgs_lo(DI), PA   \
	VBROADCASTSS eltwiseArgs_hi(DI), PB

// Its end: the next row, or out.
#define END \
	ADDQ eltwiseArgs_aStride(DI), SI   \
	ADDQ eltwiseArgs_dstStride(DI), DX \
	SUBQ $1, R8                        \
	JNZ  row                           \
	VZEROUPPER                         \
	RET
