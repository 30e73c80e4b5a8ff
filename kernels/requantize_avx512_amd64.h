// A pixel's 32 accumulators a, b to bytes xa, xb, as [Requantize] does. Reads Z0, Z1 scales, Z2 lo, Z3 hi, Z4 zero.
#define REQUANTISE(a, b, xa, xb) \
	VCVTDQ2PS a, a \
	VCVTDQ2PS b, b \
	VMULPS Z0, a, a \
	VMULPS Z1, b, b \
	VMAXPS Z2, a, a \
	VMAXPS Z2, b, b \
	VMINPS Z3, a, a \
	VMINPS Z3, b, b \
	VCVTPS2DQ a, a \
	VCVTPS2DQ b, b \
	VPADDD Z4, a, a \
	VPADDD Z4, b, b \
	VPMOVDB a, xa \
	VPMOVDB b, xb
