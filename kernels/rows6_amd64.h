// What the tiles of six rows × sixteen columns in 256-bit registers have in common, whatever they multiply. DI is the
// convTileArgs, SI walks the row addresses, R14 points to what to fetch of the next panel of weights.

// Before the first tile. Reads R14, the bytes of a panel, and AX, those of four groups. Clobbers AX, DX.
#define FETCH_INIT \
	ADDQ convTileArgs_w(DI), R14 \
	XORQ DX, DX \
	DIVQ convTileArgs_tiles(DI) \
	MOVQ AX, convTileArgs_ahead(DI)

// With every four groups: fetches a part of the next panel, which lies behind this one. After the last tile nearly all of
// it has been fetched.
#define FETCH \
	PREFETCHT0 0(R14) \
	PREFETCHT0 64(R14) \
	ADDQ convTileArgs_ahead(DI), R14

// All groups of the rows, four at a time, then one by one, by GROUP(w, src), whose weights are size bytes:
// AX = −bytes left < 0. Goes on at done.
#define GROUPS(GROUP, size, four, tail, one, done) \
	ADDQ $16, AX \
	JGT  tail \
	PCALIGN $64 \
four: \
	GROUP(0, -16) \
	GROUP(size, -12) \
	FETCH \
	GROUP(2*size, -8) \
	GROUP(3*size, -4) \
	ADDQ $(4*size), DX \
	ADDQ $16, AX \
	JLE  four \
tail: \
	SUBQ $16, AX \
	JGE  done \
one: \
	GROUP(0, 0) \
	ADDQ $size, DX \
	ADDQ $4, AX \
	JLT  one \
done:

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
