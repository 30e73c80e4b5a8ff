//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_lrn5_1x32__avx512 — quantised local response normalisation over 5 channels, 32 channels at a time.
//
// Computes   see lrnU8Args (lrn_u8.go) for size 5, to the bit: every byte is that of the formula written there
// Reference  lrnU8Generic (lrn_u8.go)
// Requires   AVX-512 F, BW, VL
// Layout     src/dst NHWC uint8; no scratch
// Contract   pixels, c ≥ 1; size 5; t, scale within 2^±60, abs(y) ≤ 2³⁰; dst is src or does not overlap it; no over-read
// Bound      43 vector operations per 32 channels, 18 of them for two of the four pipes, beside two VSQRTPS: 23 cycles if none
//            waited for another, of the 32 it takes
// Measured   EPYC (Zen 4), one core, best of 4000: 56²×64 55 µs, 56²×192 166 µs; by the formula alone, AVX2, 158 and 360 µs
// Tile       a block is 32 channels of a pixel, its even channels in one register, its odd ones in another. Four blocks are
//            under way, so that no stage waits for the one before it:
//                         even  odd        even  odd        even  odd
//              loaded     Z8    Z9   x     Z6    Z7   q = x²
//              current    Z4    Z5   x     Z2    Z3   q       of the block before it: Z0 even q, Z1 u
//              summed     Z13   Z17  x     Z10   Z14  s       Z11   Z15  T    Z12   Z16  √T
//              corrected  Z21   Z23  x     Z20   Z22  s       Z24   Z25  v
// Registers  DI  args    SI  src, block to load    DX  dst, block to store    CX  blocks of a pixel    BX  blocks left to store
//            R8, R9, R10  left of the pixel to load, to sum, to store    R11 pixels left to load    AX  steps of the start done
//            R12, R13  from the last block of a pixel to the next pixel, bytes
//            Z18 least v    Z19 greatest v    Z26 bytes 0    Z27 bytes 1    Z28 α·ζ    Z29 bias·ζ    Z30 v of y = 0    Z31 3
//            K1  channels, K2  even ones, K3  odd ones of a pixel's last block    K4  not close to the edge
// Phases     start: load → load → sums → load → correct → sums → load; then
//            store [← exact] → correct → sums [← sums_first, sums_last] → load [← load_last], each for the next block
//
// Windows. With even and odd squares apart, qₖ and q′ₖ, and uₖ = q′ₖ + qₖ₊₁, the sums are uₖ₋₁ + uₖ + qₖ₋₁ for even channels,
// uₖ₋₁ + uₖ + q′ₖ₊₁ for odd ones. Squares are at most 65025, their sums 325125: exact in float32. Bytes become floats by the
// exponent of 2²³ (2¹⁵ for the higher byte of a word) set above them; subtracting 2²³ + inZero leaves x.
//
// The estimate. To choose a byte, y = x·scale/t^¾ is needed to a thousandth of a level only, unless it is close to the edge
// between two levels. Let ζ = (2/scale)^(4/3), T = ζ·t (ζ is multiplied into α and bias), z = T·√T = 4·(t^¾/scale)², and
// w = rsqrt(z) = z^−½·(1+e), where |e| ≤ 2⁻¹⁴ (VRSQRT14PS). Then
//
//	x·w·(3 − z·w·w) = 2·x·z^−½·(1 − 3/2·e² − ½·e³)
//
// and 2·x·z^−½ = y. Rounding errors, ε = 2⁻²⁴ each: T is off by 2 ε (a coefficient's, the FMA's), hence √T by 2, z by 5, z^−½
// by 2½; z·w by 1, which is half as much of 3 − z·w·w, near 2; that itself by 1, x·w by 1; 3/2·e² is below 0.1. In all 5.1 ε.
// The formula's own: t 2, √t 2, √√t 2, d 5, the product 1, the quotient 1; in all 7 ε. So the estimate is within 12.2 ε of
// the formula's y, relatively: 256·12.2 ε < 1.87·10⁻⁴ as far as |y| ≤ 256.
//
// The byte. v = 256½ + zero + y + 8·2⁻¹⁵, rounded once, is in [256, 512) if the byte is not clamped: 15 of its mantissa's
// bits are below one level, the 8 above are the byte. v is within 6.1 + ½ of these units of what the formula's y would give,
// so if v without its 8 units is 8 or more from the edge of a level (its 15 low bits are 16 or more), the formula's byte is
// the same. Otherwise (one block in 64, if y is anywhere between levels alike) the block is computed by the formula. v is
// clamped first, to the middle of the least and of the greatest level, by integers, which order as positive floats do: what
// is beyond them the formula clamps as well, however large y.
//
// Range. abs(y) ≤ 2³⁰ means T ≥ 2⁻²⁸; NewLRNU8 keeps α·ζ ≤ 2⁴⁰ and bias·ζ ≤ 2⁶⁰, beyond which y rounds to 0 (s > 0 or x = 0):
// z is within 2⁻⁴² and 2⁹¹.

