//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// f32_binary_1x4__neon — arithmetic between two tensors, 4 elements of a row at a time, then one.
//
// Computes   dst[r][i] = clamp(a[r][i] ∘ b[r][i]); an operand whose step is 0 has one element for the row
// Reference  binaryF32Generic (binary.go); the same bits
// Requires   NEON
// Contract   rows, c ≥ 1; steps 0 or 1, dst's 1; ∘ is one of those below; no over-read, no over-write
// Bound      two loads, three or four operations and a store per 4 elements
// Registers  R0  args    R1  a row   R2  b row   R3  dst row   R4  rows left    R5  c    R11 elements left
//            R6  a       R7  b       R8  dst     R9, R10 bytes from one element of a and b to the next
//            R12, R13 the same of four elements
//            V0  p, result    V1  q    V2  scratch    V29 one    V30 lo    V31 hi
// Phases     the operation's: row → block → one
//
// An element that is repeated is written four times to the stack, from where it is read again and again. FMAX and FMIN are
// the maximum and minimum of the definition: a NaN if either is, and −0 is below +0.

#define PLUS    FADD(1, 0, 0)
#define MINUS   FSUB(1, 0, 0)
#define TIMES   FMUL(1, 0, 0)
#define OVER    FDIV(1, 0, 0)
#define LARGER  FMAX(1, 0, 0)
#define SMALLER FMIN(1, 0, 0)
#define SQUARE  FSUB(1, 0, 0) \
	FMUL(0, 0, 0)
// q where p has a sign, else one
#define SLOPED \
	WORD $0x4f210402; /* arm64: sshr v2.4s, v0.4s, #31 */ \
	VBSL V29.B16, V1.B16, V2.B16 \
	FMUL(2, 0, 0)

// p is where an operand is read in this row; row where it lies, repeat where it is repeated to. Clobbers V2.
#define OPERAND(row, bytes, repeat, p, done) \
	MOVD  row, p \
	CBNZ  bytes, done \
	VLD1R (row), [V2.S4] \
	MOVD  $repeat, p \
	VST1  [V2.S4], (p) \
done:

#define ROWS(OP, row, a_there, b_there, block, tail, one, next) \
row: \
	OPERAND(R1, R9, repeatA-32(SP), R6, a_there) \
	OPERAND(R2, R10, repeatB-16(SP), R7, b_there) \
	MOVD    R3, R8 \
	SUBS    $4, R5, R11 \
	BLT     tail \
block: \
	VLD1    (R6), [V0.S4] \
	VLD1    (R7), [V1.S4] \
	OP \
	FMAX(30, 0, 0) \
	FMIN(31, 0, 0) \
	VST1.P  [V0.S4], 16(R8) \
	ADD     R12, R6 \
	ADD     R13, R7 \
	SUBS    $4, R11 \
	BGE     block \
tail: \
	ADDS    $4, R11 \
	BEQ     next \
one: \
	VLD1R   (R6), [V0.S4] \
	VLD1R   (R7), [V1.S4] \
	OP \
	FMAX(30, 0, 0) \
	FMIN(31, 0, 0) \
	FMOVS.P F0, 4(R8) \
	ADD     R9, R6 \
	ADD     R10, R7 \
	SUBS    $1, R11 \
	BNE     one \
next: \
	MOVD    binaryArgs_aRow(R0), R6 \
	ADD     R6<<2, R1 \
	MOVD    binaryArgs_bRow(R0), R6 \
	ADD     R6<<2, R2 \
	MOVD    binaryArgs_dstRow(R0), R6 \
	ADD     R6<<2, R3 \
	SUBS    $1, R4 \
	BNE     row \
	RET

// func binaryRowsNEON(b *binaryArgs)
TEXT ·binaryRowsNEON(SB), NOSPLIT, $32-8
	MOVD  b+0(FP), R0
	MOVD  binaryArgs_a(R0), R1
	MOVD  binaryArgs_b(R0), R2
	MOVD  binaryArgs_dst(R0), R3
	MOVD  binaryArgs_rows(R0), R4
	MOVD  binaryArgs_c(R0), R5
	MOVD  binaryArgs_aStep(R0), R9
	LSL   $4, R9, R12
	LSL   $2, R9
	MOVD  binaryArgs_bStep(R0), R10
	LSL   $4, R10, R13
	LSL   $2, R10
	MOVD  $0x3f800000, R6
	VDUP  R6, V29.S4
	ADD   $binaryArgs_lo, R0, R6
	VLD1R (R6), [V30.S4]
	ADD   $binaryArgs_hi, R0, R6
	VLD1R (R6), [V31.S4]
	MOVBU binaryArgs_how(R0), R6
	CMP   $const_Plus, R6
	BEQ   plus
	CMP   $const_Minus, R6
	BEQ   minus
	CMP   $const_Times, R6
	BEQ   times
	CMP   $const_Over, R6
	BEQ   over
	CMP   $const_Larger, R6
	BEQ   larger
	CMP   $const_Smaller, R6
	BEQ   smaller
	CMP   $const_Sloped, R6
	BEQ   sloped
	ROWS(SQUARE, square, square_a, square_b, square_block, square_tail, square_one, square_next)
	ROWS(PLUS, plus, plus_a, plus_b, plus_block, plus_tail, plus_one, plus_next)
	ROWS(MINUS, minus, minus_a, minus_b, minus_block, minus_tail, minus_one, minus_next)
	ROWS(TIMES, times, times_a, times_b, times_block, times_tail, times_one, times_next)
	ROWS(OVER, over, over_a, over_b, over_block, over_tail, over_one, over_next)
	ROWS(LARGER, larger, larger_a, larger_b, larger_block, larger_tail, larger_one, larger_next)
	ROWS(SMALLER, smaller, smaller_a, smaller_b, smaller_block, smaller_tail, smaller_one, smaller_next)
	ROWS(SLOPED, sloped, sloped_a, sloped_b, sloped_block, sloped_tail, sloped_one, sloped_next)
