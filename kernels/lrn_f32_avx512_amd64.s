//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// f32_lrn_1x16__avx512 — local response normalisation across channels, β = 3/4, any window.
//
// Computes   x = alpha·Σ_{j<size} src[i−before+j]² + bias;  t = √x;  dst[i] = src[i] / (t·√t)
// Reference  lrnF32Generic (lrn.go); the same bits
// Requires   AVX-512 F
// Layout     src/dst NHWC; squares: before zeros, the squares of a pixel, zeros
// Contract   pixels, c ≥ 1; size ≥ 1, before = 2 if it is 5; squares zero but for the c in the middle; no over-read, no
//            over-write; dst may be src
// Bound      about 41 vector operations per 16 channels for two pipes: 21 cycles
// Measured   Xeon (Emerald Rapids), window of 5 over 56²×64 123 µs, 56²×192 362 µs (29 cycles per 16 channels); with VSQRTPS, by which
//            such processors are bound, 155 and 462 µs
// Registers  DI  args            SI  src pixel       DX  dst pixel        R8  squares
//            R9  squares of channel 0                R10 pixels left      R11 4·c rounded down to 16 channels
//            R12 4·c             AX  channel offset  CX  taps left, next offset    R13 tap address
//            Z0–Z3, Z9, Z10 work Z14 alpha           Z15 bias             Z11 ½
//            Z13, Z12  where roots are taken from: bits of the least x, from there to the greatest
//            K1  these channels, K2  the next, K3  the c mod 16 last, K4  all
//            window of 5: Z4, Z5, Z6 squares of the last, this and the next 16 channels    Z7, Z8 this and next src
// Phases     pixel → squares → channel → tap → root;  window of 5, from registers: pixel5 → channel5 → sum5

DATA lrnF32Consts512<>+0(SB)/4, $0.5
DATA lrnF32Consts512<>+4(SB)/4, $0x3c000000     // from the bits of 2⁻⁶⁰ to those of 2⁶⁰
DATA lrnF32Consts512<>+8(SB)/4, $0x21800000     // 2⁻⁶⁰
GLOBL lrnF32Consts512<>(SB), RODATA|NOPTR, $12

// k = the channels at offset off: all 16, or the last of a pixel.
#define MASK(off, k) \
	KMOVW K4, k \
	CMPQ  off, R11 \
	JLT   2(PC) \
	KMOVW K3, k

// Z0 = x of the sum in Z0. Jumps if x is not within 2^±60 somewhere.
#define X(other) \
	VMULPS    Z14, Z0, Z0 \
	VADDPS    Z15, Z0, Z0 \
	VPSUBD    Z13, Z0, Z1 \
	VPCMPUD   $6, Z12, Z1, K5        \ // above
	KORTESTW  K5, K5 \
	JNZ       other

// to = √x to the bit, clobbering x. To y = x^−½·(1 + e), |e| ≤ 2⁻¹⁴, with products and sums rounded once (Markstein 1990)
//
//	g = x·y;  h = y/2;  r = ½ − g·h;  g += g·r;  h += h·r;  √x = g + (x − g·g)·h
//
// TestRoot shows that the last gives the number nearest to √x, whatever e is. Clobbers Z9, Z10.
#define ROOT(x, to) \
	VRSQRT14PS   x, Z9 \
	VMULPS       Z9, x, to           \ // g
	VMULPS       Z11, Z9, Z9         \ // h
	VMOVAPS      Z11, Z10 \
	VFNMADD231PS Z9, to, Z10         \ // r
	VFMADD231PS  Z10, to, to \
	VFMADD231PS  Z10, Z9, Z9 \
	VFNMADD231PS to, to, x \
	VFMADD231PS  Z9, x, to

// Z1 = t, Z2 = √t.
#define ROOTS \
	ROOT(Z0, Z1) \
	VMOVAPS Z1, Z0 \
	ROOT(Z0, Z2)

// The same for any x.
#define ROOTS_OF_ANY \
	VSQRTPS Z0, Z1 \
	VSQRTPS Z1, Z2

// dst = src / (t·√t) in the channels of K1.
#define DIVIDE(src) \
	VMULPS  Z2, Z1, Z1 \
	VDIVPS  Z1, src, Z0 \
	VMOVUPS Z0, K1, (DX)(AX*1)

