//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_table_1x32__avx2 — any function of a byte, 32 bytes at a time.
//
// Computes   dst[i] = table[src[i]]
// Reference  tableGeneric (table_u8.go)
// Requires   AVX2
// Contract   rows ≥ 1; c a multiple of 32, ≥ 32; dst is src or does not overlap it; no over-read
// Bound      16 × (broadcast, VPADDUSB, VPSHUFB, VPOR, VPSUBB) per 32 bytes
// Registers  DI  args    SI  src    DX  dst    BX  table    CX  bytes    AX  byte    R8  rows left
//            Y0  src − 16·t    Y1  result    Y2, Y3 scratch    Y4  0x70    Y5  16
// Phases     row → block: 16 parts of the table
//
// VPSHUFB looks up 16 bytes by the low bits of an index, and gives 0 where its top bit is set. An index less 16·t, plus 0x70
// with saturation, has the top bit unless it is one of part t.

#define PART(t) \
	VBROADCASTI128 16*t(BX), Y2 \
	VPADDUSB       Y4, Y0, Y3 \
	VPSHUFB        Y3, Y2, Y2 \
	VPOR           Y2, Y1, Y1 \
	VPSUBB         Y5, Y0, Y0

DATA tableBytes<>+0(SB)/8, $0x7070707070707070
DATA tableBytes<>+8(SB)/8, $0x1010101010101010
GLOBL tableBytes<>(SB), RODATA|NOPTR, $16

// func tableBlocksAVX2(a *tableArgs)
TEXT ·tableBlocksAVX2(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), DI
	MOVQ         tableArgs_src(DI), SI
	MOVQ         tableArgs_dst(DI), DX
	MOVQ         tableArgs_table(DI), BX
	MOVQ         tableArgs_c(DI), CX
	MOVQ         tableArgs_rows(DI), R8
	VPBROADCASTQ tableBytes<>+0(SB), Y4
	VPBROADCASTQ tableBytes<>+8(SB), Y5

row:
	XORQ AX, AX

block:
	VMOVDQU (SI)(AX*1), Y0
	VPXOR   Y1, Y1, Y1
	PART(0)
	PART(1)
	PART(2)
	PART(3)
	PART(4)
	PART(5)
	PART(6)
	PART(7)
	PART(8)
	PART(9)
	PART(10)
	PART(11)
	PART(12)
	PART(13)
	PART(14)
	PART(15)
	VMOVDQU Y1, (DX)(AX*1)
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     block
	ADDQ    tableArgs_srcStride(DI), SI
	ADDQ    tableArgs_dstStride(DI), DX
	DECQ    R8
	JNZ     row
	VZEROUPPER
	RET
