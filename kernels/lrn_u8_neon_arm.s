//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm.h"
#include "levels_u8_arm.h"

// u8_lrn_1x8__neon — quantised local response normalisation across channels on ARMv7, 8 channels at a time.
//
// Computes   see lrnU8Args (lrn_u8.go), to the bit, operation by operation
// Reference  lrnU8Generic (lrn_u8.go)
// Requires   NEON, and VFP's division and square root
// Layout     src/dst NHWC uint8; a row of squares, int32, with zeros around the pixel's channels
// Contract   pixels ≥ 1; c a multiple of 8, ≥ 8; t, scale within 2^±60; dst is src or does not overlap it; no over-read. That
//            NEON takes denormals for zeros changes no byte: added to t they are lost in its rounding
// Bound      sixteen VSQRT and eight VDIV per 8 channels
// Registers  R0  args    R1  src    R2  dst    R3  squares    R4  taps left    R5  pixels left    R6  channels left
//            R7–R9  walking src, squares, dst    R12 window, a constant's address
//            Q0, Q1  sums, t, quotients    Q2, Q3  a tap, √t, d    Q4, Q5  √√t    Q6, Q7  x·scale    Q8  a constant
//            D18 inZero, int16    Q10–Q15 see levels_u8_arm.h
// Phases     pixel → squares → block → taps → root

// One constant of the arguments in all of Q8. Clobbers R12.
#define CONSTANT(field) \
	ADD  $field, R0, R12 \
	WORD $0xf4ec0caf /* arm: vld1.32 {d16[], d17[]}, [r12] */

// func lrnU8NEON(a *lrnU8Args)
TEXT ·lrnU8NEON(SB), NOSPLIT, $0-4
	MOVW a+0(FP), R0
	MOVW lrnU8Args_src(R0), R1
	MOVW lrnU8Args_dst(R0), R2
	MOVW lrnU8Args_squares(R0), R3
	MOVW lrnU8Args_pixels(R0), R5
	LEVELS_CONSTANTS(lrnU8Args_lo, lrnU8Args_hi, lrnU8Args_zero)
	MOVW lrnU8Args_inZero(R0), R12
	WORD $0xee82cbb0 // arm: vdup.16 d18, r12

pixel:
	MOVW lrnU8Args_before(R0), R8
	ADD  R8<<2, R3, R8
	MOVW lrnU8Args_c(R0), R6
	MOVW R1, R7

square:
	WORD $0xf427070d // arm: vld1.8 {d0}, [r7]!
	WORD $0xf3880a10 // arm: vmovl.u8 q0, d0
	WORD $0xf3100822 // arm: vsub.i16 d0, d0, d18
	WORD $0xf3111822 // arm: vsub.i16 d1, d1, d18
	WORD $0xf2902c00 // arm: vmull.s16 q1, d0, d0
	WORD $0xf2914c01 // arm: vmull.s16 q2, d1, d1
	WORD $0xf408228d // arm: vst1.32 {d2-d5}, [r8]!
	SUB.S $8, R6
	BNE  square

	MOVW lrnU8Args_c(R0), R6
	MOVW R1, R7
	MOVW R3, R8
	MOVW R2, R9

block:
	WORD $0xf2800050 // arm: vmov.i32 q0, #0
	WORD $0xf2802050 // arm: vmov.i32 q1, #0
	MOVW R8, R12
	MOVW lrnU8Args_size(R0), R4

tap:
	WORD $0xf42c428f // arm: vld1.32 {d4-d7}, [r12]
	ADD  $4, R12
	VADD_I32(0, 0, 2)
	VADD_I32(1, 1, 3)
	SUB.S $1, R4
	BNE  tap
	VCVT_F32_S32(0, 0)
	VCVT_F32_S32(1, 1)
	CONSTANT(lrnU8Args_alpha)
	VMUL_F32(0, 0, 8)
	VMUL_F32(1, 1, 8)
	CONSTANT(lrnU8Args_bias)
	VADD_F32(0, 0, 8)
	VADD_F32(1, 1, 8)
	WORD $0xeeb14ac0 // arm: vsqrt.f32 s8, s0
	WORD $0xeef14ae0 // arm: vsqrt.f32 s9, s1
	WORD $0xeeb15ac1 // arm: vsqrt.f32 s10, s2
	WORD $0xeef15ae1 // arm: vsqrt.f32 s11, s3
	WORD $0xeeb16ac2 // arm: vsqrt.f32 s12, s4
	WORD $0xeef16ae2 // arm: vsqrt.f32 s13, s5
	WORD $0xeeb17ac3 // arm: vsqrt.f32 s14, s6
	WORD $0xeef17ae3 // arm: vsqrt.f32 s15, s7
	WORD $0xeeb18ac4 // arm: vsqrt.f32 s16, s8
	WORD $0xeef18ae4 // arm: vsqrt.f32 s17, s9
	WORD $0xeeb19ac5 // arm: vsqrt.f32 s18, s10
	WORD $0xeef19ae5 // arm: vsqrt.f32 s19, s11
	WORD $0xeeb1aac6 // arm: vsqrt.f32 s20, s12
	WORD $0xeef1aae6 // arm: vsqrt.f32 s21, s13
	WORD $0xeeb1bac7 // arm: vsqrt.f32 s22, s14
	WORD $0xeef1bae7 // arm: vsqrt.f32 s23, s15
	WORD $0xf427c70d // arm: vld1.8 {d12}, [r7]!
	WORD $0xf388ca1c // arm: vmovl.u8 q6, d12
	WORD $0xf31cc822 // arm: vsub.i16 d12, d12, d18
	WORD $0xf31dd822 // arm: vsub.i16 d13, d13, d18
	WORD $0xf290ea1d // arm: vmovl.s16 q7, d13
	WORD $0xf290ca1c // arm: vmovl.s16 q6, d12
	VCVT_F32_S32(6, 6)
	VCVT_F32_S32(7, 7)
	CONSTANT(lrnU8Args_scale)
	VMUL_F32(6, 6, 8)
	VMUL_F32(7, 7, 8)
	VMUL_F32(2, 2, 4)
	VMUL_F32(3, 3, 5)
	WORD $0xee8c0a04 // arm: vdiv.f32 s0, s24, s8
	WORD $0xeecc0aa4 // arm: vdiv.f32 s1, s25, s9
	WORD $0xee8d1a05 // arm: vdiv.f32 s2, s26, s10
	WORD $0xeecd1aa5 // arm: vdiv.f32 s3, s27, s11
	WORD $0xee8e2a06 // arm: vdiv.f32 s4, s28, s12
	WORD $0xeece2aa6 // arm: vdiv.f32 s5, s29, s13
	WORD $0xee8f3a07 // arm: vdiv.f32 s6, s30, s14
	WORD $0xeecf3aa7 // arm: vdiv.f32 s7, s31, s15
	LEVELS8
	WORD $0xf409070d // arm: vst1.8 {d0}, [r9]!
	ADD  $32, R8
	SUB.S $8, R6
	BNE  block
	MOVW lrnU8Args_srcStride(R0), R12
	ADD  R12, R1
	MOVW lrnU8Args_dstStride(R0), R12
	ADD  R12, R2
	SUB.S $1, R5
	BNE  pixel
	RET
