//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_wino43filter_6x6__avx2, u8_wino23filter_4x4__avx2 — a row of positions of the filter transform of quantised Winograd, 16
// filters at a time.
//
// Computes   dst[j] = (G' g G'ᵀ)[row][j] in int16, exactly: within ±18432 for F(4,3), ±1152 for F(2,3)
// Reference  wino43FilterGeneric, wino23FilterGeneric (wino_tile.go)
// Requires   AVX2
// Layout     src int8 [groups][9][lanes]; dst int16, positions posStride bytes apart, each [groups][lanes]
// Contract   lanes a multiple of 16, ≥ 16; groups ≥ 1; no over-read
// Bound      6 (4) stores per 16 filters; 9 widening loads and about 20 additions, shifts and products beside
// Registers  DI  args    SI, R10, R11  the filter's rows    R8  lanes    R9  8·lanes    AX  lanes left    CX  groups left
//            DX, R12  positions 0 and 3    BX  posStride    R13  row    Y14  −4    Y15  6
//            Y0–Y2  a, later a row of G'g    Y3–Y5  b    Y6–Y8  c: the filter's rows, or scratch
// Phases     row → groups → 16 lanes: columns → row

DATA winoFilterFactors<>+0(SB)/4, $0xfffcfffc
DATA winoFilterFactors<>+4(SB)/4, $0x00060006
GLOBL winoFilterFactors<>(SB), RODATA|NOPTR, $8

#define ARGS \
	MOVQ a+0(FP), DI \
	MOVQ WinoFilter_src(DI), SI \
	MOVQ WinoFilter_lanes(DI), R8 \
	MOVQ WinoFilter_groups(DI), CX \
	MOVQ WinoFilter_dst(DI), DX \
	MOVQ WinoFilter_posStride(DI), BX \
	LEAQ (BX)(BX*2), R12 \
	ADDQ DX, R12 \
	LEAQ (R8)(R8*2), R9 \
	LEAQ (SI)(R9*1), R10 \
	LEAQ (R10)(R9*1), R11 \
	MOVQ R8, R9 \
	SHLQ $3, R9 \
	MOVQ R8, AX

// A row of the filter, widened.
#define LOAD(from, x, y, z) \
	VPMOVSXBW (from), x \
	VPMOVSXBW (from)(R8*1), y \
	VPMOVSXBW (from)(R8*2), z

#define LOAD_ALL \
	LOAD(SI, Y0, Y1, Y2) \
	LOAD(R10, Y3, Y4, Y5) \
	LOAD(R11, Y6, Y7, Y8)

// Go on by 16 lanes, or to the next group, or return.
#define NEXT(loop, done) \
	ADDQ $16, SI \
	ADDQ $16, R10 \
	ADDQ $16, R11 \
	ADDQ $32, DX \
	ADDQ $32, R12 \
	SUBQ $16, AX \
	JNZ  loop \
	ADDQ R9, SI \
	ADDQ R9, R10 \
	ADDQ R9, R11 \
	MOVQ R8, AX \
	SUBQ $1, CX \
	JNZ  loop \
	JMP  done

// Rows of G' by which a column's a, b, c are multiplied; the result is in a.
#define ALL_OF(a, b, c) /* a + b + c */ \
	VPADDW c, a, a \
	VPADDW b, a, a

#define ALTERNATING(a, b, c) /* a − b + c */ \
	VPADDW c, a, a \
	VPSUBW b, a, a

#define AT_TWO(a, b, c) /* a + 2·b + 4·c */ \
	VPSLLW $2, c, c \
	VPADDW b, b, b \
	VPADDW c, a, a \
	VPADDW b, a, a

#define AT_MINUS_TWO(a, b, c) /* a − 2·b + 4·c */ \
	VPSLLW $2, c, c \
	VPADDW b, b, b \
	VPADDW c, a, a \
	VPSUBW b, a, a

#define COLUMNS(of) \
	LOAD_ALL \
	of(Y0, Y3, Y6) \
	of(Y1, Y4, Y7) \
	of(Y2, Y5, Y8)

#define TIMES(factor) \
	VPMULLW factor, Y0, Y0 \
	VPMULLW factor, Y1, Y1 \
	VPMULLW factor, Y2, Y2

