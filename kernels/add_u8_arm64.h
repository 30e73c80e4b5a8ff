// Additions of bytes, 16 elements at a time, then one. The including file defines
//
//	SUM16   the sums of the bytes in V0 and V4, 16 or one 16 times, to bytes in V0; V16 to V31 are its own
//
// Registers  R0  args    R1  a    R2  b    R3  dst    R4  elements left    R5  rows left    R6–R8  a, b, dst of the row    R9  stride

#define CONSTANT(field, V) \
	ADD   $field, R0, R9 \
	VLD1R (R9), [V.S4]

#define ADD_ARGS \
	MOVD e+0(FP), R0 \
	MOVD addU8Args_a(R0), R1 \
	MOVD addU8Args_b(R0), R2 \
	MOVD addU8Args_dst(R0), R3 \
	MOVD addU8Args_rows(R0), R5

#define ADD_ROWS \
row: \
	MOVD R1, R6 \
	MOVD R2, R7 \
	MOVD R3, R8 \
	MOVD addU8Args_c(R0), R4 \
	SUBS $16, R4 \
	BLT  tail \
elements: \
	VLD1.P 16(R6), [V0.B16] \
	VLD1.P 16(R7), [V4.B16] \
	SUM16 \
	VST1.P [V0.B16], 16(R8) \
	SUBS   $16, R4 \
	BGE    elements \
tail: \
	ADDS $16, R4 \
	BEQ  next_row \
one: \
	VLD1R.P 1(R6), [V0.B16] \
	VLD1R.P 1(R7), [V4.B16] \
	SUM16 \
	VST1.P  V0.B[0], 1(R8) \
	SUBS    $1, R4 \
	BNE     one \
next_row: \
	MOVD addU8Args_aStride(R0), R9 \
	ADD  R9, R1 \
	MOVD addU8Args_bStride(R0), R9 \
	ADD  R9, R2 \
	MOVD addU8Args_dstStride(R0), R9 \
	ADD  R9, R3 \
	SUBS $1, R5 \
	BNE  row \
	RET
