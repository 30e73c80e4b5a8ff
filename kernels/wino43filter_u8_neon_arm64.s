//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// u8_wino43filter_6x6__neon, u8_wino23filter_4x4__neon — two rows of positions of the filter transform of quantised
// Winograd, 8 filters at a time.
//
// Computes   dst[i][j] = (G' g G'ᵀ)[rows[i]][j] in int16, exactly: within ±18432 for F(4,3), ±1152 for F(2,3)
// Reference  wino43FilterGeneric, wino23FilterGeneric (wino_tile_u8.go)
// Requires   NEON
// Layout     src int8 [groups][9][lanes]; dst int16, positions posStride bytes apart, each [groups][lanes]
// Contract   lanes a multiple of 8, ≥ 8; groups ≥ 1; no over-read, no over-write
// Bound      12 (8) stores per 8 filters; 9 loads and about 45 additions, shifts and products beside
// Registers  R0  args    R1, R7, R8  the filter's rows    R2  dst    R3  posStride    R4  lanes    R5  groups left
//            R6  lanes left    R9  pair    R10  2·lanes    R11  8·lanes    R13 walks dst
//            V0–V2, V3–V5  rows of G'g    V6–V12  scratch    V13 12    V14 −4    V15  6
// Phases     pair of rows → groups → 8 lanes: columns → first row → second row

// Leaves the pair in R9.
#define ARGS \
	MOVD a+0(FP), R0 \
	MOVD winoFilterArgs_src(R0), R1 \
	MOVD winoFilterArgs_dst(R0), R2 \
	MOVD winoFilterArgs_posStride(R0), R3 \
	MOVD winoFilterArgs_lanes(R0), R4 \
	MOVD winoFilterArgs_groups(R0), R5 \
	MOVD winoFilterArgs_pair(R0), R9 \
	MOVD R4, R6 \
	LSL  $1, R4, R10 \
	LSL  $3, R4, R11 \
	ADD  R10, R4, R13 \
	ADD  R13, R1, R7 \
	ADD  R13, R7, R8

// Go on by 8 lanes, or to the next group, or return.
#define NEXT(loop) \
	ADD  $8, R1 \
	ADD  $8, R7 \
	ADD  $8, R8 \
	ADD  $16, R2 \
	SUBS $8, R6 \
	BGT  loop \
	ADD  R11, R1 \
	ADD  R11, R7 \
	ADD  R11, R8 \
	MOVD R4, R6 \
	SUBS $1, R5 \
	BNE  loop \
	RET

// A row of the filter, widened.
#define LOAD(from, n, X, Y, Z) \
	FMOVD (from), X \
	FMOVD (from)(R4), Y \
	FMOVD (from)(R10), Z \
	SXTL(n, n) \
	SXTL(n+1, n+1) \
	SXTL(n+2, n+2)

#define ADD3(a, b, c, x, y, z) \
	VADD a.H8, x.H8, x.H8 \
	VADD b.H8, y.H8, y.H8 \
	VADD c.H8, z.H8, z.H8

#define TIMES(factor, n) \
	MULH(factor, n, n) \
	MULH(factor, n+1, n+1) \
	MULH(factor, n+2, n+2)

// Columns' even = a + c and odd = b to even ± odd in V0–V2 and V3–V5.
#define EVEN_ODD \
	VSUB V9.H8, V6.H8, V3.H8 \
	VSUB V10.H8, V7.H8, V4.H8 \
	VSUB V11.H8, V8.H8, V5.H8 \
	VADD V9.H8, V6.H8, V0.H8 \
	VADD V10.H8, V7.H8, V1.H8 \
	VADD V11.H8, V8.H8, V2.H8

// a ± b + c of each column.
#define AT_ONE \
	LOAD(R1, 6, F6, F7, F8) \
	LOAD(R8, 0, F0, F1, F2) \
	LOAD(R7, 9, F9, F10, F11) \
	ADD3(V0, V1, V2, V6, V7, V8) \
	EVEN_ODD

