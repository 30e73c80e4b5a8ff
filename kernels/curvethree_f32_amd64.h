// Functions of one number, 24 at a time: each of their instructions waits for the one before it, so three vectors take
// turns. Included in the file of those 8 at a time, behind them: it replaces their registers and macros by triples, of
// what the sigmoid and SiLU need, in 15 registers.
//
// Registers  as there, but for Y0–Y2  x, f(x)    Y3–Y11 scratch    Y12–Y14 x    Y15 constant    R10 masks of the rest

#undef W0
#undef W1
#undef W2
#undef W3
#undef W4
#undef M1
#undef MOVE
#undef LOADC
#undef ADDV
#undef SUBV
#undef MULV
#undef DIVV
#undef ADDC
#undef SUBC
#undef MULC
#undef ORC
#undef IADDC
#undef SHL23V
#undef SIGNS
#undef PICK
#undef BELOW
#undef WIPE
#undef MAXC

// W0(A) is the first of W0.
#define A(a, b, c) a
#define B(a, b, c) b
#define C(a, b, c) c
#define W0(x) x(Y0, Y1, Y2)
#define W1(x) x(Y3, Y4, Y5)
#define W2(x) x(Y6, Y7, Y8)
#define W3(x) x(Y9, Y10, Y11)
#define W4(x) x(Y12, Y13, Y14)
#define M1 W3
#define EACH(op, m, n, d) \
	op m(A), n(A), d(A) \
	op m(B), n(B), d(B) \
	op m(C), n(C), d(C)
#define EACHC(op, c, n, d) \
	op c(R9), n(A), d(A) \
	op c(R9), n(B), d(B) \
	op c(R9), n(C), d(C)
#define MOVE(n, d) \
	VMOVAPS n(A), d(A) \
	VMOVAPS n(B), d(B) \
	VMOVAPS n(C), d(C)
#define LOADC(c, d) \
	VMOVUPS c(R9), d(A) \
	VMOVAPS d(A), d(B) \
	VMOVAPS d(A), d(C)
#define ADDV(m, n, d)  EACH(VADDPS, m, n, d)
#define SUBV(m, n, d)  EACH(VSUBPS, m, n, d)
#define MULV(m, n, d)  EACH(VMULPS, m, n, d)
#define DIVV(m, n, d)  EACH(VDIVPS, m, n, d)
#define ADDC(c, n, d)  EACHC(VADDPS, c, n, d)
#define SUBC(c, n, d)  EACHC(VSUBPS, c, n, d)
#define MULC(c, n, d)  EACHC(VMULPS, c, n, d)
#define ORC(c, n, d)   EACHC(VORPS, c, n, d)
#define IADDC(c, n, d) EACHC(VPADDD, c, n, d)
#define SHL23V(n, d) \
	VPSLLD $23, n(A), d(A) \
	VPSLLD $23, n(B), d(B) \
	VPSLLD $23, n(C), d(C)
#define SIGNS(n, m) MOVE(n, m)
#define PICK(m, n, d) \
	VBLENDVPS m(A), n(A), d(A), d(A) \
	VBLENDVPS m(B), n(B), d(B), d(B) \
	VBLENDVPS m(C), n(C), d(C), d(C)

// No registers are left to keep a mask in: where −|x| is below every_min is found when it is needed.
#define BELOW(c, n, m)
#define WIPE(m, d) \
	ORC(every_sign, W4, m)                  \
	VCMPPS $0x11, every_min(R9), m(A), m(A) \
	VCMPPS $0x11, every_min(R9), m(B), m(B) \
	VCMPPS $0x11, every_min(R9), m(C), m(C) \
	EACH(VANDNPS, d, m, d)

// Of two zeros, and of a NaN, MAXPS returns the second source operand.
#define MAXC(c, n, d) \
	VMOVUPS c(R9), Y15 \
	VMAXPS  n(A), Y15, d(A) \
	VMAXPS  n(B), Y15, d(B) \
	VMAXPS  n(C), Y15, d(C)

// curveRest3: 24 ones, then 24 zeros: n ones from entry 24−n on.
DATA curveRest3<>+0x00(SB)/8, $-1
DATA curveRest3<>+0x08(SB)/8, $-1
DATA curveRest3<>+0x10(SB)/8, $-1
DATA curveRest3<>+0x18(SB)/8, $-1
DATA curveRest3<>+0x20(SB)/8, $-1
DATA curveRest3<>+0x28(SB)/8, $-1
DATA curveRest3<>+0x30(SB)/8, $-1
DATA curveRest3<>+0x38(SB)/8, $-1
DATA curveRest3<>+0x40(SB)/8, $-1
DATA curveRest3<>+0x48(SB)/8, $-1
DATA curveRest3<>+0x50(SB)/8, $-1
DATA curveRest3<>+0x58(SB)/8, $-1
GLOBL curveRest3<>(SB), RODATA|NOPTR, $192

