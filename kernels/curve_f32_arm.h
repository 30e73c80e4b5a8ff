// The vectors of curve_f32.h on ARMv7: quads, of which DIVV, SQRTV, MULX and ADDX take the four singles in turn, by VFP.
// NEON takes denormals for 0, VFP does not. R9 has the constants. Clobbers Q14, Q15 and R12. Include after neon_arm.h.

#define FLUSHES
#define W0 0
#define W1 1
#define W2 2
#define W3 3
#define W4 4
#define W5 5
#define W6 6
#define W7 7
#define W8 8
#define M1 9
#define PA 10
#define PB 11

// Q15 = a constant.
#define C(c) \
	ADD $c, R9, R12 \
	VLD1_QUAD(15, 12)
#define CONSTANT(op, c, n, d) \
	C(c) \
	op(d, n, 15)
#define SINGLES(op, m, n, d) \
	op(4*(d), 4*(n), 4*(m)) \
	op(4*(d)+1, 4*(n)+1, 4*(m)+1) \
	op(4*(d)+2, 4*(n)+2, 4*(m)+2) \
	op(4*(d)+3, 4*(n)+3, 4*(m)+3)

#define MOVE(n, d) VORR_Q(d, n, n)
#define LOADC(c, d) \
	ADD $c, R9, R12 \
	VLD1_QUAD(d, 12)
#define ADDV(m, n, d) VADD_F32(d, n, m)
#define SUBV(m, n, d) VSUB_F32(d, n, m)
#define MULV(m, n, d) VMUL_F32(d, n, m)
#define DIVV(m, n, d) SINGLES(VDIV_S, m, n, d)
#define MULX(m, n, d) SINGLES(VMUL_S, m, n, d)
#define ADDX(m, n, d) SINGLES(VADD_S, m, n, d)
#define SQRTV(n, d) \
	VSQRT_S(4*(d), 4*(n)) \
	VSQRT_S(4*(d)+1, 4*(n)+1) \
	VSQRT_S(4*(d)+2, 4*(n)+2) \
	VSQRT_S(4*(d)+3, 4*(n)+3)
#define ADDC(c, n, d) CONSTANT(VADD_F32, c, n, d)
#define SUBC(c, n, d) CONSTANT(VSUB_F32, c, n, d)
#define MULC(c, n, d) CONSTANT(VMUL_F32, c, n, d)
#define ANDC(c, n, d) CONSTANT(VAND_Q, c, n, d)
#define ORC(c, n, d) CONSTANT(VORR_Q, c, n, d)
#define XORC(c, n, d) CONSTANT(VEOR_Q, c, n, d)
#define ORV(m, n, d) VORR_Q(d, n, m)
#define IADDC(c, n, d) CONSTANT(VADD_I32, c, n, d)
#define ISUBC(c, n, d) CONSTANT(VSUB_I32, c, n, d)
#define ISUBV(m, n, d) VSUB_I32(d, n, m)
#define SHL23V(n, d) VSHL23_I32(d, n)
#define SAR1V(n, d) VSHR1_S32(d, n)
#define BELOW(c, n, m) \
	C(c) \
	VCGT_F32(m, 15, n)
#define ABOVE(c, n, m) \
	C(c) \
	VCGT_F32(m, n, 15)
#define SIGNS(n, m) VSHR31_S32(m, n)
#define PICK(m, n, d) VBIT_Q(d, n, m)
#define PICKC(m, c, d) \
	C(c) \
	VBIT_Q(d, 15, m)
#define WIPE(m, d) VBIC_Q(d, d, m)

// Chosen by a mask, a denormal stays what it is.
#define MAXC(c, n, d) \
	BELOW(c, n, 14) \
	VORR_Q(d, n, n) \
	VBIT_Q(d, 15, 14)
#define MINC(c, n, d) \
	ABOVE(c, n, 14) \
	VORR_Q(d, n, n) \
	VBIT_Q(d, 15, 14)
