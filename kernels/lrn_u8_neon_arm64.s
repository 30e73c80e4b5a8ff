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
// Layout     src/dst NHWC uint8; a row of squares, int32, with zeros around the pixel's channels
// Contract   pixels, c ≥ 1, c a multiple of 8; t, scale within 2^±60, abs(y) ≤ 2³⁰; dst is src or does not overlap it; no over-read
// Bound      about 130 vector operations per 16 channels; the formula itself has eight FSQRT and four FDIV, which do not overlap
// Registers  R0  args    R1  src    R2  dst    R3  squares    R4  channels    R5  pixels left    R6  size    R7  before, bytes
//            R8  src    R9  squares    R10 channels left    R11 dst    R12 taps left, nearness    R13, R20 taps    R14 limit
//            R15 second half's distance, 8 or 0    R16, R17, R19 src, squares, dst of the second half
//            V0–V3  s, t    V4–V7  x·scale, y    V8–V11  u, level    V12–V15  v₀, distance    V16 inZero, int16    V17 alpha
//            V18 bias    V19 scale    V20 Lo, bytes    V21 Hi, bytes    V22 zero    V24 scale, centred    V25 δ    V26–V31  window
// Phases     pixel → squares → channels → window5 | window → estimate [→ exact] → store
//
// The estimate. To choose a byte, y = x·scale/t^¾ is needed roughly only, unless it is close to the middle between two
// levels. FRSQRTE is the same on every CPU: off by a factor of 1+e₀ with abs(e₀) < 3.277·10⁻³. Let u₀ be that of t; one step
// of Newton gives u = u₀·(3 − t·u₀²)/2 = t^−½·(1+e), e = −3/2·e₀² − ½·e₀³, so that −1.613·10⁻⁵ ≤ e ≤ 0. Likewise v of u, and
//
//	u²·v = t^−¾·(1+e)^(3/2)·(1+f)
//
// is low by at most 4.04·10⁻⁵; with 2.02·10⁻⁵ in the scale it is off by at most 2.02·10⁻⁵ either way. Roundings, those of the
// formula among them, are at most 20 ε, ε = 2⁻²⁴: together less than δ = 2.2·10⁻⁵. (Tried for every t from 1 to 16, which
// stand for all others, the estimate is off by −1.26·10⁻⁵ to 2.06·10⁻⁵ of the formula's result.) So where its distance from the
// nearest integer, plus δ·abs(estimate), is less than ½, y rounds to that integer too. Other blocks (one in thirty, if y is
// about 40 and anywhere between levels alike) are computed by the formula. Clamping the bytes equals clamping y.

#define ONE_CENTRED $0x3f8000a9       // 1 + 2.0146·10⁻⁵
#define DELTA $0x37b88ca4             // 2.2·10⁻⁵
#define LIMIT $0x3effffde             // ½ − 10⁻⁶; positive floats compare as integers

#define CONSTANT(field, V) \
	ADD   $field, R0, R8 \
	VLD1R (R8), [V.S4]

// A bound of the output as bytes. Clobbers R8, R9, V0.
#define BOUND(field, V) \
	FMOVS    field(R0), F0 \
	FCVTZSSW F0, R8 \
	MOVW     lrnU8Args_zero(R0), R9 \
	ADDW     R9, R8 \
	VDUP     R8, V.B16

// One operation on four registers from d, n and, in MUL4, m on.
#define MUL4(m, n, d) \
	FMUL(m, n, d) \
	FMUL(m+1, n+1, d+1) \
	FMUL(m+2, n+2, d+2) \
	FMUL(m+3, n+3, d+3)

#define SCALE4(m, n, d) \
	FMUL(m, n, d) \
	FMUL(m, n+1, d+1) \
	FMUL(m, n+2, d+2) \
	FMUL(m, n+3, d+3)

#define SCVTF4(n, d) \
	SCVTF(n, d) \
	SCVTF(n+1, d+1) \
	SCVTF(n+2, d+2) \
	SCVTF(n+3, d+3)

#define FCVTNS4(n, d) \
	FCVTNS(n, d) \
	FCVTNS(n+1, d+1) \
	FCVTNS(n+2, d+2) \
	FCVTNS(n+3, d+3)

// Where the second half begins, given the channels left, R10. Writes R15.
#define SECOND_HALF \
	MOVD $8, R15 \
	CMP  $8, R10 \
	CSEL EQ, ZR, R15, R15

// x of 16 channels, int16, in V4 and V6.
#define X16 \
	VLD1  (R8), [V4.B8] \
	VLD1  (R16), [V6.B8] \
	VUXTL V4.B8, V4.H8 \
	VUXTL V6.B8, V6.H8 \
	VSUB  V16.H8, V4.H8, V4.H8 \
	VSUB  V16.H8, V6.H8, V6.H8

