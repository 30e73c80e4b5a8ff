//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_mix_1x16__avx2 — weighted sums of pixels of bytes, 16 channels at a time, then 8.
//
// Computes   dst[x][i] = Σ_k weights[x·taps + k]·(src[at[x·taps + k]][i] − zero), from k = 0 upwards; fill where at is −1
// Reference  mixU8Generic (interpolate.go); the same bits
// Requires   AVX2
// Contract   at has ≥ 1 pixels of taps ≥ 1; c a multiple of 8, ≥ 8; no over-read; dst and src do not overlap
// Bound      five vector operations per tap and 8 channels
// Registers  DI  args    SI  src of a tap    DX  dst pixel       R8  at           R9  weights     R10 indices left
//            R11 src     R12 srcStride       R13 c               CX  taps         AX  channel     BX  tap
//            Y0, Y1 sums                     Y4, Y5 products     Y8  weight, fill                 Y9  zero
// Phases     pixel → wide: 16 channels → narrow: 8 → next | outside

// SI = src of tap BX at channel AX. Y8 = its weight.
#define TAP \
	MOVLQSX      (R8)(BX*4), SI \
	IMULQ        R12, SI \
	ADDQ         R11, SI \
	ADDQ         AX, SI \
	VBROADCASTSS (R9)(BX*4), Y8

// y = Y8·(8 bytes at offset − zero)
#define PRODUCT(offset, y) \
	VPMOVZXBD offset(SI), y \
	VCVTDQ2PS y, y \
	VSUBPS    Y9, y, y \
	VMULPS    y, Y8, y

// func mixBlocksU8AVX2(m *mixArgs)
TEXT ·mixBlocksU8AVX2(SB), NOSPLIT, $0-8
	MOVQ         m+0(FP), DI
	MOVQ         mixArgs_dst(DI), DX
	MOVQ         mixArgs_src(DI), R11
	MOVQ         mixArgs_at(DI), R8
	MOVQ         mixArgs_at+8(DI), R10
	MOVQ         mixArgs_weights(DI), R9
	MOVQ         mixArgs_taps(DI), CX
	MOVQ         mixArgs_c(DI), R13
	MOVQ         mixArgs_srcStride(DI), R12
	VBROADCASTSS mixArgs_zero(DI), Y9

pixel:
	XORL  AX, AX
	MOVL  (R8), SI
	TESTL SI, SI
	JLT   outside

wide:
	LEAQ 16(AX), BX
	CMPQ BX, R13
	JGT  narrow
	XORL BX, BX
	TAP
	PRODUCT(0, Y0)
	PRODUCT(8, Y1)
	JMP  wide_next

wide_tap:
	TAP
	PRODUCT(0, Y4)
	PRODUCT(8, Y5)
	VADDPS Y4, Y0, Y0
	VADDPS Y5, Y1, Y1

wide_next:
	ADDQ    $1, BX
	CMPQ    BX, CX
	JLT     wide_tap
	VMOVUPS Y0, 0(DX)(AX*4)
	VMOVUPS Y1, 32(DX)(AX*4)
	ADDQ    $16, AX
	JMP     wide

narrow:
	CMPQ AX, R13
	JEQ  next
	XORL BX, BX
	TAP
	PRODUCT(0, Y0)
	JMP  narrow_next

narrow_tap:
	TAP
	PRODUCT(0, Y4)
	VADDPS Y4, Y0, Y0

narrow_next:
	ADDQ    $1, BX
	CMPQ    BX, CX
	JLT     narrow_tap
	VMOVUPS Y0, (DX)(AX*4)

next:
	LEAQ (R8)(CX*4), R8
	LEAQ (R9)(CX*4), R9
	MOVQ mixArgs_dstStride(DI), AX
	LEAQ (DX)(AX*4), DX
	SUBQ CX, R10
	JGT  pixel
	VZEROUPPER
	RET

outside:
	VBROADCASTSS mixArgs_fill(DI), Y8

outside_block:
	VMOVUPS Y8, (DX)(AX*4)
	ADDQ    $8, AX
	CMPQ    AX, R13
	JLT     outside_block
	JMP     next
