//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"
#include "exp_f32_arm64.h"

// f32_reduce_1x8__neon — folds pixels into accumulators of binary64, 8 channels at a time.
//
// Computes   acc[i] = acc[i] ∘ src[i] for each pixel in turn; or, lanes, acc[i mod 8] = acc[i mod 8] ∘ src[i], i ascending
// Reference  reduceF32Generic (reduce.go); the same bits
// Requires   NEON
// Contract   pixels ≥ 1; c a multiple of 8, ≥ 8; ∘ is none of a product; no over-read
// Bound      of sums four conversions and four additions per 8 elements, which wait for those before
// Registers  R0  args    R1  src of the block    R2  acc of it    R3  most of it    R4  mean of it    R5  blocks left
//            R6  stride  R7  vectors of a pixel    R8  pixel    R9  pixels left    R10 source    R11 vectors left
//            V0, V1  source    V2–V5  in binary64    V12–V15 accumulators    V28, V30 most    V16–V19 mean
//            V6–V11, V16–V27, V29 as EXP has them
// Phases     the operation's: block → pixel → vector

// V2–V5 = a, b in binary64.
#define WIDEN(a, b) \
	FCVTL_D(a, 2)  \
	FCVTL2_D(a, 3) \
	FCVTL_D(b, 4)  \
	FCVTL2_D(b, 5)

// V12–V15 ∘= V2–V5.
#define ALL(op) \
	op(2, 12, 12) \
	op(3, 13, 13) \
	op(4, 14, 14) \
	op(5, 15, 15)

#define NO_START
#define SUM WIDEN(0, 1) \
	ALL(FADD_D)
#define LARGEST WIDEN(0, 1) \
	ALL(FMAX_D)
#define SMALLEST WIDEN(0, 1) \
	ALL(FMIN_D)
#define ABS WIDEN(0, 1) \
	FABS_D(2, 2) \
	FABS_D(3, 3) \
	FABS_D(4, 4) \
	FABS_D(5, 5) \
	ALL(FADD_D)
#define SQUARED \
	FMUL_D(2, 2, 2) \
	FMUL_D(3, 3, 3) \
	FMUL_D(4, 4, 4) \
	FMUL_D(5, 5, 5) \
	ALL(FADD_D)
#define SQUARES WIDEN(0, 1) \
	SQUARED
#define DEVIATION_START \
	VLD1 (R4), [V16.D2, V17.D2, V18.D2, V19.D2]
#define DEVIATION WIDEN(0, 1) \
	FSUB_D(16, 2, 2) \
	FSUB_D(17, 3, 3) \
	FSUB_D(18, 4, 4) \
	FSUB_D(19, 5, 5) \
	SQUARED
#define EXPSUM_START \
	FMOVQ 0(R3), F28 \
	FMOVQ 16(R3), F30
#define EXPSUM EXP(28, 30) \
	WIDEN(6, 7) \
	ALL(FADD_D)

#define BLOCKS(START, OP, block, pixel, vector) \
block: \
	VLD1   (R2), [V12.D2, V13.D2, V14.D2, V15.D2] \
	START \
	MOVD   R1, R8 \
	MOVD   reduceArgs_pixels(R0), R9 \
pixel: \
	MOVD   R8, R10 \
	MOVD   R7, R11 \
vector: \
	VLD1.P 32(R10), [V0.S4, V1.S4] \
	OP \
	SUBS   $1, R11 \
	BNE    vector \
	ADD    R6, R8 \
	SUBS   $1, R9 \
	BNE    pixel \
	VST1.P [V12.D2, V13.D2, V14.D2, V15.D2], 64(R2) \
	ADD    $32, R1 \
	ADD    $32, R3 \
	ADD    $64, R4 \
	SUBS   $1, R5 \
	BNE    block \
	RET

// func reduceBlocksNEON(a *reduceArgs)
TEXT ·reduceBlocksNEON(SB), NOSPLIT, $0-8
	MOVD  a+0(FP), R0
	MOVD  reduceArgs_src(R0), R1
	MOVD  reduceArgs_acc(R0), R2
	MOVD  reduceArgs_most(R0), R3
	MOVD  reduceArgs_mean(R0), R4
	MOVD  reduceArgs_c(R0), R5
	LSR   $3, R5                     // blocks, each of one vector of a pixel
	MOVD  reduceArgs_stride(R0), R6
	MOVD  $1, R7
	MOVBU reduceArgs_lanes(R0), R8
	CBZ   R8, choose
	MOVD  R5, R7                     // one block of all vectors
	MOVD  $1, R5

choose:
	MOVBU reduceArgs_how(R0), R8
	CMP   $const_Maximum, R8
	BEQ   largest_block
	CMP   $const_LogSumExp, R8
	BEQ   largest_block
	CMP   $const_Minimum, R8
	BEQ   smallest_block
	CMP   $const_L1, R8
	BEQ   abs_block
	CMP   $const_L2, R8
	BEQ   squares_block
	CMP   $const_SumSquare, R8
	BEQ   squares_block
	CMP   $const_deviation, R8
	BEQ   deviation_block
	CMP   $const_expSum, R8
	BEQ   exponentials
	BLOCKS(NO_START, SUM, sum_block, sum_pixel, sum_vector)
	BLOCKS(NO_START, LARGEST, largest_block, largest_pixel, largest_vector)
	BLOCKS(NO_START, SMALLEST, smallest_block, smallest_pixel, smallest_vector)
	BLOCKS(NO_START, ABS, abs_block, abs_pixel, abs_vector)
	BLOCKS(NO_START, SQUARES, squares_block, squares_pixel, squares_vector)
	BLOCKS(DEVIATION_START, DEVIATION, deviation_block, deviation_pixel, deviation_vector)

exponentials:
	EXP_CONSTANTS(R8)
	BLOCKS(EXPSUM_START, EXPSUM, expsum_block, expsum_pixel, expsum_vector)
