//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// f32_lrn_1x8__avx2 — local response normalisation across channels, β = 3/4, any window.
//
// Computes   x = alpha·Σ_{j<size} src[i−before+j]² + bias;  t = √x;  dst[i] = src[i] / (t·√t)
// Reference  lrnF32Generic (lrn.go); the same bits
// Requires   AVX2
// Layout     src/dst NHWC; squares: before zeros, the squares of a pixel, zeros
// Contract   pixels, c ≥ 1; size ≥ 1, before = 2 if it is 5; squares holds roundUp(c, 8)+size−1 numbers, zero but for
//            the c in the middle; no over-read of src, no over-write of dst; dst may be src
// Bound      2 square roots and 1 division per 8 channels
// Measured   EPYC (Zen 4), one core, best of 300: window of 5 over 56²×64 92 µs, 56²×192 275 µs; as long as the roots and
//            divisions alone
// Registers  DI  args            SI  src pixel       DX  dst pixel        R8  squares
//            R9  squares of channel 0                R10 pixels left      R11 4·c rounded down to 8 channels
//            R12 4·c             AX  channel offset  CX  taps left        R13 tap address
//            Y0–Y3 work          Y13 mask            Y14 alpha            Y15 bias
//            window of 5: Y4, Y5, Y6 squares of the last, this and the next 8 channels    Y7, Y8 this and next src
// Phases     pixel → squares → squares_tail → channel → tap → root → store | store_tail
//            window of 5: pixel5 → channel5 → sum5 → store5 | store5_tail
//
// The window of 5, which AlexNet and GoogLeNet use, is summed from registers: written to memory and read back at
// other offsets, squares would wait for the stores to leave the store queue.

DATA lrnMask<>+0x00(SB)/8, $-1
DATA lrnMask<>+0x08(SB)/8, $-1
DATA lrnMask<>+0x10(SB)/8, $-1
DATA lrnMask<>+0x18(SB)/8, $-1
GLOBL lrnMask<>(SB), RODATA|NOPTR, $64

// func lrnF32AVX2(b *lrnArgs)
TEXT ·lrnF32AVX2(SB), NOSPLIT, $0-8
	MOVQ b+0(FP), DI
	MOVQ lrnArgs_src(DI), SI
	MOVQ lrnArgs_dst(DI), DX
	MOVQ lrnArgs_squares(DI), R8
	MOVQ lrnArgs_before(DI), R9
	LEAQ (R8)(R9*4), R9
	MOVQ lrnArgs_pixels(DI), R10
	MOVQ lrnArgs_c(DI), R12
	SHLQ $2, R12
	MOVQ R12, R11
	ANDQ $-32, R11
	VBROADCASTSS lrnArgs_alpha(DI), Y14
	VBROADCASTSS lrnArgs_bias(DI), Y15
	MOVQ R12, AX                     // mask of the c mod 8 last channels
	SUBQ R11, AX
	LEAQ lrnMask<>+32(SB), BX
	SUBQ AX, BX
	VMOVUPS (BX), Y13
	CMPQ lrnArgs_size(DI), $5
	JEQ  pixel5

pixel:
	XORL AX, AX
	CMPQ AX, R11
	JEQ  squares_tail

squares:
	VMOVUPS (SI)(AX*1), Y0
	VMULPS  Y0, Y0, Y0
	VMOVUPS Y0, (R9)(AX*1)
	ADDQ    $32, AX
	CMPQ    AX, R11
	JLT     squares

squares_tail:
	CMPQ       AX, R12
	JEQ        squares_done
	VMASKMOVPS (SI)(AX*1), Y13, Y0
	VMULPS     Y0, Y0, Y0
	VMOVUPS    Y0, (R9)(AX*1)        // zeros past the last channel

squares_done:
	XORL AX, AX

channel:
	MOVQ    lrnArgs_size(DI), CX
	LEAQ    (R8)(AX*1), R13
	VMOVUPS (R13), Y0
	SUBQ    $1, CX
	JZ      root

