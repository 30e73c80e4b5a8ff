//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// f32_lrn_1x4__neon — local response normalisation across channels, β = ¾, 4 channels at a time, or 16 of a window of 5.
//
// Computes   dst[i] = src[i] / (t·√t), t = √(alpha·Σ src² + bias), the sum over a window of channels
// Reference  lrnF32Generic (lrn.go); the same bits
// Requires   NEON
// Layout     squares as lrnArgs has it: the squares of a pixel with zeros around
// Contract   pixels ≥ 1; c a multiple of 4, ≥ 4; size ≥ 1; dst is src or does not overlap it; no over-read
// Bound      33 vector operations per 4 channels; of others two FSQRT and an FDIV, which do not overlap
// Registers  R0  args    R1  src    R2  dst    R3  squares    R4  where a pixel's squares begin    R5  pixels left
//            R6  channels left    R7–R9  walking src, squares, dst    R10, R11 window, taps left; least, largest    R12 size
//            R13 may be estimated    R14, R15 bounds
//            by 4: V0  src    V1  sum    V2–V5  squares    V3  t
//            by 16: V0–V3  x, √t, src    V4–V7  y, quotient    V8–V11  t, d    V12–V15 z    V16–V19 scratch, 1/d    V20–V23 rest
//            V24 half    V25 one    V26 sign    V27 least    V28 largest    V29 1, whole    V30 alpha    V31 bias
// Phases     pixel → squares → sixteen → block → five squares | window → root
//
// Sixteen: roots and quotients of IEEE without FSQRT and FDIV, by fused products (Markstein 1990). FRSQRTE, the same on
// every CPU, and two steps of Newton give y near 1/√x; of g = x·y, the rest x − g² is exact, and g + ½·y·(x − g²) rounds to
// √x: tried for all x from 1 to 16, which stand for the others. So for √t by z. From y·z, two steps r + r·(1 − d·r) give
// 1/d, rounded right, and of q = v·r, q + r·(v − d·q) rounds to v/d. No number may leave the range of normal ones: a
// pixel's src are 0 or within 2^±60, 2^30 at most, and the parameters as lrnArgs.near says.

#define FOUR(op, m, n, d) \
	op(m, n, d) \
	op(m+1, n+1, d+1) \
	op(m+2, n+2, d+2) \
	op(m+3, n+3, d+3)
#define FOUR_BY(op, m, n, d) \
	op(m, n, d) \
	op(m, n+1, d+1) \
	op(m, n+2, d+2) \
	op(m, n+3, d+3)
#define FOUR_OF(op, n, d) \
	op(n, d) \
	op(n+1, d+1) \
	op(n+2, d+2) \
	op(n+3, d+3)
#define COPY(n, d) ORR(n, n, d)

// y = y·(3 − x·y²)/2. Clobbers e.
#define NEWTON(x, y, e) \
	FOUR(FMUL, y, x, e) \
	FOUR(FRSQRTS, y, e, e) \
	FOUR(FMUL, e, y, y)

// r = r + r·(1 − d·r). Clobbers e.
#define INVERT(d, r, e) \
	COPY(25, e) \
	COPY(25, e+1) \
	COPY(25, e+2) \
	COPY(25, e+3) \
	FOUR(FMLS, r, d, e) \
	FOUR(FMLA, e, r, r)

// func lrnBlocksNEON(b *lrnArgs)
TEXT ·lrnBlocksNEON(SB), NOSPLIT, $0-8
	MOVD  b+0(FP), R0
	MOVD  lrnArgs_src(R0), R1
	MOVD  lrnArgs_dst(R0), R2
	MOVD  lrnArgs_squares(R0), R3
	MOVD  lrnArgs_before(R0), R4
	ADD   R4<<2, R3, R4
	MOVD  lrnArgs_pixels(R0), R5
	MOVD  lrnArgs_size(R0), R12
	ADD   $lrnArgs_alpha, R0, R6
	VLD1R (R6), [V30.S4]
	ADD   $lrnArgs_bias, R0, R6
	VLD1R (R6), [V31.S4]
	MOVBU lrnArgs_near(R0), R13
	MOVW  $0x3f000000, R6            // ½
	VDUP  R6, V24.S4
	MOVW  $0x3f800000, R6            // 1
	VDUP  R6, V25.S4
	MOVW  $0x80000000, R6
	VDUP  R6, V26.S4
	MOVW  $1, R6
	VDUP  R6, V29.S4
	MOVW  $0x4e800000, R14           // 2^30; positive floats compare as integers
	MOVW  $0x217fffff, R15           // 2^−60, less a unit

lrn_pixel:
	MOVD lrnArgs_c(R0), R6
	MOVD R1, R7
	MOVD R4, R8
	VMOVI $0, V28.B16
	VMOVI $255, V27.B16

lrn_square:
	VLD1.P 16(R7), [V0.S4]
	FABS(0, 1)
	FMUL(0, 0, 0)
	VUMAX  V1.S4, V28.S4, V28.S4
	VSUB   V29.S4, V1.S4, V1.S4      // of zero the largest
	VST1.P [V0.S4], 16(R8)
	VUMIN  V1.S4, V27.S4, V27.S4
	SUBS   $4, R6
	BNE    lrn_square

	MOVD lrnArgs_c(R0), R6
	MOVD R1, R7
	MOVD R3, R8
	MOVD R2, R9
	CBZ  R13, lrn_block
	CMP  $16, R6
	BLT  lrn_block
	WORD $0x6eb0ab9c // arm64: umaxv s28, v28.4s
	WORD $0x6eb1ab7b // arm64: uminv s27, v27.4s
	FMOVS F28, R11
	FMOVS F27, R10
	CMPW R14, R11
	BHI  lrn_block
	CMPW R15, R10
	BLO  lrn_block

