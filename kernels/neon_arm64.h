// NEON instructions that Go's assembler lacks, by register number. Source operands m and n, destination d, in Go's
// order; i is a lane. TestNeonMacros decodes each with objdump.
#define NEON3(base, m, n, d)       WORD $((base) | ((m)<<16) | ((n)<<5) | (d))
#define NEON2(base, n, d)          WORD $((base) | ((n)<<5) | (d))
#define NEON1(base, d)             WORD $((base) | (d))
#define NEONLANEH(base, m, i, n, d) WORD $((base) | ((m)<<16) | (((i)&3)<<20) | (((i)>>2)<<11) | ((n)<<5) | (d))
#define NEONLANE(base, m, i, n, d) WORD $((base) | ((m)<<16) | (((i)&1)<<21) | (((i)>>1)<<11) | ((n)<<5) | (d))

#define FADD(m, n, d)        NEON3(0x4E20D400, m, n, d)       // fadd d.4s, n.4s, m.4s
#define FADDP(m, n, d)       NEON3(0x6E20D400, m, n, d)       // faddp d.4s, n.4s, m.4s: pairs of n, then of m
#define FSUB(m, n, d)        NEON3(0x4EA0D400, m, n, d)       // fsub d.4s, n.4s, m.4s: n − m
#define FMUL(m, n, d)        NEON3(0x6E20DC00, m, n, d)       // fmul d.4s, n.4s, m.4s
#define FMAX(m, n, d)        NEON3(0x4E20F400, m, n, d)       // fmax d.4s, n.4s, m.4s
#define FMIN(m, n, d)        NEON3(0x4EA0F400, m, n, d)       // fmin d.4s, n.4s, m.4s
#define FMAXNM(m, n, d)      NEON3(0x4E20C400, m, n, d)       // fmaxnm d.4s, n.4s, m.4s
#define FDIV(m, n, d)        NEON3(0x6E20FC00, m, n, d)       // fdiv d.4s, n.4s, m.4s: n / m
#define FMULX(m, n, d)       NEON3(0x4E20DC00, m, n, d)       // fmulx d.4s, n.4s, m.4s: of 0 and infinity 2
#define FRSQRTE(n, d)        NEON2(0x6EA1D800, n, d)          // frsqrte d.4s, n.4s
#define FRSQRTS(m, n, d)     NEON3(0x4EA0FC00, m, n, d)       // frsqrts d.4s, n.4s, m.4s: (3 − n·m)/2
#define FSQRT(n, d)          NEON2(0x6EA1F800, n, d)          // fsqrt d.4s, n.4s
#define FABS(n, d)           NEON2(0x4EA0F800, n, d)          // fabs d.4s, n.4s
#define FABD(m, n, d)        NEON3(0x6EA0D400, m, n, d)       // fabd d.4s, n.4s, m.4s
#define UABD(m, n, d)        NEON3(0x2E207400, m, n, d)       // uabd d.8b, n.8b, m.8b
#define UMULL(m, n, d)       NEON3(0x2E20C000, m, n, d)       // umull d.8h, n.8b, m.8b
#define UADDL(m, n, d)       NEON3(0x2E600000, m, n, d)       // uaddl d.4s, n.4h, m.4h
#define UADDL2(m, n, d)      NEON3(0x6E600000, m, n, d)       // uaddl2 d.4s, n.8h, m.8h
#define UADDW(m, n, d)       NEON3(0x2E601000, m, n, d)       // uaddw d.4s, n.4s, m.4h
#define UADDW2(m, n, d)      NEON3(0x6E601000, m, n, d)       // uaddw2 d.4s, n.4s, m.8h
#define FNEG(n, d)           NEON2(0x6EA0F800, n, d)          // fneg d.4s, n.4s
#define FMOV_HALF(d)         NEON1(0x4F03F400, d)             // fmov d.4s, #0.5
#define FMOV_ONE(d)          NEON1(0x4F03F600, d)             // fmov d.4s, #1.0
#define MOVI_BIT23(d)        NEON1(0x4F044400, d)             // movi d.4s, #0x80, lsl #16
#define UMAX(m, n, d)        NEON3(0x6E206400, m, n, d)       // umax d.16b, n.16b, m.16b
#define FCMGT(m, n, d)       NEON3(0x6EA0E400, m, n, d)       // fcmgt d.4s, n.4s, m.4s: n > m
#define BIC(m, n, d)         NEON3(0x4E601C00, m, n, d)       // bic d.16b, n.16b, m.16b: n and not m
#define BIT(m, n, d)         NEON3(0x6EA01C00, m, n, d)       // bit d.16b, n.16b, m.16b: n where m
#define AND(m, n, d)         NEON3(0x4E201C00, m, n, d)       // and d.16b, n.16b, m.16b
#define ORR(m, n, d)         NEON3(0x4EA01C00, m, n, d)       // orr d.16b, n.16b, m.16b
#define EOR(m, n, d)         NEON3(0x6E201C00, m, n, d)       // eor d.16b, n.16b, m.16b
#define IADD(m, n, d)        NEON3(0x4EA08400, m, n, d)       // add d.4s, n.4s, m.4s
#define ISUB(m, n, d)        NEON3(0x6EA08400, m, n, d)       // sub d.4s, n.4s, m.4s: n − m
#define SHL23(n, d)          NEON2(0x4F375400, n, d)          // shl d.4s, n.4s, #23
#define SSHR1(n, d)          NEON2(0x4F3F0400, n, d)          // sshr d.4s, n.4s, #1
#define SSHR31(n, d)         NEON2(0x4F210400, n, d)          // sshr d.4s, n.4s, #31
#define FMLA(m, n, d)        NEON3(0x4E20CC00, m, n, d)       // fmla d.4s, n.4s, m.4s
#define FMLS(m, n, d)        NEON3(0x4EA0CC00, m, n, d)       // fmls d.4s, n.4s, m.4s
#define FMLA_LANE(m, i, n, d) NEONLANE(0x4F801000, m, i, n, d) // fmla d.4s, n.4s, m.s[i]
#define FMLS_LANE(m, i, n, d) NEONLANE(0x4F805000, m, i, n, d) // fmls d.4s, n.4s, m.s[i]
#define SDOT_LANE(m, i, n, d) NEONLANE(0x4F80E000, m, i, n, d) // sdot d.4s, n.16b, m.4b[i]
#define SMULL(m, n, d)       NEON3(0x0E20C000, m, n, d)       // smull d.8h, n.8b, m.8b
#define SMLAL2(m, n, d)      NEON3(0x4E208000, m, n, d)       // smlal2 d.8h, n.16b, m.16b
#define SADALP(n, d)         NEON2(0x4E606800, n, d)          // sadalp d.4s, n.8h
#define FRINTN(n, d)         NEON2(0x4E218800, n, d)          // frintn d.4s, n.4s
#define FCMEQ(m, n, d)       NEON3(0x4E20E400, m, n, d)       // fcmeq d.4s, n.4s, m.4s
#define SCVTF(n, d)          NEON2(0x4E21D800, n, d)          // scvtf d.4s, n.4s
#define FCVTL(n, d)          NEON2(0x0E217800, n, d)          // fcvtl d.4s, n.4h
#define FCVTL2(n, d)         NEON2(0x4E217800, n, d)          // fcvtl2 d.4s, n.8h
#define FCVTN(n, d)          NEON2(0x0E216800, n, d)          // fcvtn d.4h, n.4s
#define FCVTN2(n, d)         NEON2(0x4E216800, n, d)          // fcvtn2 d.8h, n.4s
#define FCVTNS(n, d)         NEON2(0x4E21A800, n, d)          // fcvtns d.4s, n.4s
#define SQXTN(n, d)          NEON2(0x0E614800, n, d)          // sqxtn d.4h, n.4s
#define SQXTN2(n, d)         NEON2(0x4E614800, n, d)          // sqxtn2 d.8h, n.4s
#define SQXTUN(n, d)         NEON2(0x2E212800, n, d)          // sqxtun d.8b, n.8h
#define SDOT(m, n, d)        NEON3(0x4E809400, m, n, d)       // sdot d.4s, n.16b, m.16b
#define SMLAL_WORDS(m, n, d) NEON3(0x0E608000, m, n, d)       // smlal d.4s, n.4h, m.4h
#define SMLAL2_WORDS(m, n, d) NEON3(0x4E608000, m, n, d)      // smlal2 d.4s, n.8h, m.8h
#define USUBL(m, n, d)       NEON3(0x2E202000, m, n, d)       // usubl d.8h, n.8b, m.8b
#define SXTL(n, d)           NEON2(0x0F08A400, n, d)          // sxtl d.8h, n.8b
#define SMLAL_LANE(m, i, n, d) NEONLANEH(0x0F402000, m, i, n, d) // smlal d.4s, n.4h, m.h[i]: m < 16
#define SMLAL2_LANE(m, i, n, d) NEONLANEH(0x4F402000, m, i, n, d) // smlal2 d.4s, n.8h, m.h[i]: m < 16
#define MULH(m, n, d)        NEON3(0x4E609C00, m, n, d)       // mul d.8h, n.8h, m.8h
#define MULW(m, n, d)        NEON3(0x4EA09C00, m, n, d)       // mul d.4s, n.4s, m.4s
#define SQADD(m, n, d)       NEON3(0x4E600C00, m, n, d)       // sqadd d.8h, n.8h, m.8h
#define SQSUB(m, n, d)       NEON3(0x4EA02C00, m, n, d)       // sqsub d.4s, n.4s, m.4s: n − m
#define SQXTUN2(n, d)        NEON2(0x6E212800, n, d)          // sqxtun2 d.16b, n.8h
#define FADDH(m, n, d)       NEON3(0x4E401400, m, n, d)       // fadd d.8h, n.8h, m.8h
#define FSUBH(m, n, d)       NEON3(0x4EC01400, m, n, d)       // fsub d.8h, n.8h, m.8h: n − m
#define FMAXH(m, n, d)       NEON3(0x4E403400, m, n, d)       // fmax d.8h, n.8h, m.8h
#define FMINH(m, n, d)       NEON3(0x4EC03400, m, n, d)       // fmin d.8h, n.8h, m.8h
#define FMAXNMH(m, n, d)     NEON3(0x4E400400, m, n, d)       // fmaxnm d.8h, n.8h, m.8h
#define FMLAH(m, n, d)       NEON3(0x4E400C00, m, n, d)       // fmla d.8h, n.8h, m.8h
#define FMLAH_LANE(m, i, n, d) NEONLANEH(0x4F001000, m, i, n, d) // fmla d.8h, n.8h, m.h[i]: m < 16
#define USMMLA(m, n, d)      NEON3(0x4E80AC00, m, n, d)       // usmmla d.4s, n.16b, m.16b: n unsigned, m signed
#define FADD_D(m, n, d)      NEON3(0x4E60D400, m, n, d)       // fadd d.2d, n.2d, m.2d
#define FSUB_D(m, n, d)      NEON3(0x4EE0D400, m, n, d)       // fsub d.2d, n.2d, m.2d: n − m
#define FMUL_D(m, n, d)      NEON3(0x6E60DC00, m, n, d)       // fmul d.2d, n.2d, m.2d
#define FMAX_D(m, n, d)      NEON3(0x4E60F400, m, n, d)       // fmax d.2d, n.2d, m.2d
#define FMIN_D(m, n, d)      NEON3(0x4EE0F400, m, n, d)       // fmin d.2d, n.2d, m.2d
#define FABS_D(n, d)         NEON2(0x4EE0F800, n, d)          // fabs d.2d, n.2d
#define FCVTL_D(n, d)        NEON2(0x0E617800, n, d)          // fcvtl d.2d, n.2s
#define FCVTL2_D(n, d)       NEON2(0x4E617800, n, d)          // fcvtl2 d.2d, n.4s

