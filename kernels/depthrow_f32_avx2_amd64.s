//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "depthrow_amd64.h"

// f32_depthrow_8x8__avx2 — depthwise convolution of a row: windows of 3 columns by 4 pixels × 16 channels, those of 5, and
// of fewer channels, by 8 pixels × 8 channels.
//
// Computes   dst[p][k] = min(max(bias[k] + Σ src[r][p·stride + t − skip][k] · w[r][t][k], lo), hi)
// Reference  depthRowF32Generic (depthrow.go)
// Requires   AVX2, FMA
// Layout     src/dst NHWC; w rows of c
// Contract   as depthRowArgs says; c ≥ 8; no over-read; dst does not alias src
// Bound      FMA: of a row of windows of 3 columns, stride 1, 6 + 12 loads for 24 FMA; 5 columns: 5 + 12 for 40. By 16
//            channels whole cache lines are read: columns that lie some KB apart share few sets of the L1 cache, and a
//            line of which half is left would be gone before its turn.
// Registers  Y0–Y7  sums of pixels 0–7    Y8–Y12  weights of a row's taps    Y13  column    Y14 lo    Y15 hi
//            wide: Y0, Y1 … Y6, Y7  sums of pixels 0–3    Y8–Y13  weights of three taps    Y14, Y15  column, then lo, hi
//            DI  args    SI  column    CX  columns left    BX  row    DX  its weights    R8  colStep    R9, R10  wStep, 3·wStep
//            R11  rows left    R12  offset of the channels    R13  form + skip    AX  bias, dst
// Phases     tile → channels → row → column | store; wide_tile → … likewise

#define A0 Y0
#define A1 Y1
#define A2 Y2
#define A3 Y3
#define A4 Y4
#define A5 Y5
#define A6 Y6
#define A7 Y7
#define COLUMN VMOVUPS (SI), Y13
#define TAP0(n, a) VFMADD231PS Y13, Y8, a
#define TAP1(n, a) VFMADD231PS Y13, Y9, a
#define TAP2(n, a) VFMADD231PS Y13, Y10, a
#define TAP3(n, a) VFMADD231PS Y13, Y11, a
#define TAP4(n, a) VFMADD231PS Y13, Y12, a
#define TAPS3 \
	VMOVUPS (DX), Y8 \
	VMOVUPS (DX)(R9*1), Y9 \
	VMOVUPS (DX)(R9*2), Y10
#define TAPS5 \
	TAPS3 \
	VMOVUPS (DX)(R10*1), Y11 \
	VMOVUPS (DX)(R9*4), Y12
#define CLAMP(a) \
	VMAXPS a, Y14, a \
	VMINPS a, Y15, a
#define STORE(a) \
	VMOVUPS a, (AX) \
	ADDQ    DX, AX \
	SUBQ    $1, CX \
	JEQ     stored

// Four pixels of sixteen channels: Y14, Y15 are the column.
#define WIDE_COLUMN \
	VMOVUPS (SI), Y14 \
	VMOVUPS 32(SI), Y15
#define WIDE_TAP0(a, b) \
	VFMADD231PS Y14, Y8, a \
	VFMADD231PS Y15, Y9, b
#define WIDE_TAP1(a, b) \
	VFMADD231PS Y14, Y10, a \
	VFMADD231PS Y15, Y11, b
#define WIDE_TAP2(a, b) \
	VFMADD231PS Y14, Y12, a \
	VFMADD231PS Y15, Y13, b
#define WIDE_NEXT \
	ADDQ R8, SI \
	SUBQ $1, CX \
	JEQ  wide_row_done
#define WIDE_STORE(a, b) \
	VMOVUPS a, (AX) \
	VMOVUPS b, 32(AX) \
	ADDQ    DX, AX \
	SUBQ    $1, CX \
	JEQ     wide_stored

