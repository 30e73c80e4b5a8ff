//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_tables_64x8__avx512vbmi — any function of a byte for each channel: up to 64 pixels, 16 channels and then 8 at a time.
//
// Computes   dst[p][k] = table[k][src[p][k]]
// Reference  tablesGeneric (table_u8.go)
// Requires   AVX512F, AVX512BW, AVX512VBMI
// Layout     at->src, at->dst: offsets of the 64 pixels from src and dst; those past the last are the last one's
// Contract   c a multiple of 8, ≥ 8; dst is src or does not overlap it; no over-read, no over-write
// Bound      128 unpackings, 32 VPERMT2B, 48 insertions and as many extractions per 1024 bytes
// Registers  Z0–Z15  pixels 4i … 4i+3 in the four lanes; turned: channel i of the pixels    Z16–Z31 scratch
//            DI  args    R8  at    SI  src    DX  dst    BX  tables    CX  channels left    AX  offset    K2  upper half
//            K3–K5  lanes 1–3
// Phases     sixteen: load → turn → look up → turn → store | eight
//
// A byte has eight bits of place within a lane: four of the row, four of the column. Interleaving rows i and i + 8 into
// rows 2i and 2i + 1 turns them by one; after four times, rows are columns, and after eight they are rows again.

#define PAIR(a, b, lo, hi) \
	VPUNPCKLBW b, a, lo \
	VPUNPCKHBW b, a, hi
#define THERE \
	PAIR(Z0, Z8, Z16, Z17) \
	PAIR(Z1, Z9, Z18, Z19) \
	PAIR(Z2, Z10, Z20, Z21) \
	PAIR(Z3, Z11, Z22, Z23) \
	PAIR(Z4, Z12, Z24, Z25) \
	PAIR(Z5, Z13, Z26, Z27) \
	PAIR(Z6, Z14, Z28, Z29) \
	PAIR(Z7, Z15, Z30, Z31)
#define BACK \
	PAIR(Z16, Z24, Z0, Z1) \
	PAIR(Z17, Z25, Z2, Z3) \
	PAIR(Z18, Z26, Z4, Z5) \
	PAIR(Z19, Z27, Z6, Z7) \
	PAIR(Z20, Z28, Z8, Z9) \
	PAIR(Z21, Z29, Z10, Z11) \
	PAIR(Z22, Z30, Z12, Z13) \
	PAIR(Z23, Z31, Z14, Z15)
#define TURN \
	THERE \
	BACK \
	THERE \
	BACK
// LOOKUP looks channel i up: VPERMT2B finds 128 bytes by the low seven bits of an index, the top bit tells the half.
// Clobbers Z16, Z17, K2.
#define LOOKUP(i, z) \
	VPMOVB2M  z, K2 \
	VMOVDQU64 256*i(BX), Z16 \
	VMOVDQU64 256*i+128(BX), Z17 \
	VPERMT2B  256*i+64(BX), z, Z16 \
	VPERMT2B  256*i+192(BX), z, Z17 \
	VPBLENDMB Z17, Z16, K2, z
// LOAD16 and LOAD8 load pixels 4i … 4i+3, STORE16 and STORE8 store them. They clobber AX, STORE8 Z16 too.
#define LOAD16(i, x, z) \
	MOVQ         32*i(R8), AX \
	VMOVDQU      (SI)(AX*1), x \
	MOVQ         32*i+8(R8), AX \
	VINSERTI32X4 $1, (SI)(AX*1), z, z \
	MOVQ         32*i+16(R8), AX \
	VINSERTI32X4 $2, (SI)(AX*1), z, z \
	MOVQ         32*i+24(R8), AX \
	VINSERTI32X4 $3, (SI)(AX*1), z, z
#define LOAD8(i, x, z) \
	MOVQ         32*i(R8), AX \
	VMOVQ        (SI)(AX*1), x \
	MOVQ         32*i+8(R8), AX \
	VPBROADCASTQ (SI)(AX*1), K3, z \
	MOVQ         32*i+16(R8), AX \
	VPBROADCASTQ (SI)(AX*1), K4, z \
	MOVQ         32*i+24(R8), AX \
	VPBROADCASTQ (SI)(AX*1), K5, z
#define STORE16(i, x, z) \
	MOVQ          512+32*i(R8), AX \
	VMOVDQU       x, (DX)(AX*1) \
	MOVQ          512+32*i+8(R8), AX \
	VEXTRACTI32X4 $1, z, (DX)(AX*1) \
	MOVQ          512+32*i+16(R8), AX \
	VEXTRACTI32X4 $2, z, (DX)(AX*1) \
	MOVQ          512+32*i+24(R8), AX \
	VEXTRACTI32X4 $3, z, (DX)(AX*1)
