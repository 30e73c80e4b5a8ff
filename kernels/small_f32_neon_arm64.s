//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// f32_fc_4__neon — dot products of four rows of weights with one input.
//
// Computes   sum[r] += Σ_{i<c} w[r][i]·x[i]
// Reference  fcF32Generic (fc.go)
// Requires   NEON
// Contract   c a multiple of 16, ≥ 16; no over-read
// Bound      20 loads per 16 FMLA: reading the weights
// Registers  R0  args    R1  x    R2–R5  rows    R6  elements left    V0–V3  x    V4–V7  a row
//            V16–V31  sums of rows 0–3, four each

#define ROW(r, a, b, c, d) \
	VLD1.P 64(r), [V4.S4, V5.S4, V6.S4, V7.S4] \
	FMLA(0, 4, a) \
	FMLA(1, 5, b) \
	FMLA(2, 6, c) \
	FMLA(3, 7, d)

// The four numbers of A…D added up, into lane 0 of the vector a.
#define REDUCE(a, b, c, d, A) \
	FADD(b, a, a) \
	FADD(d, c, c) \
	FADD(c, a, a) \
	VEXT $8, A.B16, A.B16, V0.B16 \
	FADD(0, a, a) \
	VEXT $4, A.B16, A.B16, V0.B16 \
	FADD(0, a, a)

// func fcBlocksNEON(t *FCTile)
TEXT ·fcBlocksNEON(SB), NOSPLIT, $0-8
	MOVD t+0(FP), R0
	MOVD FCTile_x(R0), R1
	MOVD (FCTile_w+0)(R0), R2
	MOVD (FCTile_w+8)(R0), R3
	MOVD (FCTile_w+16)(R0), R4
	MOVD (FCTile_w+24)(R0), R5
	MOVD FCTile_c(R0), R6
	VEOR V16.B16, V16.B16, V16.B16
	VEOR V17.B16, V17.B16, V17.B16
	VEOR V18.B16, V18.B16, V18.B16
	VEOR V19.B16, V19.B16, V19.B16
	VEOR V20.B16, V20.B16, V20.B16
	VEOR V21.B16, V21.B16, V21.B16
	VEOR V22.B16, V22.B16, V22.B16
	VEOR V23.B16, V23.B16, V23.B16
	VEOR V24.B16, V24.B16, V24.B16
	VEOR V25.B16, V25.B16, V25.B16
	VEOR V26.B16, V26.B16, V26.B16
	VEOR V27.B16, V27.B16, V27.B16
	VEOR V28.B16, V28.B16, V28.B16
	VEOR V29.B16, V29.B16, V29.B16
	VEOR V30.B16, V30.B16, V30.B16
	VEOR V31.B16, V31.B16, V31.B16

vectors:
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	ROW(R2, 16, 17, 18, 19)
	ROW(R3, 20, 21, 22, 23)
	ROW(R4, 24, 25, 26, 27)
	ROW(R5, 28, 29, 30, 31)
	SUBS $16, R6
	BNE  vectors

	REDUCE(16, 17, 18, 19, V16)
	REDUCE(20, 21, 22, 23, V20)
	REDUCE(24, 25, 26, 27, V24)
	REDUCE(28, 29, 30, 31, V28)
	VMOV V20.S[0], V16.S[1]
	VMOV V24.S[0], V16.S[2]
	VMOV V28.S[0], V16.S[3]
	ADD  $FCTile_sum, R0, R1
	VLD1 (R1), [V0.S4]
	FADD(0, 16, 0)
	VST1 [V0.S4], (R1)
	RET

// f32_avgpool_1x4__neon — mean over any window, 4 channels at a time (then one).
//
// Computes   dst[p][i] = (Σ_t src[t][p][i]) / divisor, in order of t
// Reference  avgPoolF32Generic (pool_taps.go); the same bits
// Requires   NEON
// Contract   taps, pixels, c ≥ 1; no over-read; dst may be a tap
// Registers  R0  args    R1  addresses    R2  dst    R3  taps    R4  pixels left    R5  offset of the pixel
//            R6  channels left    R7  offset    R8  to    R9  taps left    R10 address of an address    R11 from
//            V0  sum    V1  a tap    V2  divisor