lrn_sixteen:
	WORD $0x3cc00100                  // arm64: ldur q0, [x8, #0]
	WORD $0x3cc10101                  // arm64: ldur q1, [x8, #16]
	WORD $0x3cc20102                  // arm64: ldur q2, [x8, #32]
	WORD $0x3cc30103                  // arm64: ldur q3, [x8, #48]
	WORD $0x3cc04110                  // arm64: ldur q16, [x8, #4]
	WORD $0x3cc14111                  // arm64: ldur q17, [x8, #20]
	WORD $0x3cc24112                  // arm64: ldur q18, [x8, #36]
	WORD $0x3cc34113                  // arm64: ldur q19, [x8, #52]
	FOUR(FADD, 16, 0, 0)
	WORD $0x3cc08110                  // arm64: ldur q16, [x8, #8]
	WORD $0x3cc18111                  // arm64: ldur q17, [x8, #24]
	WORD $0x3cc28112                  // arm64: ldur q18, [x8, #40]
	WORD $0x3cc38113                  // arm64: ldur q19, [x8, #56]
	FOUR(FADD, 16, 0, 0)
	WORD $0x3cc0c110                  // arm64: ldur q16, [x8, #12]
	WORD $0x3cc1c111                  // arm64: ldur q17, [x8, #28]
	WORD $0x3cc2c112                  // arm64: ldur q18, [x8, #44]
	WORD $0x3cc3c113                  // arm64: ldur q19, [x8, #60]
	FOUR(FADD, 16, 0, 0)
	WORD $0x3cc10110                  // arm64: ldur q16, [x8, #16]
	WORD $0x3cc20111                  // arm64: ldur q17, [x8, #32]
	WORD $0x3cc30112                  // arm64: ldur q18, [x8, #48]
	WORD $0x3cc40113                  // arm64: ldur q19, [x8, #64]
	FOUR(FADD, 16, 0, 0)
	FOUR_BY(FMUL, 30, 0, 0)
	FOUR_BY(FADD, 31, 0, 0)          // x
	FOUR_OF(FRSQRTE, 0, 4)
	NEWTON(0, 4, 16)
	NEWTON(0, 4, 16)
	FOUR(FMUL, 4, 0, 8)
	FOUR_BY(FMUL, 24, 4, 16)
	FOUR(FMLS, 8, 8, 0)
	FOUR(FMLA, 16, 0, 8)             // t = √x
	FOUR_OF(FRSQRTE, 8, 12)
	NEWTON(8, 12, 16)
	NEWTON(8, 12, 16)
	FOUR(FMUL, 12, 8, 0)
	FOUR_BY(FMUL, 24, 12, 16)
	FOUR_OF(COPY, 8, 20)
	FOUR(FMLS, 0, 0, 20)
	FOUR(FMLA, 16, 20, 0)            // √t
	FOUR(FMUL, 0, 8, 8)              // d
	FOUR(FMUL, 4, 12, 16)
	INVERT(8, 16, 20)
	INVERT(8, 16, 20)                // 1/d
	VLD1.P 64(R7), [V0.S4, V1.S4, V2.S4, V3.S4]
	FOUR(FMUL, 16, 0, 4)
	FOUR_OF(COPY, 0, 12)
	FOUR(FMLS, 8, 4, 12)
	FOUR(FMLA, 16, 12, 4)
	FOUR_BY(BIT, 26, 0, 4)           // −0/d is −0
	VST1.P [V4.S4, V5.S4, V6.S4, V7.S4], 64(R9)
	ADD    $64, R8
	SUB    $16, R6
	CMP    $16, R6
	BGE    lrn_sixteen
	CBZ    R6, lrn_next

lrn_block:
	VLD1.P 16(R7), [V0.S4]
	CMP    $5, R12
	BNE    lrn_window
	FMOVQ  0(R8), F1
	WORD $0x3cc04102                  // arm64: ldur q2, [x8, #4]
	WORD $0x3cc08103                  // arm64: ldur q3, [x8, #8]
	WORD $0x3cc0c104                  // arm64: ldur q4, [x8, #12]
	FMOVQ  16(R8), F5
	FADD(2, 1, 1)
	FADD(3, 1, 1)
	FADD(4, 1, 1)
	FADD(5, 1, 1)

lrn_root:
	FMUL(1, 30, 1)
	FADD(31, 1, 1)
	FSQRT(1, 3)
	FSQRT(3, 1)
	FMUL(1, 3, 3)
	FDIV(3, 0, 0)
	VST1.P [V0.S4], 16(R9)
	ADD    $16, R8
	SUBS   $4, R6
	BNE    lrn_block

lrn_next:
	MOVD lrnArgs_srcStride(R0), R10
	ADD  R10, R1
	MOVD lrnArgs_dstStride(R0), R10
	ADD  R10, R2
	SUBS $1, R5
	BNE  lrn_pixel
	RET

lrn_window:                              // of any size
	VEOR V1.B16, V1.B16, V1.B16
	MOVD R8, R10
	MOVD R12, R11

lrn_tap:
	VLD1 (R10), [V2.S4]
	ADD  $4, R10
	FADD(2, 1, 1)
	SUBS $1, R11
	BNE  lrn_tap
	B    lrn_root
