//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// f32_binary_1x8__avx2 — arithmetic between two tensors, 8 elements of a row at a time, the rest under a mask.
//
// Computes   dst[r][i] = clamp(a[r][i] ∘ b[r][i]); an operand whose step is 0 has one element for the row
// Reference  binaryF32Generic (binary.go); the same bits
// Requires   AVX2
// Contract   rows, c ≥ 1; steps 0 or 1, dst's 1; ∘ is one of those below; hi is not −0; no over-read, no over-write
// Bound      about 11 instructions per 8 elements; of a quotient VDIVPS
// Registers  DI  args      SI  a row     DX  b row     R8  dst row   BX  rows left    CX  blocks of 8
//            R9  a         R10 b         R11 dst       R12 4·8·aStep R13 4·8·bStep    AX  blocks left
//            Y0  p, result Y1  q         Y2–Y4 scratch Y5  one       Y6  mask of the last elements
//            Y7  +0 where lo is +0, else −0            Y8  lo        Y9  hi
// Phases     the operation's: row → block → tail
//
// An element that is repeated is written eight times to the stack, from where it is read again and again. VMAXPS(lo, x) is
// x where both are zeros; max(−0, +0) is +0, which adding +0 makes of it, and adding −0 changes nothing.

DATA binaryMask<>+0x00(SB)/8, $-1
DATA binaryMask<>+0x08(SB)/8, $-1
DATA binaryMask<>+0x10(SB)/8, $-1
DATA binaryMask<>+0x18(SB)/8, $-1
GLOBL binaryMask<>(SB), RODATA|NOPTR, $64

DATA binaryOne<>+0(SB)/4, $0x3f800000
GLOBL binaryOne<>(SB), RODATA|NOPTR, $4

// Y0 = p ∘ q of Y0 and Y1. Clobbers Y2–Y4.
#define PLUS   VADDPS Y1, Y0, Y0
#define MINUS  VSUBPS Y1, Y0, Y0
#define TIMES  VMULPS Y1, Y0, Y0
#define OVER   VDIVPS Y1, Y0, Y0
#define SQUARE VSUBPS Y1, Y0, Y0 \
	VMULPS Y0, Y0, Y0
#define SLOPED VBLENDVPS Y0, Y1, Y5, Y2 \
	VMULPS Y0, Y2, Y0
// The second source is the result where the sources are zeros, or one is a NaN: taken both ways, the zeros' signs are
// and'ed; a NaN is all ones.
#define LARGER VMAXPS Y1, Y0, Y2 \
	VMAXPS Y0, Y1, Y3 \
	VCMPPS $3, Y1, Y0, Y4 \
	VANDPS Y3, Y2, Y2 \
	VORPS  Y4, Y2, Y0
// And or'ed.
#define SMALLER VMINPS Y1, Y0, Y2 \
	VMINPS Y0, Y1, Y3 \
	VCMPPS $3, Y1, Y0, Y4 \
	VORPS  Y3, Y2, Y2 \
	VORPS  Y4, Y2, Y0

#define CLAMP \
	VMAXPS Y0, Y8, Y0 \
	VADDPS Y7, Y0, Y0 \
	VMINPS Y0, Y9, Y0

// p is where an operand is read in this row; row where it lies, repeat where it is repeated to. Clobbers Y2.
#define OPERAND(row, step, repeat, p, done) \
	MOVQ         row, p \
	CMPQ         step(DI), $0 \
	JNE          done \
	VBROADCASTSS (row), Y2 \
	LEAQ         repeat, p \
	VMOVUPS      Y2, (p) \
done:

#define ROWS(OP, row, a_there, b_there, block, tail, next) \
row: \
	OPERAND(SI, binaryArgs_aStep, repeatA-64(SP), R9, a_there) \
	OPERAND(DX, binaryArgs_bStep, repeatB-32(SP), R10, b_there) \
	MOVQ       R8, R11 \
	MOVQ       CX, AX \
	TESTQ      AX, AX \
	JEQ        tail \
