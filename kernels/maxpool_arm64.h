// Body of the max-poolings of arm64, 64 bytes of a pixel at a time (then 16, 8, 4, 2, 1), uint8, float16 or float32. The
// including file defines
//
//	NAME_TAPS, NAME_ROW   the functions for any window and for a row of 3×3 windows
//	MAXIMUM(m, n, d)      d = the greater of n and m, vectors by number
//	LEAST                 32 bits of the least number
//	SHIFT                 binary logarithm of an element's size
//	SETTLE(d)             replaces what is no number by LEAST, which is in V12; or nothing
//
// Computes   dst[p][i] = max_t src[t][p][i]     or the maximum of three columns of three rows
// Layout     NHWC; see poolArgs and maxPool3Args
// Contract   those of poolArgs and maxPool3Args; no over-read
// Bound      maxpool: a load and a max per tap; maxpool3, stride 1: 3 loads, 4 max, 1 store per 16 bytes
// Registers  maxpool    R0  args    R1  addresses    R2  dst    R3  taps    R4  pixels left    R5  offset of the pixel
//                       R6  channels left    R7  offset    R8  to    R9  taps left    R10 address of an address    R11 from
//                       V0–V3  maxima    V4–V7  a tap
//            maxpool3   R0  args    R1–R3  rows    R4  srcStep    R5  dst    R6  dstStep    R7  channels left
//                       R8–R10  columns    R11 to    R12 pixels left    R13 columns left of a pixel    R14 stride    R15 left
//                       R16 right    R17 a step back    V0–V3, V8–V11  columns    V4–V7  two columns    V16–V27  three rows
//                       V28–V31  output    both  R20 LEAST
// Phases     maxpool: pixel → block → tap → tails; maxpool3: block → prologue → pixel → last → next → tails
//
// Tails read exactly their bytes: VLD1R of D2, S4, H8 and B16 reads 8, 4, 2 and 1.

#define LOAD16(from) VLD1 (from), [V4.B16]
#define LOAD8(from) VLD1R (from), [V4.D2]
#define LOAD4(from) VLD1R (from), [V4.S4]
#define LOAD2(from) VLD1R (from), [V4.H8]
#define LOAD1(from) VLD1R (from), [V4.B16]
#define STORE16(to) VST1 [V0.B16], (to)
#define STORE8(to) VST1 [V0.B8], (to)
#define STORE4(to) VST1 V0.S[0], (to)
#define STORE2(to) VST1 V0.H[0], (to)
#define STORE1(to) VST1 V0.B[0], (to)

// The window of `width` channels, if at least as many are left.
// Reads R1, R3. Writes R6, R7, R8. Clobbers R9–R11, V0, V4.
#define TAPS_TAIL(width, LOAD, STORE, again, tap, none) \
again: \
	CMP  $width, R6 \
	BLT  none \
	VDUP R20, V0.S4 \
	MOVD R3, R9 \
	MOVD R1, R10 \
tap: \
	MOVD.P 8(R10), R11 \
	ADD    R7, R11 \
	LOAD(R11) \
	MAXIMUM(4, 0, 0) \
	SUBS   $1, R9 \
	BNE    tap \
	STORE(R8) \
	ADD $width, R7 \
	ADD $width, R8 \
	SUB $width, R6 \
	B   again \
none:

TEXT NAME_TAPS(SB), NOSPLIT, $0-8
	MOVD a+0(FP), R0
	MOVD $LEAST, R20
	MOVD poolArgs_ptrs(R0), R1
	MOVD poolArgs_dst(R0), R2
	MOVD poolArgs_taps(R0), R3
	MOVD poolArgs_pixels(R0), R4
	MOVD $0, R5

pixel:
	MOVD poolArgs_c(R0), R6
	LSL  $SHIFT, R6
	MOVD R5, R7
	MOVD R2, R8
	SUBS $64, R6
	BLT  tails

block:
	VDUP R20, V0.S4
	VDUP R20, V1.S4
	VDUP R20, V2.S4
	VDUP R20, V3.S4
	MOVD R3, R9
	MOVD R1, R10

tap:
	MOVD.P 8(R10), R11
	ADD    R7, R11
	VLD1   (R11), [V4.B16, V5.B16, V6.B16, V7.B16]
	MAXIMUM(4, 0, 0)
	MAXIMUM(5, 1, 1)
	MAXIMUM(6, 2, 2)
	MAXIMUM(7, 3, 3)
	SUBS   $1, R9
	BNE    tap
	VST1.P [V0.B16, V1.B16, V2.B16, V3.B16], 64(R8)
	ADD    $64, R7
	SUBS   $64, R6
	BGE    block

