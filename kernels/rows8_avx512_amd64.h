// What the tiles of eight rows × 32 columns in 512-bit registers have in common, whatever they multiply. DI is the
// convTileArgs, SI walks the row addresses, R14 points to what to fetch of the next panel of weights. DOT is VPDPBUSD or
// VPDPWSSD: it takes four bytes of a row and of each column. Sums are Z8–Z23.

// Before the first tile. Reads R14, the bytes of a panel. Clobbers AX, DX.
#define FETCH_INIT \
	ADDQ convTileArgs_w(DI), R14 \
	MOVQ $256, AX /* two steps' weights, */ \
	XORQ DX, DX \
	DIVQ convTileArgs_tiles(DI) /* over all tiles */ \
	MOVQ AX, convTileArgs_ahead(DI)

// Fetches a part of the next panel, which lies behind this one. After the last tile all of it has been fetched.
#define FETCH \
	PREFETCHT0 0(R14) \
	PREFETCHT0 64(R14) \
	PREFETCHT0 128(R14) \
	PREFETCHT0 192(R14) \
	ADDQ convTileArgs_ahead(DI), R14

// The next eight rows, of CX bytes, are addressed from their ends, R8–R13, AX and BX, so that one index counts and addresses:
// CX = −CX.
#define NEXT_ROWS \
	MOVQ 0(SI), R8 \
	MOVQ 8(SI), R9 \
	MOVQ 16(SI), R10 \
	MOVQ 24(SI), R11 \
	MOVQ 32(SI), R12 \
	MOVQ 40(SI), R13 \
	MOVQ 48(SI), AX \
	MOVQ 56(SI), BX \
	ADDQ $64, SI \
	ADDQ CX, R8 \
	ADDQ CX, R9 \
	ADDQ CX, R10 \
	ADDQ CX, R11 \
	ADDQ CX, R12 \
	ADDQ CX, R13 \
	ADDQ CX, AX \
	ADDQ CX, BX \
	NEGQ CX

#define ROW(DOT, src, t, a, b) \
	VPBROADCASTD src, t \
	DOT Z0, t, a \
	DOT Z1, t, b

// A step of the first four rows, and of all eight. Clobbers Z0–Z5.
#define DOTS4(DOT, wOff, srcOff) \
	VMOVDQU32 (wOff)(DX), Z0 \
	VMOVDQU32 (wOff+64)(DX), Z1 \
	ROW(DOT, srcOff(R8)(CX*1), Z2, Z8, Z9) \
	ROW(DOT, srcOff(R9)(CX*1), Z3, Z10, Z11) \
	ROW(DOT, srcOff(R10)(CX*1), Z4, Z12, Z13) \
	ROW(DOT, srcOff(R11)(CX*1), Z5, Z14, Z15)

#define DOTS8(DOT, wOff, srcOff) \
	DOTS4(DOT, wOff, srcOff) \
	ROW(DOT, srcOff(R12)(CX*1), Z2, Z16, Z17) \
	ROW(DOT, srcOff(R13)(CX*1), Z3, Z18, Z19) \
	ROW(DOT, srcOff(AX)(CX*1), Z4, Z20, Z21) \
	ROW(DOT, srcOff(BX)(CX*1), Z5, Z22, Z23)

// The same for blocks of at most 16 columns: the second half of the panel is zeros, and its sums are not stored.
#define HALF_ROW(DOT, src, t, a) \
	VPBROADCASTD src, t \
	DOT Z0, t, a

#define HALF_DOTS(DOT, wOff, srcOff) \
	VMOVDQU32 (wOff)(DX), Z0 \
	HALF_ROW(DOT, srcOff(R8)(CX*1), Z2, Z8) \
	HALF_ROW(DOT, srcOff(R9)(CX*1), Z3, Z10) \
	HALF_ROW(DOT, srcOff(R10)(CX*1), Z4, Z12) \
	HALF_ROW(DOT, srcOff(R11)(CX*1), Z5, Z14) \
	HALF_ROW(DOT, srcOff(R12)(CX*1), Z2, Z16) \
	HALF_ROW(DOT, srcOff(R13)(CX*1), Z3, Z18) \
	HALF_ROW(DOT, srcOff(AX)(CX*1), Z4, Z20) \
	HALF_ROW(DOT, srcOff(BX)(CX*1), Z5, Z22)

// A lone last row. Its weights are read where they are used. It has four sums, each of every fourth step: one sum takes an
// addition every four or five cycles. So 49 rows, the pixels of a map of 7×7, take the time of 49½ in place of 52. The
// macros are one step, four steps, and the sums, to Z8 and Z9.
#define LONE_DOT(DOT, wOff, srcOff, t, a, b) \
	VPBROADCASTD srcOff(R8)(CX*1), t \
	DOT (wOff)(DX), t, a \
	DOT (wOff+64)(DX), t, b

#define LONE_DOTS(DOT) \
	LONE_DOT(DOT, 0, -16, Z2, Z8, Z9) \
	LONE_DOT(DOT, 128, -12, Z3, Z10, Z11) \
	FETCH \
	LONE_DOT(DOT, 256, -8, Z4, Z12, Z13) \
	LONE_DOT(DOT, 384, -4, Z5, Z14, Z15)

#define LONE_SUMS \
	VPADDD Z10, Z8, Z8 \
	VPADDD Z11, Z9, Z9 \
	VPADDD Z14, Z12, Z12 \
	VPADDD Z15, Z13, Z13 \
	VPADDD Z12, Z8, Z8 \
	VPADDD Z13, Z9, Z9