// op on four or eight registers from d, n and m on; of one m; of n alone; of d alone.
#define FOUR(op, m, n, d) \
	op(m, n, d) \
	op(m+1, n+1, d+1) \
	op(m+2, n+2, d+2) \
	op(m+3, n+3, d+3)
#define EIGHT(op, m, n, d) \
	FOUR(op, m, n, d) \
	FOUR(op, m+4, n+4, d+4)
#define FOUR_BY(op, m, n, d) \
	op(m, n, d) \
	op(m, n+1, d+1) \
	op(m, n+2, d+2) \
	op(m, n+3, d+3)
#define EIGHT_BY(op, m, n, d) \
	FOUR_BY(op, m, n, d) \
	FOUR_BY(op, m, n+4, d+4)
#define FOUR_OF(op, n, d) \
	op(n, d) \
	op(n+1, d+1) \
	op(n+2, d+2) \
	op(n+3, d+3)
#define EIGHT_OF(op, n, d) \
	FOUR_OF(op, n, d) \
	FOUR_OF(op, n+4, d+4)
#define EIGHT_TIMES(op, d) \
	op(d) \
	op(d+1) \
	op(d+2) \
	op(d+3) \
	op(d+4) \
	op(d+5) \
	op(d+6) \
	op(d+7)
#define COPY(n, d) ORR(n, n, d)