tails:
	ADDS $64, R6
	BEQ  next_pixel
	TAPS_TAIL(16, LOAD16, STORE16, tail16, tap16, none16)
	TAPS_TAIL(8, LOAD8, STORE8, tail8, tap8, none8)
	TAPS_TAIL(4, LOAD4, STORE4, tail4, tap4, none4)
	TAPS_TAIL(2, LOAD2, STORE2, tail2, tap2, none2)
	TAPS_TAIL(1, LOAD1, STORE1, tail1, tap1, none1)

next_pixel:
	MOVD poolArgs_srcStep(R0), R9
	ADD  R9, R5
	MOVD poolArgs_dstStep(R0), R9
	ADD  R9, R2
	SUBS $1, R4
	BNE  pixel
	RET

// The maximum of 64 channels of a column of three rows; goes on to the next column. Clobbers V16–V27.
#define COLUMN(a, b, c, d) \
	VLD1.P (R8)(R4), [V16.B16, V17.B16, V18.B16, V19.B16] \
	VLD1.P (R9)(R4), [V20.B16, V21.B16, V22.B16, V23.B16] \
	VLD1.P (R10)(R4), [V24.B16, V25.B16, V26.B16, V27.B16] \
	MAXIMUM(16, 20, 16) \
	MAXIMUM(17, 21, 17) \
	MAXIMUM(18, 22, 18) \
	MAXIMUM(19, 23, 19) \
	MAXIMUM(16, 24, a) \
	MAXIMUM(17, 25, b) \
	MAXIMUM(18, 26, c) \
	MAXIMUM(19, 27, d)

// e…h = the greater of a…d and V4–V7.
#define WITH_TWO(a, b, c, d, e, f, g, h) \
	MAXIMUM(a, 4, e) \
	MAXIMUM(b, 5, f) \
	MAXIMUM(c, 6, g) \
	MAXIMUM(d, 7, h)

// V4–V7 = the greater of V0–V3 and V8–V11: the last two columns, whichever of them is the later.
#define LAST_TWO \
	MAXIMUM(0, 8, 4) \
	MAXIMUM(1, 9, 5) \
	MAXIMUM(2, 10, 6) \
	MAXIMUM(3, 11, 7)

#define STORE64(a, b, c, d, A, B, C, D) \
	SETTLE(a) \
	SETTLE(b) \
	SETTLE(c) \
	SETTLE(d) \
	VST1.P [A.B16, B.B16, C.B16, D.B16], (R11)(R6)

// The row for `width` channels, if at least as many are left: R13 counts columns still to be read, from the first of
// the pixel on; the next pixel begins 2 or 1 columns before the end of this one.
// Reads R4, R6, R14–R17. Writes R1–R3, R5, R7. Clobbers R8–R13, V0, V4.
#define ROW_TAIL(width, LOAD, STORE, again, pixel, column, counted, none) \
again: \
	CMP  $width, R7 \
	BLT  none \
	MOVD R1, R8 \
	MOVD R2, R9 \
	MOVD R3, R10 \
	MOVD R5, R11 \
	MOVD maxPool3Args_pixels(R0), R12 \
	MOVD $3, R13 \
	SUB  R15, R13 \
pixel: \
	CMP  $1, R12 \
	BNE  counted \
	SUB  R16, R13 \
counted: \
	VDUP R20, V0.S4 \
column: \
	LOAD(R8) \
	MAXIMUM(4, 0, 0) \
	LOAD(R9) \
	MAXIMUM(4, 0, 0) \
	LOAD(R10) \
	MAXIMUM(4, 0, 0) \
	ADD   R4, R8 \
	ADD   R4, R9 \
	ADD   R4, R10 \
	SUBS  $1, R13 \
	BNE   column \
	STORE(R11) \
	ADD  R6, R11 \
	SUB  R17, R8 \
	SUB  R17, R9 \
	SUB  R17, R10 \
	MOVD $3, R13 \
	SUBS $1, R12 \
	BNE  pixel \
	ADD  $width, R1 \
	ADD  $width, R2 \
	ADD  $width, R3 \
	ADD  $width, R5 \
	SUB  $width, R7 \
	B    again \