// func avgPoolF32NEON(a *PoolTaps)
TEXT ·avgPoolF32NEON(SB), NOSPLIT, $0-8
	MOVD  a+0(FP), R0
	MOVD  PoolTaps_ptrs(R0), R1
	MOVD  PoolTaps_dst(R0), R2
	MOVD  PoolTaps_taps(R0), R3
	MOVD  PoolTaps_pixels(R0), R4
	MOVD  $0, R5
	ADD   $PoolTaps_divisor, R0, R6
	VLD1R (R6), [V2.S4]

avg_pixel:
	MOVD PoolTaps_c(R0), R6
	MOVD R5, R7
	MOVD R2, R8
	SUBS $4, R6
	BLT  avg_rest

avg_block:
	VEOR V0.B16, V0.B16, V0.B16
	MOVD R3, R9
	MOVD R1, R10

avg_tap:
	MOVD.P 8(R10), R11
	ADD    R7, R11
	VLD1   (R11), [V1.S4]
	FADD(1, 0, 0)
	SUBS   $1, R9
	BNE    avg_tap
	FDIV(2, 0, 0)
	VST1.P [V0.S4], 16(R8)
	ADD    $16, R7
	SUBS   $4, R6
	BGE    avg_block

avg_rest:
	ADDS $4, R6
	BEQ  avg_next

avg_one:                                 // one channel
	VEOR V0.B16, V0.B16, V0.B16
	MOVD R3, R9
	MOVD R1, R10

avg_one_tap:
	MOVD.P 8(R10), R11
	FMOVS  (R11)(R7), F1
	FADDS  F1, F0, F0
	SUBS   $1, R9
	BNE    avg_one_tap
	FDIVS  F2, F0, F0
	FMOVS  F0, (R8)
	ADD    $4, R7
	ADD    $4, R8
	SUBS   $1, R6
	BNE    avg_one

avg_next:
	MOVD PoolTaps_srcStep(R0), R9
	ADD  R9, R5
	MOVD PoolTaps_dstStep(R0), R9
	ADD  R9, R2
	SUBS $1, R4
	BNE  avg_pixel
	RET

// f32_lrn_1x4__neon — local response normalisation across channels, β = ¾, 4 channels at a time.
//
// Computes   dst[i] = src[i] / (t·√t), t = √(alpha·Σ src² + bias), the sum over a window of channels
// Reference  lrnF32Generic (lrn.go); the same bits
// Requires   NEON
// Layout     squares as LRNBlock has it: the squares of a pixel with zeros around
// Contract   pixels ≥ 1; c a multiple of 4, ≥ 4; size ≥ 1; dst is src or does not overlap it; no over-read
// Bound      two FSQRT and an FDIV per 4 channels
// Registers  R0  args    R1  src    R2  dst    R3  squares    R4  where a pixel's squares begin    R5  pixels left
//            R6  channels left    R7–R9  walking src, squares, dst    R10 window    R11 taps left    R12 size
//            V0  src    V1  sum    V2  a square    V3  t    V30 alpha    V31 bias

// func lrnBlocksNEON(b *LRNBlock)
TEXT ·lrnBlocksNEON(SB), NOSPLIT, $0-8
	MOVD  b+0(FP), R0
	MOVD  LRNBlock_src(R0), R1
	MOVD  LRNBlock_dst(R0), R2
	MOVD  LRNBlock_squares(R0), R3
	MOVD  LRNBlock_before(R0), R4
	ADD   R4<<2, R3, R4
	MOVD  LRNBlock_pixels(R0), R5
	MOVD  LRNBlock_size(R0), R12
	ADD   $LRNBlock_alpha, R0, R6
	VLD1R (R6), [V30.S4]
	ADD   $LRNBlock_bias, R0, R6
	VLD1R (R6), [V31.S4]

lrn_pixel:
	MOVD LRNBlock_c(R0), R6
	MOVD R1, R7
	MOVD R4, R8

lrn_square:
	VLD1.P 16(R7), [V0.S4]
	FMUL(0, 0, 0)
	VST1.P [V0.S4], 16(R8)
	SUBS   $4, R6
	BNE    lrn_square

	MOVD LRNBlock_c(R0), R6
	MOVD R1, R7
	MOVD R3, R8
	MOVD R2, R9

