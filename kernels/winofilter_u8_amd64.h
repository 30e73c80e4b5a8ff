// Bodies of the filter transforms of quantised Winograd, two rows of positions of LANES filters at a time. The including file defines
//
//	NAME43, NAME23   the functions for F(4,3) and F(2,3)
//	LANES            the words of a register
//	V0–V11, V13–V15  the registers
//	WIDEN(from, v)   v = bytes, widened
//	STORE(v, to)     stores v
//	FETCH(bytes)     fetches so many times LANES/16 bytes of the next filters, at R13, and goes on
//	START, STEP      what is to be done once and before each step; may clobber nothing
//	GROUP_END        takes back what the last step of a group went too far in dst: −AX lanes; may clobber AX
//
// Computes   dst[i][j] = (G' g G'ᵀ)[rows[i]][j] in int16, exactly: within ±18432 for F(4,3), ±1152 for F(2,3)
// Layout     src int8 [groups][9][lanes]; dst int16, positions posStride bytes apart, each [groups][lanes]
// Contract   lanes a multiple of 16, ≥ 16; groups ≥ 1; no over-read, no over-write
// Bound      12 (8) stores per LANES filters; 9 widening loads and about 40 additions, shifts and products beside
// Registers  SI, R10, R11  the filter's rows    R8  lanes    R9  scratch    AX  lanes left    CX  groups left    BX  posStride
//            DX, R12  positions 0 and 3 of the first row    DI, R14  of the second    R13  what to fetch
//            V0–V2, V3–V5  rows of G'g    V6–V11  scratch    V13 12    V14 −4    V15  6
// Phases     pair of rows → groups → LANES lanes: columns → first row → second row

DATA winoFilterFactors<>+0(SB)/4, $0xfffcfffc
DATA winoFilterFactors<>+4(SB)/4, $0x00060006
DATA winoFilterFactors<>+8(SB)/4, $0x000c000c
GLOBL winoFilterFactors<>(SB), RODATA|NOPTR, $12

// Positions in a row is `side`; `fetch` bytes of the next filters, which follow these, are fetched for 16 lanes. Leaves the pair in AX.
#define ARGS(side, fetch) \
	MOVQ a+0(FP), DI \
	MOVQ winoFilterArgs_src(DI), SI \
	MOVQ winoFilterArgs_lanes(DI), R8 \
	MOVQ winoFilterArgs_groups(DI), CX \
	MOVQ winoFilterArgs_dst(DI), DX \
	MOVQ winoFilterArgs_posStride(DI), BX \
	MOVQ winoFilterArgs_pair(DI), AX \
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
	MOVQ BX, DI \
	IMULQ $side, DI \
	ADDQ DX, DI \
	LEAQ (BX)(BX*2), R14 \
	LEAQ (DX)(R14*1), R12 \
	ADDQ DI, R14

// Go on by LANES, or to the next group, or return.
#define NEXT(fetch, loop, done) \
	FETCH(fetch) \
	ADDQ $LANES, SI \
	ADDQ $LANES, R10 \
	ADDQ $LANES, R11 \
	ADDQ $(2*LANES), DX \
	ADDQ $(2*LANES), R12 \
	ADDQ $(2*LANES), DI \
	ADDQ $(2*LANES), R14 \
	SUBQ $LANES, AX \
	JG   loop \
	LEAQ (AX)(R8*8), R9 \
	ADDQ R9, SI \
	ADDQ R9, R10 \
	ADDQ R9, R11 \
	GROUP_END \
	MOVQ R8, AX \
	SUBQ $1, CX \
	JNZ  loop \
	JMP  done

// A row of the filter, widened.
#define LOAD(from, x, y, z) \
	WIDEN(0(from), x) \
	WIDEN(0(from)(R8*1), y) \
	WIDEN(0(from)(R8*2), z)

#define TIMES(factor, x, y, z) \
	VPMULLW factor, x, x \
	VPMULLW factor, y, y \
	VPMULLW factor, z, z

#define TWICE(x, y, z) \
	VPADDW x, x, x \
	VPADDW y, y, y \
	VPADDW z, z, z

// Columns' even = a + c and odd = b to even ± odd in V0–V2 and V3–V5.
#define EVEN_ODD \
	VPSUBW V9, V6, V3 \
	VPSUBW V10, V7, V4 \
	VPSUBW V11, V8, V5 \
	VPADDW V9, V6, V0 \
	VPADDW V10, V7, V1 \
	VPADDW V11, V8, V2

