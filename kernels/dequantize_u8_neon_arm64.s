//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"
#include "bytes_u8_arm64.h"

// u8_dequantize_1x16__neon — uint8 to float32, 16 elements at a time, then one.
//
// Computes   dst[i] = float32(src[i] − zero)·scale
// Reference  dequantizeGeneric (convert.go)
// Requires   NEON
// Contract   rows, c ≥ 1; no over-read
// Bound      18 vector operations, a load and a store of four per 16 elements
// Registers  those of f32_quantize_1x16__neon
// Phases     row → elements → tail

// func dequantizeNEON(a *convertArgs)
TEXT ·dequantizeNEON(SB), NOSPLIT, $0-8
	MOVD  a+0(FP), R0
	MOVD  convertArgs_src(R0), R1
	MOVD  convertArgs_dst(R0), R2
	MOVD  convertArgs_rows(R0), R4
	ADD   $convertArgs_scale, R0, R7
	VLD1R (R7), [V8.S4]
	ADD   $convertArgs_zero, R0, R7
	VLD1R (R7), [V11.S4]

row:
	MOVD R1, R5
	MOVD R2, R6
	MOVD convertArgs_c(R0), R3
	SUBS $16, R3
	BLT  tail

elements:
	VLD1.P 16(R5), [V0.B16]
	WIDEN16(V0, V1, V2, V3)
	VSUB   V11.S4, V0.S4, V0.S4
	VSUB   V11.S4, V1.S4, V1.S4
	VSUB   V11.S4, V2.S4, V2.S4
	VSUB   V11.S4, V3.S4, V3.S4
	SCVTF(0, 0)
	SCVTF(1, 1)
	SCVTF(2, 2)
	SCVTF(3, 3)
	FMUL(8, 0, 0)
	FMUL(8, 1, 1)
	FMUL(8, 2, 2)
	FMUL(8, 3, 3)
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R6)
	SUBS   $16, R3
	BGE    elements

tail:
	ADDS $16, R3
	BEQ  next_row
	MOVW convertArgs_zero(R0), R8

one:
	MOVBU.P 1(R5), R7
	SUBW    R8, R7
	SCVTFWS R7, F0
	FMULS   F8, F0, F0
	FMOVS.P F0, 4(R6)
	SUBS    $1, R3
	BNE     one

next_row:
	MOVD convertArgs_srcStride(R0), R7
	ADD  R7, R1
	MOVD convertArgs_dstStride(R0), R7
	ADD  R7, R2
	SUBS $1, R4
	BNE  row
	RET
