//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_reduce_1x8__avx2 — folds pixels of bytes into int32 accumulators, 8 channels at a time.
//
// Computes   acc[i] = acc[i] ∘ src[i] for each pixel
// Reference  reduceU8Generic (reduce.go)
// Requires   AVX2
// Contract   pixels ≥ 1; c a multiple of 8, ≥ 8; not lanes; ∘ is of Sum, Maximum or Minimum; no over-read
// Bound      a load and an operation, which waits for that before, per 8 elements
// Registers  DI  args    SI  src of the block    DX  acc of it    CX  channels left    R8  pixel    R9  pixels left
//            R10 stride    AX  ∘    Y0  accumulators    Y1  source
// Phases     block → the operation's pixels → done with the block

#define PIXELS(name, op) \
name: \
	VPMOVZXBD (R8), Y1 \
	op        Y1, Y0, Y0 \
	ADDQ      R10, R8 \
	DECQ      R9 \
	JNZ       name

// func reduceBlocksU8AVX2(a *reduceArgs)
TEXT ·reduceBlocksU8AVX2(SB), NOSPLIT, $0-8
	MOVQ    a+0(FP), DI
	MOVQ    reduceArgs_src(DI), SI
	MOVQ    reduceArgs_acc(DI), DX
	MOVQ    reduceArgs_c(DI), CX
	MOVQ    reduceArgs_stride(DI), R10
	MOVBLZX reduceArgs_how(DI), AX

block:
	VMOVDQU (DX), Y0
	MOVQ    SI, R8
	MOVQ    reduceArgs_pixels(DI), R9
	CMPL    AX, $const_Maximum
	JEQ     largest
	CMPL    AX, $const_Minimum
	JEQ     least
	PIXELS(sum, VPADDD)
	JMP     done
	PIXELS(largest, VPMAXSD)
	JMP     done
	PIXELS(least, VPMINSD)

done:
	VMOVDQU Y0, (DX)
	ADDQ    $8, SI
	ADDQ    $32, DX
	SUBQ    $8, CX
	JNZ     block
	VZEROUPPER
	RET
