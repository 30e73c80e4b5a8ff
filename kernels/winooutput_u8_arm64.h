// What the output transforms of quantised Winograd have in common: 4 channels of four pixels to bytes.
//
// R0  args    R1  src    R2  dst    R3  channels left    R5  posStride    R7  bias    R8  pixStride    R9  columns
// R10 rows left    R11 row of dst    R12 pixel    R15 scratch    R16 scale    R19 rowStride    R20 rows
// V10 bias    V11 scale    V12 Lo, V13 Hi, bytes    V14 zero, words

// A bound of the output as bytes. Clobbers R13, R15, F0.
#define BYTE_BOUND(field, V) \
	FMOVS    field(R0), F0 \
	FCVTZSSW F0, R13 \
	MOVW     winoOutputArgs_zero(R0), R15 \
	ADDW     R15, R13 \
	VDUP     R13, V.B16

#define OUTPUT_CONSTANTS \
	MOVD winoOutputArgs_src(R0), R1 \
	MOVD winoOutputArgs_dst(R0), R2 \
	MOVD winoOutputArgs_cols(R0), R3 \
	MOVD winoOutputArgs_posStride(R0), R5 \
	MOVD winoOutputArgs_bias(R0), R7 \
	MOVD winoOutputArgs_scale(R0), R16 \
	MOVD winoOutputArgs_pixStride(R0), R8 \
	MOVD winoOutputArgs_columns(R0), R9 \
	MOVD winoOutputArgs_rowStride(R0), R19 \
	MOVD winoOutputArgs_rows(R0), R20 \
	BYTE_BOUND(winoOutputArgs_lo, V12) \
	BYTE_BOUND(winoOutputArgs_hi, V13) \
	VDUP R15, V14.H8

// Multiples of sums of pixels a…d to bytes, those of a pixel in a word of a, register A. Clobbers b, c, d.
#define REQUANTISE4(a, b, c, d, A) \
	SCVTF(a, a) \
	SCVTF(b, b) \
	SCVTF(c, c) \
	SCVTF(d, d) \
	FMUL(11, a, a) \
	FMUL(11, b, b) \
	FMUL(11, c, c) \
	FMUL(11, d, d) \
	FCVTNS(a, a) \
	FCVTNS(b, b) \
	FCVTNS(c, c) \
	FCVTNS(d, d) \
	SQXTN(a, a) \
	SQXTN(c, c) \
	SQXTN2(b, a) \
	SQXTN2(d, c) \
	SQADD(14, a, a) \
	SQADD(14, c, c) \
	SQXTUN(a, a) \
	SQXTUN2(c, a) \
	VUMAX V12.B16, A.B16, A.B16 \
	VUMIN V13.B16, A.B16, A.B16

// Store R3 < 4 channels of a pixel of A at R12: its first half-word h, first byte b, and third byte. Clobbers R15.
#define STORE_TAIL(A, h, b, third, one, done) \
	TBZ    $1, R3, one \
	MOVD   R12, R15 \
	VST1.P A.H[h], 2(R15) \
	TBZ    $0, R3, done \
	VST1   A.B[third], (R15) \
	B      done \
one: \
	VST1   A.B[b], (R12) \
done:
