#include "bytes_u8_amd64.h"

// What the output transforms of quantised Winograd have in common: 8 channels of four pixels to bytes.
//
// Y10 scale    Y11 winoPixelOrder    X12 Lo, X13 Hi, bytes    Y14 zero, words    DI args

// Pixels lie side by side within each 128-bit lane, four bytes at a time; afterwards the eight bytes of one do.
DATA winoPixelOrder8<>+0x00(SB)/8, $0x0000000400000000
DATA winoPixelOrder8<>+0x08(SB)/8, $0x0000000500000001
DATA winoPixelOrder8<>+0x10(SB)/8, $0x0000000600000002
DATA winoPixelOrder8<>+0x18(SB)/8, $0x0000000700000003
GLOBL winoPixelOrder8<>(SB), RODATA|NOPTR, $32

// Sets Y11–Y14. Clobbers AX.
#define OUTPUT_CONSTANTS \
	VMOVDQU winoPixelOrder8<>(SB), Y11 \
	VCVTTSS2SI winoOutputArgs_lo(DI), AX \
	ADDL winoOutputArgs_zero(DI), AX \
	VMOVD AX, X12 \
	VPBROADCASTB X12, Y12 \
	VCVTTSS2SI winoOutputArgs_hi(DI), AX \
	ADDL winoOutputArgs_zero(DI), AX \
	VMOVD AX, X13 \
	VPBROADCASTB X13, Y13 \
	VPBROADCASTW winoOutputArgs_zero(DI), Y14

// Pixels a…d, multiples of sums, to bytes in a. Clobbers b, c, d.
#define REQUANTISE4(a, b, c, d) \
	BYTES4(a, b, c, d, Y10, Y10, Y14) \
	VPERMD    a, Y11, a \
	VPMAXUB   Y12, a, a \
	VPMINUB   Y13, a, a

// Store the pixel BX, of CX < 8 channels or 8, at R11. Clobbers R13.
#define STORE_PIXEL(l4, l2, l1, done) \
	CMPQ CX, $8 \
	JLT  l4 \
	MOVQ BX, (R11) \
	JMP  done \
l4: \
	MOVQ R11, R13 \
	TESTQ $4, CX \
	JZ   l2 \
	MOVL BX, (R13) \
	SHRQ $32, BX \
	ADDQ $4, R13 \
l2: \
	TESTQ $2, CX \
	JZ   l1 \
	MOVW BX, (R13) \
	SHRQ $16, BX \
	ADDQ $2, R13 \
l1: \
	TESTQ $1, CX \
	JZ   done \
	MOVB BX, (R13) \
done:
