// Body of the max-poolings of ARMv7, 16 bytes of a pixel at a time, then an element. The including file defines
//
//	NAME_TAPS, NAME_ROW   the functions for any window and for a row of 3×3 windows
//	LEAST                 Q0 = the least number, in every lane
//	MAXIMUM               Q0 = the greater of Q0 and Q1; may clobber Q2
//	ELEMENT, SHIFT        bytes of an element, and their binary logarithm
//	LOAD1, STORE1         an element at R12 to lane 0 of Q1, lane 0 of Q0 to R12
//
// Computes   dst[p][i] = max_t src[t][p][i]     or the maximum of three columns of three rows
// Layout     NHWC; see poolArgs and maxPool3Args
// Contract   those of poolArgs and maxPool3Args; no over-read
// Bound      a load and a maximum per tap and 16 bytes
// Registers  taps    R0  args    R1  addresses    R2  dst    R3  taps    R4  pixels left    R5  offset of the pixel
//                    R6  bytes left    R7  offset    R8  taps left    R9  address of an address    R12 address
//            row     R0  args    R1–R3  rows at the pixel's first column    R4  columns    R5  dst    R6  bytes left
//                    R7  offset    R8  pixels left    R9  column    R12 address    R14 columns left
// Phases     pixel → block → taps → one element → taps

TEXT NAME_TAPS(SB), NOSPLIT, $0-4
	MOVW a+0(FP), R0
	MOVW poolArgs_ptrs(R0), R1
	MOVW poolArgs_dst(R0), R2
	MOVW poolArgs_taps(R0), R3
	MOVW poolArgs_pixels(R0), R4
	MOVW $0, R5

taps_pixel:
	MOVW poolArgs_c(R0), R6
	MOVW R6<<SHIFT, R6
	MOVW $0, R7
	SUB.S $16, R6
	BLT  taps_rest

taps_block:
	LEAST
	MOVW R3, R8
	MOVW R1, R9

taps_tap:
	MOVW.P 4(R9), R12
	ADD  R5, R12
	ADD  R7, R12
	WORD $0xf42c2a0f // arm: vld1.8 {d2-d3}, [r12]
	MAXIMUM
	SUB.S $1, R8
	BNE  taps_tap
	ADD  R7, R2, R12
	WORD $0xf40c0a0f // arm: vst1.8 {d0-d1}, [r12]
	ADD  $16, R7
	SUB.S $16, R6
	BGE  taps_block

taps_rest:
	ADD.S $16, R6
	BEQ  taps_next

taps_one:
	LEAST
	MOVW R3, R8
	MOVW R1, R9

taps_one_tap:
	MOVW.P 4(R9), R12
	ADD  R5, R12
	ADD  R7, R12
	LOAD1
	MAXIMUM
	SUB.S $1, R8
	BNE  taps_one_tap
	ADD  R7, R2, R12
	STORE1
	ADD  $ELEMENT, R7
	SUB.S $ELEMENT, R6
	BNE  taps_one

taps_next:
	MOVW poolArgs_srcStep(R0), R8
	ADD  R8, R5
	MOVW poolArgs_dstStep(R0), R8
	ADD  R8, R2
	SUB.S $1, R4
	BNE  taps_pixel
	RET

// Three elements of a column, and on to the next. Reads R7, R9. Clobbers R12.
#define COLUMN(LOAD) \
	ADD  R9, R1, R12 \
	ADD  R7, R12 \
	LOAD \
	MAXIMUM \
	ADD  R9, R2, R12 \
	ADD  R7, R12 \
	LOAD \
	MAXIMUM \
	ADD  R9, R3, R12 \
	ADD  R7, R12 \
	LOAD \
	MAXIMUM \
	MOVW maxPool3Args_srcStep(R0), R12 \
	ADD  R12, R9

TEXT NAME_ROW(SB), NOSPLIT, $4-4
	MOVW a+0(FP), R0
	MOVW maxPool3Args_rows(R0), R1
	MOVW (maxPool3Args_rows+4)(R0), R2
	MOVW (maxPool3Args_rows+8)(R0), R3
	MOVW maxPool3Args_dst(R0), R5
	MOVW maxPool3Args_pixels(R0), R8
	MOVW maxPool3Args_left(R0), R12
	RSB  $3, R12, R4                 // columns of the first pixel

row_pixel:
	CMP  $1, R8
	MOVW.EQ maxPool3Args_right(R0), R12
	SUB.EQ R12, R4
	MOVW maxPool3Args_c(R0), R6
	MOVW R6<<SHIFT, R6
	MOVW $0, R7
	SUB.S $16, R6
	BLT  row_rest

row_block:
	LEAST
	MOVW $0, R9
	MOVW R4, R14

row_column:
	COLUMN(LOAD16)
	SUB.S $1, R14
	BNE  row_column
	ADD  R7, R5, R12
	WORD $0xf40c0a0f // arm: vst1.8 {d0-d1}, [r12]
	ADD  $16, R7
	SUB.S $16, R6
	BGE  row_block

row_rest:
	ADD.S $16, R6
	BEQ  row_next

row_one:
	LEAST
	MOVW $0, R9
	MOVW R4, R14

row_one_column:
	COLUMN(LOAD1)
	SUB.S $1, R14
	BNE  row_one_column
	ADD  R7, R5, R12
	STORE1
	ADD  $ELEMENT, R7
	SUB.S $ELEMENT, R6
	BNE  row_one

row_next:
	MOVW maxPool3Args_pixels(R0), R6
	MOVW maxPool3Args_stride(R0), R9
	CMP  R6, R8                      // the first window may have begun a column early
	MOVW.EQ maxPool3Args_left(R0), R12
	SUB.EQ R12, R9
	MOVW maxPool3Args_srcStep(R0), R12
	MUL  R12, R9
	ADD  R9, R1
	ADD  R9, R2
	ADD  R9, R3
	MOVW maxPool3Args_dstStep(R0), R12
	ADD  R12, R5
	MOVW $3, R4
	SUB.S $1, R8
	BNE  row_pixel
	RET