// x of 16 channels, float32, in V4–V7.
#define X32 \
	X16 \
	WORD $0x4f10a485; /* arm64: sshll2 v5.4s, v4.8h, #0 */ \
	WORD $0x4f10a4c7; /* arm64: sshll2 v7.4s, v6.8h, #0 */ \
	WORD $0x0f10a484; /* arm64: sshll v4.4s, v4.4h, #0 */ \
	WORD $0x0f10a4c6; /* arm64: sshll v6.4s, v6.4h, #0 */ \
	SCVTF4(4, 4)

// Sums of five squares, of 16 channels, in V0–V3. Clobbers V8–V11, V26–V31.
#define WINDOW5 \
	VLD1 (R9), [V26.S4, V27.S4, V28.S4] \
	VLD1 (R17), [V29.S4, V30.S4, V31.S4] \
	VEXT $4, V27.B16, V26.B16, V0.B16 /* squares 1 2 3 4 */ \
	VEXT $4, V30.B16, V29.B16, V2.B16 \
	VEXT $4, V28.B16, V27.B16, V1.B16 /* 5 6 7 8 */ \
	VEXT $4, V31.B16, V30.B16, V3.B16 \
	VEXT $4, V28.B16, V28.B16, V8.B16 /* 9 10 … */ \
	VEXT $4, V31.B16, V31.B16, V10.B16 \
	VADD V26.S4, V0.S4, V0.S4 /* two squares, from 0 1 2 3 on */ \
	VADD V29.S4, V2.S4, V2.S4 \
	VADD V27.S4, V1.S4, V1.S4 /* from 4 5 6 7 on */ \
	VADD V30.S4, V3.S4, V3.S4 \
	VADD V28.S4, V8.S4, V8.S4 /* from 8 9 … on */ \
	VADD V31.S4, V10.S4, V10.S4 \
	VEXT $8, V1.B16, V0.B16, V9.B16 \
	VEXT $8, V3.B16, V2.B16, V11.B16 \
	VEXT $8, V8.B16, V1.B16, V8.B16 \
	VEXT $8, V10.B16, V3.B16, V10.B16 \
	VADD V27.S4, V0.S4, V0.S4 /* two and the fifth */ \
	VADD V30.S4, V2.S4, V2.S4 \
	VADD V28.S4, V1.S4, V1.S4 \
	VADD V31.S4, V3.S4, V3.S4 \
	VADD V9.S4, V0.S4, V0.S4 \
	VADD V11.S4, V2.S4, V2.S4 \
	VADD V8.S4, V1.S4, V1.S4 \
	VADD V10.S4, V3.S4, V3.S4

// Levels less the zero point, V8–V11, to 16 bytes in V8.
#define BYTES \
	VADD  V22.S4, V8.S4, V8.S4 \
	VADD  V22.S4, V9.S4, V9.S4 \
	VADD  V22.S4, V10.S4, V10.S4 \
	VADD  V22.S4, V11.S4, V11.S4 \
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
	LSL  $2, R7
	MOVW lrnU8Args_inZero(R0), R8
	VDUP R8, V16.H8
	CONSTANT(lrnU8Args_alpha, V17)
	CONSTANT(lrnU8Args_bias, V18)
	CONSTANT(lrnU8Args_scale, V19)
	BOUND(lrnU8Args_lo, V20)
	BOUND(lrnU8Args_hi, V21)
	CONSTANT(lrnU8Args_zero, V22)
	MOVW ONE_CENTRED, R8
	VDUP R8, V24.S4
	FMUL(19, 24, 24)
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
	ADD  R15<<2, R9, R17
	X16
	WORD $0x0e64c088 // arm64: smull v8.4s, v4.4h, v4.4h
	WORD $0x0e66c0ca // arm64: smull v10.4s, v6.4h, v6.4h
	WORD $0x4e64c089 // arm64: smull2 v9.4s, v4.8h, v4.8h
	WORD $0x4e66c0cb // arm64: smull2 v11.4s, v6.8h, v6.8h
	VST1 [V8.S4, V9.S4], (R9)
	VST1 [V10.S4, V11.S4], (R17)
	ADD  $8, R16, R8
	ADD  $32, R17, R9
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
	ADD  R15<<2, R9, R17
	ADD  R15, R11, R19
	CMP  $5, R6
	BNE  window
	WINDOW5