none:

TEXT NAME_ROW(SB), NOSPLIT, $0-8
	MOVD a+0(FP), R0
	MOVD $LEAST, R20
	VDUP R20, V12.S4
	MOVD maxPool3Args_rows(R0), R1
	MOVD (maxPool3Args_rows+8)(R0), R2
	MOVD (maxPool3Args_rows+16)(R0), R3
	MOVD maxPool3Args_srcStep(R0), R4
	MOVD maxPool3Args_dst(R0), R5
	MOVD maxPool3Args_dstStep(R0), R6
	MOVD maxPool3Args_c(R0), R7
	LSL  $SHIFT, R7
	MOVD maxPool3Args_stride(R0), R14
	MOVD maxPool3Args_left(R0), R15
	MOVD maxPool3Args_right(R0), R16
	SUBS $64, R7
	BLT  tails

block:
	MOVD R1, R8
	MOVD R2, R9
	MOVD R3, R10
	MOVD R5, R11
	MOVD maxPool3Args_pixels(R0), R12
	SUB  R16, R12
	CMP  $2, R14
	BEQ  two

	COLUMN(0, 1, 2, 3)           // the first column that exists
	VORR V0.B16, V0.B16, V4.B16
	VORR V1.B16, V1.B16, V5.B16
	VORR V2.B16, V2.B16, V6.B16
	VORR V3.B16, V3.B16, V7.B16
	CBNZ R15, one_start              // and the one before it does not
	COLUMN(0, 1, 2, 3)
	WITH_TWO(0, 1, 2, 3, 4, 5, 6, 7)

one_start:
	CBZ R12, one_last

one_pixel:
	COLUMN(8, 9, 10, 11)
	WITH_TWO(8, 9, 10, 11, 28, 29, 30, 31) // three columns
	LAST_TWO
	STORE64(28, 29, 30, 31, V28, V29, V30, V31)
	SUBS $1, R12
	BEQ  one_last
	COLUMN(0, 1, 2, 3)           // the other way round, which saves moves
	WITH_TWO(0, 1, 2, 3, 28, 29, 30, 31)
	LAST_TWO
	STORE64(28, 29, 30, 31, V28, V29, V30, V31)
	SUBS $1, R12
	BNE  one_pixel

one_last:
	CBZ R16, next
	STORE64(4, 5, 6, 7, V4, V5, V6, V7)

next:
	ADD  $64, R1
	ADD  $64, R2
	ADD  $64, R3
	ADD  $64, R5
	SUBS $64, R7
	BGE  block
	B    tails

two:
	VDUP R20, V4.S4      // the left column of the first window: none, or
	VDUP R20, V5.S4
	VDUP R20, V6.S4
	VDUP R20, V7.S4
	CBNZ R15, two_start
	COLUMN(4, 5, 6, 7)

two_start:
	CBZ R12, two_last

two_pixel:
	COLUMN(0, 1, 2, 3)           // middle
	WITH_TWO(0, 1, 2, 3, 28, 29, 30, 31)
	COLUMN(4, 5, 6, 7)           // right, and the next window's left
	WITH_TWO(28, 29, 30, 31, 28, 29, 30, 31)
	STORE64(28, 29, 30, 31, V28, V29, V30, V31)
	SUBS $1, R12
	BNE  two_pixel

two_last:
	CBZ R16, next
	COLUMN(0, 1, 2, 3)
	WITH_TWO(0, 1, 2, 3, 28, 29, 30, 31)
	STORE64(28, 29, 30, 31, V28, V29, V30, V31)
	B   next

tails:
	ADDS $64, R7
	BEQ  done
	MOVD R4, R17                     // stride 2: one column back
	CMP  $2, R14
	BEQ  back_known
	ADD  R4, R17

back_known:
	ROW_TAIL(16, LOAD16, STORE16, tail16, pixel16, column16, counted16, none16)
	ROW_TAIL(8, LOAD8, STORE8, tail8, pixel8, column8, counted8, none8)
	ROW_TAIL(4, LOAD4, STORE4, tail4, pixel4, column4, counted4, none4)
	ROW_TAIL(2, LOAD2, STORE2, tail2, pixel2, column2, counted2, none2)
	ROW_TAIL(1, LOAD1, STORE1, tail1, pixel1, column1, counted1, none1)

done:
	RET
