// The end of the quantised 8×8 tiles: requantise and store bytes. See conv_8x8_arm64.h.
#define FINISH \
	MOVD  convTileArgs_scale(R0), R17 \
	VLD1  (R17), [V0.B16, V1.B16] \
	ADD   $convTileArgs_lo, R0, R17 \
	VLD1R (R17), [V2.S4] \
	ADD   $convTileArgs_hi, R0, R17 \
	VLD1R (R17), [V3.S4] \
	ADD   $convTileArgs_zero, R0, R17 \
	VLD1R (R17), [V4.S4]

#define END(a, b) \
	SCVTF(a, a) \
	SCVTF(b, b) \
	FMUL(0, a, a) \
	FMUL(1, b, b) \
	FMAX(2, a, a) \
	FMAX(2, b, b) \
	FMIN(3, a, a) \
	FMIN(3, b, b) \
	FCVTNS(a, a) \
	FCVTNS(b, b) \
	NEON3(0x4EA08400, 4, a, a) /* add a.4s, a.4s, v4.4s */ \
	NEON3(0x4EA08400, 4, b, b) \
	SQXTN(a, a) \
	SQXTN2(b, a) \
	SQXTUN(a, a)

#define STORE8(A, B) VST1 [A.B8], (R13)

#define STORE4(A, B) \
	VST1.P A.S[0], 4(R17) \
	VEXT $4, A.B16, A.B16, A.B16

#define STORE2(A) \
	VST1.P A.H[0], 2(R17) \
	VEXT $2, A.B16, A.B16, A.B16

#define STORE1(A) VST1 A.B[0], (R17)
