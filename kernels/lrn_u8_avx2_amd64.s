//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_lrn_1x8__avx2 — quantised local response normalisation across channels, 8 channels at a time.
//
// Computes   see LRNU8 (lrn_u8.go), to the bit: every byte is that of the formula written there
// Reference  lrnU8Generic (lrn_u8.go)
// Requires   AVX2, FMA
// Layout     src/dst NHWC uint8; two rows of squares, int32, with zeros around the pixel's channels
// Contract   pixels, c ≥ 1, c a multiple of 8; t, scale within 2^±60, abs(y) ≤ 2³⁰; dst is src or does not overlap it; no over-read
// Bound      about 36 vector operations per 8 channels; the formula itself has two VSQRTPS and a VDIVPS
// Measured   EPYC (Zen 4), one core, size 5, best of 4000: 56²×64 115 µs, 56²×192 338 µs; by the formula alone 158 and 360 µs
// Registers  DI  args    SI  src    DX  dst    R8  squares of this pixel    R9  of the next    CX  channels    BX  pixels left
//            AX  channel    R10 window, squares to write    R11 taps left, next src    R12 size    R13 before, bytes
//            Y0  s, x·w    Y1  t, correction, distance    Y2  u, y    Y3  v, byte    Y4  x
//            Y5  ¾·scale    Y6  9/4·scale    Y7  ½·scale    Y8  inZero    Y9  alpha    Y10 bias    X11 Lo    X12 Hi    Y13 |·|
//            Y14 zero    Y15 limit
// Phases     squares of the first pixel → pixel → squares of the next → channels → window → estimate [→ exact] → store
//
// The estimate. To choose a byte, y = x·scale/t^¾ is needed to a thousandth of a level only, unless it is close to the
// middle between two levels. Let u = rsqrt(t) = t^−½·(1+e) and v = rsqrt(u) = u^−½·(1+f), where |e|, |f| ≤ 1.5·2⁻¹² on every
// CPU (the bits beyond that differ from maker to maker). Then u²·v = t^−¾·(1+e)^(3/2)·(1+f), t·u² = (1+e)², u·v² = (1+f)², and
//
//	u²·v·(9/4 − ¾·t·u² − ½·u·v²) = t^−¾·(1 − 21/8·e² − 3/2·e·f − 3/2·f² + cubes)
//
// is low by at most 7.6·10⁻⁷; with 4.8·10⁻⁷ added to 9/4 it is off by at most 4.8·10⁻⁷ either way. The scale is multiplied into
// the three constants. Roundings, those of the formula among them, are at most 20 ε, ε = 2⁻²⁴: together less than
// 1.68·10⁻⁶. So the estimate is within 256·1.68·10⁻⁶ < 4.4·10⁻⁴ of the formula's y as far as |y| ≤ 256, and where it is less
// than ½ − 4.4·10⁻⁴ from an integer, y rounds to that integer too; beyond 256 both are 0 or 255. Other blocks (one in a hundred
// and fifty, if y is anywhere between levels alike) are computed by the formula. Clamping the bytes equals clamping y.

DATA lrnU8Consts<>+0(SB)/4, $0.75
DATA lrnU8Consts<>+4(SB)/4, $2.25000048 // 9/4 + 2 units in the last place
DATA lrnU8Consts<>+8(SB)/4, $0.5
DATA lrnU8Consts<>+12(SB)/4, $0x7fffffff
DATA lrnU8Consts<>+16(SB)/4, $0.49956
GLOBL lrnU8Consts<>(SB), RODATA|NOPTR, $20

// A bound of the output as bytes. Clobbers AX.
#define BOUND(arg, x) \
	VCVTTSS2SI   arg(DI), AX \
	ADDL         LRNU8_zero(DI), AX \
	VMOVD        AX, x \
	VPBROADCASTB x, x

// The squares of the pixel at `src` to R10. Clobbers AX, Y0.
#define SQUARES(src, loop) \
	XORL AX, AX \
loop: \
	VPMOVZXBD (src)(AX*1), Y0 \
	VPSUBD    Y8, Y0, Y0 \
	VPMULLD   Y0, Y0, Y0 \
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

