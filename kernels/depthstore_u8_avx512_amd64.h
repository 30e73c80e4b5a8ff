#include "bytes_u8_amd64.h"
#include "pixelorder_avx512_amd64.h"

// Eight pixels' sums of sixteen channels, Z0–Z7, requantised and stored, so many as a tile has: DI is the depthRowArgs, R12
// the channels' offset; jumps to stored after the last. Included where that stands. Where the output's range is that of the
// type, saturating packs clamp. Clobbers AX, CX, DX, Z0–Z12. AVX-512F and BW.

#define ROUND(a) \
	VCVTDQ2PS a, a \
	VMULPS    Z8, a, a \
	VMAXPS    Z9, a, a \
	VMINPS    Z10, a, a \
	VCVTPS2DQ a, a

// Four pixels' rounded sums to bytes in a, one pixel in each 128 bits.
#define PACK(a, b, c, d) \
	VPACKSSDW b, a, a \
	VPACKSSDW d, c, c \
	VPADDSW   Z11, a, a \
	VPADDSW   Z11, c, c \
	VPACKUSWB c, a, a \
	VPERMD    a, Z12, a

#define NEXT_PIXEL \
	ADDQ DX, AX \
	SUBQ $1, CX \
	JEQ  stored

#define STORE4(x, z) \
	VMOVDQU       x, (AX) \
	NEXT_PIXEL \
	VEXTRACTI32X4 $1, z, (AX) \
	NEXT_PIXEL \
	VEXTRACTI32X4 $2, z, (AX) \
	NEXT_PIXEL \
	VEXTRACTI32X4 $3, z, (AX) \
	NEXT_PIXEL

	MOVQ         depthRowArgs_scale(DI), AX
	VMOVUPS      (AX)(R12*4), Z8
	VPBROADCASTW depthRowArgs_zero(DI), Z11
	VMOVDQU32    pixelOrder<>(SB), Z12
	CMPQ         depthRowArgs_plain(DI), $0
	JEQ          clamp
	BYTES4(Z0, Z1, Z2, Z3, Z8, Z8, Z11)
	BYTES4(Z4, Z5, Z6, Z7, Z8, Z8, Z11)
	VPERMD       Z0, Z12, Z0
	VPERMD       Z4, Z12, Z4
	JMP          store

clamp:
	VBROADCASTSS depthRowArgs_lo(DI), Z9
	VBROADCASTSS depthRowArgs_hi(DI), Z10
	ROUND(Z0)
	ROUND(Z1)
	ROUND(Z2)
	ROUND(Z3)
	ROUND(Z4)
	ROUND(Z5)
	ROUND(Z6)
	ROUND(Z7)
	PACK(Z0, Z1, Z2, Z3)
	PACK(Z4, Z5, Z6, Z7)

store:
	MOVQ depthRowArgs_dst(DI), AX
	ADDQ depthRowArgs_dstAt(DI), AX
	MOVQ depthRowArgs_dstStep(DI), DX
	MOVQ depthRowArgs_n(DI), CX
	ADDQ R12, AX
	STORE4(X0, Z0)
	STORE4(X4, Z4)
