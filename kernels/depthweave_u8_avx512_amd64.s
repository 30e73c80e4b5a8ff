//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_depthweave_4x16__avx512 — the bytes of four rows into groups of four, 16 channels at a time.
//
// Computes   dst[x][4·k + i] = rows[i][x][k]
// Reference  depthWeaveGeneric (depthweave.go)
// Requires   AVX-512F, AVX512-BW
// Layout     rows NHWC, each with a step of its own
// Contract   as depthWeaveArgs says; c ≥ 16; no over-read; dst does not alias rows
// Bound      2 shuffles, 4 loads and a store for 16 channels
// Registers  DI  args    R8–R11  rows    SI  dst    CX  columns left    BX  channel    DX  the last vector's
//            Z0  four rows    Z1  dwords of four rows side by side    Z2  their bytes
// Phases     column → channels

DATA depthWeaveDwords<>+0(SB)/8, $0x0000000400000000
DATA depthWeaveDwords<>+8(SB)/8, $0x0000000c00000008
DATA depthWeaveDwords<>+16(SB)/8, $0x0000000500000001
DATA depthWeaveDwords<>+24(SB)/8, $0x0000000d00000009
DATA depthWeaveDwords<>+32(SB)/8, $0x0000000600000002
DATA depthWeaveDwords<>+40(SB)/8, $0x0000000e0000000a
DATA depthWeaveDwords<>+48(SB)/8, $0x0000000700000003
DATA depthWeaveDwords<>+56(SB)/8, $0x0000000f0000000b
GLOBL depthWeaveDwords<>(SB), RODATA|NOPTR, $64

DATA depthWeaveBytes<>+0(SB)/8, $0x0d0905010c080400
DATA depthWeaveBytes<>+8(SB)/8, $0x0f0b07030e0a0602
GLOBL depthWeaveBytes<>(SB), RODATA|NOPTR, $16

// func depthWeaveAVX512(a *depthWeaveArgs)
TEXT ·depthWeaveAVX512(SB), NOSPLIT, $0-8
	MOVQ            a+0(FP), DI
	MOVQ            (depthWeaveArgs_rows+0)(DI), R8
	MOVQ            (depthWeaveArgs_rows+8)(DI), R9
	MOVQ            (depthWeaveArgs_rows+16)(DI), R10
	MOVQ            (depthWeaveArgs_rows+24)(DI), R11
	MOVQ            depthWeaveArgs_dst(DI), SI
	MOVQ            depthWeaveArgs_columns(DI), CX
	MOVQ            depthWeaveArgs_c(DI), DX
	SUBQ            $16, DX
	VMOVDQU32       depthWeaveDwords<>(SB), Z1
	VBROADCASTI32X4 depthWeaveBytes<>(SB), Z2

column:
	XORL BX, BX

channels:
	VMOVDQU      (R8)(BX*1), X0
	VINSERTI32X4 $1, (R9)(BX*1), Z0, Z0
	VINSERTI32X4 $2, (R10)(BX*1), Z0, Z0
	VINSERTI32X4 $3, (R11)(BX*1), Z0, Z0
	VPERMD       Z0, Z1, Z0
	VPSHUFB      Z2, Z0, Z0
	VMOVDQU32    Z0, (SI)(BX*4)
	CMPQ         BX, DX
	JGE          column_done
	ADDQ         $16, BX
	CMPQ         BX, DX
	CMOVQGT      DX, BX
	JMP          channels

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
