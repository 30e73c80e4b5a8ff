//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_table_1x64__avx512vbmi — any function of a byte, 64 bytes at a time, the table in registers.
//
// Computes   dst[i] = table[src[i]]
// Reference  tableGeneric (table_u8.go)
// Requires   AVX512F, AVX512BW, AVX512VBMI
// Contract   rows, c ≥ 1; dst is src or does not overlap it; the rest of a row is masked: no over-read, no over-write
// Bound      2 VPERMI2B, 2 moves, a mask and a blend per 64 bytes
// Registers  DI  args    SI  src    DX  dst    CX  bytes left    AX  byte    BX scratch    R8  rows left
//            Z0  index    Z1, Z2  found in the lower, in the upper half of the table    Z4–Z7  table    K1  bytes    K2  upper half
// Phases     row → block → rest
//
// VPERMI2B looks up 128 bytes by the low seven bits of an index. The top bit tells the half: VPMOVB2M makes a mask of it.

#define LOOKUP \
	VMOVDQA64 Z0, Z1 \
	VMOVDQA64 Z0, Z2 \
	VPMOVB2M  Z0, K2 \
	VPERMI2B  Z5, Z4, Z1 \
	VPERMI2B  Z7, Z6, Z2 \
	VPBLENDMB Z2, Z1, K2, Z1

// func tableU8AVX512VBMI(a *tableArgs)
TEXT ·tableU8AVX512VBMI(SB), NOSPLIT, $0-8
	MOVQ      a+0(FP), DI
	MOVQ      tableArgs_src(DI), SI
	MOVQ      tableArgs_dst(DI), DX
	MOVQ      tableArgs_table(DI), BX
	MOVQ      tableArgs_rows(DI), R8
	VMOVDQU64 (BX), Z4
	VMOVDQU64 64(BX), Z5
	VMOVDQU64 128(BX), Z6
	VMOVDQU64 192(BX), Z7

row:
	XORQ AX, AX
	MOVQ tableArgs_c(DI), CX
	SUBQ $64, CX
	JLT  rest

block:
	VMOVDQU64 (SI)(AX*1), Z0
	LOOKUP
	VMOVDQU64 Z1, (DX)(AX*1)
	ADDQ      $64, AX
	SUBQ      $64, CX
	JGE       block

rest:
	ADDQ      $64, CX
	JEQ       next_row
	MOVQ      $-1, BX
	SHLQ      CX, BX
	NOTQ      BX                     // CX ones
	KMOVQ     BX, K1
	VMOVDQU8.Z (SI)(AX*1), K1, Z0
	LOOKUP
	VMOVDQU8  Z1, K1, (DX)(AX*1)

next_row:
	ADDQ tableArgs_srcStride(DI), SI
	ADDQ tableArgs_dstStride(DI), DX
	DECQ R8
	JNZ  row
	VZEROUPPER
	RET
