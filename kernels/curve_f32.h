// The curves of curve_rows.go on vectors, for every architecture: the operations there in the order there, so that the
// bits are the same. Where the Go code chooses, all is computed and PICK chooses. A file that includes this one has
// defined, with c for a constant of every, and the destination last, as Go's assembler has it:
//
//	W0–W8, PA, PB, M1                               vectors, or pairs of them, the parameters a and b, and a mask
//	MOVE(n, d) LOADC(c, d)                          d = n, c
//	ADDV SUBV MULV DIVV(m, n, d) SQRTV(n, d)        d = n ∘ m, √n
//	ADDC SUBC MULC(c, n, d)                         d = n ∘ c
//	MAXC MINC(c, n, d)                              d = max, min; n must not be a zero of another sign; NaN if n is
//	ANDC ORC XORC(c, n, d) ORV(m, n, d)             of bits
//	IADDC ISUBC(c, n, d) ISUBV(m, n, d)             of whole numbers: n ∘ m
//	SHL23V SAR1V(n, d)                              n << 23, n >> 1
//	BELOW ABOVE(c, n, m) SIGNS(n, m)                mask m = n < c, n > c, n has a sign; false for a NaN but SIGNS
//	PICK(m, n, d) PICKC(m, c, d) WIPE(m, d)         where m: d = n, c, 0. SIGNS's mask is for PICK
//
//	MULX ADDX(m, n, d)                              as MULV and ADDV, of denormals too
//
// Where the vectors take denormals for 0, FLUSHES is defined, and the last two. There a product or sum that may be a
// denormal, or is of x itself, is of them; the others end in a sum with a larger number, or decide nothing.
//
// A curve takes x in W0 and leaves f(x) there. It uses W1–W8 and M1. W8 is no operand of DIVV, SQRTV, MULX and ADDX.

#ifndef FLUSHES
#define MULX(m, n, d) MULV(m, n, d)
#define ADDX(m, n, d) ADDV(m, n, d)
#endif

// Of r in W0 and t in W1: W2 = eʳ − 1, as splitPower. Clobbers W3.
#define SPLIT \
	MULC(every_log2e, W0, W1) \
	ADDC(every_round, W1, W1) \
	SUBC(every_round, W1, W2) \
	MULC(every_ln2Hi, W2, W3) \
	SUBV(W3, W0, W0)          \
	MULC(every_ln2Lo, W2, W3) \
	SUBV(W3, W0, W0)          \
	MULC(every_p0, W0, W2)    \
	ADDC(every_p1, W2, W2)    \
	MULV(W0, W2, W2)          \
	ADDC(every_p2, W2, W2)    \
	MULV(W0, W2, W2)          \
	ADDC(every_p3, W2, W2)    \
	MULV(W0, W2, W2)          \
	ADDC(every_p4, W2, W2)    \
	MULV(W0, W2, W2)          \
	ADDC(every_p5, W2, W2)    \
	MULV(W0, W0, W3)          \
	MULV(W3, W2, W2)          \
	ADDV(W0, W2, W2)

// W2 = e to W0 where that is a normal number. Clobbers W0, W1, W3.
#define EXPNORMAL \
	SPLIT                     \
	ADDC(every_one, W2, W2)   \
	IADDC(every_bias, W1, W1) \
	SHL23V(W1, W1)            \
	MULV(W1, W2, W2)

// W2 = expNegative(W0). Clobbers W0, W1, W3, M1.
#define EXPNEGATIVE \
	BELOW(every_min, W0, M1) \
	EXPNORMAL                \
	WIPE(M1, W2)

#define SIGMOID \
	MOVE(W0, W4)            \
	ORC(every_sign, W0, W0) \
	EXPNEGATIVE             \
	LOADC(every_one, W1)    \
	SIGNS(W4, M1)           \
	PICK(M1, W2, W1)        \
	ADDC(every_one, W2, W2) \
	DIVV(W2, W1, W0)

#define SILU \
	SIGMOID                      \
	MAXC(every_floor128, W4, W4) \
	MULX(W4, W0, W0)

