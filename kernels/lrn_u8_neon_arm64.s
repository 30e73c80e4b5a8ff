//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"
#include "bytes_u8_arm64.h"

// u8_lrn_1x16__neon — quantised local response normalisation across channels, 16 channels at a time, in two halves. If 8
// are left, both halves are those.
//
// Computes   see lrnU8Args (lrn_u8.go), to the bit: every byte is that of the formula written there
// Reference  lrnU8Generic (lrn_u8.go)
// Requires   NEON
// Layout     src/dst NHWC uint8; a row of squares, uint16, with zeros around the pixel's channels
// Contract   pixels, c ≥ 1, c a multiple of 8; t, scale within 2^±60, abs(y) ≤ 2³⁰; dst is src or does not overlap it; no over-read
// Bound      about 115 vector operations per 16 channels; the formula itself has eight FSQRT and four FDIV, which do not overlap
// Registers  R0  args    R1  src    R2  dst    R3  squares    R4  channels    R5  pixels left    R6  size    R7  before, bytes
//            R8  src    R9  squares    R10 channels left    R11 dst    R12 taps left, nearness    R13, R20 taps    R14 limit
//            R15 second half's distance, 8 or 0    R16, R17, R19 src, squares, dst of the second half
//            V0–V3  s, d    V4–V7  x, y    V8–V11  u, level    V12–V15  t, v₀, distance    V16 inZero, bytes    V17 alpha·ζ
//            V18 bias·ζ    V19 UNIT_SUM + inZero    V20 Lo, bytes    V21 Hi, bytes    V22 UNIT_SUM's bits less zero
//            V23 UNIT_SUM    V25 δ    V4–V8, V26–V30  windows    V26–V28  alpha, bias, scale
// Phases     pixel → squares → channels → window5 | window → estimate [→ exact] → store
//
// The estimate. To choose a byte, y = x·scale/t^¾ = 2·x/(ζ·t)^¾ is needed roughly only, unless it is close to the middle
// between two levels. FRSQRTE is the same on every CPU: off by a factor of 1+e₀ with abs(e₀) < 3.277·10⁻³. Let u₀ be that of ζ·t, from here on t; one step
// of Newton gives u = u₀·(3 − t·u₀²)/2 = t^−½·(1+e), e = −3/2·e₀² − ½·e₀³, so that −1.613·10⁻⁵ ≤ e ≤ 0. Likewise v of u, and
//
//	u·(u·v) = t^−¾·(1+e)^(3/2)·(1+f)
//
// is low by at most 4.04·10⁻⁵; with 2.02·10⁻⁵ and the 2 in ζ it is off by at most 2.02·10⁻⁵ either way. Roundings, those of the
// formula among them, are at most 20 ε, ε = 2⁻²⁴: together less than δ = 2.2·10⁻⁵. (Tried for every t from 1 to 16, which
// stand for all others, the estimate is off by −1.26·10⁻⁵ to 2.06·10⁻⁵ of the formula's result.) So where its distance from the
// nearest integer, plus δ·abs(estimate), is less than ½, y rounds to that integer too. Other blocks (one in thirty, if y is
// about 40 and anywhere between levels alike) are computed by the formula. Clamping the bytes equals clamping y.
//
// A number plus 1.5·2²³, a sum of units, is rounded to an integer, which its bits count; see conv_8x8_u8_arm64.h on what is
// too large for that.

#define CENTRE $0x3ecb2e8f            // (2·(1 + 2.0146·10⁻⁵))^−4/3
#define UNIT_SUM $0x4b400000
#define DELTA $0x37b88ca4             // 2.2·10⁻⁵
#define LIMIT $0x3effffde             // ½ − 10⁻⁶; positive floats compare as integers

#define CONSTANT(field, V, R) \
	ADD   $field, R0, R \
	VLD1R (R), [V.S4]

// A bound of the output as bytes. Clobbers R8, R9, V0.
#define BOUND(field, V) \
	FMOVS    field(R0), F0 \
	FCVTZSSW F0, R8 \
	MOVW     lrnU8Args_zero(R0), R9 \
	ADDW     R9, R8 \
	VDUP     R8, V.B16