// lo and hi, float32 so far from base, as float16 in all lanes of the vectors m and n, which are M and N. Clobbers TMP.
#define HALF_BOUNDS(lo, hi, base, TMP, m, n, M, N) \
	ADD   $lo, base, TMP \
	VLD1R (TMP), [M.S4] \
	ADD   $hi, base, TMP \
	VLD1R (TMP), [N.S4] \
	FCVTN(m, m) \
	FCVTN(n, n) \
	VDUP  M.H[0], M.H8 \
	VDUP  N.H[0], N.H8

// R is 0 if V, upper bounds, is +∞: then FMIN changes nothing.
#define NO_BOUND(V, R) \
	VMOV V.S[0], R \
	EORW $0x7f800000, R

// V16–V31 = 0.
#define CLEAR_SUMS \
	VEOR V16.B16, V16.B16, V16.B16 \
	VEOR V17.B16, V17.B16, V17.B16 \
	VEOR V18.B16, V18.B16, V18.B16 \
	VEOR V19.B16, V19.B16, V19.B16 \
	VEOR V20.B16, V20.B16, V20.B16 \
	VEOR V21.B16, V21.B16, V21.B16 \
	VEOR V22.B16, V22.B16, V22.B16 \
	VEOR V23.B16, V23.B16, V23.B16 \
	VEOR V24.B16, V24.B16, V24.B16 \
	VEOR V25.B16, V25.B16, V25.B16 \
	VEOR V26.B16, V26.B16, V26.B16 \
	VEOR V27.B16, V27.B16, V27.B16 \
	VEOR V28.B16, V28.B16, V28.B16 \
	VEOR V29.B16, V29.B16, V29.B16 \
	VEOR V30.B16, V30.B16, V30.B16 \
	VEOR V31.B16, V31.B16, V31.B16

// Takes the rows of a tap, for tiles of 8 pixels, from R1.
#define ROW_ADDRESSES \
	LDP.P 16(R1), (R5, R6) \
	LDP.P 16(R1), (R7, R8) \
	LDP.P 16(R1), (R9, R10) \
	LDP.P 16(R1), (R11, R12)
