// What the kernels that slide windows over rows have in common, whatever they compute: a row of pixels goes in tiles of
// eight, of all channels, CHANNELS (8, unless defined before) at a time. R0 is the depthRowArgs. What they keep:
//   R2  colStep    R3  wStep    R4  row    R5  its weights    R6  rows left    R10  channel    R11  the last vector's
//   R13 pixels left    R14 columns from the tile on    R15, R19  the tile's src, dst    R20  skip    R21  pixels of the tile
//   R22 columns that it sees    R23  dstStep    R24  rowStep    R25  wRow    R26  stride

#ifndef CHANNELS
#define CHANNELS 8
#endif

// Before the first tile.
#define ROW_INIT \
	MOVD depthRowArgs_colStep(R0), R2 \
	MOVD depthRowArgs_wStep(R0), R3 \
	MOVD depthRowArgs_c(R0), R11 \
	SUB  $CHANNELS, R11 \
	MOVD depthRowArgs_pixels(R0), R13 \
	MOVD depthRowArgs_cols(R0), R14 \
	MOVD depthRowArgs_src(R0), R15 \
	MOVD depthRowArgs_dst(R0), R19 \
	MOVD depthRowArgs_skip(R0), R20 \
	MOVD depthRowArgs_dstStep(R0), R23 \
	MOVD depthRowArgs_rowStep(R0), R24 \
	MOVD depthRowArgs_wRow(R0), R25 \
	MOVD depthRowArgs_stride(R0), R26

// The next tile: of min(8, pixels) pixels, which see min(cols, (pixels − 1)·stride + size − skip). R12: form + skip.
// Clobbers R8.
#define TILE \
	MOVD $8, R21 \
	CMP  R21, R13 \
	CSEL LT, R13, R21, R21 \
	SUB  $1, R21, R22 \
	MUL  R26, R22, R22 \
	MOVD depthRowArgs_size(R0), R8 \
	ADD  R8, R22 \
	SUB  R20, R22 \
	CMP  R22, R14 \
	CSEL LT, R14, R22, R22 \
	MOVD depthRowArgs_form(R0), R12 \
	ADD  R20, R12 \
	MOVD $0, R10

// V2n, V2n+1 = V0, V1 for the other pixels n of a tile.
#define COPY_SUMS \
	VMOV V0.B16, V2.B16 \
	VMOV V1.B16, V3.B16 \
	VMOV V0.B16, V4.B16 \
	VMOV V1.B16, V5.B16 \
	VMOV V0.B16, V6.B16 \
	VMOV V1.B16, V7.B16 \
	VMOV V0.B16, V8.B16 \
	VMOV V1.B16, V9.B16 \
	VMOV V0.B16, V10.B16 \
	VMOV V1.B16, V11.B16 \
	VMOV V0.B16, V12.B16 \
	VMOV V1.B16, V13.B16 \
	VMOV V0.B16, V14.B16 \
	VMOV V1.B16, V15.B16

// After some channels: the next, or the last, that ends at the last channel and does some of those before it again.
#define NEXT_CHANNELS \
	CMP  R11, R10 \
	BGE  tile_done \
	ADD  $CHANNELS, R10 \
	CMP  R11, R10 \
	CSEL GT, R11, R10, R10 \
	B    channels

// After a tile: src, cols and dst of the next, whose windows begin inside; leaves what is left of the pixels in flags.
#define TILE_DONE \
	MUL  R23, R21, R8 \
	ADD  R8, R19 \
	MUL  R26, R21, R8 \
	SUB  R20, R8 \
	SUB  R8, R14 \
	MUL  R2, R8, R8 \
	ADD  R8, R15 \
	MOVD $0, R20 \
	SUBS R21, R13
