//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

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
// Registers  SI, R10, R11  the filter's rows    R8  lanes    R9  8·lanes    AX  lanes left    CX  groups left    BX  posStride
//            DX, R12  positions 0 and 3 of the first row    DI, R14  of the second    R13 what to fetch
//            Y0–Y2, Y3–Y5  rows of G'g    Y6–Y11  scratch    Y13 12    Y14 −4    Y15  6
// Phases     pair of rows → groups → 16 lanes: columns → first row → second row

DATA winoFilterFactors<>+0(SB)/4, $0xfffcfffc
DATA winoFilterFactors<>+4(SB)/4, $0x00060006
DATA winoFilterFactors<>+8(SB)/4, $0x000c000c
GLOBL winoFilterFactors<>(SB), RODATA|NOPTR, $12

// Positions in a row is `side`; `fetch` bytes of the next filters, which follow these, are fetched for 16 lanes. Leaves the pair in AX.
#define ARGS(side, fetch) \
	MOVQ a+0(FP), DI \
	MOVQ WinoFilter_src(DI), SI \
	MOVQ WinoFilter_lanes(DI), R8 \
	MOVQ WinoFilter_groups(DI), CX \
	MOVQ WinoFilter_dst(DI), DX \
	MOVQ WinoFilter_posStride(DI), BX \
	MOVQ WinoFilter_pair(DI), AX \
	MOVQ R8, R13 \
	IMULQ CX, R13 \
	SHRQ $4, R13 /* steps */ \
	LEAQ (R13)(R13*8), R14 \
	SHLQ $4, R14 \
	ADDQ SI, R14 /* the next filters */ \
	IMULQ $fetch, R13 \
	IMULQ AX, R13 \
	ADDQ R14, R13 /* of them, those that this call fetches */ \
	LEAQ (R8)(R8*2), R9 \
	LEAQ (SI)(R9*1), R10 \
	LEAQ (R10)(R9*1), R11 \
	MOVQ R8, R9 \
	SHLQ $3, R9 \
	MOVQ BX, DI \
	IMULQ $side, DI \
	ADDQ DX, DI \
	LEAQ (BX)(BX*2), R14 \
	LEAQ (DX)(R14*1), R12 \
	ADDQ DI, R14

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

// A row of the filter, widened.
#define LOAD(from, x, y, z) \
	VPMOVSXBW (from), x \
	VPMOVSXBW (from)(R8*1), y \
	VPMOVSXBW (from)(R8*2), z

#define TIMES(factor, x, y, z) \
	VPMULLW factor, x, x \
	VPMULLW factor, y, y \
	VPMULLW factor, z, z

#define TWICE(x, y, z) \
	VPADDW x, x, x \
	VPADDW y, y, y \
	VPADDW z, z, z

// Columns' even = a + c and odd = b to even ± odd in Y0–Y2 and Y3–Y5.
#define EVEN_ODD \
	VPSUBW Y9, Y6, Y3 \
	VPSUBW Y10, Y7, Y4 \
	VPSUBW Y11, Y8, Y5 \
	VPADDW Y9, Y6, Y0 \
	VPADDW Y10, Y7, Y1 \
	VPADDW Y11, Y8, Y2

// a ± b + c of each column.
#define AT_ONE \
	LOAD(SI, Y6, Y7, Y8) \
	LOAD(R11, Y0, Y1, Y2) \
	LOAD(R10, Y9, Y10, Y11) \
	VPADDW Y0, Y6, Y6 \
	VPADDW Y1, Y7, Y7 \
	VPADDW Y2, Y8, Y8 \
	EVEN_ODD

// a ± 2·b + 4·c of each column.
#define AT_TWO \
	LOAD(R11, Y0, Y1, Y2) \
	LOAD(R10, Y9, Y10, Y11) \
	LOAD(SI, Y6, Y7, Y8) \
	VPSLLW $2, Y0, Y0 \
	VPSLLW $2, Y1, Y1 \
	VPSLLW $2, Y2, Y2 \
	TWICE(Y9, Y10, Y11) \
	VPADDW Y0, Y6, Y6 \
	VPADDW Y1, Y7, Y7 \
	VPADDW Y2, Y8, Y8 \
	EVEN_ODD

// x, y, z times G'ᵀ of F(4,3), to six positions from p on, q being the fourth.
#define ROW43(x, y, z, p, q) \
	VPMULLW Y15, x, Y6 \
	VPADDW  z, x, Y7 \
	VPSLLW  $2, z, Y8 \
	VPMULLW Y13, z, z \
	VPADDW  y, Y7, Y9 \
	VPSUBW  y, Y7, Y10 \
	VPADDW  y, y, y \
	VPADDW  Y8, x, x \
	VMOVDQU Y6, (p) \
	VPMULLW Y14, Y9, Y9 \
	VPMULLW Y14, Y10, Y10 \
	VPADDW  y, x, Y7 \
	VPSUBW  y, x, Y8 \
	VMOVDQU Y9, (p)(BX*1) \
	VMOVDQU Y10, (p)(BX*2) \
	VMOVDQU Y7, (q) \
	VMOVDQU Y8, (q)(BX*1) \
	VMOVDQU z, (q)(BX*2)

// x, y, z times 2Gᵀ of F(2,3), to four positions from p on, q being the fourth.
#define ROW23(x, y, z, p, q) \
	VPADDW  z, x, Y6 \
	VPADDW  x, x, x \
	VPADDW  y, Y6, Y7 \
	VPSUBW  y, Y6, Y8 \
	VPADDW  z, z, z \
	VMOVDQU x, (p) \
	VMOVDQU Y7, (p)(BX*1) \
	VMOVDQU Y8, (p)(BX*2) \
	VMOVDQU z, (q)

#define ROWS43 \
	ROW43(Y0, Y1, Y2, DX, R12) \
	ROW43(Y3, Y4, Y5, DI, R14)

#define ROWS23 \
	ROW23(Y0, Y1, Y2, DX, R12) \
	ROW23(Y3, Y4, Y5, DI, R14)

// func wino43FilterAVX2(a *WinoFilter)
TEXT ·wino43FilterAVX2(SB), NOSPLIT, $0-8
	ARGS(6, 48)
	VPBROADCASTD winoFilterFactors<>+8(SB), Y13
	VPBROADCASTD winoFilterFactors<>+0(SB), Y14
	VPBROADCASTD winoFilterFactors<>+4(SB), Y15
	CMPQ         AX, $1
	MOVQ         R8, AX
	JEQ          rows12
	JGT          rows34

rows05:                                  // 6·a, 12·c
	LOAD(SI, Y0, Y1, Y2)
	LOAD(R11, Y3, Y4, Y5)
	TIMES(Y15, Y0, Y1, Y2)
	TIMES(Y13, Y3, Y4, Y5)
	ROWS43
	NEXT(48, rows05, done)

rows12:                                  // −4·(a ± b + c)
	AT_ONE
	TIMES(Y14, Y0, Y1, Y2)
	TIMES(Y14, Y3, Y4, Y5)
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
	LOAD(SI, Y0, Y1, Y2)
	LOAD(R11, Y3, Y4, Y5)
	TWICE(Y0, Y1, Y2)
	TWICE(Y3, Y4, Y5)
	ROWS23
	NEXT(72, rows03, done)

rows12:
	AT_ONE
	ROWS23
	NEXT(72, rows12, done)

done:
	VZEROUPPER
	RET
