// Eight pixels' sums of eight channels, Y0–Y7, requantised and stored, so many as a tile has: DI is the depthRowArgs, R12
// the channels' offset; jumps to stored after the last. Included where that stands. Where the output's range is that of the
// type, saturating packs clamp. Clobbers AX, CX, DX, Y0–Y11. AVX2.

#define ROUND(a) \
	VCVTDQ2PS a, a \
	VMULPS    Y8, a, a \
	VMAXPS    Y9, a, a \
	VMINPS    Y10, a, a \
	VCVTPS2DQ a, a

#define ROUND_PLAIN(a) \
	VCVTDQ2PS a, a \
	VMULPS    Y8, a, a \
	VCVTPS2DQ a, a

// Four pixels' bytes: p = pixels 0 and 1, q = pixels 2 and 3.
#define PACK(a, b, c, d, x, y, p, q) \
	VPACKSSDW    b, a, a \
	VPACKSSDW    d, c, c \
	VPADDSW      Y11, a, a \
	VPADDSW      Y11, c, c \
	VPACKUSWB    c, a, a \
	VEXTRACTI128 $1, a, y \
	VPUNPCKLDQ   y, x, p \
	VPUNPCKHDQ   y, x, q

#define STORE_PAIR(p) \
	VMOVQ   p, (AX) \
	ADDQ    DX, AX \
	SUBQ    $1, CX \
	JEQ     stored \
	VPEXTRQ $1, p, (AX) \
	ADDQ    DX, AX \
	SUBQ    $1, CX \
	JEQ     stored

	MOVQ         depthRowArgs_scale(DI), AX
	VMOVUPS      (AX)(R12*4), Y8
	VPBROADCASTW depthRowArgs_zero(DI), Y11
	CMPQ         depthRowArgs_plain(DI), $0
	JEQ          clamp
	ROUND_PLAIN(Y0)
	ROUND_PLAIN(Y1)
	ROUND_PLAIN(Y2)
	ROUND_PLAIN(Y3)
	ROUND_PLAIN(Y4)
	ROUND_PLAIN(Y5)
	ROUND_PLAIN(Y6)
	ROUND_PLAIN(Y7)
	JMP          pack

clamp:
	VBROADCASTSS depthRowArgs_lo(DI), Y9
	VBROADCASTSS depthRowArgs_hi(DI), Y10
	ROUND(Y0)
	ROUND(Y1)
	ROUND(Y2)
	ROUND(Y3)
	ROUND(Y4)
	ROUND(Y5)
	ROUND(Y6)
	ROUND(Y7)

pack:
	PACK(Y0, Y1, Y2, Y3, X0, X8, X9, X10)
	PACK(Y4, Y5, Y6, Y7, X4, X8, X1, X2)
	MOVQ         depthRowArgs_dst(DI), AX
	ADDQ         depthRowArgs_dstAt(DI), AX
	MOVQ         depthRowArgs_dstStep(DI), DX
	MOVQ         depthRowArgs_n(DI), CX
	ADDQ         R12, AX
	STORE_PAIR(X9)
	STORE_PAIR(X10)
	STORE_PAIR(X1)
	STORE_PAIR(X2)
