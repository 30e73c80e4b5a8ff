// What the tiles of six rows × sixteen columns in 256-bit registers have in common, whatever they multiply. DI is the
// convTileArgs, SI walks the row addresses, R14 points to what to fetch of the next panel of weights.

// Before the first tile. Reads R14, the bytes of a panel. Clobbers AX, DX.
#define FETCH_INIT \
	ADDQ convTileArgs_w(DI), R14 \
	MOVQ $64, AX \
	XORQ DX, DX \
	DIVQ convTileArgs_tiles(DI) \
	MOVQ AX, convTileArgs_ahead(DI)

// With each group: fetches a part of the next panel, which lies behind this one. After the last tile all of it has been
// fetched.
#define FETCH \
	PREFETCHT0 (R14) \
	ADDQ convTileArgs_ahead(DI), R14

// The next six rows, of CX bytes, are addressed from their ends, R8–R13, so that one index counts and addresses: AX = −CX.
#define NEXT_ROWS \
	MOVQ 0(SI), R8 \
	MOVQ 8(SI), R9 \
	MOVQ 16(SI), R10 \
	MOVQ 24(SI), R11 \
	MOVQ 32(SI), R12 \
	MOVQ 40(SI), R13 \
	ADDQ $48, SI \
	ADDQ CX, R8 \
	ADDQ CX, R9 \
	ADDQ CX, R10 \
	ADDQ CX, R11 \
	ADDQ CX, R12 \
	ADDQ CX, R13 \
	MOVQ CX, AX \
	NEGQ AX