#define STORE8(i, x, z) \
	MOVQ          512+32*i(R8), AX \
	VMOVQ         x, (DX)(AX*1) \
	MOVQ          512+32*i+8(R8), AX \
	VEXTRACTI32X4 $1, z, X16 \
	VMOVQ         X16, (DX)(AX*1) \
	MOVQ          512+32*i+16(R8), AX \
	VEXTRACTI32X4 $2, z, X16 \
	VMOVQ         X16, (DX)(AX*1) \
	MOVQ          512+32*i+24(R8), AX \
	VEXTRACTI32X4 $3, z, X16 \
	VMOVQ         X16, (DX)(AX*1)

// func tablesBlocksAVX512VBMI(a *tableArgs, at *tablePlaces)
TEXT ·tablesBlocksAVX512VBMI(SB), NOSPLIT, $0-16
	MOVQ  a+0(FP), DI
	MOVQ  at+8(FP), R8
	MOVQ  tableArgs_src(DI), SI
	MOVQ  tableArgs_dst(DI), DX
	MOVQ  tableArgs_table(DI), BX
	MOVQ  tableArgs_c(DI), CX
	MOVL  $0x04, AX
	KMOVW AX, K3
	MOVL  $0x10, AX
	KMOVW AX, K4
	MOVL  $0x40, AX
	KMOVW AX, K5
	SUBQ  $16, CX
	JLT   eight

sixteen:
	LOAD16(0, X0, Z0)
	LOAD16(1, X1, Z1)
	LOAD16(2, X2, Z2)
	LOAD16(3, X3, Z3)
	LOAD16(4, X4, Z4)
	LOAD16(5, X5, Z5)
	LOAD16(6, X6, Z6)
	LOAD16(7, X7, Z7)
	LOAD16(8, X8, Z8)
	LOAD16(9, X9, Z9)
	LOAD16(10, X10, Z10)
	LOAD16(11, X11, Z11)
	LOAD16(12, X12, Z12)
	LOAD16(13, X13, Z13)
	LOAD16(14, X14, Z14)
	LOAD16(15, X15, Z15)
	TURN
	LOOKUP(0, Z0)
	LOOKUP(1, Z1)
	LOOKUP(2, Z2)
	LOOKUP(3, Z3)
	LOOKUP(4, Z4)
	LOOKUP(5, Z5)
	LOOKUP(6, Z6)
	LOOKUP(7, Z7)
	LOOKUP(8, Z8)
	LOOKUP(9, Z9)
	LOOKUP(10, Z10)
	LOOKUP(11, Z11)
	LOOKUP(12, Z12)
	LOOKUP(13, Z13)
	LOOKUP(14, Z14)
	LOOKUP(15, Z15)
	TURN
	STORE16(0, X0, Z0)
	STORE16(1, X1, Z1)
	STORE16(2, X2, Z2)
	STORE16(3, X3, Z3)
	STORE16(4, X4, Z4)
	STORE16(5, X5, Z5)
	STORE16(6, X6, Z6)
	STORE16(7, X7, Z7)
	STORE16(8, X8, Z8)
	STORE16(9, X9, Z9)
	STORE16(10, X10, Z10)
	STORE16(11, X11, Z11)
	STORE16(12, X12, Z12)
	STORE16(13, X13, Z13)
	STORE16(14, X14, Z14)
	STORE16(15, X15, Z15)
	ADDQ $16, SI
	ADDQ $16, DX
	ADDQ $4096, BX
	SUBQ $16, CX
	JGE  sixteen

eight:
	ADDQ $16, CX
	JEQ  done
	LOAD8(0, X0, Z0)
	LOAD8(1, X1, Z1)
	LOAD8(2, X2, Z2)
	LOAD8(3, X3, Z3)
	LOAD8(4, X4, Z4)
	LOAD8(5, X5, Z5)
	LOAD8(6, X6, Z6)
	LOAD8(7, X7, Z7)
	LOAD8(8, X8, Z8)
	LOAD8(9, X9, Z9)
	LOAD8(10, X10, Z10)
	LOAD8(11, X11, Z11)
	LOAD8(12, X12, Z12)
	LOAD8(13, X13, Z13)
	LOAD8(14, X14, Z14)
	LOAD8(15, X15, Z15)
	TURN
	LOOKUP(0, Z0)
	LOOKUP(1, Z1)
	LOOKUP(2, Z2)
	LOOKUP(3, Z3)
	LOOKUP(4, Z4)
	LOOKUP(5, Z5)
	LOOKUP(6, Z6)
	LOOKUP(7, Z7)
	TURN
	STORE8(0, X0, Z0)
	STORE8(1, X1, Z1)
	STORE8(2, X2, Z2)
	STORE8(3, X3, Z3)
	STORE8(4, X4, Z4)
	STORE8(5, X5, Z5)
	STORE8(6, X6, Z6)
	STORE8(7, X7, Z7)
	STORE8(8, X8, Z8)
	STORE8(9, X9, Z9)
	STORE8(10, X10, Z10)
	STORE8(11, X11, Z11)
	STORE8(12, X12, Z12)
	STORE8(13, X13, Z13)
	STORE8(14, X14, Z14)
	STORE8(15, X15, Z15)

done:
	VZEROUPPER
	RET
