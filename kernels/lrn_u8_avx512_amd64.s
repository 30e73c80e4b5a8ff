//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_lrn5_1x16__avx512 — quantised local response normalisation over 5 channels, 16 channels at a time.
//
// Computes   see LRNU8 (lrn_u8.go) for size 5, to the bit: every byte is that of the formula written there
// Reference  lrnU8Generic (lrn_u8.go)
// Requires   AVX-512 F, BW, VL
// Layout     src/dst NHWC uint8; no scratch
// Contract   pixels, c ≥ 1; size 5; t, scale within 2^±60, abs(y) ≤ 2³⁰; dst is src or does not overlap it; no over-read
// Bound      about 36 vector operations per 16 channels; the formula itself has two VSQRTPS and a VDIVPS
// Measured   EPYC (Zen 4), one core, best of 4000: 56²×64 95 µs, 56²×192 287 µs; by the formula alone, AVX2, 158 and 360 µs
// Tile       squares of 16 channels: Z0 those before, Z1 these, Z2 those after; the window is cut out of them by VALIGND
// Registers  DI  args    SI  src    DX  dst    CX  channels    BX  pixels left    AX  channel    R8  next channel    R9 channels left
//            Z3  x    Z4  next x    Z5  s    Z6  t, correction    Z7  u, y    Z8  v, distance    Z9  x·w, byte
//            Z16 inZero    Z17 alpha    Z18 bias    Z19 scale    X20 Lo − 128    X21 Hi − 128    Z22 zero − 128
//            Z23 ¾·scale    Z24 9/4·scale    Z25 ½·scale    Z26 |·|    Z27 limit    Z28 0…15    X29 128
//            K1  the last channels    K2  close to the middle
// Phases     pixel → channels → load | load_tail → estimate [→ exact] → store | store_tail
//
// The estimate is that of u8_lrn_1x8__avx2 with |e|, |f| ≤ 2⁻¹⁴ (VRSQRT14PS): low by less than 2.2·10⁻⁸, which needs no
// centring; with 20 ε of roundings it is within 256·1.22·10⁻⁶ < 3.2·10⁻⁴ of the formula's y.

DATA lrnU8Consts512<>+0(SB)/4, $0.75
DATA lrnU8Consts512<>+4(SB)/4, $2.25
DATA lrnU8Consts512<>+8(SB)/4, $0.5
DATA lrnU8Consts512<>+12(SB)/4, $0x7fffffff
DATA lrnU8Consts512<>+16(SB)/4, $0.49968
GLOBL lrnU8Consts512<>(SB), RODATA|NOPTR, $20

DATA lrnU8Iota<>+0(SB)/8, $0x0706050403020100
DATA lrnU8Iota<>+8(SB)/8, $0x0f0e0d0c0b0a0908
GLOBL lrnU8Iota<>(SB), RODATA|NOPTR, $16

// R9 channels, 16 or (the last of a pixel) fewer, from `at`: x, its square, the mask K1 of the last.
#define LOAD(at, x, square, tail, loaded) \
	CMPQ         R9, $16 \
	JLT          tail \
	VPMOVZXBD    (SI)(at*1), x \
	VPSUBD       Z16, x, x \
	JMP          loaded \
tail: \
	VPBROADCASTD R9, square \
	VPCMPGTD     Z28, square, K1 \
	VPMOVZXBD.Z  (SI)(at*1), K1, x \
	VPSUBD.Z     Z16, x, K1, x \
loaded: \
	VPMULLD      x, x, square

// Bytes − 128 of an integer-valued float32 argument, minus the output's zero point. Clobbers AX.
#define BOUND(arg, x) \
	VCVTTSS2SI   arg(DI), AX \
	ADDL         LRNU8_zero(DI), AX \
	SUBL         $128, AX \
	VPBROADCASTB AX, x