lrn_block:
	VLD1.P 16(R7), [V0.S4]
	VEOR   V1.B16, V1.B16, V1.B16
	MOVD   R8, R10
	MOVD   R12, R11

lrn_tap:
	VLD1 (R10), [V2.S4]
	ADD  $4, R10
	FADD(2, 1, 1)
	SUBS $1, R11
	BNE  lrn_tap
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
	MOVD LRNBlock_srcStride(R0), R10
	ADD  R10, R1
	MOVD LRNBlock_dstStride(R0), R10
	ADD  R10, R2
	SUBS $1, R5
	BNE  lrn_pixel
	RET

// f32_clamp_1x4__neon, f32_add_1x4__neon, f32_affine_1x4__neon — elementwise, 4 elements of a row at a time.
//
// Computes   dst = clamp(a)     dst = clamp(a + b)     dst = a·scale + shift
// Reference  clampF32Generic, addF32Generic, affineF32Generic (eltwise.go); the same bits
// Requires   NEON
// Contract   rows ≥ 1; c a multiple of 4, ≥ 4; dst may be a or b; no over-read
// Registers  R0  args    R1  a    R2  b, or scale    R3  dst    R4  rows left    R5  elements left    R6–R9  walking
//            V0–V2  work    V30 lo    V31 hi

#define BEGIN(row) \
	MOVD  Eltwise_a(R0), R1 \
	MOVD  Eltwise_b(R0), R2 \
	MOVD  Eltwise_dst(R0), R3 \
	MOVD  Eltwise_rows(R0), R4 \
	ADD   $Eltwise_lo, R0, R6 \
	VLD1R (R6), [V30.S4] \
	ADD   $Eltwise_hi, R0, R6 \
	VLD1R (R6), [V31.S4] \
row: \
	MOVD  Eltwise_c(R0), R5 \
	MOVD  R1, R6 \
	MOVD  R2, R7 \
	MOVD  R3, R8

#define NEXT(row) \
	MOVD Eltwise_aStride(R0), R6 \
	ADD  R6, R1 \
	MOVD Eltwise_bStride(R0), R6 \
	ADD  R6, R2 \
	MOVD Eltwise_dstStride(R0), R6 \
	ADD  R6, R3 \
	SUBS $1, R4 \
	BNE  row \
	RET

// func clampBlocksNEON(e *Eltwise)
TEXT ·clampBlocksNEON(SB), NOSPLIT, $0-8
	MOVD  e+0(FP), R0
	BEGIN(clamp_row)

clamp_block:
	VLD1.P 16(R6), [V0.S4]
	FMAX(30, 0, 0)
	FMIN(31, 0, 0)
	VST1.P [V0.S4], 16(R8)
	SUBS   $4, R5
	BNE    clamp_block
	NEXT(clamp_row)

// func addBlocksNEON(e *Eltwise)
TEXT ·addBlocksNEON(SB), NOSPLIT, $0-8
	MOVD  e+0(FP), R0
	BEGIN(add_row)

add_block:
	VLD1.P 16(R6), [V0.S4]
	VLD1.P 16(R7), [V1.S4]
	FADD(1, 0, 0)
	FMAX(30, 0, 0)
	FMIN(31, 0, 0)
	VST1.P [V0.S4], 16(R8)
	SUBS   $4, R5
	BNE    add_block
	NEXT(add_row)

// func affineBlocksNEON(e *Eltwise)
TEXT ·affineBlocksNEON(SB), NOSPLIT, $0-8
	MOVD  e+0(FP), R0
	BEGIN(affine_row)
	MOVD Eltwise_scale(R0), R7
	MOVD Eltwise_shift(R0), R9

affine_block:
	VLD1.P 16(R6), [V0.S4]
	VLD1.P 16(R7), [V1.S4]
	VLD1.P 16(R9), [V2.S4]
	FMUL(1, 0, 0)
	FADD(2, 0, 0)
	VST1.P [V0.S4], 16(R8)
	SUBS   $4, R5
	BNE    affine_block
	NEXT(affine_row)
