// eˣ of eight numbers x ≤ 0, by AVX2: expNegative of softmax.go, to the bit. Include after textflag.h.

DATA expConst<>+0x00(SB)/4, $0xc2aeac4a // Min -87.3365, below, the result is 0
DATA expConst<>+0x04(SB)/4, $0x4b400000 // Round 12582912, rounds to the nearest integer when added
DATA expConst<>+0x08(SB)/4, $0x3fb8aa3b // Log2e 1.44269504, log₂ e
DATA expConst<>+0x0c(SB)/4, $0x3f318000 // Ln2Hi 0.693359375, ln 2, upper part
DATA expConst<>+0x10(SB)/4, $0xb95e8083 // Ln2Lo -0.00021219444, ln 2, the rest
DATA expConst<>+0x14(SB)/4, $0x39506967 // P0 0.000198756915
DATA expConst<>+0x18(SB)/4, $0x3ab743ce // P1 0.0013981999507
DATA expConst<>+0x1c(SB)/4, $0x3c088908 // P2 0.0083334519073
DATA expConst<>+0x20(SB)/4, $0x3d2aa9c1 // P3 0.041665795894
DATA expConst<>+0x24(SB)/4, $0x3e2aaaaa // P4 0.16666665459
DATA expConst<>+0x28(SB)/4, $0x3f000000 // P5 0.50000001201
DATA expConst<>+0x2c(SB)/4, $0x3f800000 // One 1
DATA expConst<>+0x30(SB)/4, $127 // exponent bias
GLOBL expConst<>(SB), RODATA|NOPTR, $52

// Y6 min    Y7 round    Y8 log₂e    Y9 ln2 hi    Y10 ln2 lo    Y11 one    Y12 exponent bias
#define EXP_CONSTANTS \
	VBROADCASTSS expConst<>+0x00(SB), Y6 \
	VBROADCASTSS expConst<>+0x04(SB), Y7 \
	VBROADCASTSS expConst<>+0x08(SB), Y8 \
	VBROADCASTSS expConst<>+0x0c(SB), Y9 \
	VBROADCASTSS expConst<>+0x10(SB), Y10 \
	VBROADCASTSS expConst<>+0x2c(SB), Y11 \
	VBROADCASTSS expConst<>+0x30(SB), Y12

// p = p·x + P, rounded twice.
#define EXP_HORNER(offset, x, p, scratch) \
	VBROADCASTSS expConst<>+offset(SB), scratch \
	VMULPS x, p, p \
	VADDPS scratch, p, p

// x = exp(x − m), for x ≤ m.
// x −= m; where x < min (not for a NaN) the result is 0; t = x·log₂e + round has n in its low bits;
// r = x − n·ln 2; e^r = 1 + (r + r²·P(r)); times 2ⁿ, made of t's bits.
// Reads Y6–Y12. Clobbers t, p, mask, scratch.
#define EXP(m, x, t, p, mask, scratch) \
	VSUBPS  m, x, x \
	VCMPPS  $1, Y6, x, mask \
	VMULPS  Y8, x, t \
	VADDPS  Y7, t, t \
	VSUBPS  Y7, t, p \
	VMULPS  Y9, p, scratch \
	VSUBPS  scratch, x, x \
	VMULPS  Y10, p, scratch \
	VSUBPS  scratch, x, x \
	VBROADCASTSS expConst<>+0x14(SB), p \
	EXP_HORNER(0x18, x, p, scratch) \
	EXP_HORNER(0x1c, x, p, scratch) \
	EXP_HORNER(0x20, x, p, scratch) \
	EXP_HORNER(0x24, x, p, scratch) \
	EXP_HORNER(0x28, x, p, scratch) \
	VMULPS  x, x, scratch \
	VMULPS  scratch, p, p \
	VADDPS  x, p, p \
	VADDPS  Y11, p, p \
	VPADDD  Y12, t, t \
	VPSLLD  $23, t, t \
	VMULPS  t, p, p \
	VANDNPS p, mask, x
