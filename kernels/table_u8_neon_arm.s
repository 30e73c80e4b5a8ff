//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_table_1x4__neon — any function of a byte on ARMv7, a word at a time; u8_tables_1x1__neon, one for each channel.
//
// Computes   dst[i] = table[src[i]]     dst[i] = table[256·i + src[i]]
// Reference  tableGeneric, tablesGeneric (table_u8.go)
// Requires   NEON, though nothing of it: a table of 256 bytes is all its registers, and VTBX takes a cycle for each byte
//            of each of eight parts. The loads are ARM's
// Contract   rows ≥ 1; c a multiple of 4, ≥ 4, of tables ≥ 1; dst is src or does not overlap it; no over-read
// Bound      a load, four shifts or masks, four loads, three joins and a store per 4 bytes; of tables two loads and a store
//            per byte
// Registers  R0  args    R1  src    R2  dst    R3  table    R4  bytes left    R5  rows left    R6, R7  src, dst of the row
//            R8  word    R9, R12 bytes
// Phases     row → block; row → channel

// func tableBlocksNEON(a *tableArgs)
TEXT ·tableBlocksNEON(SB), NOSPLIT, $0-4
	MOVW a+0(FP), R0
	MOVW tableArgs_src(R0), R1
	MOVW tableArgs_dst(R0), R2
	MOVW tableArgs_table(R0), R3
	MOVW tableArgs_rows(R0), R5

row:
	MOVW R1, R6
	MOVW R2, R7
	MOVW tableArgs_c(R0), R4

block:
	MOVW.P 4(R6), R8
	AND   $0xff, R8, R9
	WORD $0xe7e7c458 // arm: ubfx r12, r8, #8, #8
	MOVBU R9<<0(R3), R9
	MOVBU R12<<0(R3), R12
	ORR   R12<<8, R9
	WORD $0xe7e7c858 // arm: ubfx r12, r8, #16, #8
	MOVW  R8>>24, R8
	MOVBU R12<<0(R3), R12
	MOVBU R8<<0(R3), R8
	ORR   R12<<16, R9
	ORR   R8<<24, R9
	MOVW.P R9, 4(R7)
	SUB.S $4, R4
	BNE   block
	MOVW tableArgs_srcStride(R0), R6
	ADD  R6, R1
	MOVW tableArgs_dstStride(R0), R6
	ADD  R6, R2
	SUB.S $1, R5
	BNE  row
	RET

// func tablesNEON(a *tableArgs)
TEXT ·tablesNEON(SB), NOSPLIT, $0-4
	MOVW a+0(FP), R0
	MOVW tableArgs_src(R0), R1
	MOVW tableArgs_dst(R0), R2
	MOVW tableArgs_rows(R0), R5

row:
	MOVW R1, R6
	MOVW R2, R7
	MOVW tableArgs_table(R0), R3
	MOVW tableArgs_c(R0), R4

channel:
	MOVBU.P 1(R6), R8
	MOVBU R8<<0(R3), R8
	ADD   $256, R3
	MOVBU.P R8, 1(R7)
	SUB.S $1, R4
	BNE   channel
	MOVW tableArgs_srcStride(R0), R6
	ADD  R6, R1
	MOVW tableArgs_dstStride(R0), R6
	ADD  R6, R2
	SUB.S $1, R5
	BNE  row
	RET
