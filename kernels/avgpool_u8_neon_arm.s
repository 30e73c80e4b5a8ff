//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_avgpool_1x16__neon — adds rows of uint8 to int32 sums on ARMv7, 16 at a time, then one.
//
// Computes   sums[i] += Σ src[r][i] over rows r
// Reference  sumU8Generic (avgpool_u8.go)
// Requires   NEON
// Contract   rows, c ≥ 1; sums and src do not overlap; no over-read
// Bound      five loads and four stores per 16 elements
// Registers  R0  args    R1  src    R2  sums    R3  elements left    R4, R5  an element    R6  row    R7  rows left    R8  stride    Q0, Q1  src    Q4–Q7  sums
// Phases     row → sum_loop → tail → next_row

// func sumU8NEON(a *sumU8Args)
TEXT ·sumU8NEON(SB), NOSPLIT, $0-4
	MOVW a+0(FP), R0
	MOVW sumU8Args_src(R0), R6
	MOVW sumU8Args_rows(R0), R7
	MOVW sumU8Args_stride(R0), R8

row:
	MOVW R6, R1
	MOVW sumU8Args_sums(R0), R2
	MOVW sumU8Args_c(R0), R3
	SUB.S $16, R3
	BLT  tail

sum_loop:
	WORD $0xf4210a0d // arm: vld1.8 {d0-d1}, [r1]!
	MOVW R2, R4
	WORD $0xf424828d // arm: vld1.32 {d8-d11}, [r4]!
	WORD $0xf424c28f // arm: vld1.32 {d12-d15}, [r4]
	WORD $0xf3882a11 // arm: vmovl.u8 q1, d1
	WORD $0xf3880a10 // arm: vmovl.u8 q0, d0
	WORD $0xf3988100 // arm: vaddw.u16 q4, q4, d0
	WORD $0xf39aa101 // arm: vaddw.u16 q5, q5, d1
	WORD $0xf39cc102 // arm: vaddw.u16 q6, q6, d2
	WORD $0xf39ee103 // arm: vaddw.u16 q7, q7, d3
	WORD $0xf402828d // arm: vst1.32 {d8-d11}, [r2]!
	WORD $0xf402c28d // arm: vst1.32 {d12-d15}, [r2]!
	SUB.S $16, R3
	BGE  sum_loop

tail:
	ADD.S $16, R3
	BEQ  next_row

one:
	MOVBU.P 1(R1), R4
	MOVW (R2), R5
	ADD  R4, R5
	MOVW.P R5, 4(R2)
	SUB.S $1, R3
	BNE  one

next_row:
	ADD  R8, R6
	SUB.S $1, R7
	BNE  row
	RET