// func lrnU8AVX2(a *LRNU8)
TEXT ·lrnU8AVX2(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), DI
	MOVQ         LRNU8_src(DI), SI
	MOVQ         LRNU8_dst(DI), DX
	MOVQ         LRNU8_squares(DI), R8
	MOVQ         R8, R9
	ADDQ         LRNU8_squaresBytes(DI), R9
	MOVQ         LRNU8_before(DI), R13
	SHLQ         $2, R13
	MOVQ         LRNU8_c(DI), CX
	MOVQ         LRNU8_pixels(DI), BX
	MOVQ         LRNU8_size(DI), R12
	VBROADCASTSS lrnU8Consts<>+0(SB), Y5
	VBROADCASTSS lrnU8Consts<>+4(SB), Y6
	VBROADCASTSS lrnU8Consts<>+8(SB), Y7
	VBROADCASTSS LRNU8_scale(DI), Y0
	VMULPS       Y0, Y5, Y5
	VMULPS       Y0, Y6, Y6
	VMULPS       Y0, Y7, Y7
	VPBROADCASTD LRNU8_inZero(DI), Y8
	VBROADCASTSS LRNU8_alpha(DI), Y9
	VBROADCASTSS LRNU8_bias(DI), Y10
	BOUND(LRNU8_lo, X11)
	BOUND(LRNU8_hi, X12)
	VBROADCASTSS lrnU8Consts<>+12(SB), Y13
	VPBROADCASTD LRNU8_zero(DI), Y14
	VBROADCASTSS lrnU8Consts<>+16(SB), Y15

	LEAQ (R8)(R13*1), R10
	SQUARES(SI, first_squares)

pixel:
	CMPQ BX, $1
	JEQ  last_pixel
	MOVQ SI, R11
	ADDQ LRNU8_srcStride(DI), R11
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
	VFMADD213PS  Y10, Y9, Y1         // t
	VPMOVZXBD    (SI)(AX*1), Y4
	VPSUBD       Y8, Y4, Y4
	VCVTDQ2PS    Y4, Y4
	VRSQRTPS     Y1, Y2              // u
	VRSQRTPS     Y2, Y3              // v
	VMULPS       Y4, Y3, Y0          // x·v
	VMULPS       Y3, Y3, Y3
	VMULPS       Y2, Y3, Y3          // b = u·v²
	VMULPS       Y2, Y2, Y2
	VMULPS       Y2, Y1, Y1          // a = t·u²
	VMULPS       Y2, Y0, Y0          // x·w
	VFNMADD213PS Y6, Y5, Y1          // scale·(9/4 − ¾·a
	VFNMADD231PS Y7, Y3, Y1          // − ½·b)
	VMULPS       Y1, Y0, Y2          // y
	VROUNDPS     $0, Y2, Y1          // to nearest, ties to even
	VCVTPS2DQ    Y2, Y3
	VSUBPS       Y1, Y2, Y1
	VANDPS       Y13, Y1, Y1         // distance from the level
	VCMPPS       $0x1e, Y15, Y1, Y1  // above the limit?
	VMOVMSKPS    Y1, R10
	TESTL        R10, R10
	JNZ          exact

store:
	VPADDD       Y14, Y3, Y3
	VEXTRACTI128 $1, Y3, X1
	VPACKSSDW    X1, X3, X3
	VPACKUSWB    X3, X3, X3
	VPMAXUB      X11, X3, X3
	VPMINUB      X12, X3, X3
	VMOVQ        X3, (DX)(AX*1)
	ADDQ         $8, AX
	CMPQ         AX, CX
	JLT          channels

	XCHGQ R8, R9
	ADDQ  LRNU8_srcStride(DI), SI
	ADDQ  LRNU8_dstStride(DI), DX
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
	VCVTDQ2PS Y0, Y0
	VMULPS    Y9, Y0, Y0
	VADDPS    Y10, Y0, Y0            // t
	VSQRTPS   Y0, Y0
	VSQRTPS   Y0, Y1
	VMULPS    Y1, Y0, Y0             // d
	VBROADCASTSS LRNU8_scale(DI), Y1
	VMULPS    Y1, Y4, Y4
	VDIVPS    Y0, Y4, Y3             // x·scale / d
	VCVTPS2DQ Y3, Y3
	JMP       store
