// The end of the quantised 8×8 tiles: requantise and store bytes. See conv_8x8_arm64.h. All pixels are requantised
// together, for an in-order core waits for each result that the next instruction needs.

// A bound of the output as a byte, in R. Clobbers F0.
#define BYTE_BOUND(field, R) \
	FMOVS    field(R0), F0 \
	FCVTZSSW F0, R \
	ADDW     R3, R

// R20 and R21 are the bounds of the output as bytes, R22 is 0 if they are those of a byte, R23 what SUMS4 adds, R24 that
// less the zero point, R25 what sums are raised by. Clobbers R3.
#define PREPARE \
	MOVW convTileArgs_zero(R0), R3 \
	BYTE_BOUND(convTileArgs_lo, R20) \
	BYTE_BOUND(convTileArgs_hi, R21) \
	EORW $255, R21, R22 \
	ORRW R20, R22 \
	MOVW $0x4b400000, R23 \
	SUBW R3, R23, R24 \
	MOVW convTileArgs_raise(R0), R25

#define RAISE(A, B, C) \
	VDUP R25, C.S4 \
	VADD C.S4, A.S4, A.S4 \
	VADD C.S4, B.S4, B.S4

#define FINISH \
	MOVD convTileArgs_scale(R0), R17 \
	VLD1 (R17), [V0.B16, V1.B16] \
	VDUP R23, V5.S4 \
	VDUP R24, V6.S4

// Two pixels to float32, and scaled.
#define SCVTF4(n) \
	SCVTF(n, n) \
	SCVTF(n+1, n+1) \
	SCVTF(n+2, n+2) \
	SCVTF(n+3, n+3)

// Likewise, of sums that were raised: see raise (conv_u8.go).
#define LOWER4(n) \
	FSUB(5, n, n) \
	FSUB(5, n+1, n+1) \
	FSUB(5, n+2, n+2) \
	FSUB(5, n+3, n+3)

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
	CBNZW R25, raised \
	SCVTF4(16) \
	SCVTF4(20) \
	SCVTF4(24) \
	SCVTF4(28) \
	B scale \
raised: \
	LOWER4(16) \
	LOWER4(20) \
	LOWER4(24) \
	LOWER4(28) \
scale: \
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
	CBZW  R22, bounded \
	VDUP  R20, V2.B16 \
	VDUP  R21, V3.B16 \
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