block: \
	VMOVUPS    (R9), Y0 \
	VMOVUPS    (R10), Y1 \
	OP \
	CLAMP \
	VMOVUPS    Y0, (R11) \
	ADDQ       R12, R9 \
	ADDQ       R13, R10 \
	ADDQ       $32, R11 \
	SUBQ       $1, AX \
	JNZ        block \
tail: \
	TESTB      $7, binaryArgs_c(DI) \
	JEQ        next \
	VMASKMOVPS (R9), Y6, Y0 \
	VMASKMOVPS (R10), Y6, Y1 \
	OP \
	CLAMP \
	VMASKMOVPS Y0, Y6, (R11) \
next: \
	MOVQ       binaryArgs_aRow(DI), R9 \
	LEAQ       (SI)(R9*4), SI \
	MOVQ       binaryArgs_bRow(DI), R9 \
	LEAQ       (DX)(R9*4), DX \
	MOVQ       binaryArgs_dstRow(DI), R9 \
	LEAQ       (R8)(R9*4), R8 \
	SUBQ       $1, BX \
	JNZ        row \
	VZEROUPPER \
	RET

// func binaryRowsAVX2(b *binaryArgs)
TEXT ·binaryRowsAVX2(SB), NOSPLIT, $64-8
	MOVQ         b+0(FP), DI
	MOVQ         binaryArgs_a(DI), SI
	MOVQ         binaryArgs_b(DI), DX
	MOVQ         binaryArgs_dst(DI), R8
	MOVQ         binaryArgs_rows(DI), BX
	MOVQ         binaryArgs_aStep(DI), R12
	SHLQ         $5, R12
	MOVQ         binaryArgs_bStep(DI), R13
	SHLQ         $5, R13
	VBROADCASTSS binaryOne<>(SB), Y5
	VBROADCASTSS binaryArgs_lo(DI), Y8
	VBROADCASTSS binaryArgs_hi(DI), Y9
	VPCMPEQD     Y7, Y7, Y7
	VPSLLD       $31, Y7, Y7         // −0
	VXORPS       Y2, Y2, Y2
	VPCMPEQD     Y2, Y8, Y2          // lo is +0
	VPANDN       Y7, Y2, Y7
	MOVQ         binaryArgs_c(DI), CX
	MOVQ         CX, AX
	ANDQ         $7, AX
	SHLQ         $2, AX
	LEAQ         binaryMask<>+32(SB), R9
	SUBQ         AX, R9
	VMOVUPS      (R9), Y6
	SHRQ         $3, CX
	MOVBLZX      binaryArgs_how(DI), AX
	CMPB         AX, $const_Plus
	JEQ          plus
	CMPB         AX, $const_Minus
	JEQ          minus
	CMPB         AX, $const_Times
	JEQ          times
	CMPB         AX, $const_Over
	JEQ          over
	CMPB         AX, $const_Larger
	JEQ          larger
	CMPB         AX, $const_Smaller
	JEQ          smaller
	CMPB         AX, $const_Sloped
	JEQ          sloped
	ROWS(SQUARE, square, square_a, square_b, square_block, square_tail, square_next)
	ROWS(PLUS, plus, plus_a, plus_b, plus_block, plus_tail, plus_next)
	ROWS(MINUS, minus, minus_a, minus_b, minus_block, minus_tail, minus_next)
	ROWS(TIMES, times, times_a, times_b, times_block, times_tail, times_next)
	ROWS(OVER, over, over_a, over_b, over_block, over_tail, over_next)
	ROWS(LARGER, larger, larger_a, larger_b, larger_block, larger_tail, larger_next)
	ROWS(SMALLER, smaller, smaller_a, smaller_b, smaller_block, smaller_tail, smaller_next)
	ROWS(SLOPED, sloped, sloped_a, sloped_b, sloped_block, sloped_tail, sloped_next)
