//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "levels_u8_arm.h"

// u8_add_1x8__neon — quantised addition on ARMv7, 8 elements at a time, then one.
//
// Computes   dst[i] = zero + roundEven(min(max(float32(a[i] − aZero)·aScale + float32(b[i] − bZero)·bScale, lo), hi))
// Reference  addU8Generic (add_u8.go)
// Requires   NEON
// Contract   rows, c ≥ 1; dst may be a or b; no over-read
// Bound      two loads, a store and 35 vector operations per 8 elements
// Registers  R0  args    R1  a    R2  b    R3  dst    R4  elements left    R5  rows left    R6–R8  a, b, dst of the row    R9  stride
//            Q0, Q1  a, sum    Q2, Q3  b    Q4 aZero    Q5 bZero    Q8 aScale    Q9 bScale    Q10–Q15 see levels_u8_arm.h
// Phases     row → elements → tail

// The sums of the bytes in D0 and D4, to bytes in D0.
#define SUM8 \
	WORD $0xf3882a10; /* arm: vmovl.u8 q1, d0 */ \
	WORD $0xf3886a14; /* arm: vmovl.u8 q3, d4 */ \
	WORD $0xf3900a12; /* arm: vmovl.u16 q0, d2 */ \
	WORD $0xf3902a13; /* arm: vmovl.u16 q1, d3 */ \
	WORD $0xf3904a16; /* arm: vmovl.u16 q2, d6 */ \
	WORD $0xf3906a17; /* arm: vmovl.u16 q3, d7 */ \
	WORD $0xf3200848; /* arm: vsub.i32 q0, q0, q4 */ \
	WORD $0xf3222848; /* arm: vsub.i32 q1, q1, q4 */ \
	WORD $0xf324484a; /* arm: vsub.i32 q2, q2, q5 */ \
	WORD $0xf326684a; /* arm: vsub.i32 q3, q3, q5 */ \
	WORD $0xf3bb0640; /* arm: vcvt.f32.s32 q0, q0 */ \
	WORD $0xf3bb2642; /* arm: vcvt.f32.s32 q1, q1 */ \
	WORD $0xf3bb4644; /* arm: vcvt.f32.s32 q2, q2 */ \
	WORD $0xf3bb6646; /* arm: vcvt.f32.s32 q3, q3 */ \
	WORD $0xf3000d70; /* arm: vmul.f32 q0, q0, q8 */ \
	WORD $0xf3022d70; /* arm: vmul.f32 q1, q1, q8 */ \
	WORD $0xf3044d72; /* arm: vmul.f32 q2, q2, q9 */ \
	WORD $0xf3066d72; /* arm: vmul.f32 q3, q3, q9 */ \
	WORD $0xf2000d44; /* arm: vadd.f32 q0, q0, q2 */ \
	WORD $0xf2022d46; /* arm: vadd.f32 q1, q1, q3 */ \
	LEVELS8

// func addU8NEON(e *addU8Args)
TEXT ·addU8NEON(SB), NOSPLIT, $0-4
	MOVW e+0(FP), R0
	MOVW addU8Args_a(R0), R1
	MOVW addU8Args_b(R0), R2
	MOVW addU8Args_dst(R0), R3
	MOVW addU8Args_rows(R0), R5
	LEVELS_CONSTANTS(addU8Args_lo, addU8Args_hi, addU8Args_zero)
	ADD  $addU8Args_aZero, R0, R12
	WORD $0xf4ac8caf // arm: vld1.32 {d8[], d9[]}, [r12]
	ADD  $addU8Args_bZero, R0, R12
	WORD $0xf4acacaf // arm: vld1.32 {d10[], d11[]}, [r12]
	ADD  $addU8Args_aScale, R0, R12
	WORD $0xf4ec0caf // arm: vld1.32 {d16[], d17[]}, [r12]
	ADD  $addU8Args_bScale, R0, R12
	WORD $0xf4ec2caf // arm: vld1.32 {d18[], d19[]}, [r12]

row:
	MOVW R1, R6
	MOVW R2, R7
	MOVW R3, R8
	MOVW addU8Args_c(R0), R4
	SUB.S $8, R4
	BLT  tail

elements:
	WORD $0xf426070d // arm: vld1.8 {d0}, [r6]!
	WORD $0xf427470d // arm: vld1.8 {d4}, [r7]!
	SUM8
	WORD $0xf408070d // arm: vst1.8 {d0}, [r8]!
	SUB.S $8, R4
	BGE  elements

tail:
	ADD.S $8, R4
	BEQ  next_row

one:
	WORD $0xf4a60c0d // arm: vld1.8 {d0[]}, [r6]!
	WORD $0xf4a74c0d // arm: vld1.8 {d4[]}, [r7]!
	SUM8
	WORD $0xf488000d // arm: vst1.8 {d0[0]}, [r8]!
	SUB.S $1, R4
	BNE  one

next_row:
	MOVW addU8Args_aStride(R0), R9
	ADD  R9, R1
	MOVW addU8Args_bStride(R0), R9
	ADD  R9, R2
	MOVW addU8Args_dstStride(R0), R9
	ADD  R9, R3
	SUB.S $1, R5
	BNE  row
	RET
