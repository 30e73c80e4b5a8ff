//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"
#include "bytes_u8_arm64.h"

// u8_mix_1x16__neon — weighted sums of pixels of bytes, 16 channels at a time.
//
// Computes   dst[x][i] = Σ_k weights[x·taps + k]·(src[at[x·taps + k]][i] − zero), from k = 0 upwards; fill where at is −1
// Reference  mixU8Generic (interpolate.go); the same bits
// Requires   NEON
// Contract   at has ≥ 1 pixels of taps ≥ 1; c a multiple of 16, ≥ 16; no over-read; dst and src do not overlap
// Bound      22 vector operations per tap and 16 channels
// Registers  R0  args    R1  dst pixel     R2  src        R3  at       R4  weights    R5  indices left    R6  taps
//            R7  c       R8  srcStride     R9  src of the channel      R10 dst        R11 channels left
//            R12 at      R13 weights       R14 taps left               R15 src of a tap
//            V0–V3 sums  V4–V7 products    V8  weight, fill            V9  zero
// Phases     pixel → block → next | outside

// V4–V7 = the next tap's weight times its 16 bytes less zero.
#define TAP \
	MOVW.P  4(R12), R15 \
	MADD    R8, R9, R15, R15 \
	VLD1R.P 4(R13), [V8.S4] \
	VLD1    (R15), [V4.B16] \
	WIDEN16(V4, V5, V6, V7) \
	SCVTF(4, 4) \
	SCVTF(5, 5) \
	SCVTF(6, 6) \
	SCVTF(7, 7) \
	FSUB(9, 4, 4) \
	FSUB(9, 5, 5) \
	FSUB(9, 6, 6) \
	FSUB(9, 7, 7) \
	FMUL(8, 4, 4) \
	FMUL(8, 5, 5) \
	FMUL(8, 6, 6) \
	FMUL(8, 7, 7)

// func mixBlocksU8NEON(m *mixArgs)
TEXT ·mixBlocksU8NEON(SB), NOSPLIT, $0-8
	MOVD  m+0(FP), R0
	MOVD  mixArgs_dst(R0), R1
	MOVD  mixArgs_src(R0), R2
	MOVD  mixArgs_at(R0), R3
	MOVD  mixArgs_at+8(R0), R5
	MOVD  mixArgs_weights(R0), R4
	MOVD  mixArgs_taps(R0), R6
	MOVD  mixArgs_c(R0), R7
	MOVD  mixArgs_srcStride(R0), R8
	ADD   $mixArgs_zero, R0, R9
	VLD1R (R9), [V9.S4]

pixel:
	MOVD R2, R9
	MOVD R1, R10
	MOVD R7, R11
	MOVW (R3), R12
	TBNZ $31, R12, outside

block:
	MOVD R3, R12
	MOVD R4, R13
	MOVD R6, R14
	TAP
	VMOV V4.B16, V0.B16
	VMOV V5.B16, V1.B16
	VMOV V6.B16, V2.B16
	VMOV V7.B16, V3.B16
	B    block_next

block_tap:
	TAP
	FADD(4, 0, 0)
	FADD(5, 1, 1)
	FADD(6, 2, 2)
	FADD(7, 3, 3)

block_next:
	SUBS   $1, R14
	BNE    block_tap
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R10)
	ADD    $16, R9
	SUBS   $16, R11
	BNE    block

next:
	ADD  R6<<2, R3
	ADD  R6<<2, R4
	MOVD mixArgs_dstStride(R0), R9
	ADD  R9<<2, R1
	SUBS R6, R5
	BGT  pixel
	RET

outside:
	ADD   $mixArgs_fill, R0, R12
	VLD1R (R12), [V8.S4]

outside_block:
	VST1.P [V8.S4], 16(R10)
	SUBS   $4, R11
	BNE    outside_block
	B      next
