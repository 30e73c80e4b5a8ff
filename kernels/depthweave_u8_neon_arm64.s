//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_depthweave_4x16__neon — the bytes of four rows into groups of four, 16 channels at a time.
//
// Computes   dst[x][4·k + i] = rows[i][x][k]
// Reference  depthWeaveGeneric (depthweave.go)
// Requires   NEON
// Layout     rows NHWC, each with a step of its own
// Contract   as depthWeaveArgs says; c ≥ 16; no over-read; dst does not alias rows
// Bound      4 loads of 16 bytes and an ST4 for 16 channels
// Registers  R0  args    R1–R4  rows    R5–R8  their steps    R9  dst    R10  dstStep    R11  columns left    R12  channel
//            R13  the last vector's    R14, R15  addresses    V0–V3  rows
// Phases     column → channels

// func depthWeaveNEON(a *depthWeaveArgs)
TEXT ·depthWeaveNEON(SB), NOSPLIT, $0-8
	MOVD a+0(FP), R0
	MOVD (depthWeaveArgs_rows+0)(R0), R1
	MOVD (depthWeaveArgs_rows+8)(R0), R2
	MOVD (depthWeaveArgs_rows+16)(R0), R3
	MOVD (depthWeaveArgs_rows+24)(R0), R4
	MOVD (depthWeaveArgs_steps+0)(R0), R5
	MOVD (depthWeaveArgs_steps+8)(R0), R6
	MOVD (depthWeaveArgs_steps+16)(R0), R7
	MOVD (depthWeaveArgs_steps+24)(R0), R8
	MOVD depthWeaveArgs_dst(R0), R9
	MOVD depthWeaveArgs_dstStep(R0), R10
	MOVD depthWeaveArgs_columns(R0), R11
	MOVD depthWeaveArgs_c(R0), R13
	SUB  $16, R13

column:
	MOVD $0, R12

channels:
	ADD  R12, R1, R14
	ADD  R12, R2, R15
	VLD1 (R14), [V0.B16]
	VLD1 (R15), [V1.B16]
	ADD  R12, R3, R14
	ADD  R12, R4, R15
	VLD1 (R14), [V2.B16]
	VLD1 (R15), [V3.B16]
	ADD  R12<<2, R9, R14
	VST4 [V0.B16, V1.B16, V2.B16, V3.B16], (R14)
	CMP  R13, R12
	BGE  column_done
	ADD  $16, R12
	CMP  R13, R12
	CSEL GT, R13, R12, R12
	B    channels

column_done:
	ADD  R5, R1
	ADD  R6, R2
	ADD  R7, R3
	ADD  R8, R4
	ADD  R10, R9
	SUBS $1, R11
	BNE  column
	RET
