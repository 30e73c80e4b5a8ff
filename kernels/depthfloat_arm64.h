// What the depthwise kernels of float32 and float16 have in common: pixels in V2n and V2n+1, weights of a row's taps in
// V16–V25, a column in V26 and V27, and MULADD(m, n, d), d += m·n. In-order cores wait for a load that follows a
// product, so where windows have three columns, and they are there, four or five columns are loaded at a time, into
// V22–V31.

#define COLUMN \
	FMOVQ (R1), F26 \
	FMOVQ 16(R1), F27 \
	ADD   R2, R1

// Adds the products of column c, c + 1 and tap t to the sums of pixel n.
#define TAP(t, c, n) \
	MULADD(16+2*(t), c, 2*(n)) \
	MULADD(17+2*(t), (c)+1, 2*(n)+1)
#define TAP0(n) TAP(0, 26, n)
#define TAP1(n) TAP(1, 26, n)
#define TAP2(n) TAP(2, 26, n)
#define TAP3(n) TAP(3, 26, n)
#define TAP4(n) TAP(4, 26, n)

#define TAPS3 \
	ADD   R3, R5, R8 \
	FMOVQ (R5), F16 \
	FMOVQ 16(R5), F17 \
	FMOVQ (R8), F18 \
	FMOVQ 16(R8), F19 \
	ADD   R3, R8 \
	FMOVQ (R8), F20 \
	FMOVQ 16(R8), F21
#define TAPS5 \
	TAPS3 \
	ADD   R3, R8 \
	FMOVQ (R8), F22 \
	FMOVQ 16(R8), F23 \
	ADD   R3, R8 \
	FMOVQ (R8), F24 \
	FMOVQ 16(R8), F25

#define FOUR_COLUMNS \
	ADD   R2, R1, R8 \
	FMOVQ (R1), F22 \
	FMOVQ 16(R1), F23 \
	ADD   R2, R8, R1 \
	FMOVQ (R8), F24 \
	FMOVQ 16(R8), F25 \
	ADD   R2, R1, R8 \
	FMOVQ (R1), F26 \
	FMOVQ 16(R1), F27 \
	ADD   R2, R8, R1 \
	FMOVQ (R8), F28 \
	FMOVQ 16(R8), F29
#define FIVE_COLUMNS \
	FOUR_COLUMNS \
	FMOVQ (R1), F30 \
	FMOVQ 16(R1), F31 \
	ADD   R2, R1

// Windows of three next to each other: columns 1 to 4 from register c on, and 5 to 8 in V22–V29.
#define ONE_TO_FOUR(c) \
	TAP(1, c, 0) \
	TAP(0, c, 1) \
	TAP(2, c+2, 0) \
	TAP(1, c+2, 1) \
	TAP(0, c+2, 2) \
	TAP(2, c+4, 1) \
	TAP(1, c+4, 2) \
	TAP(0, c+4, 3) \
	TAP(2, c+6, 2) \
	TAP(1, c+6, 3) \
	TAP(0, c+6, 4)
#define FIVE_TO_EIGHT \
	TAP(2, 22, 3) \
	TAP(1, 22, 4) \
	TAP(0, 22, 5) \
	TAP(2, 24, 4) \
	TAP(1, 24, 5) \
	TAP(0, 24, 6) \
	TAP(2, 26, 5) \
	TAP(1, 26, 6) \
	TAP(0, 26, 7) \
	TAP(2, 28, 6) \
	TAP(1, 28, 7)

// Windows of three at every other column: the four columns from the middle of pixel n's on, from register c on, all
// they are seen by but pixel n + 2.
#define EVERY_OTHER(n, c) \
	TAP(1, c, n) \
	TAP(2, c+2, n) \
	TAP(0, c+2, n+1) \
	TAP(1, c+4, n+1) \
	TAP(2, c+6, n+1)

// Clamps the sums of eight pixels by V30 and V31.
#define CLAMP_PIXEL(op, by, n) \
	op(by, 2*(n), 2*(n)) \
	op(by, 2*(n)+1, 2*(n)+1)
#define CLAMP_PIXELS(op, by) \
	CLAMP_PIXEL(op, by, 0) \
	CLAMP_PIXEL(op, by, 1) \
	CLAMP_PIXEL(op, by, 2) \
	CLAMP_PIXEL(op, by, 3) \
	CLAMP_PIXEL(op, by, 4) \
	CLAMP_PIXEL(op, by, 5) \
	CLAMP_PIXEL(op, by, 6) \
	CLAMP_PIXEL(op, by, 7)

// Stores a pixel to R8, one of R9 left.
#define STORE(M, N) \
	FSTPQ (M, N), (R8) \
	ADD   R23, R8 \
	SUBS  $1, R9 \
	BEQ   stored
#define STORE_PIXEL(M, N) \
	FSTPQ (M, N), (R8) \
	ADD   R23, R8

// Stores the pixels of a tile to R8.
#define STORE_PIXELS \
	MOVD R21, R9 \
	CMP  $8, R9 \
	BLT  some_pixels \
	STORE_PIXEL(F0, F1) \
	STORE_PIXEL(F2, F3) \
	STORE_PIXEL(F4, F5) \
	STORE_PIXEL(F6, F7) \
	STORE_PIXEL(F8, F9) \
	STORE_PIXEL(F10, F11) \
	STORE_PIXEL(F12, F13) \
	STORE_PIXEL(F14, F15) \
	B    stored \
some_pixels: \
	STORE(F0, F1) \
	STORE(F2, F3) \
	STORE(F4, F5) \
	STORE(F6, F7) \
	STORE(F8, F9) \
	STORE(F10, F11) \
	STORE(F12, F13)