estimate:
	SCVTF4(0, 0)                     // s = Σ x²
	X32
	SCALE4(17, 0, 0)
	SCALE4(24, 4, 4)                 // x·scale
	FADD(18, 0, 0)                   // t
	FADD(18, 1, 1)
	FADD(18, 2, 2)
	FADD(18, 3, 3)
	WORD $0x6ea1d808 // arm64: frsqrte v8.4s, v0.4s
	WORD $0x6ea1d829 // arm64: frsqrte v9.4s, v1.4s
	WORD $0x6ea1d84a // arm64: frsqrte v10.4s, v2.4s
	WORD $0x6ea1d86b // arm64: frsqrte v11.4s, v3.4s
	MUL4(8, 0, 12)                   // t·u₀
	WORD $0x4ea8fd8c // arm64: frsqrts v12.4s, v12.4s, v8.4s
	WORD $0x4ea9fdad // arm64: frsqrts v13.4s, v13.4s, v9.4s
	WORD $0x4eaafdce // arm64: frsqrts v14.4s, v14.4s, v10.4s
	WORD $0x4eabfdef // arm64: frsqrts v15.4s, v15.4s, v11.4s
	MUL4(12, 8, 8)                   // u
	MUL4(8, 8, 12)
	MUL4(12, 4, 4)                   // x·scale·u²
	WORD $0x6ea1d90c // arm64: frsqrte v12.4s, v8.4s
	WORD $0x6ea1d92d // arm64: frsqrte v13.4s, v9.4s
	WORD $0x6ea1d94e // arm64: frsqrte v14.4s, v10.4s
	WORD $0x6ea1d96f // arm64: frsqrte v15.4s, v11.4s
	MUL4(12, 8, 8)                   // u·v₀
	MUL4(12, 4, 4)                   // x·scale·u²·v₀
	WORD $0x4eacfd08 // arm64: frsqrts v8.4s, v8.4s, v12.4s
	WORD $0x4eadfd29 // arm64: frsqrts v9.4s, v9.4s, v13.4s
	WORD $0x4eaefd4a // arm64: frsqrts v10.4s, v10.4s, v14.4s
	WORD $0x4eaffd6b // arm64: frsqrts v11.4s, v11.4s, v15.4s
	MUL4(8, 4, 4)                    // y
	WORD $0x4e21888c // arm64: frintn v12.4s, v4.4s
	WORD $0x4e2188ad // arm64: frintn v13.4s, v5.4s
	WORD $0x4e2188ce // arm64: frintn v14.4s, v6.4s
	WORD $0x4e2188ef // arm64: frintn v15.4s, v7.4s
	FCVTNS4(4, 8)
	WORD $0x6ea4d58c // arm64: fabd v12.4s, v12.4s, v4.4s
	WORD $0x6ea5d5ad // arm64: fabd v13.4s, v13.4s, v5.4s
	WORD $0x6ea6d5ce // arm64: fabd v14.4s, v14.4s, v6.4s
	WORD $0x6ea7d5ef // arm64: fabd v15.4s, v15.4s, v7.4s
	WORD $0x4ea0f884 // arm64: fabs v4.4s, v4.4s
	WORD $0x4ea0f8a5 // arm64: fabs v5.4s, v5.4s
	WORD $0x4ea0f8c6 // arm64: fabs v6.4s, v6.4s
	WORD $0x4ea0f8e7 // arm64: fabs v7.4s, v7.4s
	FMLA(25, 4, 12)                  // distance from the level, and the doubt
	FMLA(25, 5, 13)
	FMLA(25, 6, 14)
	FMLA(25, 7, 15)
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
	ADD  $32, R17, R9
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
	VLD1 (R13), [V26.S4, V27.S4]
	VLD1 (R20), [V28.S4, V29.S4]
	ADD  $4, R13
	ADD  $4, R20
	VADD V26.S4, V0.S4, V0.S4
	VADD V27.S4, V1.S4, V1.S4
	VADD V28.S4, V2.S4, V2.S4
	VADD V29.S4, V3.S4, V3.S4
	SUBS $1, R12
	BNE  window_loop
	B    estimate

exact:
	WORD $0x6ea1f800 // arm64: fsqrt v0.4s, v0.4s
	WORD $0x6ea1f821 // arm64: fsqrt v1.4s, v1.4s
	WORD $0x6ea1f842 // arm64: fsqrt v2.4s, v2.4s
	WORD $0x6ea1f863 // arm64: fsqrt v3.4s, v3.4s
	X32
	SCALE4(19, 4, 4)                 // x·scale
	WORD $0x6ea1f808 // arm64: fsqrt v8.4s, v0.4s
	WORD $0x6ea1f829 // arm64: fsqrt v9.4s, v1.4s
	WORD $0x6ea1f84a // arm64: fsqrt v10.4s, v2.4s
	WORD $0x6ea1f86b // arm64: fsqrt v11.4s, v3.4s
	MUL4(8, 0, 0)                    // d
	WORD $0x6e20fc84 // arm64: fdiv v4.4s, v4.4s, v0.4s
	WORD $0x6e21fca5 // arm64: fdiv v5.4s, v5.4s, v1.4s
	WORD $0x6e22fcc6 // arm64: fdiv v6.4s, v6.4s, v2.4s
	WORD $0x6e23fce7 // arm64: fdiv v7.4s, v7.4s, v3.4s
	FCVTNS4(4, 8)
	BYTES
	B    store