#define TANH \
	MOVE(W0, W4)                  \
	ANDC(every_magnitude, W0, W5) \
	MULV(W0, W0, W6)              \
	MULC(every_t0, W6, W7)        \
	ADDC(every_t1, W7, W7)        \
	MULV(W6, W7, W7)              \
	ADDC(every_t2, W7, W7)        \
	MULV(W6, W7, W7)              \
	ADDC(every_t3, W7, W7)        \
	MULV(W6, W7, W7)              \
	ADDC(every_t4, W7, W7)        \
	MULV(W6, W7, W7)              \
	MULV(W0, W7, W7)              \
	ADDX(W0, W7, W7)              \
	MULC(every_minusTwo, W5, W0)  \
	EXPNEGATIVE                   \
	LOADC(every_one, W0)          \
	SUBV(W2, W0, W0)              \
	ADDC(every_one, W2, W2)       \
	DIVV(W2, W0, W0)              \
	ANDC(every_sign, W4, W3)      \
	ORV(W3, W0, W0)               \
	BELOW(every_tanhPoly, W5, M1) \
	PICK(M1, W7, W0)

#define HARDSWISH \
	ADDC(every_three, W0, W1)      \
	MAXC(every_zero, W1, W1)       \
	MINC(every_six, W1, W1)        \
	MULC(every_sixth, W1, W1)      \
	MAXC(every_minusThree, W0, W0) \
	MULX(W1, W0, W0)

// Zero is added, so that −0 becomes +0 before the maximum.
#define HARDSIGMOID \
	MULV(PA, W0, W0)         \
	ADDV(PB, W0, W0)         \
	ADDC(every_zero, W0, W0) \
	MAXC(every_zero, W0, W0) \
	MINC(every_one, W0, W0)

#define LEAKY \
	LOADC(every_one, W1) \
	SIGNS(W0, M1)        \
	PICK(M1, PA, W1)     \
	MULX(W1, W0, W0)

// W2 = eˣ − 1 for x in W4 and W0, below 88.
#define EXPM1 \
	SPLIT                           \
	IADDC(every_biasLess, W1, W1)   \
	SHL23V(W1, W1)                  \
	MULV(W1, W2, W2)                \
	SUBC(every_half, W1, W1)        \
	ADDV(W1, W2, W2)                \
	MULC(every_two, W2, W2)         \
	BELOW(every_expm1Least, W4, M1) \
	PICKC(M1, every_minusOne, W2)

#define ELU \
	MOVE(W0, W4)              \
	EXPM1                     \
	MULV(PA, W2, W2)          \
	BELOW(every_zero, W4, M1) \
	MOVE(W4, W0)              \
	PICK(M1, W2, W0)

#define SELU \
	ELU \
	MULV(PB, W0, W0)

// Zero is added, so that −0 becomes +0 before the maximum; that of the minimum is added to it.
#define CELU \
	MOVE(W0, W5)                 \
	DIVV(PA, W0, W0)             \
	MOVE(W0, W4)                 \
	EXPM1                        \
	ABOVE(every_expMost, W4, M1) \
	PICKC(M1, every_inf, W2)     \
	MULV(PA, W2, W2)             \
	MINC(every_zero, W2, W2)     \
	ADDC(every_zero, W5, W5)     \
	MAXC(every_zero, W5, W5)     \
	ADDV(W2, W5, W0)

#define SOFTPLUS \
	MOVE(W0, W4)             \
	ORC(every_sign, W0, W0)  \
	EXPNEGATIVE              \
	MULC(every_s0, W2, W5)   \
	ADDC(every_s1, W5, W5)   \
	MULV(W2, W5, W5)         \
	ADDC(every_s2, W5, W5)   \
	MULV(W2, W5, W5)         \
	ADDC(every_s3, W5, W5)   \
	MULV(W2, W5, W5)         \
	ADDC(every_s4, W5, W5)   \
	MULV(W2, W5, W5)         \
	ADDC(every_s5, W5, W5)   \
	MULV(W2, W5, W5)         \
	ADDC(every_s6, W5, W5)   \
	MULV(W2, W5, W5)         \
	ADDC(every_s7, W5, W5)   \
	MULV(W2, W5, W5)         \
	ADDC(every_s8, W5, W5)   \
	MULV(W2, W5, W5)         \
	ADDC(every_s9, W5, W5)   \
	MULV(W2, W2, W3)         \
	MULV(W3, W5, W5)         \
	ADDV(W2, W5, W5)         \
	ADDC(every_zero, W4, W4) \
	MAXC(every_zero, W4, W4) \
	ADDV(W5, W4, W0)

// The sign is taken from x and given back.
#define SOFTSIGN \
	ANDC(every_magnitude, W0, W1) \
	ANDC(every_sign, W0, W0)      \
	MINC(every_most, W1, W1)      \
	ADDC(every_one, W1, W2)       \
	DIVV(W2, W1, W1)              \
	ORV(W1, W0, W0)