// func lrnF32AVX512(b *lrnArgs)
TEXT ·lrnF32AVX512(SB), NOSPLIT, $0-8
	MOVQ b+0(FP), DI
	MOVQ lrnArgs_src(DI), SI
	MOVQ lrnArgs_dst(DI), DX
	MOVQ lrnArgs_squares(DI), R8
	MOVQ lrnArgs_before(DI), R9
	LEAQ (R8)(R9*4), R9
	MOVQ lrnArgs_pixels(DI), R10
	MOVQ lrnArgs_c(DI), R12
	MOVQ R12, CX
	ANDQ $15, CX
	MOVL $1, AX
	SHLL CX, AX
	SUBL $1, AX
	KMOVW AX, K3
	MOVL $-1, AX
	KMOVW AX, K4
	SHLQ $2, R12
	MOVQ R12, R11
	ANDQ $-64, R11
	VBROADCASTSS lrnArgs_alpha(DI), Z14
	VBROADCASTSS lrnArgs_bias(DI), Z15
	VBROADCASTSS lrnF32Consts512<>+0(SB), Z11
	VPBROADCASTD lrnF32Consts512<>+4(SB), Z12
	VPBROADCASTD lrnF32Consts512<>+8(SB), Z13
	CMPQ lrnArgs_size(DI), $5
	JEQ  pixel5

pixel:
	XORL AX, AX

squares:
	MASK(AX, K1)
	VMOVUPS.Z (SI)(AX*1), K1, Z0
	VMULPS    Z0, Z0, Z0
	VMOVUPS   Z0, K1, (R9)(AX*1)
	ADDQ      $64, AX
	CMPQ      AX, R12
	JLT       squares
	XORL      AX, AX

channel:
	MASK(AX, K1)
	MOVQ      lrnArgs_size(DI), CX
	LEAQ      (R8)(AX*1), R13
	VMOVUPS.Z (R13), K1, Z0
	SUBQ      $1, CX
	JZ        root

tap:
	ADDQ     $4, R13
	VADDPS.Z (R13), Z0, K1, Z0       // sum += squares[i+j]
	SUBQ     $1, CX
	JNZ      tap

root:
	VMOVUPS.Z (SI)(AX*1), K1, Z7
	X(any)
	ROOTS

divide:
	DIVIDE(Z7)
	ADDQ $64, AX
	CMPQ AX, R12
	JLT  channel
	ADDQ lrnArgs_srcStride(DI), SI
	ADDQ lrnArgs_dstStride(DI), DX
	SUBQ $1, R10
	JNZ  pixel
	VZEROUPPER
	RET

pixel5:
	VPXORD    Z4, Z4, Z4
	XORL      AX, AX
	MASK(AX, K1)
	VMOVUPS.Z (SI), K1, Z7
	VMULPS    Z7, Z7, Z5

channel5:
	LEAQ      64(AX), CX             // the next channels: 16, some or none
	VPXORD    Z6, Z6, Z6
	CMPQ      CX, R12
	JGE       sum5
	MASK(CX, K2)
	VMOVUPS.Z (SI)(CX*1), K2, Z8
	VMULPS    Z8, Z8, Z6

sum5:
	VALIGND $14, Z4, Z5, Z2          // squares of channels −2…13
	VALIGND $15, Z4, Z5, Z0          // −1…14
	VADDPS  Z0, Z2, Z0
	VADDPS  Z5, Z0, Z0
	VALIGND $1, Z5, Z6, Z2           // 1…16
	VADDPS  Z2, Z0, Z0
	VALIGND $2, Z5, Z6, Z2           // 2…17
	VADDPS  Z2, Z0, Z0
	X(any5)
	ROOTS

divide5:
	DIVIDE(Z7)
	VMOVAPS Z5, Z4
	VMOVAPS Z6, Z5
	VMOVAPS Z8, Z7
	KMOVW   K2, K1
	MOVQ    CX, AX
	CMPQ    AX, R12
	JLT     channel5
	ADDQ    lrnArgs_srcStride(DI), SI
	ADDQ    lrnArgs_dstStride(DI), DX
	SUBQ    $1, R10
	JNZ     pixel5
	VZEROUPPER
	RET

any:
	ROOTS_OF_ANY
	JMP divide

any5:
	ROOTS_OF_ANY
	JMP divide5
