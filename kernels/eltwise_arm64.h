// Elementwise operations on rows of floats of arm64, float32 or float16: EW_BEGIN to EW_NEXT go through the rows, EW_CLAMP
// and EW_SUM are whole kernels, of vectors of T (S4, H8) with n elements; PLUS, MAX and MIN are instructions on those, and
// BOUNDS fills V30 with lo and V31 with hi.
//
// Registers  R0  args    R1  a    R2  b    R3  dst    R4  rows left    R5  elements left    R6–R8  walking

#define EW_BEGIN(row, BOUNDS) \
	MOVD  eltwiseArgs_a(R0), R1 \
	MOVD  eltwiseArgs_b(R0), R2 \
	MOVD  eltwiseArgs_dst(R0), R3 \
	MOVD  eltwiseArgs_rows(R0), R4 \
	BOUNDS \
row: \
	MOVD  eltwiseArgs_c(R0), R5 \
	MOVD  R1, R6 \
	MOVD  R2, R7 \
	MOVD  R3, R8

#define EW_NEXT(row) \
	MOVD eltwiseArgs_aStride(R0), R6 \
	ADD  R6, R1 \
	MOVD eltwiseArgs_bStride(R0), R6 \
	ADD  R6, R2 \
	MOVD eltwiseArgs_dstStride(R0), R6 \
	ADD  R6, R3 \
	SUBS $1, R4 \
	BNE  row \
	RET

#define EW_CLAMP(T, n, MAX, MIN, BOUNDS) \
	EW_BEGIN(clamp_row, BOUNDS) \
clamp_block: \
	VLD1.P 16(R6), [V0.T] \
	MAX(30, 0, 0) \
	MIN(31, 0, 0) \
	VST1.P [V0.T], 16(R8) \
	SUBS   $(n), R5 \
	BNE    clamp_block \
	EW_NEXT(clamp_row)

#define EW_SUM(T, n, PLUS, MAX, MIN, BOUNDS) \
	EW_BEGIN(add_row, BOUNDS) \
	SUBS $(4*n), R5 \
	BLT  add_rest \
add_four_blocks: \
	VLD1.P 64(R6), [V0.T, V1.T, V2.T, V3.T] \
	VLD1.P 64(R7), [V4.T, V5.T, V6.T, V7.T] \
	PLUS(4, 0, 0) \
	PLUS(5, 1, 1) \
	PLUS(6, 2, 2) \
	PLUS(7, 3, 3) \
	MAX(30, 0, 0) \
	MAX(30, 1, 1) \
	MAX(30, 2, 2) \
	MAX(30, 3, 3) \
	MIN(31, 0, 0) \
	MIN(31, 1, 1) \
	MIN(31, 2, 2) \
	MIN(31, 3, 3) \
	VST1.P [V0.T, V1.T, V2.T, V3.T], 64(R8) \
	SUBS   $(4*n), R5 \
	BGE    add_four_blocks \
add_rest: \
	ADDS $(4*n), R5 \
	BEQ  add_row_done \
add_block: \
	VLD1.P 16(R6), [V0.T] \
	VLD1.P 16(R7), [V1.T] \
	PLUS(1, 0, 0) \
	MAX(30, 0, 0) \
	MIN(31, 0, 0) \
	VST1.P [V0.T], 16(R8) \
	SUBS   $(n), R5 \
	BNE    add_block \
add_row_done: \
	EW_NEXT(add_row)
