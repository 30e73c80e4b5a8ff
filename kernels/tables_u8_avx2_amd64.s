//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_tables_1x8__avx2 — any function of a byte for each channel, 8 channels of a pixel at a time.
//
// Computes   dst[p][k] = table[k][src[p][k]]
// Reference  tablesGeneric (table_u8.go)
// Requires   AVX2
// Contract   rows ≥ 1; c a multiple of 8, ≥ 8; dst is src or does not overlap it; no over-read, no over-write
// Bound      9 loads and 8 insertions per 8 bytes
// Registers  DI  args    SI  src    DX  dst    BX  tables    R11 tables of 8 channels    CX  channels    AX  channel
//            R8  rows left    R10 bytes of src    R12 one of them    X0  bytes of dst
// Phases     row → eight
//
// Sixteen VPSHUFB for each channel of 32 pixels, between two transpositions of bytes, take as long on Zen 5 and longer
// where VPSHUFB has one port.

// LOOKUP inserts what the table of channel k has for the lowest byte of R10, and drops that byte.
#define LOOKUP(k) \
	MOVBLZX R10B, R12 \
	VPINSRB $k, 256*k(R11)(R12*1), X0, X0 \
	SHRQ    $8, R10

// func tableRowsAVX2(a *tableArgs)
TEXT ·tableRowsAVX2(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	MOVQ tableArgs_src(DI), SI
	MOVQ tableArgs_dst(DI), DX
	MOVQ tableArgs_table(DI), BX
	MOVQ tableArgs_c(DI), CX
	MOVQ tableArgs_rows(DI), R8

row:
	XORQ AX, AX
	MOVQ BX, R11

eight:
	MOVQ  (SI)(AX*1), R10
	VPXOR X0, X0, X0
	LOOKUP(0)
	LOOKUP(1)
	LOOKUP(2)
	LOOKUP(3)
	LOOKUP(4)
	LOOKUP(5)
	LOOKUP(6)
	LOOKUP(7)
	VMOVQ X0, (DX)(AX*1)
	ADDQ  $2048, R11
	ADDQ  $8, AX
	CMPQ  AX, CX
	JLT   eight
	ADDQ  tableArgs_srcStride(DI), SI
	ADDQ  tableArgs_dstStride(DI), DX
	DECQ  R8
	JNZ   row
	VZEROUPPER
	RET
