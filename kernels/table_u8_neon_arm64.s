//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_table_1x16__neon — any function of a byte, 16 bytes at a time, the table in registers; u8_tables_1x1__neon, one
// function for each channel, the tables in memory.
//
// Computes   dst[i] = table[src[i]]     dst[i] = table[256·i + src[i]]
// Reference  tableGeneric, tablesGeneric (table_u8.go)
// Requires   NEON, of tables nothing of it
// Contract   rows ≥ 1; c a multiple of 16, ≥ 16, of tables ≥ 1; dst is src or does not overlap it; no over-read
// Bound      TBL and three TBX of four registers per 16 bytes; of tables a load per byte, and of four a load and a store
// Registers  R0  args    R1  src    R2  dst    R3  table    R4  bytes left    R5  rows left    R6, R7  src, dst of the row
//            R8–R11  bytes    V0  index    V1  result    V2  64    V16–V31  table
// Phases     row → block; pixel → single channels → four
//
// TBL gives 0 for an index beyond its 64 bytes, and TBX leaves the result: each part of the table takes its own indices.

// func tableBlocksNEON(a *tableArgs)
TEXT ·tableBlocksNEON(SB), NOSPLIT, $0-8
	MOVD   a+0(FP), R0
	MOVD   tableArgs_src(R0), R1
	MOVD   tableArgs_dst(R0), R2
	MOVD   tableArgs_table(R0), R3
	MOVD   tableArgs_rows(R0), R5
	VMOVI  $64, V2.B16
	VLD1.P 64(R3), [V16.B16, V17.B16, V18.B16, V19.B16]
	VLD1.P 64(R3), [V20.B16, V21.B16, V22.B16, V23.B16]
	VLD1.P 64(R3), [V24.B16, V25.B16, V26.B16, V27.B16]
	VLD1   (R3), [V28.B16, V29.B16, V30.B16, V31.B16]

row:
	MOVD R1, R6
	MOVD R2, R7
	MOVD tableArgs_c(R0), R4

block:
	VLD1.P 16(R6), [V0.B16]
	VTBL   V0.B16, [V16.B16, V17.B16, V18.B16, V19.B16], V1.B16
	VSUB   V2.B16, V0.B16, V0.B16
	VTBX   V0.B16, [V20.B16, V21.B16, V22.B16, V23.B16], V1.B16
	VSUB   V2.B16, V0.B16, V0.B16
	VTBX   V0.B16, [V24.B16, V25.B16, V26.B16, V27.B16], V1.B16
	VSUB   V2.B16, V0.B16, V0.B16
	VTBX   V0.B16, [V28.B16, V29.B16, V30.B16, V31.B16], V1.B16
	VST1.P [V1.B16], 16(R7)
	SUBS   $16, R4
	BNE    block
	MOVD   tableArgs_srcStride(R0), R6
	ADD    R6, R1
	MOVD   tableArgs_dstStride(R0), R6
	ADD    R6, R2
	SUBS   $1, R5
	BNE    row
	RET

// func tablesNEON(a *tableArgs)
TEXT ·tablesNEON(SB), NOSPLIT, $0-8
	MOVD a+0(FP), R0
	MOVD tableArgs_src(R0), R1
	MOVD tableArgs_dst(R0), R2
	MOVD tableArgs_rows(R0), R5

pixel:
	MOVD R1, R6
	MOVD R2, R7
	MOVD tableArgs_table(R0), R3
	MOVD tableArgs_c(R0), R4

single:                                  // until fours are left
	TST  $3, R4
	BEQ  fours
	MOVBU.P 1(R6), R8
	MOVBU (R3)(R8), R8
	ADD   $256, R3
	MOVB.P R8, 1(R7)
	SUB   $1, R4
	B     single

fours:
	CBZ  R4, next_pixel

four:
	MOVWU.P 4(R6), R8
	SUBS  $4, R4
	UBFX  $8, R8, $8, R9
	UBFX  $16, R8, $8, R10
	LSR   $24, R8, R11
	AND   $255, R8
	ADD   $256, R9
	ADD   $512, R10
	ADD   $768, R11
	MOVBU (R3)(R8), R8
	MOVBU (R3)(R9), R9
	MOVBU (R3)(R10), R10
	MOVBU (R3)(R11), R11
	ADD   $1024, R3
	ORR   R9<<8, R8
	ORR   R10<<16, R8
	ORR   R11<<24, R8
	MOVW.P R8, 4(R7)
	BNE   four

next_pixel:
	MOVD tableArgs_srcStride(R0), R6
	ADD  R6, R1
	MOVD tableArgs_dstStride(R0), R6
	ADD  R6, R2
	SUBS $1, R5
	BNE  pixel
	RET
