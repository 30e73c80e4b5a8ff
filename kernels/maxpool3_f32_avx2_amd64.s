//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// f32_maxpool3_1x32__avx2 — a row of 3×3 maxima, stride 1 or 2, 32 channels at a time (then 8, then the rest).
//
// Computes   dst[p][i] = max of columns p·stride−left … p·stride−left+2, v[x][i] = max of column x of three rows
// Reference  maxPool3F32Generic (pool_taps.go)
// Requires   AVX2
// Layout     src/dst NHWC; three row addresses, a clipped row given twice
// Contract   pixels, c ≥ 1; stride 1 or 2; left, right 0 or 1; no over-read; dst does not overlap src
// Bound      stride 1: 3 loads, 5 max, 1 store per 8 outputs; each input is read once per output row. One row per call
// Measured   EPYC (Zen 4), one core, best of 300: 3×3/2 112²×64 63 µs, 56²×192 43 µs, 28²×480 26 µs, 14²×832 10 µs;
//            3×3/1 28²×192 22 µs, 28²×256 31 µs, 14²×512 19 µs, 7²×832 6 µs
// Registers  DI  args                R8–R10  rows at this channel block   R11  bytes per column
//            R12 dst at the block    R13     bytes per output pixel       BX   channels left
//            AX  column offset       DX      dst pixel                    CX   pixels that see three columns
//            Y0–Y3 last column       Y4–Y7   maximum of the last two      Y8–Y11 new column
//            Y12 mask of the tail    Y14 scratch                          Y15 −Inf
// Phases     block → prologue → pixel → last_pixel → next block; tail blocks of 8 likewise
//
// Every value passes a max as its first source operand with a number as the second, which is the result if the
// first is a NaN.

DATA pool3Mask<>+0x00(SB)/8, $-1
DATA pool3Mask<>+0x08(SB)/8, $-1
DATA pool3Mask<>+0x10(SB)/8, $-1
DATA pool3Mask<>+0x18(SB)/8, $-1
GLOBL pool3Mask<>(SB), RODATA|NOPTR, $64

DATA pool3Least<>+0(SB)/4, $0xff800000 // −Inf
GLOBL pool3Least<>(SB), RODATA|NOPTR, $4

// v = maximum over the three rows of 8 channels of the column at AX.
// Reads R8–R10, AX, Y15. Writes v. Clobbers Y14.
#define MAX8(off, v) \
	VMOVUPS off(R8)(AX*1), Y14 \
	VMAXPS  Y15, Y14, v \
	VMOVUPS off(R9)(AX*1), Y14 \
	VMAXPS  v, Y14, v \
	VMOVUPS off(R10)(AX*1), Y14 \
	VMAXPS  v, Y14, v

// 32 channels of the column at AX; goes on to the next column.
#define COLUMN(a, b, c, d) \
	MAX8(0, a) \
	MAX8(32, b) \
	MAX8(64, c) \
	MAX8(96, d) \
	ADDQ R11, AX

// The same for the channels of the mask, at most 8.
#define COLUMN_TAIL(v) \
	VMASKMOVPS (R8)(AX*1), Y12, Y14 \
	VMAXPS     Y15, Y14, v \
	VMASKMOVPS (R9)(AX*1), Y12, Y14 \
	VMAXPS     v, Y14, v \
	VMASKMOVPS (R10)(AX*1), Y12, Y14 \
	VMAXPS     v, Y14, v \
	ADDQ       R11, AX

// Store 32 channels of a pixel and go on to the next.
#define STORE(a, b, c, d) \
	VMOVUPS a, 0(DX) \
	VMOVUPS b, 32(DX) \
	VMOVUPS c, 64(DX) \
	VMOVUPS d, 96(DX) \
	ADDQ    R13, DX