// func depthRowF32AVX2(a *depthRowArgs)
TEXT ·depthRowF32AVX2(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), DI
	CMPQ         depthRowArgs_form(DI), $6
	JGE          narrow
	CMPQ         depthRowArgs_c(DI), $16
	JGE          wide

narrow:
	VBROADCASTSS depthRowArgs_lo(DI), Y14
	VBROADCASTSS depthRowArgs_hi(DI), Y15
	ROW_INIT(32, 4)

tile:
	TILE

channels:
	MOVQ    depthRowArgs_bias(DI), AX
	VMOVUPS (AX)(R12*1), A0
	VMOVAPS A0, A1
	VMOVAPS A0, A2
	VMOVAPS A0, A3
	VMOVAPS A0, A4
	VMOVAPS A0, A5
	VMOVAPS A0, A6
	VMOVAPS A0, A7
	MOVQ    depthRowArgs_src(DI), BX
	ADDQ    depthRowArgs_srcAt(DI), BX
	MOVQ    depthRowArgs_w(DI), DX
	ADDQ    R12, BX
	ADDQ    R12, DX
	MOVQ    depthRowArgs_rows(DI), R11
	TESTQ   R11, R11
	JEQ     store                        // windows in the padding alone

row:
	MOVQ BX, SI
	MOVQ depthRowArgs_see(DI), CX

#include "depthcolumns_amd64.h"

row_done:
	ADDQ depthRowArgs_rowStep(DI), BX
	ADDQ depthRowArgs_wRow(DI), DX
	SUBQ $1, R11
	JNZ  row

store:
	CLAMP(A0)
	CLAMP(A1)
	CLAMP(A2)
	CLAMP(A3)
	CLAMP(A4)
	CLAMP(A5)
	CLAMP(A6)
	CLAMP(A7)
	MOVQ depthRowArgs_dst(DI), AX
	ADDQ depthRowArgs_dstAt(DI), AX
	MOVQ depthRowArgs_dstStep(DI), DX
	MOVQ depthRowArgs_n(DI), CX
	ADDQ R12, AX
	STORE(A0)
	STORE(A1)
	STORE(A2)
	STORE(A3)
	STORE(A4)
	STORE(A5)
	STORE(A6)
	VMOVUPS A7, (AX)

stored:
	CMPQ    R12, depthRowArgs_last(DI)
	JGE     tile_done
	ADDQ    $32, R12
	CMPQ    R12, depthRowArgs_last(DI)
	CMOVQGT depthRowArgs_last(DI), R12
	JMP     channels

tile_done:
	TILE_DONE
	JNZ tile
	VZEROUPPER
	RET

wide:
	ROW_INIT(64, 4)

wide_tile:
	TILE_OF(4)

wide_channels:
	MOVQ    depthRowArgs_bias(DI), AX
	VMOVUPS (AX)(R12*1), Y0
	VMOVUPS 32(AX)(R12*1), Y1
	VMOVAPS Y0, Y2
	VMOVAPS Y1, Y3
	VMOVAPS Y0, Y4
	VMOVAPS Y1, Y5
	VMOVAPS Y0, Y6
	VMOVAPS Y1, Y7
	MOVQ    depthRowArgs_src(DI), BX
	ADDQ    depthRowArgs_srcAt(DI), BX
	MOVQ    depthRowArgs_w(DI), DX
	ADDQ    R12, BX
	ADDQ    R12, DX
	MOVQ    depthRowArgs_rows(DI), R11
	TESTQ   R11, R11
	JEQ     wide_store

wide_row:
	VMOVUPS (DX), Y8
	VMOVUPS 32(DX), Y9
	VMOVUPS (DX)(R9*1), Y10
	VMOVUPS 32(DX)(R9*1), Y11
	VMOVUPS (DX)(R9*2), Y12
	VMOVUPS 32(DX)(R9*2), Y13
	MOVQ    BX, SI
	MOVQ    depthRowArgs_see(DI), CX
	CMPQ    R13, $3
	JGE     wide_by_two
	CMPQ    R13, $1
	JEQ     wide_by_one_1
	JGT     wide_by_one_2
	WIDE_COLUMN
	WIDE_TAP0(Y0, Y1)
	WIDE_NEXT
