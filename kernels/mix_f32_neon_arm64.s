//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// f32_mix_1x16__neon — weighted sums of pixels, 16 channels at a time, then 4, then one.
//
// Computes   dst[x][i] = Σ_k weights[x·taps + k]·src[at[x·taps + k]][i], from k = 0 upwards; fill where at is −1
// Reference  mixF32Generic (interpolate.go); the same bits
// Requires   NEON
// Contract   at has ≥ 1 pixels of taps ≥ 1; c ≥ 1; no over-read, no over-write; dst and src do not overlap
// Bound      a multiplication, an addition and a load per tap and 4 channels
// Registers  R0  args    R1  dst pixel     R2  src        R3  at       R4  weights    R5  indices left    R6  taps
//            R7  c       R8  4·srcStride   R9  src of the channel      R10 dst        R11 channels left
//            R12 at      R13 weights       R14 taps left               R15 src of a tap
//            V0–V3 sums  V4–V7 products    V8  weight, fill
// Phases     pixel → wide: 16 channels → narrow: 4 → one → next | outside

// From the first tap: R12, R13, R14.
#define TAPS \
	MOVD R3, R12 \
	MOVD R4, R13 \
	MOVD R6, R14

// R15 = src of the next tap. V8 = its weight.
#define TAP \
	MOVW.P  4(R12), R15 \
	MADD    R8, R9, R15, R15 \
	VLD1R.P 4(R13), [V8.S4]

// func mixF32NEON(m *mixArgs)
TEXT ·mixF32NEON(SB), NOSPLIT, $0-8
	MOVD m+0(FP), R0
	MOVD mixArgs_dst(R0), R1
	MOVD mixArgs_src(R0), R2
	MOVD mixArgs_at(R0), R3
	MOVD mixArgs_at+8(R0), R5
	MOVD mixArgs_weights(R0), R4
	MOVD mixArgs_taps(R0), R6
	MOVD mixArgs_c(R0), R7
	MOVD mixArgs_srcStride(R0), R8
	LSL  $2, R8

pixel:
	MOVD R2, R9
	MOVD R1, R10
	MOVW (R3), R12
	TBNZ $31, R12, outside
	SUBS $16, R7, R11
	BLT  narrow

wide:
	TAPS
	TAP
	VLD1 (R15), [V4.S4, V5.S4, V6.S4, V7.S4]
	FMUL(8, 4, 0)
	FMUL(8, 5, 1)
	FMUL(8, 6, 2)
	FMUL(8, 7, 3)
	B    wide_next

wide_tap:
	TAP
	VLD1 (R15), [V4.S4, V5.S4, V6.S4, V7.S4]
	FMUL(8, 4, 4)
	FMUL(8, 5, 5)
	FMUL(8, 6, 6)
	FMUL(8, 7, 7)
	FADD(4, 0, 0)
	FADD(5, 1, 1)
	FADD(6, 2, 2)
	FADD(7, 3, 3)

wide_next:
	SUBS   $1, R14
	BNE    wide_tap
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R10)
	ADD    $64, R9
	SUBS   $16, R11
	BGE    wide

narrow:
	ADDS $12, R11
	BLT  ones

narrow_block:
	TAPS
	TAP
	VLD1 (R15), [V4.S4]
	FMUL(8, 4, 0)
	B    narrow_next

narrow_tap:
	TAP
	VLD1 (R15), [V4.S4]
	FMUL(8, 4, 4)
	FADD(4, 0, 0)

narrow_next:
	SUBS   $1, R14
	BNE    narrow_tap
	VST1.P [V0.S4], 16(R10)
	ADD    $16, R9
	SUBS   $4, R11
	BGE    narrow_block

ones:
	ADDS $4, R11
	BEQ  next

one:
	TAPS
	TAP
	FMOVS (R15), F4
	FMULS F8, F4, F0
	B     one_next

one_tap:
	TAP
	FMOVS (R15), F4
	FMULS F8, F4, F4
	FADDS F4, F0, F0

one_next:
	SUBS    $1, R14
	BNE     one_tap
	FMOVS.P F0, 4(R10)
	ADD     $4, R9
	SUBS    $1, R11
	BNE     one

next:
	ADD  R6<<2, R3
	ADD  R6<<2, R4
	MOVD mixArgs_dstStride(R0), R9
	ADD  R9<<2, R1
	SUBS R6, R5
	BGT  pixel
	RET

outside:
	FMOVS mixArgs_fill(R0), F8
	MOVD  R7, R11

outside_one:
	FMOVS.P F8, 4(R10)
	SUBS    $1, R11
	BNE     outside_one
	B       next
