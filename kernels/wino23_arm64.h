// Transforms of F(2,3), float32 or float16, 16 bytes of channels at a time. The including file defines
//
//	PLUS(m, n, d)         d = n + m
//	MINUS(m, n, d)        d = n − m
//	ELEMENT_SHIFT, LANES  log₂ of an element's bytes, and how many elements are 16 bytes
//	BOUNDS                makes V12 and V13, four of lo and hi each, what FINISH takes
//	FINISH                adds the bias to V8–V11, rounds and clamps them, and goes on to the next biases
//	STORE_TAIL(V, a, b, c)  stores R3 < LANES channels at R12; a, b, c are labels for it
//
// What the output transforms to 2×2 pixels have in common. Registers:
//	R0  args    R1  src    R2  dst    R3  channels left    R5  posStride    R6  rowStride    R7  bias    R8  pixStride
//	R9  columns    R10 rows    R11 second row of dst    R12 pixel    R13 position    R14 a row of positions in bytes    R4  column
//	V8, V9, V10, V11  pixels (0, 0), (0, 1), (1, 0), (1, 1)    V12 lo    V13 hi

#define LOAD_ARGS \
	MOVD  a+0(FP), R0 \
	MOVD  winoOutputArgs_src(R0), R1 \
	MOVD  winoOutputArgs_dst(R0), R2 \
	MOVD  winoOutputArgs_cols(R0), R3 \
	MOVD  winoOutputArgs_posStride(R0), R5 \
	MOVD  winoOutputArgs_rowStride(R0), R6 \
	MOVD  winoOutputArgs_bias(R0), R7 \
	MOVD  winoOutputArgs_pixStride(R0), R8 \
	MOVD  winoOutputArgs_columns(R0), R9 \
	MOVD  winoOutputArgs_rows(R0), R10 \
	ADD   $winoOutputArgs_lo, R0, R13 \
	VLD1R (R13), [V12.S4] \
	ADD   $winoOutputArgs_hi, R0, R13 \
	VLD1R (R13), [V13.S4] \
	BOUNDS

// Stores those of the four pixels that exist, and goes on to the next channels.
#define STORE_PIXELS \
	MOVD R2, R12 \
	ADD  R6, R2, R11 \
	CMP  $LANES, R3 \
	BLT  tail \
	VST1 [V8.B16], (R12) \
	CMP  $2, R9 \
	BLT  second_row \
	ADD  R8, R12 \
	VST1 [V9.B16], (R12) \
second_row: \
	CMP  $2, R10 \
	BLT  stored \
	VST1 [V10.B16], (R11) \
	CMP  $2, R9 \
	BLT  stored \
	ADD  R8, R11 \
	VST1 [V11.B16], (R11) \
stored: \
	ADD  $16, R1 \
	ADD  $16, R2 \
	SUBS $LANES, R3 \
	BGT  channels \
	RET \
tail: \
	STORE_TAIL(V8, p0_4, p0_2, p0_1) \
	CMP  $2, R9 \
	BLT  tail_second_row \
	ADD  R8, R12 \
	STORE_TAIL(V9, p1_4, p1_2, p1_1) \
tail_second_row: \
	CMP  $2, R10 \
	BLT  tail_stored \
	MOVD R11, R12 \
	STORE_TAIL(V10, p2_4, p2_2, p2_1) \
	CMP  $2, R9 \
	BLT  tail_stored \
	ADD  R8, R12 \
	STORE_TAIL(V11, p3_4, p3_2, p3_1) \
tail_stored: \
	RET

// One column of positions: V6 = m0 + m1 + m2, V7 = m1 − m2 − m3. Goes on to the next.
#define COLUMN4 \
	MOVD R4, R13 \
	VLD1 (R13), [V0.B16] \
	ADD  R14, R13 \
	VLD1 (R13), [V1.B16] \
	ADD  R14, R13 \
	VLD1 (R13), [V2.B16] \
	ADD  R14, R13 \
	VLD1 (R13), [V3.B16] \
	ADD  R5, R4 \
	PLUS(0, 1, 6) \
	MINUS(2, 1, 7) \
	PLUS(2, 6, 6) \
	MINUS(3, 7, 7)