wide_by_one_1:
	WIDE_COLUMN
	WIDE_TAP1(Y0, Y1)
	WIDE_TAP0(Y2, Y3)
	WIDE_NEXT
wide_by_one_2:
	WIDE_COLUMN
	WIDE_TAP2(Y0, Y1)
	WIDE_TAP1(Y2, Y3)
	WIDE_TAP0(Y4, Y5)
	WIDE_NEXT
	WIDE_COLUMN
	WIDE_TAP2(Y2, Y3)
	WIDE_TAP1(Y4, Y5)
	WIDE_TAP0(Y6, Y7)
	WIDE_NEXT
	WIDE_COLUMN
	WIDE_TAP2(Y4, Y5)
	WIDE_TAP1(Y6, Y7)
	WIDE_NEXT
	WIDE_COLUMN
	WIDE_TAP2(Y6, Y7)
	JMP     wide_row_done

wide_by_two:
	CMPQ    R13, $4
	JEQ     wide_by_two_1
	JGT     wide_by_two_2
	WIDE_COLUMN
	WIDE_TAP0(Y0, Y1)
	WIDE_NEXT
wide_by_two_1:
	WIDE_COLUMN
	WIDE_TAP1(Y0, Y1)
	WIDE_NEXT
wide_by_two_2:
	WIDE_COLUMN
	WIDE_TAP2(Y0, Y1)
	WIDE_TAP0(Y2, Y3)
	WIDE_NEXT
	WIDE_COLUMN
	WIDE_TAP1(Y2, Y3)
	WIDE_NEXT
	WIDE_COLUMN
	WIDE_TAP2(Y2, Y3)
	WIDE_TAP0(Y4, Y5)
	WIDE_NEXT
	WIDE_COLUMN
	WIDE_TAP1(Y4, Y5)
	WIDE_NEXT
	WIDE_COLUMN
	WIDE_TAP2(Y4, Y5)
	WIDE_TAP0(Y6, Y7)
	WIDE_NEXT
	WIDE_COLUMN
	WIDE_TAP1(Y6, Y7)
	WIDE_NEXT
	WIDE_COLUMN
	WIDE_TAP2(Y6, Y7)

wide_row_done:
	ADDQ depthRowArgs_rowStep(DI), BX
	ADDQ depthRowArgs_wRow(DI), DX
	SUBQ $1, R11
	JNZ  wide_row

wide_store:
	VBROADCASTSS depthRowArgs_lo(DI), Y14
	VBROADCASTSS depthRowArgs_hi(DI), Y15
	CLAMP(Y0)
	CLAMP(Y1)
	CLAMP(Y2)
	CLAMP(Y3)
	CLAMP(Y4)
	CLAMP(Y5)
	CLAMP(Y6)
	CLAMP(Y7)
	MOVQ depthRowArgs_dst(DI), AX
	ADDQ depthRowArgs_dstAt(DI), AX
	MOVQ depthRowArgs_dstStep(DI), DX
	MOVQ depthRowArgs_n(DI), CX
	ADDQ R12, AX
	WIDE_STORE(Y0, Y1)
	WIDE_STORE(Y2, Y3)
	WIDE_STORE(Y4, Y5)
	VMOVUPS Y6, (AX)
	VMOVUPS Y7, 32(AX)

wide_stored:
	CMPQ    R12, depthRowArgs_last(DI)
	JGE     wide_tile_done
	ADDQ    $64, R12
	CMPQ    R12, depthRowArgs_last(DI)
	CMOVQGT depthRowArgs_last(DI), R12
	JMP     wide_channels

wide_tile_done:
	TILE_DONE
	JNZ wide_tile
	VZEROUPPER
	RET
