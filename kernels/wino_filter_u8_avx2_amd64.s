//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "wino_filter_u8_amd64.h"

// u8_wino43filter_6x6__avx2, u8_wino23filter_4x4__avx2 — two rows of positions of the filter transform of quantised Winograd, 16
// filters at a time.
//
// Computes   dst[i][j] = (G' g G'ᵀ)[rows[i]][j] in int16, exactly: within ±18432 for F(4,3), ±1152 for F(2,3)
// Reference  wino43FilterGeneric, wino23FilterGeneric (wino_tile.go)
// Requires   AVX2
// Layout     src int8 [groups][9][lanes]; dst int16, positions posStride bytes apart, each [groups][lanes]
// Contract   lanes a multiple of 16, ≥ 16; groups ≥ 1; no over-read
// Bound      12 (8) stores per 16 filters; 9 widening loads and about 40 additions, shifts and products beside
// Measured   EPYC (Zen 4): F(4,3), all rows, 50 cycles for 16 filters of 160 channels
// Registers  wino_filter_u8_amd64.h, V being Y
// Phases     pair of rows → groups → 16 lanes: columns → first row → second row

DATA winoFilterFactors<>+0(SB)/4, $0xfffcfffc
DATA winoFilterFactors<>+4(SB)/4, $0x00060006
DATA winoFilterFactors<>+8(SB)/4, $0x000c000c
GLOBL winoFilterFactors<>(SB), RODATA|NOPTR, $12

#define V0 Y0
#define V1 Y1
#define V2 Y2
#define V3 Y3
#define V4 Y4
#define V5 Y5
#define V6 Y6
#define V7 Y7
#define V8 Y8
#define V9 Y9
#define V10 Y10
#define V11 Y11
#define V13 Y13
#define V14 Y14
#define V15 Y15

#define WIDEN(from, v) VPMOVSXBW from, v
#define STORE(v, to) VMOVDQU v, to

// Go on by 16 lanes, or to the next group, or return.
#define NEXT(fetch, loop, done) \
	PREFETCHT1 (R13) \
	ADDQ $fetch, R13 \
	ADDQ $16, SI \
	ADDQ $16, R10 \
	ADDQ $16, R11 \
	ADDQ $32, DX \
	ADDQ $32, R12 \
	ADDQ $32, DI \
	ADDQ $32, R14 \
	SUBQ $16, AX \
	JNZ  loop \
	ADDQ R9, SI \
	ADDQ R9, R10 \
	ADDQ R9, R11 \
	MOVQ R8, AX \
	SUBQ $1, CX \
	JNZ  loop \
	JMP  done

// func wino43FilterAVX2(a *WinoFilter)
TEXT ·wino43FilterAVX2(SB), NOSPLIT, $0-8
	ARGS(6, 48)
	VPBROADCASTD winoFilterFactors<>+8(SB), V13
	VPBROADCASTD winoFilterFactors<>+0(SB), V14
	VPBROADCASTD winoFilterFactors<>+4(SB), V15
	CMPQ         AX, $1
	MOVQ         R8, AX
	JEQ          rows12
	JGT          rows34

rows05:                                  // 6·a, 12·c
	LOAD(SI, V0, V1, V2)
	LOAD(R11, V3, V4, V5)
	TIMES(V15, V0, V1, V2)
	TIMES(V13, V3, V4, V5)
	ROWS43
	NEXT(48, rows05, done)

rows12:                                  // −4·(a ± b + c)
	AT_ONE
	TIMES(V14, V0, V1, V2)
	TIMES(V14, V3, V4, V5)
	ROWS43
	NEXT(48, rows12, done)

rows34:
	AT_TWO
	ROWS43
	NEXT(48, rows34, done)

done:
	VZEROUPPER
	RET

// func wino23FilterAVX2(a *WinoFilter)
TEXT ·wino23FilterAVX2(SB), NOSPLIT, $0-8
	ARGS(4, 72)
	CMPQ AX, $1
	MOVQ R8, AX
	JEQ  rows12

rows03:                                  // 2·a, 2·c
	LOAD(SI, V0, V1, V2)
	LOAD(R11, V3, V4, V5)
	TWICE(V0, V1, V2)
	TWICE(V3, V4, V5)
	ROWS23
	NEXT(72, rows03, done)

rows12:
	AT_ONE
	ROWS23
	NEXT(72, rows12, done)

done:
	VZEROUPPER
	RET