DATA lrnU8Consts512<>+0(SB)/4, $0x000000ff
DATA lrnU8Consts512<>+4(SB)/4, $0x0000ff00
DATA lrnU8Consts512<>+8(SB)/4, $0x4b000000       // 2²³: its unit is bit 0
DATA lrnU8Consts512<>+12(SB)/4, $0x47000000      // 2¹⁵: its unit is bit 8
DATA lrnU8Consts512<>+16(SB)/4, $0x00007ff0      // 16 units or more from the edge
DATA lrnU8Consts512<>+20(SB)/4, $3.0
DATA lrnU8Consts512<>+24(SB)/4, $256.5
DATA lrnU8Consts512<>+28(SB)/4, $0.000244140625  // 8·2⁻¹⁵
GLOBL lrnU8Consts512<>(SB), RODATA|NOPTR, $32

// K = n low bits, n ≤ 32 in CX. Clobbers R8.
#define MASK(k) \
	MOVQ  $-1, R8 \
	SHLQ  CX, R8 \
	NOTQ  R8 \
	KMOVD R8, k

// Z8, words of two channels: 2²³ + the even one, and to Z9 2¹⁵ + the odd one.
#define FLOATS \
	VMOVDQA64       Z8, Z9 \
	VPTERNLOGD.BCST $0xea, lrnU8Consts512<>+8(SB), Z26, Z8 \
	VPTERNLOGD.BCST $0xea, lrnU8Consts512<>+12(SB), Z27, Z9

// v of the formula's y, rounded. Reads s, x. Writes v. Clobbers s.
#define EXACT(s, x, v) \
	VMULPS.BCST lrnU8Args_alpha(DI), s, s \
	VADDPS.BCST lrnU8Args_bias(DI), s, s   \ // t
	VSQRTPS     s, s \
	VSQRTPS     s, v \
	VMULPS      v, s, s                \ // d
	VMULPS.BCST lrnU8Args_scale(DI), x, v \
	VDIVPS      s, v, v \
	VRNDSCALEPS $0, v, v               \ // to nearest, ties to even
	VADDPS      Z30, v, v

// func lrnU8AVX512(a *lrnU8Args)
TEXT ·lrnU8AVX512(SB), NOSPLIT, $16-8
	MOVQ         a+0(FP), DI
	MOVQ         lrnU8Args_src(DI), SI
	MOVQ         lrnU8Args_dst(DI), DX
	MOVQ         lrnU8Args_pixels(DI), R11
	VCVTSI2SSL   lrnU8Args_inZero(DI), X0, X0
	VADDSS       lrnU8Consts512<>+8(SB), X0, X1
	VADDSS       lrnU8Consts512<>+12(SB), X0, X2
	VMOVSS       X1, even-4(SP)                 // what to subtract: 2²³ + inZero
	VMOVSS       X2, odd-8(SP)
	VCVTSI2SSL   lrnU8Args_zero(DI), X0, X0
	VADDSS       lrnU8Consts512<>+24(SB), X0, X0
	VADDSS       lrnU8Args_lo(DI), X0, X1
	VADDSS       lrnU8Args_hi(DI), X0, X2
	VADDSS       lrnU8Consts512<>+28(SB), X0, X0
	VBROADCASTSS X1, Z18
	VBROADCASTSS X2, Z19
	VBROADCASTSS X0, Z30
	VPBROADCASTD lrnU8Consts512<>+0(SB), Z26
	VPBROADCASTD lrnU8Consts512<>+4(SB), Z27
	VBROADCASTSS lrnU8Args_alphaZ(DI), Z28
	VBROADCASTSS lrnU8Args_biasZ(DI), Z29
	VBROADCASTSS lrnU8Consts512<>+20(SB), Z31

	MOVQ lrnU8Args_c(DI), CX
	LEAQ -1(CX), R10
	MOVQ R10, R9
	ANDQ $~31, R10                   // channels before the last block
	SUBQ R10, CX                     // in it, 1…32
	MOVL CX, last-12(SP)
	MASK(K1)
	INCQ CX
	SHRQ $1, CX
	MASK(K2)
	MOVL last-12(SP), CX
	SHRQ $1, CX
	MASK(K3)
	SHRQ $5, R9
	LEAQ 1(R9), CX                   // blocks of a pixel
	MOVQ lrnU8Args_srcStride(DI), R12
	MOVQ lrnU8Args_dstStride(DI), R13
	SUBQ R10, R12
	SUBQ R10, R13
	MOVQ CX, R8
	MOVQ CX, R9
	MOVQ CX, R10
	MOVQ CX, BX
	IMULQ R11, BX
	XORL AX, AX
	JMP  load

store:
	VPMAXSD       Z18, Z24, Z24
	VPMAXSD       Z18, Z25, Z25
	VPMINSD       Z19, Z24, Z24
	VPMINSD       Z19, Z25, Z25
	VPTESTMD.BCST lrnU8Consts512<>+16(SB), Z24, K4
	VPTESTMD.BCST lrnU8Consts512<>+16(SB), Z25, K4, K4
	KORTESTW      K4, K4
	JCC           exact              // not all are far from the edge
	VPSRLD        $15, Z24, Z24      // even bytes at bit 0
	VPSRLD        $7, Z25, Z25       // odd ones at bit 8
	VPTERNLOGD    $0xe4, Z26, Z25, Z24
	VPMOVDW       Z24, Y24
	SUBQ          $1, R10
	JEQ           store_last
	VMOVDQU64     Y24, (DX)
	ADDQ          $32, DX

