//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// f16_avgpool_1x8__neon — mean of float16 over a window, 8 channels at a time.
//
// Computes   dst[p][i] = ToHalf((Σ_t src[t][p][i]) / divisor), in order of t, in float32
// Reference  avgPoolHalfGeneric (pool_taps.go); the same bits
// Requires   NEON
// Contract   taps, pixels ≥ 1; c ≥ 8; no over-read; dst overlaps no tap: the last block ends at the last channel, and
//            does some of those before it again
// Bound      per tap and 8 channels two loads, two FCVTL, two FADD
// Registers  R0  args    R1  addresses    R2  dst    R3  taps    R4  pixels left    R5  offset of the pixel
//            R6  channels left    R7  offset    R8  to    R9  taps left    R10 address of an address    R11 from
//            V0, V1  sums    V2  divisor    V3  a tap    V4, V5  in float32
// Phases     pixel → block → tap

// func avgPoolHalfNEON(a *poolArgs)
TEXT ·avgPoolHalfNEON(SB), NOSPLIT, $0-8
	MOVD  a+0(FP), R0
	MOVD  poolArgs_ptrs(R0), R1
	MOVD  poolArgs_dst(R0), R2
	MOVD  poolArgs_taps(R0), R3
	MOVD  poolArgs_pixels(R0), R4
	MOVD  $0, R5
	ADD   $poolArgs_divisor, R0, R6
	VLD1R (R6), [V2.S4]

pixel:
	MOVD poolArgs_c(R0), R6
	MOVD R5, R7
	MOVD R2, R8

block:
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
	MOVD R3, R9
	MOVD R1, R10

tap:
	MOVD.P 8(R10), R11
	ADD    R7, R11
	VLD1   (R11), [V3.H8]
	FCVTL(3, 4)
	FCVTL2(3, 5)
	FADD(4, 0, 0)
	FADD(5, 1, 1)
	SUBS   $1, R9
	BNE    tap
	FDIV(2, 0, 0)
	FDIV(2, 1, 1)
	FCVTN(0, 3)
	FCVTN2(1, 3)
	VST1.P [V3.H8], 16(R8)
	ADD    $16, R7
	SUBS   $8, R6
	BEQ    pixel_done
	CMP    $8, R6
	BGE    block
	SUB    $8, R6                    // back by the channels that are missing
	ADD    R6<<1, R7
	ADD    R6<<1, R8
	MOVD   $8, R6
	B      block

pixel_done:
	MOVD poolArgs_srcStep(R0), R9
	ADD  R9, R5
	MOVD poolArgs_dstStep(R0), R9
	ADD  R9, R2
	SUBS $1, R4
	BNE  pixel
	RET
