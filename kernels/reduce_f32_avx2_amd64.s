//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "exp_f32_avx2_amd64.h"

// f32_reduce_1x8__avx2 — folds pixels into accumulators of binary64, 8 channels at a time.
//
// Computes   acc[i] = acc[i] ∘ src[i] for each pixel in turn; or, lanes, acc[i mod 8] = acc[i mod 8] ∘ src[i], i ascending
// Reference  reduceF32Generic (reduce.go); the same bits
// Requires   AVX2
// Contract   pixels ≥ 1; c ≥ 1 of lanes, else a multiple of 8, ≥ 8; ∘ is none of a product; no over-read
// Bound      of sums a load, two conversions and two additions per 8 elements, which wait for those before
// Registers  DI  args     SI  src of the block    DX  acc of it    BX  most of it    R13 mean of it    CX  blocks left
//            R8  pixel    R9  pixels left         R10 stride       R11 whole vectors of a pixel
//            AX  source   R12 vectors left
//            Y0, Y1 accumulators    Y2 source      Y3, Y4, Y13, Y15 scratch    Y5 most, or with Y6 mean
//            Y6–Y12 constants of the exponential    Y14 scratch of the tail
// Phases     the operation's: block → pixel → vector → tail

DATA reduceMask<>+0x00(SB)/8, $-1
DATA reduceMask<>+0x08(SB)/8, $-1
DATA reduceMask<>+0x10(SB)/8, $-1
DATA reduceMask<>+0x18(SB)/8, $-1
GLOBL reduceMask<>(SB), RODATA|NOPTR, $64

// Y3, Y4 = Y2 in binary64.
#define WIDEN \
	VCVTPS2PD    X2, Y3 \
	VEXTRACTF128 $1, Y2, X4 \
	VCVTPS2PD    X4, Y4

#define NO_START
#define SUMMED \
	VADDPD Y3, Y0, Y0 \
	VADDPD Y4, Y1, Y1

#define SUM WIDEN \
	SUMMED

#define ABS_START \
	VPCMPEQD Y7, Y7, Y7 \
	VPSRLQ   $1, Y7, Y7
#define ABS WIDEN \
	VANDPD Y7, Y3, Y3 \
	VANDPD Y7, Y4, Y4 \
	SUMMED

#define SQUARES WIDEN \
	VMULPD Y3, Y3, Y3 \
	VMULPD Y4, Y4, Y4 \
	SUMMED

#define DEVIATION_START \
	VMOVUPD (R13), Y5 \
	VMOVUPD 32(R13), Y6
#define DEVIATION WIDEN \
	VSUBPD Y5, Y3, Y3 \
	VSUBPD Y6, Y4, Y4 \
	VMULPD Y3, Y3, Y3 \
	VMULPD Y4, Y4, Y4 \
	SUMMED

#define EXPSUM_START \
	VMOVUPS (BX), Y5 \
	EXP_CONSTANTS
#define EXPSUM EXP(Y5, Y2, Y3, Y4, Y13, Y15) \
	WIDEN \
	SUMMED

// acc = max(acc, x): the second source is the result where the sources are zeros, or one is a NaN. Taken both ways, the
// zeros' signs are and'ed; a NaN is all ones. Of a minimum they are or'ed.
#define LARGER(x, acc) \
	VMAXPD x, acc, Y7 \
	VMAXPD acc, x, Y8 \
	VCMPPD $3, x, acc, Y9 \
	VANDPD Y8, Y7, Y7 \
	VORPD  Y9, Y7, acc
#define SMALLER(x, acc) \
	VMINPD x, acc, Y7 \
	VMINPD acc, x, Y8 \
	VCMPPD $3, x, acc, Y9 \
	VORPD  Y8, Y7, Y7 \
	VORPD  Y9, Y7, acc
#define LARGEST WIDEN \
	LARGER(Y3, Y0) \
	LARGER(Y4, Y1)
#define SMALLEST WIDEN \
	SMALLER(Y3, Y0) \
	SMALLER(Y4, Y1)

#define BLOCKS(START, OP, block, pixel, vector, tail, next) \
block: \
	VMOVUPD    0(DX), Y0 \
	VMOVUPD    32(DX), Y1 \
	START \
	MOVQ       SI, R8 \
	MOVQ       reduceArgs_pixels(DI), R9 \
