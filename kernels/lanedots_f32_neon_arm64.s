//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// f32_lanedots_1x8__neon — four sums for each window of a row.
//
// Computes   dst[4x+l] = Σ_{j even} p(j) + Σ_{j odd} p(j), p(j) = weights[x·width+4j+l]·src[starts[x]+4j+l]
// Reference  laneDotsGeneric (pixels.go); same bits
// Requires   NEON
// Contract   width a multiple of 8, ≥ 8; count ≥ 1; no over-read
// Registers  R0  args    R1  src    R2  dst    R3  weights    R4  starts    R5  windows left    R6  width
//            R7  window    R8  elements left    V0, V1  sums of even and odd j    V2, V3  src    V4, V5  weights

// func laneDotsNEON(d *laneDotsArgs)
TEXT ·laneDotsNEON(SB), NOSPLIT, $0-8
	MOVD d+0(FP), R0
	MOVD laneDotsArgs_src(R0), R1
	MOVD laneDotsArgs_dst(R0), R2
	MOVD laneDotsArgs_weights(R0), R3
	MOVD laneDotsArgs_starts(R0), R4
	MOVD laneDotsArgs_count(R0), R5
	MOVD laneDotsArgs_width(R0), R6

window:
	MOVW.P 4(R4), R7
	ADD    R7<<2, R1, R7
	MOVD   R6, R8
	VEOR   V0.B16, V0.B16, V0.B16
	VEOR   V1.B16, V1.B16, V1.B16

elements:
	VLD1.P 32(R7), [V2.S4, V3.S4]
	VLD1.P 32(R3), [V4.S4, V5.S4]
	FMUL(4, 2, 2)
	FMUL(5, 3, 3)
	FADD(2, 0, 0)
	FADD(3, 1, 1)
	SUBS   $8, R8
	BNE    elements

	FADD(1, 0, 0)            // even + odd
	VST1.P [V0.S4], 16(R2)
	SUBS   $1, R5
	BNE    window
	RET
