//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_weave_2x32__avx2 — pixels of one or two rows into columns, 32 bytes at a time.
//
// Computes   dst[x·pitch + (r·c + i)·size] = lines[r][x·c + i]
// Reference  weaveGeneric (weave.go)
// Requires   AVX2
// Layout     lines of uint8; dst uint8 or, of two bytes, uint16; order, keep as newWeave makes them
// Contract   as weaveArgs says; dst does not alias lines
// Bound      2 shuffles and a store per vector
// Registers  DI args   R8 dst   R9 to its next vector   SI, DX ends of the lines   AX −bytes left   R10 bytes of a vector
//            Y0 what is kept of dst   Y1, Y2 the lines' bytes   Y4, Y5 their order   Y6 what to keep
// Phases     vector
//
// Where vectors overlap, the later one's bytes are loaded before the earlier one is stored: it changes none of them, and a
// load need not wait for a store of half its bytes.

// func weaveAVX2(w *weaveArgs)
TEXT ·weaveAVX2(SB), NOSPLIT, $0-8
	MOVQ    w+0(FP), DI
	MOVQ    weaveArgs_dst(DI), R8
	MOVQ    weaveArgs_lines(DI), SI
	MOVQ    (weaveArgs_lines+8)(DI), DX
	MOVQ    weaveArgs_taken(DI), AX
	MOVQ    weaveArgs_take(DI), R10
	MOVQ    weaveArgs_move(DI), R9
	VMOVDQU weaveArgs_order(DI), Y4
	VMOVDQU (weaveArgs_order+32)(DI), Y5
	VMOVDQU weaveArgs_keep(DI), Y6
	ADDQ    AX, SI
	ADDQ    AX, DX
	NEGQ    AX
	VPAND   (R8), Y6, Y0

	PCALIGN $32
vector:
	VBROADCASTI128 (SI)(AX*1), Y1
	VBROADCASTI128 (DX)(AX*1), Y2
	VPSHUFB        Y4, Y1, Y1
	VPSHUFB        Y5, Y2, Y2
	VPOR           Y1, Y2, Y2
	VPOR           Y0, Y2, Y2
	VPAND          (R8)(R9*1), Y6, Y0
	VMOVDQU        Y2, (R8)
	ADDQ           R9, R8
	ADDQ           R10, AX
	JLT            vector
	VZEROUPPER
	RET