// The address of the next vector, where rows are of whole ones.
#define NEXT_VECTOR \
	ADDQ $32, SI  \
	ADDQ $32, DX  \
	SUBQ $1, CX   \
	JNE  4(PC)    \
	ADDQ BX, SI   \
	ADDQ R10, DX  \
	MOVQ R14, CX

// Rows of whole vectors go as one, three vectors at a time whatever row they are in; the last have copies of another beside
// them. Others, and a row alone, go row by row.
#define CURVE3(f) \
	BEGIN(Y14, Y15)                       \
	MOVQ       eltwiseArgs_c(DI), CX      \
	TESTQ      $7, CX                     \
	JNE        row                        \
	CMPQ       R8, $1                     \
	JEQ        row                        \
	MOVQ       eltwiseArgs_aStride(DI), BX \
	MOVQ       eltwiseArgs_dstStride(DI), R10 \
	LEAQ       (CX*4), AX                 \
	SUBQ       AX, BX                     \
	SUBQ       AX, R10                    \
	SHRQ       $3, CX                     \
	MOVQ       CX, R14                    \
	IMULQ      CX, R8                     \
	PCALIGN    $64                        \
vectors:                                \
	VMOVUPS    (SI), Y0                   \
	VMOVAPS    Y0, Y1                     \
	VMOVAPS    Y0, Y2                     \
	MOVQ       DX, R11                    \
	MOVQ       DX, R12                    \
	MOVQ       DX, R13                    \
	SUBQ       $1, R8                     \
	JEQ        loaded                     \
	NEXT_VECTOR                           \
	VMOVUPS    (SI), Y1                   \
	MOVQ       DX, R12                    \
	SUBQ       $1, R8                     \
	JEQ        loaded                     \
	NEXT_VECTOR                           \
	VMOVUPS    (SI), Y2                   \
	MOVQ       DX, R13                    \
	SUBQ       $1, R8                     \
	JEQ        loaded                     \
	NEXT_VECTOR                           \
loaded:                                 \
	f                                     \
	VMOVUPS    Y0, (R11)                  \
	VMOVUPS    Y1, (R12)                  \
	VMOVUPS    Y2, (R13)                  \
	TESTQ      R8, R8                     \
	JNE        vectors                    \
	VZEROUPPER                            \
	RET                                   \
row:                                    \
	XORL       AX, AX                     \
	MOVQ       eltwiseArgs_c(DI), CX      \
	SUBQ       $24, CX                    \
	JLT        rest                       \
	PCALIGN    $64                        \
block:                                  \
	VMOVUPS    (SI)(AX*1), Y0             \
	VMOVUPS    32(SI)(AX*1), Y1           \
	VMOVUPS    64(SI)(AX*1), Y2           \
	f                                     \
	VMOVUPS    Y0, (DX)(AX*1)             \
	VMOVUPS    Y1, 32(DX)(AX*1)           \
	VMOVUPS    Y2, 64(DX)(AX*1)           \
	ADDQ       $96, AX                    \
	SUBQ       $24, CX                    \
	JGE        block                      \
rest:                                   \
	ADDQ       $24, CX                    \
	JEQ        next_row                   \
	LEAQ       curveRest3<>+96(SB), R10   \
	SHLQ       $2, CX                     \
	SUBQ       CX, R10                    \
	VMOVUPS    (R10), Y3                  \
	VMOVUPS    32(R10), Y4                \
	VMOVUPS    64(R10), Y5                \
	VMASKMOVPS (SI)(AX*1), Y3, Y0         \
	VMASKMOVPS 32(SI)(AX*1), Y4, Y1       \
	VMASKMOVPS 64(SI)(AX*1), Y5, Y2       \
	f                                     \
	SHRQ       $2, CX                     \
	LEAQ       (DX)(AX*1), R10            \
	CMPQ       CX, $8                     \
	JLT        rest_of_8                  \
	VMOVUPS    Y0, (R10)                  \
	VMOVAPS    Y1, Y0                     \
	ADDQ       $32, R10                   \
	CMPQ       CX, $16                    \
	JLT        rest_of_8                  \
	VMOVUPS    Y1, (R10)                  \
	VMOVAPS    Y2, Y0                     \
	ADDQ       $32, R10                   \
rest_of_8:                              \
	STORE_REST(CX, Y0, X0, R10)           \
next_row:                               \
	END
