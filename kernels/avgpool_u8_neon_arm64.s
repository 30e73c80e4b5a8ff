//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_avgpool_1x16__neon — adds rows of uint8 to int32 sums, 16 at a time, then one.
//
// Computes   sums[i] += Σ src[r][i] over rows r
// Reference  sumU8Generic (avgpool_u8.go)
// Requires   NEON
// Contract   rows, c ≥ 1; sums and src do not overlap; no over-read
// Bound      five loads and four stores per 16 elements
// Registers  R0  args    R1  src    R2  sums    R3  elements left    R4, R5  an element    R6  row    R7  rows left    R8  stride    V0, V1  src    V4–V7  sums
// Phases     row → sum_loop → tail → next_row

// func sumU8NEON(a *sumU8Args)
TEXT ·sumU8NEON(SB), NOSPLIT, $0-8
	MOVD a+0(FP), R0
	MOVD sumU8Args_src(R0), R6
	MOVD sumU8Args_rows(R0), R7
	MOVD sumU8Args_stride(R0), R8

row:
	MOVD R6, R1
	MOVD sumU8Args_sums(R0), R2
	MOVD sumU8Args_c(R0), R3
	SUBS $16, R3
	BLT  tail

sum_loop:
	VLD1.P 16(R1), [V0.B16]
	VLD1   (R2), [V4.S4, V5.S4, V6.S4, V7.S4]
	VUXTL2 V0.B16, V1.H8
	VUXTL  V0.B8, V0.H8
	WORD $0x6e6110e7 // arm64: uaddw2 v7.4s, v7.4s, v1.8h
	WORD $0x2e6110c6 // arm64: uaddw v6.4s, v6.4s, v1.4h
	WORD $0x6e6010a5 // arm64: uaddw2 v5.4s, v5.4s, v0.8h
	WORD $0x2e601084 // arm64: uaddw v4.4s, v4.4s, v0.4h
	VST1.P [V4.S4, V5.S4, V6.S4, V7.S4], 64(R2)
	SUBS   $16, R3
	BGE    sum_loop

tail:
	ADDS $16, R3
	BEQ  next_row

one:
	MOVBU.P 1(R1), R4
	MOVWU   (R2), R5
	ADDW    R4, R5
	MOVW.P  R5, 4(R2)
	SUBS    $1, R3
	BNE     one

next_row:
	ADD  R8, R6
	SUBS $1, R7
	BNE  row
	RET
