//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_depthweave_4x16__avx2 — the bytes of four rows into groups of four, 32 or 16 channels at a time.
//
// Computes   dst[x][4·k + i] = rows[i][x][k]
// Reference  depthWeaveGeneric (depthweave.go)
// Requires   AVX2
// Layout     rows NHWC, each with a step of its own
// Contract   as depthWeaveArgs says; c ≥ 16; no over-read; dst does not alias rows
// Bound      8 shuffles, 4 loads and 8 stores for 32 channels
// Registers  DI  args    R8–R11  rows    SI  dst    CX  columns left    BX  channel    R12  c − 32    DX  c − 16
//            Y0–Y3  rows; dwords of all four    Y4–Y7  words of two
// Phases     column → channels (32) → sixteen: the last ones

// func depthWeaveAVX2(a *depthWeaveArgs)
TEXT ·depthWeaveAVX2(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	MOVQ (depthWeaveArgs_rows+0)(DI), R8
	MOVQ (depthWeaveArgs_rows+8)(DI), R9
	MOVQ (depthWeaveArgs_rows+16)(DI), R10
	MOVQ (depthWeaveArgs_rows+24)(DI), R11
	MOVQ depthWeaveArgs_dst(DI), SI
	MOVQ depthWeaveArgs_columns(DI), CX
	MOVQ depthWeaveArgs_c(DI), DX
	LEAQ -32(DX), R12
	SUBQ $16, DX

column:
	XORL BX, BX
	CMPQ BX, R12
	JGT  sixteen

channels:
	VMOVDQU      (R8)(BX*1), Y0
	VMOVDQU      (R9)(BX*1), Y1
	VMOVDQU      (R10)(BX*1), Y2
	VMOVDQU      (R11)(BX*1), Y3
	VPUNPCKLBW   Y1, Y0, Y4
	VPUNPCKHBW   Y1, Y0, Y5
	VPUNPCKLBW   Y3, Y2, Y6
	VPUNPCKHBW   Y3, Y2, Y7
	VPUNPCKLWD   Y6, Y4, Y0
	VPUNPCKHWD   Y6, Y4, Y1
	VPUNPCKLWD   Y7, Y5, Y2
	VPUNPCKHWD   Y7, Y5, Y3
	VMOVDQU      X0, (SI)(BX*4)
	VMOVDQU      X1, 16(SI)(BX*4)
	VMOVDQU      X2, 32(SI)(BX*4)
	VMOVDQU      X3, 48(SI)(BX*4)
	VEXTRACTI128 $1, Y0, 64(SI)(BX*4)
	VEXTRACTI128 $1, Y1, 80(SI)(BX*4)
	VEXTRACTI128 $1, Y2, 96(SI)(BX*4)
	VEXTRACTI128 $1, Y3, 112(SI)(BX*4)
	ADDQ         $32, BX
	CMPQ         BX, R12
	JLE          channels
	CMPQ         BX, depthWeaveArgs_c(DI)
	JEQ          column_done

sixteen:
	CMPQ       BX, DX
	CMOVQGT    DX, BX
	VMOVDQU    (R8)(BX*1), X0
	VMOVDQU    (R9)(BX*1), X1
	VMOVDQU    (R10)(BX*1), X2
	VMOVDQU    (R11)(BX*1), X3
	VPUNPCKLBW X1, X0, X4
	VPUNPCKHBW X1, X0, X5
	VPUNPCKLBW X3, X2, X6
	VPUNPCKHBW X3, X2, X7
	VPUNPCKLWD X6, X4, X0
	VPUNPCKHWD X6, X4, X1
	VPUNPCKLWD X7, X5, X2
	VPUNPCKHWD X7, X5, X3
	VMOVDQU    X0, (SI)(BX*4)
	VMOVDQU    X1, 16(SI)(BX*4)
	VMOVDQU    X2, 32(SI)(BX*4)
	VMOVDQU    X3, 48(SI)(BX*4)
	ADDQ       $16, BX
	CMPQ       BX, depthWeaveArgs_c(DI)
	JLT        sixteen

column_done:
	ADDQ (depthWeaveArgs_steps+0)(DI), R8
	ADDQ (depthWeaveArgs_steps+8)(DI), R9
	ADDQ (depthWeaveArgs_steps+16)(DI), R10
	ADDQ (depthWeaveArgs_steps+24)(DI), R11
	ADDQ depthWeaveArgs_dstStep(DI), SI
	SUBQ $1, CX
	JNZ  column
	VZEROUPPER
	RET
