// What the kernels that slide windows over rows have in common, whatever they compute: a row of pixels goes in tiles of
// eight, of all channels. DI is the depthRowArgs.

// Before the first tile: the steps of columns and of taps. VECTOR is the bytes of the vector of channels in dst, SIZE of a
// channel there: the last vector ends at the last channel, and does some of those before it again.
#define ROW_INIT(VECTOR, SIZE) \
	MOVQ depthRowArgs_colStep(DI), R8 \
	MOVQ depthRowArgs_wStep(DI), R9 \
	LEAQ (R9)(R9*2), R10 \
	MOVQ depthRowArgs_c(DI), AX \
	IMULQ $SIZE, AX \
	SUBQ $VECTOR, AX \
	MOVQ AX, depthRowArgs_last(DI) \
	MOVQ $0, depthRowArgs_srcAt(DI) \
	MOVQ $0, depthRowArgs_dstAt(DI)

// The next tile, of eight pixels or as many as N says: n = min(N, pixels) and see = min(cols, (n − 1)·stride + size − skip). R13: form + skip. R12: the channels'
// offset in dst, 0. Clobbers AX, CX, DX.
#define TILE TILE_OF(8)
#define TILE_OF(N) \
	MOVQ    depthRowArgs_pixels(DI), AX \
	MOVQ    $N, CX \
	CMPQ    AX, CX \
	CMOVQGT CX, AX \
	MOVQ    AX, depthRowArgs_n(DI) \
	SUBQ    $1, AX \
	IMULQ   depthRowArgs_stride(DI), AX \
	ADDQ    depthRowArgs_size(DI), AX \
	SUBQ    depthRowArgs_skip(DI), AX \
	MOVQ    depthRowArgs_cols(DI), CX \
	CMPQ    AX, CX \
	CMOVQGT CX, AX \
	MOVQ    AX, depthRowArgs_see(DI) \
	MOVQ    depthRowArgs_form(DI), R13 \
	ADDQ    depthRowArgs_skip(DI), R13 \
	XORL    R12, R12

// After a tile: srcAt, cols and dstAt of the next, whose windows begin inside; leaves what is left of the pixels in flags.
// Clobbers AX, CX.
#define TILE_DONE \
	MOVQ  depthRowArgs_n(DI), AX \
	MOVQ  depthRowArgs_dstStep(DI), CX \
	IMULQ AX, CX \
	ADDQ  CX, depthRowArgs_dstAt(DI) \
	MOVQ  AX, CX \
	IMULQ depthRowArgs_stride(DI), CX \
	SUBQ  depthRowArgs_skip(DI), CX \
	SUBQ  CX, depthRowArgs_cols(DI) \
	IMULQ R8, CX \
	ADDQ  CX, depthRowArgs_srcAt(DI) \
	MOVQ  $0, depthRowArgs_skip(DI) \
	SUBQ  AX, depthRowArgs_pixels(DI)