// a ± 2·b + 4·c of each column.
#define AT_TWO \
	LOAD(R8, 0, F0, F1, F2) \
	LOAD(R7, 9, F9, F10, F11) \
	LOAD(R1, 6, F6, F7, F8) \
	VSHL $2, V0.H8, V0.H8 \
	VSHL $2, V1.H8, V1.H8 \
	VSHL $2, V2.H8, V2.H8 \
	ADD3(V9, V10, V11, V9, V10, V11) \
	ADD3(V0, V1, V2, V6, V7, V8) \
	EVEN_ODD

#define STORE(A) VST1.P [A.B16], (R13)(R3)

// X, Y, Z of number n on times G'ᵀ of F(4,3), to six positions from R13 on.
#define ROW43(n, X, Y, Z) \
	MULH(15, n, 6) \
	VADD X.H8, Z.H8, V7.H8 \
	VSHL $2, Z.H8, V8.H8 \
	MULH(13, n+2, 12) \
	VADD Y.H8, V7.H8, V9.H8 \
	VSUB Y.H8, V7.H8, V10.H8 \
	VADD Y.H8, Y.H8, Y.H8 \
	VADD V8.H8, X.H8, X.H8 \
	MULH(14, 9, 9) \
	MULH(14, 10, 10) \
	VADD Y.H8, X.H8, V7.H8 \
	VSUB Y.H8, X.H8, V8.H8 \
	STORE(V6) \
	STORE(V9) \
	STORE(V10) \
	STORE(V7) \
	STORE(V8) \
	STORE(V12)

#define ROWS43 \
	MOVD R2, R13 \
	ROW43(0, V0, V1, V2) \
	ROW43(3, V3, V4, V5)

// X, Y, Z times 2Gᵀ of F(2,3), to four positions from R13 on.
#define ROW23(X, Y, Z) \
	VADD Z.H8, X.H8, V6.H8 \
	VADD X.H8, X.H8, X.H8 \
	VADD Z.H8, Z.H8, Z.H8 \
	VADD Y.H8, V6.H8, V7.H8 \
	VSUB Y.H8, V6.H8, V8.H8 \
	STORE(X) \
	STORE(V7) \
	STORE(V8) \
	STORE(Z)

#define ROWS23 \
	MOVD R2, R13 \
	ROW23(V0, V1, V2) \
	ROW23(V3, V4, V5)

// func wino43FilterNEON(a *winoFilterArgs)
TEXT ·wino43FilterNEON(SB), NOSPLIT, $0-8
	ARGS
	MOVD $12, R13
	VDUP R13, V13.H8
	MOVD $-4, R13
	VDUP R13, V14.H8
	MOVD $6, R13
	VDUP R13, V15.H8
	CMP  $1, R9
	BEQ  rows12
	BGT  rows34

rows05:                                  // 6·a, 12·c
	LOAD(R1, 0, F0, F1, F2)
	LOAD(R8, 3, F3, F4, F5)
	TIMES(15, 0)
	TIMES(13, 3)
	ROWS43
	NEXT(rows05)

rows12:                                  // −4·(a ± b + c)
	AT_ONE
	TIMES(14, 0)
	TIMES(14, 3)
	ROWS43
	NEXT(rows12)

rows34:
	AT_TWO
	ROWS43
	NEXT(rows34)

// func wino23FilterNEON(a *winoFilterArgs)
TEXT ·wino23FilterNEON(SB), NOSPLIT, $0-8
	ARGS
	CBNZ R9, rows12

rows03:                                  // 2·a, 2·c
	LOAD(R1, 0, F0, F1, F2)
	LOAD(R8, 3, F3, F4, F5)
	ADD3(V0, V1, V2, V0, V1, V2)
	ADD3(V3, V4, V5, V3, V4, V5)
	ROWS23
	NEXT(rows03)

rows12:
	AT_ONE
	ROWS23
	NEXT(rows12)
