//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_lrn_1x8__avx2 — quantised local response normalisation across channels, 8 channels at a time.
//
// Computes   see lrnU8Args (lrn_u8.go), to the bit: every byte is that of the formula written there
// Reference  lrnU8Generic (lrn_u8.go)
// Requires   AVX2, FMA
// Layout     src/dst NHWC uint8; two rows of squares, int32, with zeros around the pixel's channels
// Contract   pixels, c ≥ 1, c a multiple of 8; t, scale within 2^±60, abs(y) ≤ 2³⁰; dst is src or does not overlap it; no over-read
// Bound      about 31 vector operations per 8 channels, one of them VSQRTPS; the formula itself has two VSQRTPS and a VDIVPS
// Measured   EPYC (Zen 4), one core, size 5, best of 4000: 56²×64 105 µs, 56²×192 306 µs; by the formula alone 158 and 360 µs
// Registers  DI  args    SI  src    DX  dst    R8  squares of this pixel    R9  of the next    CX  channels    BX  pixels left
//            AX  channel    R10 window, squares to write    R11 taps left, next src    R12 size    R13 before, bytes
//            Y0  s    Y1  T, z, correction, low bits    Y2  √T, w    Y3  x·w, v, bytes    Y4  x
//            Y5  3    Y6  v of y = 0    Y7  third bytes    Y8  inZero    Y9  α·ζ    Y10 bias·ζ    Y11 least v    Y12 greatest v
//            Y13 low bits without the last four    Y14 0
// Phases     squares of the first pixel → pixel → squares of the next → channels → window → estimate → clamp [← exact] → store
//
// The estimate. To choose a byte, y = x·scale/t^¾ is needed to a thousandth of a level only, unless it is close to the edge
// between two levels. Let ζ = (2/scale)^(4/3), T = ζ·t (ζ is multiplied into α and bias), z = T·√T = 4·(t^¾/scale)², and
// w = rsqrt(z) = z^−½·(1+e), where |e| ≤ 1.5·2⁻¹² on every CPU (the bits beyond that differ from maker to maker). Then
//
//	x·w·(3 − z·w·w) = 2·x·z^−½·(1 − 3/2·e² − ½·e³)
//
// and 2·x·z^−½ = y. With ε = 2⁻²⁴ it is low by at most 3.4 ε; with 4 ε added to 3 it is off by at most 2 ε either way. Rounding
// errors: T is off by 2 ε (a coefficient's, the FMA's), hence √T by 2, z by 5, z^−½ by 2½; z·w by 1, which is half as much of
// 3 − z·w·w, near 2; that itself by 1, x·w by 1. In all 7.1 ε. The formula's own: t 2, √t 2, √√t 2, d 5, the product 1, the
// quotient 1; in all 7 ε. So the estimate is within 14.1 ε of the formula's y, relatively: 256·14.1 ε < 2.16·10⁻⁴ as far as
// |y| ≤ 256.
//
// The byte. v = 256½ + zero + y + 8·2⁻¹⁵, rounded once, is in [256, 512) if the byte is not clamped: 15 of its mantissa's
// bits are below one level, the 8 above are the byte. v is within 7.1 + ½ of these units of what the formula's y would give,
// so if v without its 8 units is 8 or more from the edge of a level (its 15 low bits are 16 or more), the formula's byte is
// the same. Otherwise (one block in 256, if y is anywhere between levels alike) the block is computed by the formula. v is
// clamped first, to the middle of the least and of the greatest level, by integers, which order as positive floats do: what
// is beyond them the formula clamps as well, however large y.
//
// Range. abs(y) ≤ 2³⁰ means T ≥ 2⁻²⁸; NewLRNU8 keeps α·ζ ≤ 2⁴⁰ and bias·ζ ≤ 2⁶⁰, beyond which y rounds to 0 (s > 0 or x = 0):
// with s < 2³¹, z is within 2⁻⁴² and 2¹⁰⁷.

DATA lrnU8Consts<>+0(SB)/4, $3.00000024        // 3 + a unit in the last place
DATA lrnU8Consts<>+4(SB)/4, $256.5
DATA lrnU8Consts<>+8(SB)/4, $0.000244140625    // 8·2⁻¹⁵
DATA lrnU8Consts<>+12(SB)/4, $0x00007ff0       // 16 units or more from the edge
GLOBL lrnU8Consts<>(SB), RODATA|NOPTR, $16

DATA lrnU8Bytes<>+0(SB)/8, $0xffffffff0e0a0602
DATA lrnU8Bytes<>+8(SB)/8, $0xffffffffffffffff
GLOBL lrnU8Bytes<>(SB), RODATA|NOPTR, $16

// The squares of the pixel at `src` to R10. Clobbers AX, Y0.
#define SQUARES(src, loop) \
	XORL AX, AX \
loop: \
	VPMOVZXBD (src)(AX*1), Y0 \
	VPSUBW    Y8, Y0, Y0 \
	VPMADDWD  Y0, Y0, Y0 \
	VMOVDQU   Y0, (R10)(AX*4) \
	ADDQ      $8, AX \
	CMPQ      AX, CX \
	JLT       loop

// Adds the rest of the window's squares to its first, Y0. Clobbers R10, R11.
#define WINDOW(loop, next) \
	LEAQ (R8)(AX*4), R10 \
	MOVQ R12, R11 \
	JMP  next \