// Where the second half begins, given the channels left, R10. Writes R15.
#define SECOND_HALF \
	MOVD $8, R15 \
	CMP  $8, R10 \
	CSEL EQ, ZR, R15, R15

// x of 16 channels, float32, in V4–V7.
#define X32 \
	VLD1  (R8), [V4.B8] \
	VLD1  (R16), [V6.B8] \
	VUXTL V4.B8, V4.H8 \
	VUXTL V6.B8, V6.H8 \
	UADDW2(4, 23, 5) \
	UADDW2(6, 23, 7) \
	UADDW(4, 23, 4) \
	UADDW(6, 23, 6) \
	FOUR_BY(FSUB, 19, 4, 4)

// Sums of five squares, of 16 channels, in V0–V3. Clobbers V4–V8, V26–V30.
#define WINDOW5 \
	FMOVQ (R9), F4 \
	FMOVQ (R17), F26 \
	WORD $0x3cc02125; /* arm64: ldur q5, [x9, #2] */ \
	WORD $0x3cc0223b; /* arm64: ldur q27, [x17, #2] */ \
	WORD $0x3cc04126; /* arm64: ldur q6, [x9, #4] */ \
	WORD $0x3cc0423c; /* arm64: ldur q28, [x17, #4] */ \
	WORD $0x3cc06127; /* arm64: ldur q7, [x9, #6] */ \
	WORD $0x3cc0623d; /* arm64: ldur q29, [x17, #6] */ \
	WORD $0x3cc08128; /* arm64: ldur q8, [x9, #8] */ \
	WORD $0x3cc0823e; /* arm64: ldur q30, [x17, #8] */ \
	UADDL(5, 4, 0) \
	UADDL(27, 26, 2) \
	UADDL2(5, 4, 1) \
	UADDL2(27, 26, 3) \
	ADD_SQUARES(6, 28) \
	ADD_SQUARES(7, 29) \
	ADD_SQUARES(8, 30)

// Adds m, squares of the first 8 channels, and n, of the second, to V0–V3.
#define ADD_SQUARES(m, n) \
	UADDW(m, 0, 0) \
	UADDW(n, 2, 2) \
	UADDW2(m, 1, 1) \
	UADDW2(n, 3, 3)

// Levels, V8–V11, as sums of units, to 16 bytes in V8.
#define BYTES \
	FOUR_BY(SQSUB, 22, 8, 8) \
	NARROW16(8, 9, 10, 11, V8, V10) \
	VUMAX V20.B16, V8.B16, V8.B16 \
	VUMIN V21.B16, V8.B16, V8.B16

// func lrnU8NEON(a *lrnU8Args)
TEXT ·lrnU8NEON(SB), NOSPLIT, $0-8
	MOVD a+0(FP), R0
	MOVD lrnU8Args_src(R0), R1
	MOVD lrnU8Args_dst(R0), R2
	MOVD lrnU8Args_squares(R0), R3
	MOVD lrnU8Args_c(R0), R4
	MOVD lrnU8Args_pixels(R0), R5
	MOVD lrnU8Args_size(R0), R6
	MOVD lrnU8Args_before(R0), R7
	LSL  $1, R7
	MOVW UNIT_SUM, R9
	VDUP R9, V23.S4
	MOVW lrnU8Args_inZero(R0), R8
	VDUP R8, V16.B16
	ADDW R9, R8
	VDUP R8, V19.S4
	MOVW lrnU8Args_zero(R0), R8
	SUBW R8, R9
	VDUP R9, V22.S4
	CONSTANT(lrnU8Args_alphaZ, V17, R8)
	CONSTANT(lrnU8Args_biasZ, V18, R8)
	MOVW CENTRE, R8
	VDUP R8, V26.S4
	FMUL(26, 17, 17)
	FMUL(26, 18, 18)
	BOUND(lrnU8Args_lo, V20)
	BOUND(lrnU8Args_hi, V21)
	MOVW DELTA, R8
	VDUP R8, V25.S4
	MOVW LIMIT, R14

pixel:
	MOVD R1, R8
	ADD  R7, R3, R9
	MOVD R4, R10