// The output transform: all channels, and RET. Column 0 counts on the left only, 1 on both sides, 2 with −1 on the right,
// and so does 3, there only.
#define OUTPUT23 \
	LOAD_ARGS \
	LSL $2, R5, R14 \
channels: \
	MOVD R1, R4 \
	COLUMN4 \
	VMOV V6.B16, V8.B16 \
	VMOV V7.B16, V10.B16 \
	COLUMN4 \
	PLUS(6, 8, 8) \
	VMOV V6.B16, V9.B16 \
	PLUS(7, 10, 10) \
	VMOV V7.B16, V11.B16 \
	COLUMN4 \
	PLUS(6, 8, 8) \
	MINUS(6, 9, 9) \
	PLUS(7, 10, 10) \
	MINUS(7, 11, 11) \
	COLUMN4 \
	MINUS(6, 9, 9) \
	MINUS(7, 11, 11) \
	FINISH \
	STORE_PIXELS

#define LOAD_ROW(row, A, B, C, D) \
	MOVD ((row*4+0)*8)(R1), R7 \
	MOVD ((row*4+1)*8)(R1), R8 \
	MOVD ((row*4+2)*8)(R1), R9 \
	MOVD ((row*4+3)*8)(R1), R10 \
	ADD  R4, R7 \
	ADD  R4, R8 \
	ADD  R4, R9 \
	ADD  R4, R10 \
	VLD1 (R7), [A.B16] \
	VLD1 (R8), [B.B16] \
	VLD1 (R9), [C.B16] \
	VLD1 (R10), [D.B16]

// A row of Bᵀ d times B, to four positions from R13 on.
#define ROW(a, b, c, d) \
	MINUS(c, a, 4) \
	PLUS(c, b, 5) \
	MINUS(b, c, 6) \
	MINUS(d, b, 7) \
	VST1 [V4.B16], (R13) \
	ADD  R5, R13 \
	VST1 [V5.B16], (R13) \
	ADD  R5, R13 \
	VST1 [V6.B16], (R13) \
	ADD  R5, R13 \
	VST1 [V7.B16], (R13) \
	ADD  R5, R13

// The input transform: all channels, and RET. Rows are d0 − d2, d1 + d2, d2 − d1 and d1 − d3.
//	R0  args    R1  addresses    R2  dst of these channels    R3  channels left, bytes    R4  channel offset, bytes
//	R5  posStride    R7–R10 addresses, R13 walks dst    V16–V31  d, V16–V19  then a row of Bᵀ d    V4–V7  a row's results
#define INPUT23 \
	MOVD a+0(FP), R0 \
	MOVD winoInputArgs_ptrs(R0), R1 \
	MOVD winoInputArgs_dst(R0), R2 \
	MOVD winoInputArgs_posStride(R0), R5 \
	MOVD winoInputArgs_c(R0), R3 \
	LSL  $ELEMENT_SHIFT, R3 \
	MOVD $0, R4 \
channels: \
	LOAD_ROW(0, V16, V17, V18, V19) \
	LOAD_ROW(1, V20, V21, V22, V23) \
	LOAD_ROW(2, V24, V25, V26, V27) \
	LOAD_ROW(3, V28, V29, V30, V31) \
	ADD  R4, R2, R13 \
	MINUS(24, 16, 16) \
	MINUS(25, 17, 17) \
	MINUS(26, 18, 18) \
	MINUS(27, 19, 19) \
	ROW(16, 17, 18, 19) \
	PLUS(24, 20, 16) \
	PLUS(25, 21, 17) \
	PLUS(26, 22, 18) \
	PLUS(27, 23, 19) \
	ROW(16, 17, 18, 19) \
	MINUS(20, 24, 16) \
	MINUS(21, 25, 17) \
	MINUS(22, 26, 18) \
	MINUS(23, 27, 19) \
	ROW(16, 17, 18, 19) \
	MINUS(28, 20, 16) \
	MINUS(29, 21, 17) \
	MINUS(30, 22, 18) \
	MINUS(31, 23, 19) \
	ROW(16, 17, 18, 19) \
	ADD  $16, R4 \
	SUBS $16, R3 \
	BGT  channels \
	RET