// func maxPool3F32AVX2(a *maxPool3Args)
TEXT ·maxPool3F32AVX2(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	MOVQ maxPool3Args_rows(DI), R8
	MOVQ (maxPool3Args_rows+8)(DI), R9
	MOVQ (maxPool3Args_rows+16)(DI), R10
	MOVQ maxPool3Args_srcStep(DI), R11
	MOVQ maxPool3Args_dst(DI), R12
	MOVQ maxPool3Args_dstStep(DI), R13
	MOVQ maxPool3Args_c(DI), BX
	VBROADCASTSS pool3Least<>(SB), Y15
	SUBQ $32, BX
	JLT  tail

block:
	XORL AX, AX
	MOVQ R12, DX
	MOVQ maxPool3Args_pixels(DI), CX
	SUBQ maxPool3Args_right(DI), CX
	CMPQ maxPool3Args_stride(DI), $2
	JEQ  two

	COLUMN(Y0, Y1, Y2, Y3)           // the first column that exists
	VMOVAPS Y0, Y4
	VMOVAPS Y1, Y5
	VMOVAPS Y2, Y6
	VMOVAPS Y3, Y7
	CMPQ    maxPool3Args_left(DI), $0
	JNE     one_start                // and the one before it does not
	COLUMN(Y0, Y1, Y2, Y3)
	VMAXPS  Y0, Y4, Y4
	VMAXPS  Y1, Y5, Y5
	VMAXPS  Y2, Y6, Y6
	VMAXPS  Y3, Y7, Y7

one_start:
	TESTQ CX, CX
	JZ    one_last

one_pixel:
	COLUMN(Y8, Y9, Y10, Y11)
	VMAXPS Y4, Y8, Y4                // three columns
	VMAXPS Y5, Y9, Y5
	VMAXPS Y6, Y10, Y6
	VMAXPS Y7, Y11, Y7
	STORE(Y4, Y5, Y6, Y7)
	VMAXPS Y0, Y8, Y4                // the last two
	VMAXPS Y1, Y9, Y5
	VMAXPS Y2, Y10, Y6
	VMAXPS Y3, Y11, Y7
	VMOVAPS Y8, Y0
	VMOVAPS Y9, Y1
	VMOVAPS Y10, Y2
	VMOVAPS Y11, Y3
	SUBQ   $1, CX
	JNZ    one_pixel

one_last:
	CMPQ maxPool3Args_right(DI), $0
	JEQ  next
	STORE(Y4, Y5, Y6, Y7)

next:
	ADDQ $128, R8
	ADDQ $128, R9
	ADDQ $128, R10
	ADDQ $128, R12
	SUBQ $32, BX
	JGE  block
	JMP  tail

two:
	VMOVAPS Y15, Y0                  // the left column of the first window: none, or
	VMOVAPS Y15, Y1
	VMOVAPS Y15, Y2
	VMOVAPS Y15, Y3
	CMPQ    maxPool3Args_left(DI), $0
	JNE     two_start
	COLUMN(Y0, Y1, Y2, Y3)

two_start:
	TESTQ CX, CX
	JZ    two_last

two_pixel:
	COLUMN(Y4, Y5, Y6, Y7)           // middle
	VMAXPS Y4, Y0, Y4
	VMAXPS Y5, Y1, Y5
	VMAXPS Y6, Y2, Y6
	VMAXPS Y7, Y3, Y7
	COLUMN(Y0, Y1, Y2, Y3)           // right, and the next window's left
	VMAXPS Y4, Y0, Y4
	VMAXPS Y5, Y1, Y5
	VMAXPS Y6, Y2, Y6
	VMAXPS Y7, Y3, Y7
	STORE(Y4, Y5, Y6, Y7)
	SUBQ   $1, CX
	JNZ    two_pixel

two_last:
	CMPQ maxPool3Args_right(DI), $0
	JEQ  next
	COLUMN(Y4, Y5, Y6, Y7)
	VMAXPS Y4, Y0, Y4
	VMAXPS Y5, Y1, Y5
	VMAXPS Y6, Y2, Y6
	VMAXPS Y7, Y3, Y7
	STORE(Y4, Y5, Y6, Y7)
	JMP  next

tail:
	ADDQ $32, BX                     // fewer than 32 channels are left
	JZ   done
	VPCMPEQD Y12, Y12, Y12
	LEAQ pool3Mask<>+32(SB), SI

tail_block:
	CMPQ    BX, $8
	JGE     tail_begin
	SHLQ    $2, BX                   // the last channels: mask of BX ones
	SUBQ    BX, SI
	VMOVUPS (SI), Y12
	SHRQ    $2, BX

tail_begin:
	XORL AX, AX
	MOVQ R12, DX
	MOVQ maxPool3Args_pixels(DI), CX
	CMPQ maxPool3Args_stride(DI), $2
	JEQ  tail_two

	COLUMN_TAIL(Y0)
	VMOVAPS Y0, Y4
	CMPQ    maxPool3Args_left(DI), $0
	JNE     tail_one
	COLUMN_TAIL(Y0)
	VMAXPS  Y0, Y4, Y4

tail_one:
	VMOVAPS Y15, Y8                  // no third column for the last pixel, or
	CMPQ    CX, $1
	JGT     tail_one_column
	CMPQ    maxPool3Args_right(DI), $0
	JNE     tail_one_store

tail_one_column:
	COLUMN_TAIL(Y8)

tail_one_store:
	VMAXPS  Y4, Y8, Y4
	CMPQ    BX, $8
	JLT     tail_one_masked
	VMOVUPS Y4, (DX)
	JMP     tail_one_next

tail_one_masked:
	VMASKMOVPS Y4, Y12, (DX)

tail_one_next:
	ADDQ    R13, DX
	VMAXPS  Y0, Y8, Y4
	VMOVAPS Y8, Y0
	SUBQ    $1, CX
	JNZ     tail_one
	JMP     tail_next

tail_two:
	VMOVAPS Y15, Y0
	CMPQ    maxPool3Args_left(DI), $0
	JNE     tail_two_pixel
	COLUMN_TAIL(Y0)

tail_two_pixel:
	COLUMN_TAIL(Y4)
	VMAXPS  Y4, Y0, Y4
	VMOVAPS Y15, Y0
	CMPQ    CX, $1
	JGT     tail_two_column
	CMPQ    maxPool3Args_right(DI), $0
	JNE     tail_two_store

tail_two_column:
	COLUMN_TAIL(Y0)

tail_two_store:
	VMAXPS  Y4, Y0, Y4
	CMPQ    BX, $8
	JLT     tail_two_masked
	VMOVUPS Y4, (DX)
	JMP     tail_two_next

tail_two_masked:
	VMASKMOVPS Y4, Y12, (DX)

tail_two_next:
	ADDQ R13, DX
	SUBQ $1, CX
	JNZ  tail_two_pixel

tail_next:
	ADDQ $32, R8
	ADDQ $32, R9
	ADDQ $32, R10
	ADDQ $32, R12
	SUBQ $8, BX
	JGT  tail_block

done:
	VZEROUPPER
	RET
