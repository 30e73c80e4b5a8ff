//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm.h"

// f32_lrn_1x4__neon — local response normalisation across channels, β = ¾, on ARMv7, 4 channels at a time.
//
// Computes   dst[i] = src[i] / (t·√t), t = √(alpha·Σ src² + bias), the sum over a window of channels
// Reference  lrnF32Generic (lrn.go); the same bits but for denormals
// Requires   NEON, and VFP's division and square root
// Layout     squares as lrnArgs has it: the squares of a pixel with zeros around
// Contract   pixels ≥ 1; c a multiple of 4, ≥ 4; size ≥ 1; dst is src or does not overlap it; no over-read. Denormal
//            squares and sums count as 0
// Bound      eight VSQRT and four VDIV per 4 channels
// Registers  R0  args    R1  src    R2  dst    R3  squares    R4  taps left    R5  pixels left    R6  channels left
//            R7–R9  walking src, squares, dst    R12 window
//            Q0, S0–S3  sum, quotients    Q1, S4–S7  a square, t    Q2, S8–S11 √t    Q3, S12–S15 src    Q14 alpha    Q15 bias
// Phases     pixel → squares → block → taps → root

// func lrnBlocksNEON(b *lrnArgs)
TEXT ·lrnBlocksNEON(SB), NOSPLIT, $0-4
	MOVW b+0(FP), R0
	MOVW lrnArgs_src(R0), R1
	MOVW lrnArgs_dst(R0), R2
	MOVW lrnArgs_squares(R0), R3
	MOVW lrnArgs_pixels(R0), R5
	ADD  $lrnArgs_alpha, R0, R12
	WORD $0xf4ecccaf // arm: vld1.32 {d28[], d29[]}, [r12]
	ADD  $lrnArgs_bias, R0, R12
	WORD $0xf4ececaf // arm: vld1.32 {d30[], d31[]}, [r12]

pixel:
	MOVW lrnArgs_before(R0), R8
	ADD  R8<<2, R3, R8
	MOVW lrnArgs_c(R0), R6
	MOVW R1, R7

square:
	WORD $0xf4270a8d // arm: vld1.32 {d0-d1}, [r7]!
	VMUL_F32(0, 0, 0)
	WORD $0xf4080a8d // arm: vst1.32 {d0-d1}, [r8]!
	SUB.S $4, R6
	BNE  square

	MOVW lrnArgs_c(R0), R6
	MOVW R1, R7
	MOVW R3, R8
	MOVW R2, R9

block:
	WORD $0xf2800050 // arm: vmov.i32 q0, #0
	MOVW R8, R12
	MOVW lrnArgs_size(R0), R4

tap:
	WORD $0xf42c2a8f // arm: vld1.32 {d2-d3}, [r12]
	ADD  $4, R12
	VADD_F32(0, 0, 1)
	SUB.S $1, R4
	BNE  tap
	VMUL_F32(0, 0, 14)
	VADD_F32(0, 0, 15)
	WORD $0xeeb12ac0 // arm: vsqrt.f32 s4, s0
	WORD $0xeef12ae0 // arm: vsqrt.f32 s5, s1
	WORD $0xeeb13ac1 // arm: vsqrt.f32 s6, s2
	WORD $0xeef13ae1 // arm: vsqrt.f32 s7, s3
	WORD $0xf4276a8d // arm: vld1.32 {d6-d7}, [r7]!
	WORD $0xeeb14ac2 // arm: vsqrt.f32 s8, s4
	WORD $0xeef14ae2 // arm: vsqrt.f32 s9, s5
	WORD $0xeeb15ac3 // arm: vsqrt.f32 s10, s6
	WORD $0xeef15ae3 // arm: vsqrt.f32 s11, s7
	VMUL_F32(1, 1, 2)
	WORD $0xee860a02 // arm: vdiv.f32 s0, s12, s4
	WORD $0xeec60aa2 // arm: vdiv.f32 s1, s13, s5
	WORD $0xee871a03 // arm: vdiv.f32 s2, s14, s6
	WORD $0xeec71aa3 // arm: vdiv.f32 s3, s15, s7
	WORD $0xf4090a8d // arm: vst1.32 {d0-d1}, [r9]!
	ADD  $16, R8
	SUB.S $4, R6
	BNE  block
	MOVW lrnArgs_srcStride(R0), R12
	ADD  R12, R1
	MOVW lrnArgs_dstStride(R0), R12
	ADD  R12, R2
	SUB.S $1, R5
	BNE  pixel
	RET
