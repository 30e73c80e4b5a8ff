// The end of the quantised 8×8 tiles: requantise and store bytes. See conv_8x8_arm64.h. All pixels are requantised
// together, for an in-order core waits for each result that the next instruction needs.

// A bound of the output as bytes. Clobbers R3, R17 and V.
#define BYTE_BOUND(field, f, V) \
	FMOVS    field(R0), f \
	FCVTZSSW f, R17 \
	ADDW     R3, R17 \
	VDUP     R17, V.B16

#define FINISH \
	MOVD convTileArgs_scale(R0), R17 \
	VLD1 (R17), [V0.B16, V1.B16] \
	MOVW convTileArgs_zero(R0), R3 \
	BYTE_BOUND(convTileArgs_lo, F2, V2) \
	BYTE_BOUND(convTileArgs_hi, F3, V3) \
	VDUP R3, V4.H8

// Two pixels to float32, scaled, and to int32.
#define SCVTF4(n) \
	SCVTF(n, n) \
	SCVTF(n+1, n+1) \
	SCVTF(n+2, n+2) \
	SCVTF(n+3, n+3)

#define FMUL4(n) \
	FMUL(0, n, n) \
	FMUL(1, n+1, n+1) \
	FMUL(0, n+2, n+2) \
	FMUL(1, n+3, n+3)

#define FCVTNS4(n) \
	FCVTNS(n, n) \
	FCVTNS(n+1, n+1) \
	FCVTNS(n+2, n+2) \
	FCVTNS(n+3, n+3)

// Four pixels to int16 in every second register, the zero point added, and to bytes in the first register, those of the
// second pixel behind those of the first, and in the fifth. What int16 cannot hold lies beyond both bounds.
#define NARROW8(n) \
	SQXTN(n, n) \
	SQXTN(n+2, n+2) \
	SQXTN(n+4, n+4) \
	SQXTN(n+6, n+6) \
	SQXTN2(n+1, n) \
	SQXTN2(n+3, n+2) \
	SQXTN2(n+5, n+4) \
	SQXTN2(n+7, n+6) \
	SQADD(4, n, n) \
	SQADD(4, n+2, n+2) \
	SQADD(4, n+4, n+4) \
	SQADD(4, n+6, n+6) \
	SQXTUN(n, n) \
	SQXTUN(n+4, n+4) \
	SQXTUN2(n+2, n) \
	SQXTUN2(n+6, n+4)

#define END \
	SCVTF4(16) \
	SCVTF4(20) \
	SCVTF4(24) \
	SCVTF4(28) \
	FMUL4(16) \
	FMUL4(20) \
	FMUL4(24) \
	FMUL4(28) \
	FCVTNS4(16) \
	FCVTNS4(20) \
	FCVTNS4(24) \
	FCVTNS4(28) \
	NARROW8(16) \
	NARROW8(24) \
	VUMAX V2.B16, V16.B16, V16.B16 \
	VUMAX V2.B16, V20.B16, V20.B16 \
	VUMAX V2.B16, V24.B16, V24.B16 \
	VUMAX V2.B16, V28.B16, V28.B16 \
	VUMIN V3.B16, V16.B16, V16.B16 \
	VUMIN V3.B16, V20.B16, V20.B16 \
	VUMIN V3.B16, V24.B16, V24.B16 \
	VUMIN V3.B16, V28.B16, V28.B16 \
	VDUP  V16.D[1], V18.D2 \
	VDUP  V20.D[1], V22.D2 \
	VDUP  V24.D[1], V26.D2 \
	VDUP  V28.D[1], V30.D2

#define STORE8(A, B) VST1 [A.B8], (R13)

#define STORE4(A, B) \
	VST1.P A.S[0], 4(R17) \
	VEXT $4, A.B16, A.B16, A.B16

#define STORE2(A) \
	VST1.P A.H[0], 2(R17) \
	VEXT $2, A.B16, A.B16, A.B16

#define STORE1(A) VST1 A.B[0], (R17)
