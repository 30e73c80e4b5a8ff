//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// f32_avgpool_1x4__neon — mean over any window, 4 channels at a time (then one).
//
// Computes   dst[p][i] = (Σ_t src[t][p][i]) / divisor, in order of t
// Reference  avgPoolF32Generic (pool_taps.go); the same bits
// Requires   NEON
// Contract   taps, pixels, c ≥ 1; no over-read; dst may be a tap
// Registers  R0  args    R1  addresses    R2  dst    R3  taps    R4  pixels left    R5  offset of the pixel
//            R6  channels left    R7  offset    R8  to    R9  taps left    R10 address of an address    R11 from
//            V0  sum    V1  a tap    V2  divisor

// func avgPoolF32NEON(a *poolArgs)
TEXT ·avgPoolF32NEON(SB), NOSPLIT, $0-8
	MOVD  a+0(FP), R0
	MOVD  poolArgs_ptrs(R0), R1
	MOVD  poolArgs_dst(R0), R2
	MOVD  poolArgs_taps(R0), R3
	MOVD  poolArgs_pixels(R0), R4
	MOVD  $0, R5
	ADD   $poolArgs_divisor, R0, R6
	VLD1R (R6), [V2.S4]

avg_pixel:
	MOVD poolArgs_c(R0), R6
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
	MOVD poolArgs_srcStep(R0), R9
	ADD  R9, R5
	MOVD poolArgs_dstStep(R0), R9
	ADD  R9, R2
	SUBS $1, R4
	BNE  avg_pixel
	RET
