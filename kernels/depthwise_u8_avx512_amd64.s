//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_depthwise_1x64__avx512 — quantised scale and shift of each channel, a row of pixels, 64 and then 16 channels at a time.
//
// Computes   dst[p][k] = requantize(bias[k] + (src[0][p][k] − inZero) · w[0][k])
// Reference  depthwiseU8Generic (depthwise.go); the same bytes
// Requires   AVX-512F, AVX512BW
// Layout     src/dst NHWC; one tap, as a pair of addresses; bias int32
// Contract   taps = 1; pixels, c ≥ 1; the rest of a pixel is masked: no over-read, no over-write
// Bound      11 operations for 16 channels; a byte times a weight by VPMADDWD, whose upper words are zero; exact in int32
// Registers  DI  args    SI  src    DX  dst    BX  w    R8  bias    R9  scale    CX  channels left    AX  pixels left
//            R10, R11  pixel of src, of dst    R12, R13  srcStep, dstStep    Z0–Z3  work    Z4–Z7  weights    Z8–Z11 bias
//            Z12–Z15 scale    Z16 lo    Z17 hi    Z18 zero    Z19 inZero    K1  channels of the rest
// Phases     wide: load → pixel | block: load → pixel | rest: load → pixel

// FOLD takes the input's zero point into a bias: of all inputs alike. Clobbers Z20.
#define FOLD(w, b) \
	VPMULLD w, Z19, Z20 \
	VPSUBD  Z20, b, b

// CHANNELS loads the numbers of 16 channels, i of them further on.
#define CHANNELS(i, w, b, m) \
	VPMOVSXBD i(BX), w     \
	VMOVDQU32 4*i(R8), b   \
	VMOVUPS   4*i(R9), m   \
	FOLD(w, b)

// LEVELS makes levels of bytes.
#define LEVELS(x, w, b, m) \
	VPMADDWD  w, x, x   \
	VPADDD    b, x, x   \
	VCVTDQ2PS x, x      \
	VMULPS    m, x, x   \
	VMAXPS    Z16, x, x \
	VMINPS    Z17, x, x \
	VCVTPS2DQ x, x      \
	VPADDD    Z18, x, x

// SKIP goes on by n channels.
#define SKIP(n) \
	ADDQ $n, SI     \
	ADDQ $n, DX     \
	ADDQ $n, BX     \
	ADDQ $(4*n), R8 \
	ADDQ $(4*n), R9

#define PIXELS \
	MOVQ SI, R10 \
	MOVQ DX, R11 \
	MOVQ depthArgs_pixels(DI), AX

// func depthwiseOneU8AVX512(a *depthArgs)
TEXT ·depthwiseOneU8AVX512(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), DI
	MOVQ         depthArgs_table(DI), AX
	MOVQ         (AX), SI
	MOVQ         8(AX), BX
	MOVQ         depthArgs_dst(DI), DX
	MOVQ         depthArgs_bias(DI), R8
	MOVQ         depthArgs_scale(DI), R9
	MOVQ         depthArgs_c(DI), CX
	MOVQ         depthArgs_srcStep(DI), R12
	MOVQ         depthArgs_dstStep(DI), R13
	VBROADCASTSS depthArgs_lo(DI), Z16
	VBROADCASTSS depthArgs_hi(DI), Z17
	VPBROADCASTD depthArgs_zero(DI), Z18
	VPBROADCASTD depthArgs_inZero(DI), Z19
	SUBQ         $64, CX
	JLT          narrow

wide:
	CHANNELS(0, Z4, Z8, Z12)
	CHANNELS(16, Z5, Z9, Z13)
	CHANNELS(32, Z6, Z10, Z14)
	CHANNELS(48, Z7, Z11, Z15)
	PIXELS

wide_pixel:
	VPMOVZXBD (R10), Z0
	VPMOVZXBD 16(R10), Z1
	VPMOVZXBD 32(R10), Z2
	VPMOVZXBD 48(R10), Z3
	LEVELS(Z0, Z4, Z8, Z12)
	LEVELS(Z1, Z5, Z9, Z13)
	LEVELS(Z2, Z6, Z10, Z14)
	LEVELS(Z3, Z7, Z11, Z15)
	VPMOVDB   Z0, (R11)
	VPMOVDB   Z1, 16(R11)
	VPMOVDB   Z2, 32(R11)
	VPMOVDB   Z3, 48(R11)
	ADDQ      R12, R10
	ADDQ      R13, R11
	SUBQ      $1, AX
	JNZ       wide_pixel
	SKIP(64)
	SUBQ      $64, CX
	JGE       wide

narrow:
	ADDQ $48, CX // 64 − 16
	JLT  rest

block:
	CHANNELS(0, Z4, Z8, Z12)
	PIXELS

block_pixel:
	VPMOVZXBD (R10), Z0
	LEVELS(Z0, Z4, Z8, Z12)
	VPMOVDB   Z0, (R11)
	ADDQ      R12, R10
	ADDQ      R13, R11
	SUBQ      $1, AX
	JNZ       block_pixel
	SKIP(16)
	SUBQ      $16, CX
	JGE       block

rest:
	ADDQ        $16, CX
	JEQ         done
	MOVL        $-1, AX
	SHLL        CX, AX
	NOTL        AX                  // CX ones
	KMOVW       AX, K1
	VPMOVSXBD.Z (BX), K1, Z4
	VMOVDQU32.Z (R8), K1, Z8
	VMOVUPS.Z   (R9), K1, Z12
	FOLD(Z4, Z8)
	PIXELS

rest_pixel:
	VPMOVZXBD.Z (R10), K1, Z0
	LEVELS(Z0, Z4, Z8, Z12)
	VPMOVDB     Z0, K1, (R11)
	ADDQ        R12, R10
	ADDQ        R13, R11
	SUBQ        $1, AX
	JNZ         rest_pixel

done:
	VZEROUPPER
	RET