#define EXP \
	MOVE(W0, W4)                   \
	SPLIT                          \
	ISUBC(every_roundBits, W1, W1) \
	SAR1V(W1, W3)                  \
	ISUBV(W3, W1, W1)              \
	IADDC(every_bias, W3, W3)      \
	SHL23V(W3, W3)                 \
	IADDC(every_bias, W1, W1)      \
	SHL23V(W1, W1)                 \
	ADDC(every_one, W2, W2)        \
	MULV(W3, W2, W2)               \
	MULX(W1, W2, W0)               \
	ABOVE(every_expMost, W4, M1)   \
	PICKC(M1, every_inf, W0)       \
	BELOW(every_expLeast, W4, M1)  \
	WIPE(M1, W0)

// Beyond erfPoly, the exponential's argument is in −18…−1.
#define ERF \
	MOVE(W0, W4)                  \
	ANDC(every_magnitude, W0, W5) \
	MINC(every_erfMost, W5, W5)   \
	MULV(W0, W0, W6)              \
	MULC(every_e0, W6, W7)        \
	ADDC(every_e1, W7, W7)        \
	MULV(W6, W7, W7)              \
	ADDC(every_e2, W7, W7)        \
	MULV(W6, W7, W7)              \
	ADDC(every_e3, W7, W7)        \
	MULV(W6, W7, W7)              \
	ADDC(every_e4, W7, W7)        \
	MULV(W6, W7, W7)              \
	ADDC(every_e5, W7, W7)        \
	MULX(W0, W7, W7)              \
	ADDX(W0, W7, W7)              \
	MULV(W5, W5, W6)              \
	MULC(every_f0, W5, W0)        \
	ADDC(every_f1, W0, W0)        \
	MULC(every_f2, W5, W1)        \
	ADDC(every_f3, W1, W1)        \
	MULV(W6, W0, W0)              \
	ADDV(W1, W0, W0)              \
	MULV(W5, W0, W0)              \
	ADDC(every_f4, W0, W0)        \
	MULV(W5, W0, W0)              \
	ADDC(every_f5, W0, W0)        \
	MULV(W5, W0, W0)              \
	ADDC(every_f6, W0, W0)        \
	MULV(W5, W0, W0)              \
	SUBV(W5, W0, W0)              \
	EXPNORMAL                     \
	LOADC(every_one, W0)          \
	SUBV(W2, W0, W0)              \
	ANDC(every_sign, W4, W3)      \
	ORV(W3, W0, W0)               \
	ABOVE(every_erfPoly, W5, M1)  \
	PICK(M1, W0, W7)              \
	MOVE(W7, W0)

#define GELU \
	MOVE(W0, W8)                 \
	MULC(every_rootHalf, W0, W0) \
	ERF                          \
	ADDC(every_one, W0, W0)      \
	MAXC(every_floor128, W8, W1) \
	LOADC(every_half, W2)        \
	MULX(W2, W1, W1)             \
	MULX(W1, W0, W0)

#define GELUTANH \
	MOVE(W0, W8)                  \
	MULV(W0, W0, W1)              \
	MULC(every_cubic, W1, W1)     \
	ADDC(every_one, W1, W1)       \
	MULV(W1, W0, W0)              \
	MULC(every_geluTwice, W0, W0) \
	SIGMOID                       \
	MAXC(every_floor128, W8, W1)  \
	MULX(W1, W0, W0)

#define MISH \
	MOVE(W0, W4)                 \
	ORC(every_sign, W0, W0)      \
	EXPNEGATIVE                  \
	MULC(every_two, W2, W5)      \
	ADDC(every_one, W5, W5)      \
	MULV(W2, W2, W6)             \
	MULC(every_two, W6, W6)      \
	ADDV(W5, W6, W6)             \
	ADDC(every_two, W2, W7)      \
	MULV(W2, W7, W7)             \
	ADDC(every_two, W7, W3)      \
	SIGNS(W4, M1)                \
	PICK(M1, W7, W5)             \
	PICK(M1, W3, W6)             \
	DIVV(W6, W5, W0)             \
	MAXC(every_floor128, W4, W4) \
	MULX(W4, W0, W0)

#define SQRT \
	SQRTV(W0, W0)

#define RSQRT \
	SQRTV(W0, W1)        \
	LOADC(every_one, W0) \
	DIVV(W1, W0, W0)

#define RECIPROCAL \
	LOADC(every_one, W1) \
	DIVV(W0, W1, W0)

#define SQUARE \
	MULX(W0, W0, W0)

#define ABS \
	ANDC(every_magnitude, W0, W0)

#define NEG \
	XORC(every_sign, W0, W0)
