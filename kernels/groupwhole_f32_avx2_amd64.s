//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// f32_grouprow_7x8__avx2 — convolution of a row in groups of 8 or 16 channels, 7 pixels × 8 channels.
//
// Computes   dst[p][k] = min(max(bias[k] + Σ src[r][p·stride + t − skip][k/each·each + i] · w[r][i][t][k], lo), hi)
// Reference  groupRowF32Generic (grouprow.go)
// Requires   AVX2, FMA
// Layout     src/dst NHWC; w [c/8][r][t][i][8]
// Contract   as wholeArgs says; 8 divides each; count ≥ 1; no over-read; dst does not alias src
// Bound      loads: of eight inputs, 8 and 56 broadcasts for 56 FMA; those of the next rows are on their way into the L2
// Registers  as groupwhole_amd64.h says; Y7–Y14  weights; then lo, hi    Y15  input    AX  dst    DX  dstStep    CX  pixels left
// Phases     channels → tile → row → tap → inputs, of all pixels | some → store

#define SIZE 4
#define WIDEN 1
#define SHIFT 5
#define INPUT 32
#define WEIGHT 256
#define SOURCE(x)
#define WEIGHTS \
	VMOVUPS 0(DX), Y7 \
	VMOVUPS 32(DX), Y8 \
	VMOVUPS 64(DX), Y9 \
	VMOVUPS 96(DX), Y10 \
	VMOVUPS 128(DX), Y11 \
	VMOVUPS 160(DX), Y12 \
	VMOVUPS 192(DX), Y13 \
	VMOVUPS 224(DX), Y14
#define ADD(off, w, at, a) \
	VBROADCASTSS off at, Y15 \
	VFMADD231PS Y15, w, a
#define ALONE(at, a) \
	ADD(0, Y7, at, a) \
	ADD(4, Y8, at, a) \
	ADD(8, Y9, at, a) \
	ADD(12, Y10, at, a) \
	ADD(16, Y11, at, a) \
	ADD(20, Y12, at, a) \
	ADD(24, Y13, at, a) \
	ADD(28, Y14, at, a)
#define TOGETHER \
	PIXELS(0, Y7) \
	PIXELS(4, Y8) \
	PIXELS(8, Y9) \
	PIXELS(12, Y10) \
	PIXELS(16, Y11) \
	PIXELS(20, Y12) \
	PIXELS(24, Y13) \
	PIXELS(28, Y14)
#define FETCH \
	MOVQ wholeArgs_ahead(DI), AX \
	MOVQ AX, CX \
	ADDQ depthRowArgs_src(DI), CX \
	PREFETCHT1 (CX) \
	PREFETCHT1 64(CX) \
	ADDQ wholeArgs_fetch(DI), AX \
	MOVQ AX, wholeArgs_ahead(DI)
#define STORE(a) \
	VMAXPS  a, Y8, a \
	VMINPS  a, Y9, a \
	VMOVUPS a, (AX) \
	ADDQ    DX, AX \
	SUBQ    $1, CX \
	JEQ     stored

// func groupWholeF32AVX2(a *depthRowArgs)
TEXT ·groupWholeF32AVX2(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI

#include "groupwhole_amd64.h"

	VBROADCASTSS depthRowArgs_lo(DI), Y8
	VBROADCASTSS depthRowArgs_hi(DI), Y9
	MOVQ         depthRowArgs_dst(DI), AX
	ADDQ         depthRowArgs_dstAt(DI), AX
	MOVQ         depthRowArgs_dstStep(DI), DX
	MOVQ         depthRowArgs_n(DI), CX
	ADDQ         R12, AX
	STORE(Y0)
	STORE(Y1)
	STORE(Y2)
	STORE(Y3)
	STORE(Y4)
	STORE(Y5)
	STORE(Y6)

stored:
	GROUP_NEXT
