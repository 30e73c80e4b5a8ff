//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "wino_filter_u8_amd64.h"

// u8_wino43filter_6x6__avx512, u8_wino23filter_4x4__avx512 — two rows of positions of the filter transform of quantised Winograd, 32
// filters at a time.
//
// Computes   dst[i][j] = (G' g G'ᵀ)[rows[i]][j] in int16, exactly: within ±18432 for F(4,3), ±1152 for F(2,3)
// Reference  wino43FilterGeneric, wino23FilterGeneric (wino_tile.go)
// Requires   AVX-512 F, BW
// Layout     src int8 [groups][9][lanes]; dst int16, positions posStride bytes apart, each [groups][lanes]
// Contract   lanes a multiple of 16, ≥ 16; groups ≥ 1; no over-read, no over-write
// Bound      12 (8) stores per 32 filters; 9 widening loads and about 40 additions, shifts and products beside
// Measured   Xeon (Emerald Rapids): F(4,3), all rows, 70 cycles for 16 filters, as all stores go to L2; the AVX2 kernel 82
// Registers  wino_filter_u8_amd64.h, V being Z    K1  lanes of this step
// Phases     pair of rows → groups → 32 lanes: columns → first row → second row

#define V0 Z0
#define V1 Z1
#define V2 Z2
#define V3 Z3
#define V4 Z4
#define V5 Z5
#define V6 Z6
#define V7 Z7
#define V8 Z8
#define V9 Z9
#define V10 Z10
#define V11 Z11
#define V13 Z13
#define V14 Z14
#define V15 Z15

#define WIDEN(from, v) VPMOVSXBW.Z from, K1, v
#define STORE(v, to) VMOVDQU16 v, K1, to

#define BROADCAST(factor, v) \
	MOVL         $factor, R9 \
	VPBROADCASTW R9, v

// Go on by 32 lanes, or to the 16 that are left, or to the next group, or return. Of 32 filters twice `fetch` bytes are fetched.
#define NEXT(fetch, loop, done) \
	PREFETCHT1 (R13) \
	PREFETCHT1 fetch(R13) \
	ADDQ $(2*fetch), R13 \
	ADDQ $32, SI \
	ADDQ $32, R10 \
	ADDQ $32, R11 \
	ADDQ $64, DX \
	ADDQ $64, R12 \
	ADDQ $64, DI \
	ADDQ $64, R14 \
	SUBQ $32, AX \
	JG   loop \
	LEAQ (AX)(R8*8), R9 /* of the last 32 lanes, −AX were not */ \
	ADDQ R9, SI \
	ADDQ R9, R10 \
	ADDQ R9, R11 \
	ADDQ AX, AX \
	ADDQ AX, DX \
	ADDQ AX, R12 \
	ADDQ AX, DI \
	ADDQ AX, R14 \
	KXNORD K1, K1, K1 \
	MOVQ R8, AX \
	SUBQ $1, CX \
	JNZ  loop \
	JMP  done

// Where fewer than 32 lanes are left, they are 16.
#define MASK(full) \
	CMPQ     AX, $32 \
	JGE      full \
	KSHIFTRD $16, K1, K1

// func wino43FilterAVX512(a *WinoFilter)
TEXT ·wino43FilterAVX512(SB), NOSPLIT, $0-8
	ARGS(6, 48)
	BROADCAST(12, V13)
	BROADCAST(-4, V14)
	BROADCAST(6, V15)
	KXNORD K1, K1, K1
	CMPQ   AX, $1
	MOVQ   R8, AX
	JEQ    rows12
	JGT    rows34

rows05:                                  // 6·a, 12·c
	MASK(all05)

all05:
	LOAD(SI, V0, V1, V2)
	LOAD(R11, V3, V4, V5)
	TIMES(V15, V0, V1, V2)
	TIMES(V13, V3, V4, V5)
	ROWS43
	NEXT(48, rows05, done)

rows12:                                  // −4·(a ± b + c)
	MASK(all12)

all12:
	AT_ONE
	TIMES(V14, V0, V1, V2)
	TIMES(V14, V3, V4, V5)
	ROWS43
	NEXT(48, rows12, done)

rows34:
	MASK(all34)

all34:
	AT_TWO
	ROWS43
	NEXT(48, rows34, done)

done:
	VZEROUPPER
	RET

// func wino23FilterAVX512(a *WinoFilter)
TEXT ·wino23FilterAVX512(SB), NOSPLIT, $0-8
	ARGS(4, 72)
	KXNORD K1, K1, K1
	CMPQ   AX, $1
	MOVQ   R8, AX
	JEQ    rows12

rows03:                                  // 2·a, 2·c
	MASK(all03)

all03:
	LOAD(SI, V0, V1, V2)
	LOAD(R11, V3, V4, V5)
	TWICE(V0, V1, V2)
	TWICE(V3, V4, V5)
	ROWS23
	NEXT(72, rows03, done)

rows12:
	MASK(all12)

all12:
	AT_ONE
	ROWS23
	NEXT(72, rows12, done)

done:
	VZEROUPPER
	RET
