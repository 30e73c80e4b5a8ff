//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_maxpool_1x128__avx2 — maximum over any window, one output pixel × 128 channels at a time (then 32, 16, 8, 4, 2, 1).
// u8_maxpool3_1x64__avx2 — a row of 3×3 maxima, stride 1 or 2, 64 channels at a time (then 32, 16, 8, 4, 2, 1).
//
// Computes   dst[p][i] = max_t src[t][p][i]     or the maximum of three columns of three rows
// Reference  maxPoolU8Generic, maxPool3U8Generic (pool_taps.go)
// Requires   AVX2
// Layout     as f32_maxpool and f32_maxpool3
// Contract   as f32_maxpool and f32_maxpool3
// Bound      maxpool: a load and a max per tap; maxpool3, stride 1: 3 loads, 4 max, 1 store per 32 outputs
// Measured   EPYC (Zen 4), one core, best of 300: 3×3/2 112²×64 14 µs, 56²×192 10 µs, 28²×480 7 µs, 14²×832 4 µs;
//            3×3/1 28²×192 5 µs, 28²×256 6 µs, 14²×512 3 µs, 7²×832 2 µs
// Registers  those of f32_maxpool and f32_maxpool3
// Phases     maxpool: pixel → block → tap → tails; maxpool3: block → prologue → pixel → last_pixel → next → tails
//
// Tails read exactly their bytes: VPBROADCASTQ, D, W and B read 8, 4, 2 and 1.

#define LOAD32(src, dst) VMOVDQU src, dst
#define LOAD16(src, dst) VMOVDQU src, X4
#define LOAD8(src, dst) VPBROADCASTQ src, dst
#define LOAD4(src, dst) VPBROADCASTD src, dst
#define LOAD2(src, dst) VPBROADCASTW src, dst
#define LOAD1(src, dst) VPBROADCASTB src, dst
#define STORE32(dst) VMOVDQU Y0, dst
#define STORE16(dst) VMOVDQU X0, dst
#define STORE8(dst) VMOVQ X0, dst
#define STORE4(dst) VMOVD X0, dst
#define STORE2(dst) VPEXTRW $0, X0, dst
#define STORE1(dst) VPEXTRB $0, X0, dst

// The window of `width` channels, if at least as many are left.
// Reads SI, R13. Writes AX, DX, BX. Clobbers CX, R8, Y0, Y4.
#define TAPS_TAIL(width, LOAD, STORE, again, tap, none) \
again: \
	CMPQ BX, $width \
	JLT  none \
	VPXOR Y0, Y0, Y0 \
	XORL CX, CX \
tap: \
	MOVQ (SI)(CX*8), R8 \
	LOAD((R8)(AX*1), Y4) \
	VPMAXUB Y4, Y0, Y0 \
	ADDQ $1, CX \
	CMPQ CX, R13 \
	JLT  tap \
	STORE((DX)) \
	ADDQ $width, AX \
	ADDQ $width, DX \
	SUBQ $width, BX \
	JMP  again \
none:

// func maxPoolU8AVX2(a *poolArgs)
TEXT ·maxPoolU8AVX2(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	MOVQ poolArgs_ptrs(DI), SI
	MOVQ poolArgs_dst(DI), R12
	MOVQ poolArgs_taps(DI), R13
	MOVQ poolArgs_pixels(DI), R10
	XORL R9, R9

pixel:
	MOVQ poolArgs_c(DI), BX
	MOVQ R9, AX
	MOVQ R12, DX
	SUBQ $128, BX
	JLT  tails

block:
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	VPXOR Y2, Y2, Y2
	VPXOR Y3, Y3, Y3
	XORL  CX, CX

tap:
	MOVQ    (SI)(CX*8), R8
	VPMAXUB 0(R8)(AX*1), Y0, Y0
	VPMAXUB 32(R8)(AX*1), Y1, Y1
	VPMAXUB 64(R8)(AX*1), Y2, Y2
	VPMAXUB 96(R8)(AX*1), Y3, Y3
	ADDQ    $1, CX
	CMPQ    CX, R13
	JLT     tap
	VMOVDQU Y0, 0(DX)
	VMOVDQU Y1, 32(DX)
	VMOVDQU Y2, 64(DX)
	VMOVDQU Y3, 96(DX)
	ADDQ    $128, AX
	ADDQ    $128, DX
	SUBQ    $128, BX
	JGE     block

tails:
	ADDQ $128, BX
	JZ   next_pixel
	TAPS_TAIL(32, LOAD32, STORE32, tail32, tap32, none32)
	TAPS_TAIL(16, LOAD16, STORE16, tail16, tap16, none16)
	TAPS_TAIL(8, LOAD8, STORE8, tail8, tap8, none8)
	TAPS_TAIL(4, LOAD4, STORE4, tail4, tap4, none4)
	TAPS_TAIL(2, LOAD2, STORE2, tail2, tap2, none2)
	TAPS_TAIL(1, LOAD1, STORE1, tail1, tap1, none1)

next_pixel:
	ADDQ poolArgs_srcStep(DI), R9
	ADDQ poolArgs_dstStep(DI), R12
	SUBQ $1, R10
	JNZ  pixel
	VZEROUPPER
	RET

// 64 channels of the column at AX; goes on to the next column.
#define COLUMN(a, b) \
	VMOVDQU 0(R8)(AX*1), a \
	VMOVDQU 32(R8)(AX*1), b \
	VPMAXUB 0(R9)(AX*1), a, a \
	VPMAXUB 32(R9)(AX*1), b, b \
	VPMAXUB 0(R10)(AX*1), a, a \
	VPMAXUB 32(R10)(AX*1), b, b \
	ADDQ    R11, AX

// Store 64 channels of a pixel and go on to the next.
#define STORE64(a, b) \
	VMOVDQU a, 0(DX) \
	VMOVDQU b, 32(DX) \
	ADDQ    R13, DX

// The row for `width` channels, if at least as many are left: SI counts columns still to be read, from the first of
// the pixel on; the next pixel begins 2 or 1 columns before the end of this one.
// Reads DI, R11, R13. Writes R8–R10, R12, BX. Clobbers AX, CX, DX, SI, Y0, Y4.
#define ROW_TAIL(width, LOAD, STORE, again, pixel, column, counted, last, none) \
again: \
	CMPQ BX, $width \
	JLT  none \
	XORL AX, AX \
	MOVQ R12, DX \
	MOVQ maxPool3Args_pixels(DI), CX \
	MOVQ $3, SI \
	SUBQ maxPool3Args_left(DI), SI \
pixel: \
	CMPQ CX, $1 \
	JNE  counted \
	SUBQ maxPool3Args_right(DI), SI \
counted: \
	VPXOR Y0, Y0, Y0 \
column: \
	LOAD((R8)(AX*1), Y4) \
	VPMAXUB Y4, Y0, Y0 \
	LOAD((R9)(AX*1), Y4) \
	VPMAXUB Y4, Y0, Y0 \
	LOAD((R10)(AX*1), Y4) \
	VPMAXUB Y4, Y0, Y0 \
	ADDQ R11, AX \
	SUBQ $1, SI \
	JNZ  column \
	STORE((DX)) \
	ADDQ R13, DX \
	SUBQ R11, AX \
	MOVQ $3, SI \
	CMPQ maxPool3Args_stride(DI), $2 \
	JEQ  last \
	SUBQ R11, AX \
last: \
	SUBQ $1, CX \
	JNZ  pixel \
	ADDQ $width, R8 \
	ADDQ $width, R9 \
	ADDQ $width, R10 \
	ADDQ $width, R12 \
	SUBQ $width, BX \
	JMP  again \
none:

// func maxPool3U8AVX2(a *maxPool3Args)
TEXT ·maxPool3U8AVX2(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	MOVQ maxPool3Args_rows(DI), R8
	MOVQ (maxPool3Args_rows+8)(DI), R9
	MOVQ (maxPool3Args_rows+16)(DI), R10
	MOVQ maxPool3Args_srcStep(DI), R11
	MOVQ maxPool3Args_dst(DI), R12
	MOVQ maxPool3Args_dstStep(DI), R13
	MOVQ maxPool3Args_c(DI), BX
	SUBQ $64, BX
	JLT  tails

block:
	XORL AX, AX
	MOVQ R12, DX
	MOVQ maxPool3Args_pixels(DI), CX
	SUBQ maxPool3Args_right(DI), CX
	CMPQ maxPool3Args_stride(DI), $2
	JEQ  two

	COLUMN(Y0, Y1)                   // the first column that exists
	VMOVDQA Y0, Y4
	VMOVDQA Y1, Y5
	CMPQ    maxPool3Args_left(DI), $0
	JNE     one_start                // and the one before it does not
	COLUMN(Y0, Y1)
	VPMAXUB Y0, Y4, Y4
	VPMAXUB Y1, Y5, Y5

one_start:
	TESTQ CX, CX
	JZ    one_last

one_pixel:
	COLUMN(Y8, Y9)
	VPMAXUB Y4, Y8, Y4               // three columns
	VPMAXUB Y5, Y9, Y5
	STORE64(Y4, Y5)
	VPMAXUB Y0, Y8, Y4               // the last two
	VPMAXUB Y1, Y9, Y5
	VMOVDQA Y8, Y0
	VMOVDQA Y9, Y1
	SUBQ    $1, CX
	JNZ     one_pixel

one_last:
	CMPQ maxPool3Args_right(DI), $0
	JEQ  next
	STORE64(Y4, Y5)

next:
	ADDQ $64, R8
	ADDQ $64, R9
	ADDQ $64, R10
	ADDQ $64, R12
	SUBQ $64, BX
	JGE  block
	JMP  tails

two:
	VPXOR Y0, Y0, Y0                 // the left column of the first window: none, or
	VPXOR Y1, Y1, Y1
	CMPQ  maxPool3Args_left(DI), $0
	JNE   two_start
	COLUMN(Y0, Y1)

two_start:
	TESTQ CX, CX
	JZ    two_last

two_pixel:
	COLUMN(Y4, Y5)                   // middle
	VPMAXUB Y4, Y0, Y4
	VPMAXUB Y5, Y1, Y5
	COLUMN(Y0, Y1)                   // right, and the next window's left
	VPMAXUB Y4, Y0, Y4
	VPMAXUB Y5, Y1, Y5
	STORE64(Y4, Y5)
	SUBQ    $1, CX
	JNZ     two_pixel

two_last:
	CMPQ maxPool3Args_right(DI), $0
	JEQ  next
	COLUMN(Y4, Y5)
	VPMAXUB Y4, Y0, Y4
	VPMAXUB Y5, Y1, Y5
	STORE64(Y4, Y5)
	JMP  next

tails:
	ADDQ $64, BX
	JZ   done
	ROW_TAIL(32, LOAD32, STORE32, tail32, pixel32, column32, counted32, last32, none32)
	ROW_TAIL(16, LOAD16, STORE16, tail16, pixel16, column16, counted16, last16, none16)
	ROW_TAIL(8, LOAD8, STORE8, tail8, pixel8, column8, counted8, last8, none8)
	ROW_TAIL(4, LOAD4, STORE4, tail4, pixel4, column4, counted4, last4, none4)
	ROW_TAIL(2, LOAD2, STORE2, tail2, pixel2, column2, counted2, last2, none2)
	ROW_TAIL(1, LOAD1, STORE1, tail1, pixel1, column1, counted1, last1, none1)

done:
	VZEROUPPER
	RET