// func lrnU8AVX512(a *LRNU8)
TEXT ·lrnU8AVX512(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), DI
	MOVQ         LRNU8_src(DI), SI
	MOVQ         LRNU8_dst(DI), DX
	MOVQ         LRNU8_c(DI), CX
	MOVQ         LRNU8_pixels(DI), BX
	VPBROADCASTD LRNU8_inZero(DI), Z16
	VBROADCASTSS LRNU8_alpha(DI), Z17
	VBROADCASTSS LRNU8_bias(DI), Z18
	VBROADCASTSS LRNU8_scale(DI), Z19
	BOUND(LRNU8_lo, X20)
	BOUND(LRNU8_hi, X21)
	MOVL         LRNU8_zero(DI), AX
	SUBL         $128, AX
	VPBROADCASTD AX, Z22
	VBROADCASTSS lrnU8Consts512<>+0(SB), Z23
	VBROADCASTSS lrnU8Consts512<>+4(SB), Z24
	VBROADCASTSS lrnU8Consts512<>+8(SB), Z25
	VMULPS       Z19, Z23, Z23
	VMULPS       Z19, Z24, Z24
	VMULPS       Z19, Z25, Z25
	VPBROADCASTD lrnU8Consts512<>+12(SB), Z26
	VBROADCASTSS lrnU8Consts512<>+16(SB), Z27
	VPMOVZXBD    lrnU8Iota<>(SB), Z28
	MOVL         $128, AX
	VPBROADCASTB AX, X29

pixel:
	XORL   AX, AX
	VPXORD Z0, Z0, Z0
	MOVQ   CX, R9
	LOAD(AX, Z3, Z1, first_tail, first_loaded)

channels:
	LEAQ   16(AX), R8
	MOVQ   CX, R9
	VPXORD Z2, Z2, Z2
	SUBQ   R8, R9
	JLE    estimate
	LOAD(R8, Z4, Z2, next_tail, next_loaded)

estimate:
	VALIGND      $14, Z0, Z1, Z5     // x² two channels before
	VALIGND      $15, Z0, Z1, Z6
	VALIGND      $1, Z1, Z2, Z7
	VALIGND      $2, Z1, Z2, Z8
	VPADDD       Z6, Z5, Z5
	VPADDD       Z8, Z7, Z7
	VPADDD       Z1, Z5, Z5
	VPADDD       Z7, Z5, Z5          // s = Σ x²
	VCVTDQ2PS    Z5, Z6
	VFMADD213PS  Z18, Z17, Z6        // t
	VCVTDQ2PS    Z3, Z9
	VRSQRT14PS   Z6, Z7              // u
	VRSQRT14PS   Z7, Z8              // v
	VMULPS       Z8, Z9, Z9          // x·v
	VMULPS       Z8, Z8, Z8
	VMULPS       Z7, Z8, Z8          // b = u·v²
	VMULPS       Z7, Z7, Z7
	VMULPS       Z7, Z6, Z6          // a = t·u²
	VMULPS       Z7, Z9, Z9          // x·w
	VFNMADD213PS Z24, Z23, Z6        // scale·(9/4 − ¾·a
	VFNMADD231PS Z25, Z8, Z6         // − ½·b)
	VMULPS       Z6, Z9, Z7          // y
	VRNDSCALEPS  $0, Z7, Z8          // to nearest, ties to even
	VCVTPS2DQ    Z7, Z9
	VSUBPS       Z8, Z7, Z8
	VPANDD       Z26, Z8, Z8         // distance from the level
	VCMPPS       $0x1e, Z27, Z8, K2  // above the limit?
	KORTESTW     K2, K2
	JNZ          exact

store:
	VPADDD    Z22, Z9, Z9
	VPMOVSDB  Z9, X9                 // byte − 128, saturated
	VPMAXSB   X20, X9, X9
	VPMINSB   X21, X9, X9
	VPXORD    X29, X9, X9
	MOVQ      CX, R9
	SUBQ      AX, R9
	CMPQ      R9, $16
	JLT       store_tail
	VMOVDQU8  X9, (DX)(AX*1)
	VMOVDQA64 Z1, Z0
	VMOVDQA64 Z2, Z1
	VMOVDQA64 Z4, Z3
	MOVQ      R8, AX
	CMPQ      AX, CX
	JLT       channels

next_pixel:
	ADDQ LRNU8_srcStride(DI), SI
	ADDQ LRNU8_dstStride(DI), DX
	SUBQ $1, BX
	JNZ  pixel
	VZEROUPPER
	RET

store_tail:
	VMOVDQU8 X9, K1, (DX)(AX*1)
	JMP      next_pixel

exact:
	VCVTDQ2PS Z5, Z5
	VMULPS    Z17, Z5, Z5
	VADDPS    Z18, Z5, Z5            // t
	VSQRTPS   Z5, Z5
	VSQRTPS   Z5, Z6
	VMULPS    Z6, Z5, Z5             // d
	VCVTDQ2PS Z3, Z9
	VMULPS    Z19, Z9, Z9
	VDIVPS    Z5, Z9, Z9             // x·scale / d
	VCVTPS2DQ Z9, Z9
	JMP       store
