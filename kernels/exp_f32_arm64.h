// eˣ of eight numbers x ≤ 0, by NEON: expNegative of softmax.go, to the bit. Include after neon_arm64.h.

DATA expConst<>+0x00(SB)/4, $1.44269504      // V16 log₂ e
DATA expConst<>+0x04(SB)/4, $12582912.0      // V17 3·2²², rounds to the nearest integer when added
DATA expConst<>+0x08(SB)/4, $0.693359375     // V18 ln 2, upper part
DATA expConst<>+0x0c(SB)/4, $-2.12194440e-4  // V19 ln 2, the rest
DATA expConst<>+0x10(SB)/4, $1.9875691500e-4 // V20–V25 the polynomial
DATA expConst<>+0x14(SB)/4, $1.3981999507e-3
DATA expConst<>+0x18(SB)/4, $8.3334519073e-3
DATA expConst<>+0x1c(SB)/4, $4.1665795894e-2
DATA expConst<>+0x20(SB)/4, $1.6666665459e-1
DATA expConst<>+0x24(SB)/4, $5.0000001201e-1
DATA expConst<>+0x28(SB)/4, $1.0             // V26
DATA expConst<>+0x2c(SB)/4, $-87.3365        // V27 below, the result is 0
GLOBL expConst<>(SB), RODATA|NOPTR, $48

// V16–V27 as above, V29 the exponent's bias. Clobbers r.
#define EXP_CONSTANTS(r) \
	MOVD    $expConst<>(SB), r \
	VLD1R.P 4(r), [V16.S4] \
	VLD1R.P 4(r), [V17.S4] \
	VLD1R.P 4(r), [V18.S4] \
	VLD1R.P 4(r), [V19.S4] \
	VLD1R.P 4(r), [V20.S4] \
	VLD1R.P 4(r), [V21.S4] \
	VLD1R.P 4(r), [V22.S4] \
	VLD1R.P 4(r), [V23.S4] \
	VLD1R.P 4(r), [V24.S4] \
	VLD1R.P 4(r), [V25.S4] \
	VLD1R.P 4(r), [V26.S4] \
	VLD1R.P 4(r), [V27.S4] \
	MOVD    $127, r \
	VDUP    r, V29.S4

// V6 = exp(V0 − m), V7 = exp(V1 − m), for x ≤ m; ma and mb have the numbers m.
// x −= m; where x < min (not for a NaN) the result is 0; t = x·log₂e + round has n in its low bits;
// r = x − n·ln 2; e^r = 1 + (r + r²·P(r)); times 2ⁿ, made of t's bits.
// Reads V16–V27, V29. Clobbers V0, V1 r    V2, V3 t    V4, V5 n    V8, V9 mask    V10, V11 scratch.
#define EXP(ma, mb) \
	FSUB(ma, 0, 0) \
	FSUB(mb, 1, 1) \
	FCMGT(0, 27, 8) \
	FCMGT(1, 27, 9) \
	FMUL(16, 0, 2) \
	FMUL(16, 1, 3) \
	FADD(17, 2, 2) \
	FADD(17, 3, 3) \
	FSUB(17, 2, 4) \
	FSUB(17, 3, 5) \
	FMUL(18, 4, 10) \
	FMUL(18, 5, 11) \
	FSUB(10, 0, 0) \
	FSUB(11, 1, 1) \
	FMUL(19, 4, 10) \
	FMUL(19, 5, 11) \
	FSUB(10, 0, 0) \
	FSUB(11, 1, 1) \
	FMUL(20, 0, 6) \
	FMUL(20, 1, 7) \
	FADD(21, 6, 6) \
	FADD(21, 7, 7) \
	FMUL(0, 6, 6) \
	FMUL(1, 7, 7) \
	FADD(22, 6, 6) \
	FADD(22, 7, 7) \
	FMUL(0, 6, 6) \
	FMUL(1, 7, 7) \
	FADD(23, 6, 6) \
	FADD(23, 7, 7) \
	FMUL(0, 6, 6) \
	FMUL(1, 7, 7) \
	FADD(24, 6, 6) \
	FADD(24, 7, 7) \
	FMUL(0, 6, 6) \
	FMUL(1, 7, 7) \
	FADD(25, 6, 6) \
	FADD(25, 7, 7) \
	FMUL(0, 0, 10) \
	FMUL(1, 1, 11) \
	FMUL(10, 6, 6) \
	FMUL(11, 7, 7) \
	FADD(0, 6, 6) \
	FADD(1, 7, 7) \
	FADD(26, 6, 6) \
	FADD(26, 7, 7) \
	VADD   V29.S4, V2.S4, V2.S4 \
	VADD   V29.S4, V3.S4, V3.S4 \
	VSHL   $23, V2.S4, V2.S4 \
	VSHL   $23, V3.S4, V3.S4 \
	FMUL(2, 6, 6) \
	FMUL(3, 7, 7) \
	BIC(8, 6, 6) \
	BIC(9, 7, 7)
