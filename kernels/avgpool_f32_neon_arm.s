//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// f32_avgpool_1x4__neon — mean over any window on ARMv7, 4 channels at a time.
//
// Computes   dst[p][i] = (Σ_t src[t][p][i]) / divisor, in order of t
// Reference  avgPoolF32Generic (pool_taps.go); the same bits but for denormals
// Requires   NEON, and VFP's division
// Contract   taps, pixels ≥ 1; c a multiple of 4, ≥ 4; no over-read; dst may be a tap. Denormals count as 0
// Registers  R0  args    R1  addresses    R2  dst    R3  taps    R4  pixels left    R5  offset of the pixel
//            R6  channels left    R7  offset    R8  taps left    R9 address of an address    R12 address
//            Q0, S0–S3  sums    Q1  a tap    S8  divisor

// func avgPoolBlocksNEON(a *poolArgs)
TEXT ·avgPoolBlocksNEON(SB), NOSPLIT, $0-4
	MOVW a+0(FP), R0
	MOVW poolArgs_ptrs(R0), R1
	MOVW poolArgs_dst(R0), R2
	MOVW poolArgs_taps(R0), R3
	MOVW poolArgs_pixels(R0), R4
	MOVW $0, R5
	MOVW poolArgs_divisor(R0), R12
	WORD $0xee04ca10 // arm: vmov s8, r12

pixel:
	MOVW poolArgs_c(R0), R6
	MOVW $0, R7

block:
	WORD $0xf2800050 // arm: vmov.i32 q0, #0
	MOVW R3, R8
	MOVW R1, R9

tap:
	MOVW.P 4(R9), R12
	ADD  R5, R12
	ADD  R7, R12
	WORD $0xf42c2a8f // arm: vld1.32 {d2-d3}, [r12]
	WORD $0xf2000d42 // arm: vadd.f32 q0, q0, q1
	SUB.S $1, R8
	BNE  tap
	WORD $0xee800a04 // arm: vdiv.f32 s0, s0, s8
	WORD $0xeec00a84 // arm: vdiv.f32 s1, s1, s8
	WORD $0xee811a04 // arm: vdiv.f32 s2, s2, s8
	WORD $0xeec11a84 // arm: vdiv.f32 s3, s3, s8
	ADD  R7, R2, R12
	WORD $0xf40c0a8f // arm: vst1.32 {d0-d1}, [r12]
	ADD  $16, R7
	SUB.S $4, R6
	BNE  block
	MOVW poolArgs_srcStep(R0), R12
	ADD  R12, R5
	MOVW poolArgs_dstStep(R0), R12
	ADD  R12, R2
	SUB.S $1, R4
	BNE  pixel
	RET
