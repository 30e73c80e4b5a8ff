//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "depthrow_amd64.h"

// u8_depthpair_8x8__avx2 — quantised depthwise convolution of a row, windows of 3 or 5 columns, 8 pixels × 8 channels.
//
// Computes   dst[p][k] = requantize(bias[k] + Σ (src[r][p·stride + t − skip][k] − inZero) · w[r][t][k])
// Reference  depthRowU8Generic (depthrow.go); the same bytes
// Requires   AVX2
// Layout     src/dst NHWC; w rows of c
// Contract   as depthRowArgs says, KR = 1; c ≥ 8; no over-read; dst does not alias src
// Bound      instructions: of three rows and windows of 3 columns, stride 1, 96 of products and sums, 10 for each of 10
//            columns; exact in int32
// Registers  Y0–Y7  sums of pixels 0–7    Y8–Y12  weights of two rows' taps    Y13  their column    Y14  the third row's
//            Y15  products
//            DI  args    SI  column    CX  columns left    BX  row    DX  its weights    R8  colStep    R9, R10  wStep, 3·wStep
//            R11  rows left    R12  offset of the channels    R13  form + skip    R14  from a row to the one beside it
//            AX  weights of that one; of the third; bias, scale, dst
// Frame      the third row's weights, the zero point beside zero, the zero point twice
// Phases     tile → channels → rows, by three, then the two or the one that are left → column | store

// depthPairs: of eight bytes of two rows, in each lane, those of channels 0–3, of 4–7 to pairs of int16.
DATA depthPairs<>+0x00(SB)/8, $0x8009800180088000
DATA depthPairs<>+0x08(SB)/8, $0x800b8003800a8002
DATA depthPairs<>+0x10(SB)/8, $0x800d8005800c8004
DATA depthPairs<>+0x18(SB)/8, $0x800f8007800e8006
GLOBL depthPairs<>(SB), RODATA|NOPTR, $32

#define A0 Y0
#define A1 Y1
#define A2 Y2
#define A3 Y3
#define A4 Y4
#define A5 Y5
#define A6 Y6
#define A7 Y7
#define ZERO  160(SP)
#define ZEROS 192(SP)
#define TAPS3
#define TAPS5

// Two rows side by side, as int16 less the zero point: R14 is 0 for a row by itself, whose second weights are zeros.
#define PAIR(pairs, zeros) \
	VPBROADCASTQ (SI), Y13 \
	VPBROADCASTQ (SI)(R14*1), Y14 \
	VPBLENDD     $0xcc, Y14, Y13, Y13 \
	VPSHUFB      pairs, Y13, Y13 \
	VPSUBW       zeros, Y13, Y13
#define PAIR3 PAIR(Y12, Y11)
#define PAIR5 PAIR(depthPairs<>(SB), ZEROS)
#define THIRD \
	VPMOVZXBD (SI)(R14*2), Y14 \
	VPSUBW    ZERO, Y14, Y14
#define ADD_PRODUCTS(w, column, a) \
	VPMADDWD w, column, Y15 \
	VPADDD   Y15, a, a

// Weights of a tap in two rows.
#define TWO(w0, w1, x, y) \
	VMOVQ      w0, x \
	VMOVQ      w1, X15 \
	VPUNPCKLBW X15, x, x \
	VPMOVSXBW  x, y

// func depthPairU8AVX2(a *depthRowArgs)
TEXT ·depthPairU8AVX2(SB), NOSPLIT, $224-8
	MOVQ         a+0(FP), DI
	VPBROADCASTD depthRowArgs_inZero(DI), Y0
	VMOVDQU      Y0, ZERO
	VPBROADCASTW depthRowArgs_inZero(DI), Y0
	VMOVDQU      Y0, ZEROS
	ROW_INIT(8, 1)

tile:
	TILE

channels:
	MOVQ    depthRowArgs_bias(DI), AX
	VMOVDQU (AX)(R12*4), A0
	VMOVDQA A0, A1
	VMOVDQA A0, A2
	VMOVDQA A0, A3
	VMOVDQA A0, A4
	VMOVDQA A0, A5
	VMOVDQA A0, A6
	VMOVDQA A0, A7
	MOVQ    depthRowArgs_src(DI), BX
	ADDQ    depthRowArgs_srcAt(DI), BX
	MOVQ    depthRowArgs_w(DI), DX
	ADDQ    R12, BX
	ADDQ    R12, DX
	MOVQ    depthRowArgs_rows(DI), R11