#define TWICE \
	VPADDW Y0, Y0, Y0 \
	VPADDW Y1, Y1, Y1 \
	VPADDW Y2, Y2, Y2

// Y0–Y2 times G'ᵀ of F(4,3), to six positions.
#define ROW43 \
	VPMULLW Y15, Y0, Y3 \
	VPADDW  Y2, Y0, Y4 \
	VPSLLW  $2, Y2, Y7 \
	VPADDW  Y1, Y4, Y5 \
	VPSUBW  Y1, Y4, Y6 \
	VPADDW  Y1, Y1, Y1 \
	VPADDW  Y7, Y0, Y0 \
	VMOVDQU Y3, (DX) \
	VPMULLW Y14, Y5, Y5 \
	VPMULLW Y14, Y6, Y6 \
	VPADDW  Y1, Y0, Y7 \
	VPSUBW  Y1, Y0, Y8 \
	VPMULLW Y15, Y2, Y2 \
	VMOVDQU Y5, (DX)(BX*1) \
	VMOVDQU Y6, (DX)(BX*2) \
	VPADDW  Y2, Y2, Y2 \
	VMOVDQU Y7, (R12) \
	VMOVDQU Y8, (R12)(BX*1) \
	VMOVDQU Y2, (R12)(BX*2)

// Y0–Y2 times 2Gᵀ of F(2,3), to four positions.
#define ROW23 \
	VPADDW  Y2, Y0, Y3 \
	VPADDW  Y0, Y0, Y0 \
	VPADDW  Y1, Y3, Y4 \
	VPSUBW  Y1, Y3, Y5 \
	VPADDW  Y2, Y2, Y2 \
	VMOVDQU Y0, (DX) \
	VMOVDQU Y4, (DX)(BX*1) \
	VMOVDQU Y5, (DX)(BX*2) \
	VMOVDQU Y2, (R12)

// func wino43FilterAVX2(a *WinoFilter)
TEXT ·wino43FilterAVX2(SB), NOSPLIT, $0-8
	ARGS
	VPBROADCASTD winoFilterFactors<>+0(SB), Y14
	VPBROADCASTD winoFilterFactors<>+4(SB), Y15
	MOVQ         WinoFilter_row(DI), R13
	CMPQ         R13, $1
	JLT          row0
	JEQ          row1
	CMPQ         R13, $3
	JLT          row2
	JEQ          row3
	CMPQ         R13, $5
	JLT          row4

row5:                                    // 12·c
	LOAD(R11, Y0, Y1, Y2)
	TIMES(Y15)
	TWICE
	ROW43
	NEXT(row5, done)

row0:                                    // 6·a
	LOAD(SI, Y0, Y1, Y2)
	TIMES(Y15)
	ROW43
	NEXT(row0, done)

row1:
	COLUMNS(ALL_OF)
	TIMES(Y14)
	ROW43
	NEXT(row1, done)

row2:
	COLUMNS(ALTERNATING)
	TIMES(Y14)
	ROW43
	NEXT(row2, done)

row3:
	COLUMNS(AT_TWO)
	ROW43
	NEXT(row3, done)

row4:
	COLUMNS(AT_MINUS_TWO)
	ROW43
	NEXT(row4, done)

done:
	VZEROUPPER
	RET

// func wino23FilterAVX2(a *WinoFilter)
TEXT ·wino23FilterAVX2(SB), NOSPLIT, $0-8
	ARGS
	MOVQ WinoFilter_row(DI), R13
	CMPQ R13, $1
	JLT  row0
	JEQ  row1
	CMPQ R13, $3
	JLT  row2

row3:                                    // 2·c
	LOAD(R11, Y0, Y1, Y2)
	TWICE
	ROW23
	NEXT(row3, done)

row0:                                    // 2·a
	LOAD(SI, Y0, Y1, Y2)
	TWICE
	ROW23
	NEXT(row0, done)

row1:
	COLUMNS(ALL_OF)
	ROW23
	NEXT(row1, done)

row2:
	COLUMNS(ALTERNATING)
	ROW23
	NEXT(row2, done)

done:
	VZEROUPPER
	RET
