// Eight pixels' sums of eight channels, V0–V15, requantised and stored, so many as a tile has; jumps to stored after the
// last. Included where that stands. Clobbers R8, R9, V0–V20.

#define REQUANTIZE(m, n, M, N) \
	SCVTF(m, m) \
	SCVTF(n, n) \
	FMUL(16, m, m) \
	FMUL(17, n, n) \
	FMAX(18, m, m) \
	FMAX(18, n, n) \
	FMIN(19, m, m) \
	FMIN(19, n, n) \
	FCVTNS(m, m) \
	FCVTNS(n, n) \
	VADD V20.S4, M.S4, M.S4 \
	VADD V20.S4, N.S4, N.S4 \
	SQXTN(m, m) \
	SQXTN2(n, m) \
	SQXTUN(m, m) \
	VST1.P [M.B8], (R8)(R23) \
	SUBS $1, R9 \
	BEQ stored

	MOVD  depthRowArgs_scale(R0), R8
	ADD   R10<<2, R8
	VLD1  (R8), [V16.S4, V17.S4]
	ADD   $depthRowArgs_lo, R0, R8
	VLD1R (R8), [V18.S4]
	ADD   $depthRowArgs_hi, R0, R8
	VLD1R (R8), [V19.S4]
	ADD   $depthRowArgs_zero, R0, R8
	VLD1R (R8), [V20.S4]
	ADD   R10, R19, R8
	MOVD  R21, R9
	REQUANTIZE(0, 1, V0, V1)
	REQUANTIZE(2, 3, V2, V3)
	REQUANTIZE(4, 5, V4, V5)
	REQUANTIZE(6, 7, V6, V7)
	REQUANTIZE(8, 9, V8, V9)
	REQUANTIZE(10, 11, V10, V11)
	REQUANTIZE(12, 13, V12, V13)
	REQUANTIZE(14, 15, V14, V15)