rows:
	MOVQ  BX, SI
	VMOVDQU ZEROS, Y11
	VMOVDQU depthPairs<>(SB), Y12
	MOVQ  depthRowArgs_see(DI), CX
	MOVQ  depthRowArgs_rowStep(DI), R14
	MOVQ  depthRowArgs_wRow(DI), AX
	CMPQ  R11, $2
	JLT   last_row
	ADDQ  DX, AX
	TWO((DX), (AX), X8, Y8)
	TWO((DX)(R9*1), (AX)(R9*1), X9, Y9)
	TWO((DX)(R9*2), (AX)(R9*2), X10, Y10)
	CMPQ  R13, $6
	JLT   two_loaded
	TWO((DX)(R10*1), (AX)(R10*1), X11, Y11)
	TWO((DX)(R9*4), (AX)(R9*4), X12, Y12)

two_loaded:
	CMPQ      R11, $3
	JLT       two_rows
	ADDQ      depthRowArgs_wRow(DI), AX
	VPMOVSXBD (AX), Y13
	VPMOVSXBD (AX)(R9*1), Y14
	VPMOVSXBD (AX)(R9*2), Y15
	VMOVDQU   Y13, 0(SP)
	VMOVDQU   Y14, 32(SP)
	VMOVDQU   Y15, 64(SP)
	CMPQ      R13, $6
	JLT       three_rows
	VPMOVSXBD (AX)(R10*1), Y13
	VPMOVSXBD (AX)(R9*4), Y14
	VMOVDQU   Y13, 96(SP)
	VMOVDQU   Y14, 128(SP)

three_rows:
#define COLUMN \
	PAIR3 \
	THIRD
#define COLUMN5 \
	PAIR5 \
	THIRD
#define TAP0(n, a) \
	ADD_PRODUCTS(Y8, Y13, a) \
	ADD_PRODUCTS(0(SP), Y14, a)
#define TAP1(n, a) \
	ADD_PRODUCTS(Y9, Y13, a) \
	ADD_PRODUCTS(32(SP), Y14, a)
#define TAP2(n, a) \
	ADD_PRODUCTS(Y10, Y13, a) \
	ADD_PRODUCTS(64(SP), Y14, a)
#define TAP3(n, a) \
	ADD_PRODUCTS(Y11, Y13, a) \
	ADD_PRODUCTS(96(SP), Y14, a)
#define TAP4(n, a) \
	ADD_PRODUCTS(Y12, Y13, a) \
	ADD_PRODUCTS(128(SP), Y14, a)
#include "depthcolumns_amd64.h"

row_done:
	MOVQ depthRowArgs_wRow(DI), AX
	LEAQ (AX)(AX*2), AX
	ADDQ AX, DX
	LEAQ (R14)(R14*2), AX
	ADDQ AX, BX
	SUBQ $3, R11
	JGT  rows
	JMP  store

last_row:
	TESTQ     R11, R11
	JLE       store                      // of windows in the padding alone
	XORL      R14, R14
	VPXOR     X15, X15, X15
#define ONE(w, x, y) \
	VMOVQ      w, x \
	VPUNPCKLBW X15, x, x \
	VPMOVSXBW  x, y
	ONE((DX), X8, Y8)
	ONE((DX)(R9*1), X9, Y9)
	ONE((DX)(R9*2), X10, Y10)
	CMPQ      R13, $6
	JLT       two_rows
	ONE((DX)(R10*1), X11, Y11)
	ONE((DX)(R9*4), X12, Y12)

two_rows:
#undef COLUMN
#undef COLUMN5
#undef TAP0
#undef TAP1
#undef TAP2
#undef TAP3
#undef TAP4
#undef NEXT_COLUMN
#define COLUMN PAIR3
#define COLUMN5 PAIR5
#define TAP0(n, a) ADD_PRODUCTS(Y8, Y13, a)
#define TAP1(n, a) ADD_PRODUCTS(Y9, Y13, a)
#define TAP2(n, a) ADD_PRODUCTS(Y10, Y13, a)
#define TAP3(n, a) ADD_PRODUCTS(Y11, Y13, a)
#define TAP4(n, a) ADD_PRODUCTS(Y12, Y13, a)
#define row_done store
#define three_by_one_1 pair_three_by_one_1
#define three_by_one_2 pair_three_by_one_2
#define three_by_two_1 pair_three_by_two_1
#define three_by_two_2 pair_three_by_two_2
#define five_by_one_1 pair_five_by_one_1
#define five_by_one_2 pair_five_by_one_2
#define five_by_two_1 pair_five_by_two_1
#define five_by_two_2 pair_five_by_two_2
#define not_three_by_one pair_not_three_by_one
#define not_three_by_two pair_not_three_by_two
#define not_five_by_one pair_not_five_by_one
#include "depthcolumns_amd64.h"

store:
#include "depthstore_u8_amd64.h"

stored:
	CMPQ    R12, depthRowArgs_last(DI)
	JGE     tile_done
	ADDQ    $8, R12
	CMPQ    R12, depthRowArgs_last(DI)
	CMOVQGT depthRowArgs_last(DI), R12
	JMP     channels

tile_done:
	TILE_DONE
	JNZ tile
	VZEROUPPER
	RET