stored:
	SUBQ $1, BX
	JEQ  done

correct:
	VMULPS       Z12, Z11, Z11
	VMULPS       Z16, Z15, Z15       // z
	VRSQRT14PS   Z11, Z12
	VRSQRT14PS   Z15, Z16            // w
	VMULPS       Z12, Z11, Z11
	VMULPS       Z16, Z15, Z15       // z·w
	VFNMADD213PS Z31, Z12, Z11
	VFNMADD213PS Z31, Z16, Z15       // 3 − z·w·w
	VMULPS       Z13, Z12, Z12
	VMULPS       Z17, Z16, Z16       // x·w
	VMOVAPS      Z30, Z24
	VMOVAPS      Z30, Z25
	VFMADD231PS  Z11, Z12, Z24
	VFMADD231PS  Z15, Z16, Z25       // v
	VMOVAPS      Z10, Z20
	VMOVAPS      Z13, Z21
	VMOVAPS      Z14, Z22
	VMOVAPS      Z17, Z23

sums:
	CMPQ R9, CX
	JEQ  sums_first

sums_after:
	CMPQ    R9, $1
	JEQ     sums_last
	VALIGND $1, Z2, Z6, Z10          // even q two channels later
	VALIGND $1, Z3, Z7, Z14          // odd q
	SUBQ    $1, R9

sums_before:
	VADDPS      Z10, Z3, Z10         // u
	VALIGND     $15, Z0, Z2, Z15     // even q two channels earlier
	VALIGND     $15, Z1, Z10, Z11    // u
	VMOVAPS     Z10, Z1
	VMOVAPS     Z2, Z0
	VADDPS      Z11, Z10, Z10
	VADDPS      Z14, Z10, Z14
	VADDPS      Z15, Z10, Z10        // s
	VMOVAPS     Z10, Z11
	VMOVAPS     Z14, Z15
	VFMADD213PS Z29, Z28, Z11
	VFMADD213PS Z29, Z28, Z15        // T
	VSQRTPS     Z11, Z12
	VSQRTPS     Z15, Z16
	VMOVAPS     Z4, Z13
	VMOVAPS     Z5, Z17

load:
	VMOVAPS   Z6, Z2
	VMOVAPS   Z7, Z3
	VMOVAPS   Z8, Z4
	VMOVAPS   Z9, Z5
	SUBQ      $1, R8
	JEQ       load_last
	VPMOVZXWD (SI), Z8
	ADDQ      $32, SI

loaded:
	FLOATS
	VSUBPS.BCST even-4(SP), Z8, Z8   // x
	VSUBPS.BCST odd-8(SP), Z9, Z9

squares:
	VMULPS Z8, Z8, Z6                // q
	VMULPS Z9, Z9, Z7
	CMPQ   AX, $3
	JEQ    store

	INCQ AX                          // the stages that have nothing yet are left out
	CMPQ AX, $2
	JLT  load
	JEQ  sums
	JMP  correct

sums_first:
	VPXORD  Z0, Z0, Z0               // before the pixel
	VALIGND $1, Z0, Z2, Z1           // u there: its last is the first square
	JMP     sums_after

sums_last:
	VPXORD  Z14, Z14, Z14            // after it
	VALIGND $1, Z2, Z14, Z10
	VALIGND $1, Z3, Z14, Z14
	MOVQ    CX, R9
	JMP     sums_before

load_last:
	CMPL      last-12(SP), $32
	JNE       load_tail
	VPMOVZXWD (SI), Z8
	SUBQ      $1, R11
	JLE       load_again
	ADDQ      R12, SI
	MOVQ      CX, R8
	JMP       loaded

load_again:
	MOVL $1, R8                      // the last block of all, for the last stages to run out: read, not used
	JMP  loaded

load_tail:
	VMOVDQU8.Z (SI), K1, Y8
	VPMOVZXWD  Y8, Z8
	MOVL       $1, R8
	SUBQ       $1, R11
	JLE        tail_loaded
	ADDQ       R12, SI
	MOVQ       CX, R8

tail_loaded:
	FLOATS
	VSUBPS.BCST.Z even-4(SP), Z8, K2, Z8
	VSUBPS.BCST.Z odd-8(SP), Z9, K3, Z9
	JMP           squares

store_last:
	MOVQ      CX, R10
	CMPL      last-12(SP), $32
	JNE       store_tail
	VMOVDQU64 Y24, (DX)
	ADDQ      R13, DX
	JMP       stored

store_tail:
	VMOVDQU8 Y24, K1, (DX)
	ADDQ     R13, DX
	JMP      stored

done:
	VZEROUPPER
	RET

exact:
	EXACT(Z20, Z21, Z24)
	EXACT(Z22, Z23, Z25)
	JMP store                        // in the middle of a level