tap:
	ADDQ   $4, R13
	VADDPS (R13), Y0, Y0             // sum += squares[i+j]
	SUBQ   $1, CX
	JNZ    tap

root:
	VMULPS  Y14, Y0, Y0
	VADDPS  Y15, Y0, Y0              // x = alpha·sum + bias
	VSQRTPS Y0, Y1                   // t
	VSQRTPS Y1, Y2
	VMULPS  Y2, Y1, Y1               // t·√t
	CMPQ    AX, R11
	JEQ     store_tail
	VMOVUPS (SI)(AX*1), Y0
	VDIVPS  Y1, Y0, Y0
	VMOVUPS Y0, (DX)(AX*1)
	ADDQ    $32, AX
	CMPQ    AX, R12
	JLT     channel

next_pixel:
	ADDQ lrnArgs_srcStride(DI), SI
	ADDQ lrnArgs_dstStride(DI), DX
	SUBQ $1, R10
	JNZ  pixel
	VZEROUPPER
	RET

store_tail:
	VMASKMOVPS (SI)(AX*1), Y13, Y0
	VDIVPS     Y1, Y0, Y0
	VMASKMOVPS Y0, Y13, (DX)(AX*1)
	JMP        next_pixel

pixel5:
	VXORPS Y4, Y4, Y4
	XORL   AX, AX
	CMPQ   AX, R11
	JEQ    first_tail5
	VMOVUPS (SI), Y7
	VMULPS  Y7, Y7, Y5
	JMP     channel5

first_tail5:
	VMASKMOVPS (SI), Y13, Y7
	VMULPS     Y7, Y7, Y5

channel5:
	LEAQ    32(AX), CX               // the next channels: 8, some or none
	CMPQ    CX, R11
	JGE     next_tail5
	VMOVUPS (SI)(CX*1), Y8
	VMULPS  Y8, Y8, Y6
	JMP     sum5

next_tail5:
	VXORPS     Y6, Y6, Y6
	CMPQ       CX, R12
	JGE        sum5
	VMASKMOVPS (SI)(CX*1), Y13, Y8
	VMULPS     Y8, Y8, Y6

sum5:
	VPERM2F128 $0x21, Y5, Y4, Y0     // squares of channels −4…3
	VPERM2F128 $0x21, Y6, Y5, Y1     // 4…11
	VSHUFPS    $0x4e, Y5, Y0, Y2     // −2…5
	VPALIGNR   $12, Y0, Y5, Y0       // −1…6
	VADDPS     Y0, Y2, Y0
	VADDPS     Y5, Y0, Y0
	VPALIGNR   $4, Y5, Y1, Y2        // 1…8
	VADDPS     Y2, Y0, Y0
	VSHUFPS    $0x4e, Y1, Y5, Y2     // 2…9
	VADDPS     Y2, Y0, Y0
	VMULPS     Y14, Y0, Y0
	VADDPS     Y15, Y0, Y0           // x
	VSQRTPS    Y0, Y1                // t
	VSQRTPS    Y1, Y2
	VMULPS     Y2, Y1, Y1
	VDIVPS     Y1, Y7, Y0
	CMPQ       AX, R11
	JEQ        store5_tail
	VMOVUPS    Y0, (DX)(AX*1)
	VMOVAPS    Y5, Y4
	VMOVAPS    Y6, Y5
	VMOVAPS    Y8, Y7
	MOVQ       CX, AX
	CMPQ       AX, R12
	JLT        channel5

next_pixel5:
	ADDQ lrnArgs_srcStride(DI), SI
	ADDQ lrnArgs_dstStride(DI), DX
	SUBQ $1, R10
	JNZ  pixel5
	VZEROUPPER
	RET

store5_tail:
	VMASKMOVPS Y0, Y13, (DX)(AX*1)
	JMP        next_pixel5
