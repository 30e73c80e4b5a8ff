// The end of the quantised 8×8 tiles: requantise and store bytes. See conv_8x8_arm64.h. All pixels are requantised
// together, for an in-order core waits for each result that the next instruction needs.

// A bound of the output as bytes, and in R17. Clobbers R3, R17 and V.
#define BYTE_BOUND(field, f, V) \
	FMOVS    field(R0), f \
	FCVTZSSW f, R17 \
	ADDW     R3, R17 \
	VDUP     R17, V.B16

// R2 is 0 if the bounds are those of a byte.
#define FINISH \
	MOVD convTileArgs_scale(R0), R17 \
	VLD1 (R17), [V0.B16, V1.B16] \
	MOVW convTileArgs_zero(R0), R3 \
	BYTE_BOUND(convTileArgs_hi, F3, V3) \
	EORW $255, R17, R2 \
	BYTE_BOUND(convTileArgs_lo, F2, V2) \
	ORRW R17, R2 \
	MOVW $0x4b400000, R17 \
	VDUP R17, V5.S4 \
	SUBW R3, R17 \
	VDUP R17, V6.S4

// Two pixels to float32, and scaled.
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

// To integers by adding 1.5·2²³ and taking its bits away, less the zero point, which all pipes of out-of-order cores do:
// FCVTNS is slow there. A sum beyond 2²⁴ or below 2²² has other bits, of
// the same order, and saturates: the bytes do too.
#define SUMS4(n) \
	FADD(5, n, n) \
	FADD(5, n+1, n+1) \
	FADD(5, n+2, n+2) \
	FADD(5, n+3, n+3)

#define SQSUB4(n) \
	SQSUB(6, n, n) \
	SQSUB(6, n+1, n+1) \
	SQSUB(6, n+2, n+2) \
	SQSUB(6, n+3, n+3)

// Four pixels to int16 in every second register. What int16 cannot hold lies beyond both bounds.
#define NARROW16(n) \
	SQXTN(n, n) \
	SQXTN(n+2, n+2) \
	SQXTN(n+4, n+4) \
	SQXTN(n+6, n+6) \
	SQXTN2(n+1, n) \
	SQXTN2(n+3, n+2) \
	SQXTN2(n+5, n+4) \
	SQXTN2(n+7, n+6)

// These to bytes in the first register, those of the second pixel behind those of the first, and in the fifth.
#define NARROW8(n) \
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
	SUMS4(16) \
	SUMS4(20) \
	SUMS4(24) \
	SUMS4(28) \
	SQSUB4(16) \
	SQSUB4(20) \
	SQSUB4(24) \
	SQSUB4(28) \
	NARROW16(16) \
	NARROW16(24) \
	NARROW8(16) \
	NARROW8(24) \
	CBZW  R2, bounded \
	VUMAX V2.B16, V16.B16, V16.B16 \
	VUMAX V2.B16, V20.B16, V20.B16 \
	VUMAX V2.B16, V24.B16, V24.B16 \
	VUMAX V2.B16, V28.B16, V28.B16 \
	VUMIN V3.B16, V16.B16, V16.B16 \
	VUMIN V3.B16, V20.B16, V20.B16 \
	VUMIN V3.B16, V24.B16, V24.B16 \
	VUMIN V3.B16, V28.B16, V28.B16 \
bounded: \
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
