// What the filter transforms of quantised Winograd have in common (wino_filter_u8_*_amd64.s): two rows of positions, as many lanes
// as a register has words at a time. A file defines V0–V11 and V13–V15, its registers, WIDEN(from, v), which loads and widens
// bytes, and STORE(v, to).
//
// Registers  SI, R10, R11  the filter's rows    R8  lanes    R9  8·lanes    AX  lanes left    CX  groups left    BX  posStride
//            DX, R12  positions 0 and 3 of the first row    DI, R14  of the second    R13 what to fetch
//            V0–V2, V3–V5  rows of G'g    V6–V11  scratch    V13 12    V14 −4    V15  6

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
