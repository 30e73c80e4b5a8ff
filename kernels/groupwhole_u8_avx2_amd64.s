//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_grouprow_7x8__avx2 — quantised convolution of a row in groups of 8 or 16 channels, 7 pixels × 8 channels.
//
// Computes   dst[p][k] = requantize(bias[k] + Σ src[r][p·stride + t][k/G·G + 2i + j] · w[r][i][t][k][j]), j < 2, i < each = G/2
// Reference  groupRowU8Generic (grouprow.go); the same bytes
// Requires   AVX2
// Layout     src words, a padded copy, NHWC; w words, [c/8][r][t][i][8][2]; bias with the zero point of src folded in; dst NHWC
// Contract   as wholeArgs says; 8 divides G; count, rows ≥ 1; no over-read; dst does not alias src
// Bound      of eight inputs, 28 × (VPMADDWD + VPADDD) per 4 loads + 28 broadcasts; exact: nothing saturates
// Registers  as groupwhole_amd64.h says; Y7–Y10  weights    Y11  two inputs    Y12  products
// Phases     channels → tile → row → tap → inputs, of all pixels | some → store

#define SIZE 1
#define WIDEN 4
#define SHIFT 3
#define INPUT 16
#define WEIGHT 128
#define SOURCE(x) ADDQ x, x
#define WEIGHTS \
	VMOVDQU 0(DX), Y7 \
	VMOVDQU 32(DX), Y8 \
	VMOVDQU 64(DX), Y9 \
	VMOVDQU 96(DX), Y10
#define ADD(off, w, at, a) \
	VPBROADCASTD off at, Y11 \
	VPMADDWD w, Y11, Y12 \
	VPADDD Y12, a, a
#define ALONE(at, a) \
	ADD(0, Y7, at, a) \
	ADD(4, Y8, at, a) \
	ADD(8, Y9, at, a) \
	ADD(12, Y10, at, a)
#define TOGETHER \
	PIXELS(0, Y7) \
	PIXELS(4, Y8) \
	PIXELS(8, Y9) \
	PIXELS(12, Y10)
#define FETCH

// func groupWholeU8AVX2(a *depthRowArgs)
TEXT ·groupWholeU8AVX2(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI

#include "groupwhole_amd64.h"
#include "depthstore_u8_amd64.h"

stored:
	GROUP_NEXT