pixel: \
	MOVQ       R8, AX \
	MOVQ       R11, R12 \
	TESTQ      R12, R12 \
	JEQ        tail \
vector: \
	VMOVUPS    (AX), Y2 \
	OP \
	ADDQ       $32, AX \
	SUBQ       $1, R12 \
	JNZ        vector \
tail: \
	MOVQ       mask-72(SP), R12 \
	TESTQ      R12, R12 \
	JEQ        next \
	VMOVUPD    Y0, before-64(SP) \
	VMOVUPD    Y1, before-32(SP) \
	VMOVUPS    (R12), Y15 \
	VMASKMOVPS (AX), Y15, Y2 \
	OP \
	VMOVUPD    before-64(SP), Y14 \
	VPMOVSXDQ  (R12), Y15 \
	VBLENDVPD  Y15, Y0, Y14, Y0 \
	VMOVUPD    before-32(SP), Y14 \
	VPMOVSXDQ  16(R12), Y15 \
	VBLENDVPD  Y15, Y1, Y14, Y1 \
next: \
	ADDQ       R10, R8 \
	SUBQ       $1, R9 \
	JNZ        pixel \
	VMOVUPD    Y0, 0(DX) \
	VMOVUPD    Y1, 32(DX) \
	ADDQ       $64, DX \
	ADDQ       $32, SI \
	ADDQ       $32, BX \
	ADDQ       $64, R13 \
	SUBQ       $1, CX \
	JNZ        block \
	VZEROUPPER \
	RET

// func reduceBlocksAVX2(a *reduceArgs)
TEXT ·reduceBlocksAVX2(SB), NOSPLIT, $80-8
	MOVQ  a+0(FP), DI
	MOVQ  reduceArgs_src(DI), SI
	MOVQ  reduceArgs_acc(DI), DX
	MOVQ  reduceArgs_most(DI), BX
	MOVQ  reduceArgs_mean(DI), R13
	MOVQ  reduceArgs_stride(DI), R10
	MOVQ  reduceArgs_c(DI), CX
	MOVQ  CX, AX
	SHRQ  $3, CX                     // blocks, each of one vector of a pixel
	MOVQ  $1, R11
	XORL  R12, R12                   // and no tail
	CMPB  reduceArgs_lanes(DI), $0
	JEQ   blocks
	XCHGQ CX, R11                    // one block of all vectors
	ANDQ  $7, AX
	JEQ   blocks
	SHLQ  $2, AX
	LEAQ  reduceMask<>+32(SB), R12
	SUBQ  AX, R12

blocks:
	MOVQ    R12, mask-72(SP)
	MOVBLZX reduceArgs_how(DI), AX
	CMPB    AX, $const_Maximum
	JEQ     largest_block
	CMPB    AX, $const_LogSumExp
	JEQ     largest_block
	CMPB    AX, $const_Minimum
	JEQ     smallest_block
	CMPB    AX, $const_L1
	JEQ     abs_block
	CMPB    AX, $const_L2
	JEQ     squares_block
	CMPB    AX, $const_SumSquare
	JEQ     squares_block
	CMPB    AX, $const_expSum
	JEQ     expsum_block
	CMPB    AX, $const_deviation
	JEQ     deviation_block
	BLOCKS(NO_START, SUM, sum_block, sum_pixel, sum_vector, sum_tail, sum_next)
	BLOCKS(NO_START, LARGEST, largest_block, largest_pixel, largest_vector, largest_tail, largest_next)
	BLOCKS(NO_START, SMALLEST, smallest_block, smallest_pixel, smallest_vector, smallest_tail, smallest_next)
	BLOCKS(ABS_START, ABS, abs_block, abs_pixel, abs_vector, abs_tail, abs_next)
	BLOCKS(NO_START, SQUARES, squares_block, squares_pixel, squares_vector, squares_tail, squares_next)
	BLOCKS(EXPSUM_START, EXPSUM, expsum_block, expsum_pixel, expsum_vector, expsum_tail, expsum_next)
	BLOCKS(DEVIATION_START, DEVIATION, deviation_block, deviation_pixel, deviation_vector, deviation_tail, deviation_next)