loop: \
	ADDQ   $4, R10 \
	VPADDD (R10), Y0, Y0 \
next: \
	SUBQ $1, R11 \
	JNZ  loop

// func lrnU8AVX2(a *lrnU8Args)
TEXT ·lrnU8AVX2(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), DI
	MOVQ         lrnU8Args_src(DI), SI
	MOVQ         lrnU8Args_dst(DI), DX
	MOVQ         lrnU8Args_squares(DI), R8
	MOVQ         R8, R9
	ADDQ         lrnU8Args_squaresBytes(DI), R9
	MOVQ         lrnU8Args_before(DI), R13
	SHLQ         $2, R13
	MOVQ         lrnU8Args_c(DI), CX
	MOVQ         lrnU8Args_pixels(DI), BX
	MOVQ         lrnU8Args_size(DI), R12
	VPBROADCASTD   lrnU8Args_inZero(DI), Y8
	VBROADCASTSS   lrnU8Args_alphaZ(DI), Y9
	VBROADCASTSS   lrnU8Args_biasZ(DI), Y10
	VPBROADCASTD   lrnU8Args_zero(DI), Y0
	VCVTDQ2PS      Y0, Y0
	VBROADCASTSS   lrnU8Consts<>+4(SB), Y1
	VADDPS         Y1, Y0, Y0
	VBROADCASTSS   lrnU8Args_lo(DI), Y11
	VBROADCASTSS   lrnU8Args_hi(DI), Y12
	VBROADCASTSS   lrnU8Consts<>+8(SB), Y6
	VADDPS         Y0, Y11, Y11
	VADDPS         Y0, Y12, Y12
	VADDPS         Y0, Y6, Y6
	VBROADCASTSS   lrnU8Consts<>+0(SB), Y5
	VBROADCASTI128 lrnU8Bytes<>(SB), Y7
	VPBROADCASTD   lrnU8Consts<>+12(SB), Y13
	VPXOR          Y14, Y14, Y14

	LEAQ (R8)(R13*1), R10
	SQUARES(SI, first_squares)

pixel:
	CMPQ BX, $1
	JEQ  last_pixel
	MOVQ SI, R11
	ADDQ lrnU8Args_srcStride(DI), R11
	LEAQ (R9)(R13*1), R10
	SQUARES(R11, next_squares)       // a pixel ahead, so that windows do not wait for their stores

last_pixel:
	XORL AX, AX

channels:
	VMOVDQU (R8)(AX*4), Y0           // s = Σ x²
	CMPQ    R12, $5
	JNE     window
	VPADDD  4(R8)(AX*4), Y0, Y0
	VPADDD  8(R8)(AX*4), Y0, Y0
	VPADDD  12(R8)(AX*4), Y0, Y0
	VPADDD  16(R8)(AX*4), Y0, Y0

estimate:
	VCVTDQ2PS    Y0, Y1
	VFMADD213PS  Y10, Y9, Y1         // T
	VPMOVZXBD    (SI)(AX*1), Y4
	VPSUBD       Y8, Y4, Y4
	VCVTDQ2PS    Y4, Y4              // x
	VSQRTPS      Y1, Y2
	VMULPS       Y2, Y1, Y1          // z
	VRSQRTPS     Y1, Y2              // w
	VMULPS       Y2, Y1, Y1          // z·w
	VMULPS       Y2, Y4, Y3          // x·w
	VFNMADD213PS Y5, Y2, Y1          // 3 − z·w·w
	VFMADD213PS  Y6, Y1, Y3          // v

clamp:
	VPMAXSD      Y11, Y3, Y3
	VPMINSD      Y12, Y3, Y3
	VPAND        Y13, Y3, Y1
	VPADDD       Y3, Y3, Y3          // the byte is bits 16…23
	VPCMPEQD     Y14, Y1, Y1         // close to the edge?
	VMOVMSKPS    Y1, R10
	TESTL        R10, R10
	JNZ          exact
	VPSHUFB      Y7, Y3, Y3
	VEXTRACTI128 $1, Y3, X1
	VPUNPCKLDQ   X1, X3, X3
	VMOVQ        X3, (DX)(AX*1)
	ADDQ         $8, AX
	CMPQ         AX, CX
	JLT          channels

	XCHGQ R8, R9
	ADDQ  lrnU8Args_srcStride(DI), SI
	ADDQ  lrnU8Args_dstStride(DI), DX
	SUBQ  $1, BX
	JNZ   pixel
	VZEROUPPER
	RET

window:
	WINDOW(window_loop, window_next)
	JMP estimate

exact:
	VMOVDQU (R8)(AX*4), Y0
	WINDOW(exact_loop, exact_next)
	VCVTDQ2PS    Y0, Y0
	VBROADCASTSS lrnU8Args_alpha(DI), Y1
	VBROADCASTSS lrnU8Args_bias(DI), Y2
	VMULPS       Y1, Y0, Y0
	VADDPS       Y2, Y0, Y0          // t
	VSQRTPS      Y0, Y0
	VSQRTPS      Y0, Y1
	VMULPS       Y1, Y0, Y0          // d
	VBROADCASTSS lrnU8Args_scale(DI), Y1
	VMULPS       Y1, Y4, Y4
	VDIVPS       Y0, Y4, Y3          // x·scale / d
	VROUNDPS     $0, Y3, Y3          // to nearest, ties to even
	VADDPS       Y6, Y3, Y3
	JMP          clamp               // in the middle of a level