// a ± b + c of each column.
#define AT_ONE \
	LOAD(SI, V6, V7, V8) \
	LOAD(R11, V0, V1, V2) \
	LOAD(R10, V9, V10, V11) \
	VPADDW V0, V6, V6 \
	VPADDW V1, V7, V7 \
	VPADDW V2, V8, V8 \
	EVEN_ODD

// a ± 2·b + 4·c of each column.
#define AT_TWO \
	LOAD(R11, V0, V1, V2) \
	LOAD(R10, V9, V10, V11) \
	LOAD(SI, V6, V7, V8) \
	VPSLLW $2, V0, V0 \
	VPSLLW $2, V1, V1 \
	VPSLLW $2, V2, V2 \
	TWICE(V9, V10, V11) \
	VPADDW V0, V6, V6 \
	VPADDW V1, V7, V7 \
	VPADDW V2, V8, V8 \
	EVEN_ODD

// x, y, z times G'ᵀ of F(4,3), to six positions from p on, q being the fourth.
#define ROW43(x, y, z, p, q) \
	VPMULLW V15, x, V6 \
	VPADDW  z, x, V7 \
	VPSLLW  $2, z, V8 \
	VPMULLW V13, z, z \
	VPADDW  y, V7, V9 \
	VPSUBW  y, V7, V10 \
	VPADDW  y, y, y \
	VPADDW  V8, x, x \
	STORE(V6, (p)) \
	VPMULLW V14, V9, V9 \
	VPMULLW V14, V10, V10 \
	VPADDW  y, x, V7 \
	VPSUBW  y, x, V8 \
	STORE(V9, (p)(BX*1)) \
	STORE(V10, (p)(BX*2)) \
	STORE(V7, (q)) \
	STORE(V8, (q)(BX*1)) \
	STORE(z, (q)(BX*2))

// x, y, z times 2Gᵀ of F(2,3), to four positions from p on, q being the fourth.
#define ROW23(x, y, z, p, q) \
	VPADDW  z, x, V6 \
	VPADDW  x, x, x \
	VPADDW  y, V6, V7 \
	VPSUBW  y, V6, V8 \
	VPADDW  z, z, z \
	STORE(x, (p)) \
	STORE(V7, (p)(BX*1)) \
	STORE(V8, (p)(BX*2)) \
	STORE(z, (q))

#define ROWS43 \
	ROW43(V0, V1, V2, DX, R12) \
	ROW43(V3, V4, V5, DI, R14)

#define ROWS23 \
	ROW23(V0, V1, V2, DX, R12) \
	ROW23(V3, V4, V5, DI, R14)

TEXT NAME43(SB), NOSPLIT, $0-8
	ARGS(6, 48)
	START
	VPBROADCASTD winoFilterFactors<>+8(SB), V13
	VPBROADCASTD winoFilterFactors<>+0(SB), V14
	VPBROADCASTD winoFilterFactors<>+4(SB), V15
	CMPQ         AX, $1
	MOVQ         R8, AX
	JEQ          rows12
	JGT          rows34

rows05:                                  // 6·a, 12·c
	STEP
	LOAD(SI, V0, V1, V2)
	LOAD(R11, V3, V4, V5)
	TIMES(V15, V0, V1, V2)
	TIMES(V13, V3, V4, V5)
	ROWS43
	NEXT(48, rows05, done)

rows12:                                  // −4·(a ± b + c)
	STEP
	AT_ONE
	TIMES(V14, V0, V1, V2)
	TIMES(V14, V3, V4, V5)
	ROWS43
	NEXT(48, rows12, done)

rows34:
	STEP
	AT_TWO
	ROWS43
	NEXT(48, rows34, done)

done:
	VZEROUPPER
	RET

TEXT NAME23(SB), NOSPLIT, $0-8
	ARGS(4, 72)
	START
	CMPQ AX, $1
	MOVQ R8, AX
	JEQ  rows12

rows03:                                  // 2·a, 2·c
	STEP
	LOAD(SI, V0, V1, V2)
	LOAD(R11, V3, V4, V5)
	TWICE(V0, V1, V2)
	TWICE(V3, V4, V5)
	ROWS23
	NEXT(72, rows03, done)

rows12:
	STEP
	AT_ONE
	ROWS23
	NEXT(72, rows12, done)

done:
	VZEROUPPER
	RET