squares:
	SECOND_HALF
	ADD  R15, R8, R16
	ADD  R15<<1, R9, R17
	VLD1 (R8), [V4.B8]
	VLD1 (R16), [V6.B8]
	UABD(16, 4, 4)
	UABD(16, 6, 6)
	UMULL(4, 4, 4)
	UMULL(6, 6, 6)
	VST1 [V4.B16], (R9)
	VST1 [V6.B16], (R17)
	ADD  $8, R16, R8
	ADD  $16, R17, R9
	SUB  R15, R10
	SUBS $8, R10
	BNE  squares

	MOVD R1, R8
	MOVD R3, R9
	MOVD R2, R11
	MOVD R4, R10

channels:
	SECOND_HALF
	ADD  R15, R8, R16
	ADD  R15<<1, R9, R17
	ADD  R15, R11, R19
	CMP  $5, R6
	BNE  window
	WINDOW5

estimate:
	FOUR_OF(SCVTF, 0, 0)             // s = Σ x²
	X32
	FOUR_BY(FMUL, 17, 0, 12)
	FOUR_BY(FADD, 18, 12, 12)        // t
	FOUR_OF(FRSQRTE, 12, 8)
	FOUR(FMUL, 8, 12, 12)            // t·u₀
	FOUR(FRSQRTS, 8, 12, 12)
	FOUR(FMUL, 12, 8, 8)             // u
	FOUR_OF(FRSQRTE, 8, 12)
	FOUR(FMUL, 8, 4, 4)              // x·u
	FOUR(FMUL, 12, 8, 8)             // u·v₀
	FOUR(FMUL, 8, 4, 4)              // x·u²·v₀
	FOUR(FRSQRTS, 12, 8, 8)
	FOUR(FMUL, 8, 4, 4)              // y
	FOUR_BY(FADD, 23, 4, 8)
	FOUR_BY(FSUB, 23, 8, 12)         // its level
	FOUR(FABD, 4, 12, 12)
	FOUR_OF(FABS, 4, 4)
	FOUR_BY(FMLA, 25, 4, 12)         // distance from the level, and the doubt
	FMAX(13, 12, 12)
	FMAX(15, 14, 14)
	FMAX(14, 12, 12)
	WORD $0x6e30f98c // arm64: fmaxv s12, v12.4s
	BYTES
	FMOVS F12, R12
	CMPW  R14, R12
	BGE   exact

store:
	VST1 V8.D[0], (R11)
	VST1 V8.D[1], (R19)
	ADD  $8, R16, R8
	ADD  $16, R17, R9
	ADD  $8, R19, R11
	SUB  R15, R10
	SUBS $8, R10
	BNE  channels

	MOVD lrnU8Args_srcStride(R0), R8
	ADD  R8, R1
	MOVD lrnU8Args_dstStride(R0), R8
	ADD  R8, R2
	SUBS $1, R5
	BNE  pixel
	RET

window:
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
	VEOR V2.B16, V2.B16, V2.B16
	VEOR V3.B16, V3.B16, V3.B16
	MOVD R9, R13
	MOVD R17, R20
	MOVD R6, R12

window_loop:
	VLD1 (R13), [V26.B16]
	VLD1 (R20), [V28.B16]
	ADD  $2, R13
	ADD  $2, R20
	ADD_SQUARES(26, 28)
	SUBS $1, R12
	BNE  window_loop
	B    estimate

exact:
	CONSTANT(lrnU8Args_alpha, V26, R12)
	CONSTANT(lrnU8Args_bias, V27, R12)
	CONSTANT(lrnU8Args_scale, V28, R12)
	FOUR_BY(FMUL, 26, 0, 0)
	FOUR_BY(FADD, 27, 0, 0)          // t
	FOUR_OF(FSQRT, 0, 0)
	X32
	FOUR_BY(FMUL, 28, 4, 4)          // x·scale
	FOUR_OF(FSQRT, 0, 8)
	FOUR(FMUL, 8, 0, 0)              // d
	FOUR(FDIV, 0, 4, 4)
	FOUR_BY(FADD, 23, 4, 8)
	BYTES
	B    store
