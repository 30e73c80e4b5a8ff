//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_blendrows_1x64__avx2 — weighted sum of rows of bytes, 64 columns at a time.
//
// Computes   dst[i] = Σ_r weights[r]·src[r·stride + i]
// Reference  blendRowsGeneric (pixels.go); same bits
// Requires   AVX2
// Layout     src rows of bytes, stride bytes apart; dst float32
// Contract   c ≥ 64, any; the last 64 columns may overlap those before; no over-read
// Bound      8 × (convert, multiply, add) per 64 bytes
// Tile       col →  0–7 … 56–63      Registers
//   sums            Y0 … Y7           DI  args    SI  src    DX  dst    BX  weights    R8  stride    R9  rows
//                                     CX  last block    AX  column    R10 row pointer    R11 row    Y8  weight
//                                     Y9–Y12 products
// Phases     block → row → store

// func blendRowBlocksAVX2(b *blendRowsArgs)
TEXT ·blendRowBlocksAVX2(SB), NOSPLIT, $0-8
	MOVQ b+0(FP), DI
	MOVQ blendRowsArgs_src(DI), SI
	MOVQ blendRowsArgs_dst(DI), DX
	MOVQ blendRowsArgs_weights(DI), BX
	MOVQ blendRowsArgs_stride(DI), R8
	MOVQ blendRowsArgs_rows(DI), R9
	MOVQ blendRowsArgs_c(DI), CX
	SUBQ $64, CX             // where the last block begins
	XORQ AX, AX

block:
	LEAQ         (SI)(AX*1), R10
	VBROADCASTSS (BX), Y8
	VPMOVZXBD    (R10), Y0
	VPMOVZXBD    8(R10), Y1
	VPMOVZXBD    16(R10), Y2
	VPMOVZXBD    24(R10), Y3
	VPMOVZXBD    32(R10), Y4
	VPMOVZXBD    40(R10), Y5
	VPMOVZXBD    48(R10), Y6
	VPMOVZXBD    56(R10), Y7
	VCVTDQ2PS    Y0, Y0
	VCVTDQ2PS    Y1, Y1
	VCVTDQ2PS    Y2, Y2
	VCVTDQ2PS    Y3, Y3
	VCVTDQ2PS    Y4, Y4
	VCVTDQ2PS    Y5, Y5
	VCVTDQ2PS    Y6, Y6
	VCVTDQ2PS    Y7, Y7
	VMULPS       Y8, Y0, Y0  // the first row starts the sums
	VMULPS       Y8, Y1, Y1
	VMULPS       Y8, Y2, Y2
	VMULPS       Y8, Y3, Y3
	VMULPS       Y8, Y4, Y4
	VMULPS       Y8, Y5, Y5
	VMULPS       Y8, Y6, Y6
	VMULPS       Y8, Y7, Y7
	MOVQ         $1, R11
	CMPQ         R11, R9
	JGE          store

row:
	ADDQ         R8, R10
	VBROADCASTSS (BX)(R11*4), Y8
	VPMOVZXBD    (R10), Y9
	VPMOVZXBD    8(R10), Y10
	VPMOVZXBD    16(R10), Y11
	VPMOVZXBD    24(R10), Y12
	VCVTDQ2PS    Y9, Y9
	VCVTDQ2PS    Y10, Y10
	VCVTDQ2PS    Y11, Y11
	VCVTDQ2PS    Y12, Y12
	VMULPS       Y8, Y9, Y9
	VMULPS       Y8, Y10, Y10
	VMULPS       Y8, Y11, Y11
	VMULPS       Y8, Y12, Y12
	VADDPS       Y9, Y0, Y0  // sums += weight·src: rounded twice, as in the reference
	VADDPS       Y10, Y1, Y1
	VADDPS       Y11, Y2, Y2
	VADDPS       Y12, Y3, Y3
	VPMOVZXBD    32(R10), Y9
	VPMOVZXBD    40(R10), Y10
	VPMOVZXBD    48(R10), Y11
	VPMOVZXBD    56(R10), Y12
	VCVTDQ2PS    Y9, Y9
	VCVTDQ2PS    Y10, Y10
	VCVTDQ2PS    Y11, Y11
	VCVTDQ2PS    Y12, Y12
	VMULPS       Y8, Y9, Y9
	VMULPS       Y8, Y10, Y10
	VMULPS       Y8, Y11, Y11
	VMULPS       Y8, Y12, Y12
	VADDPS       Y9, Y4, Y4
	VADDPS       Y10, Y5, Y5
	VADDPS       Y11, Y6, Y6
	VADDPS       Y12, Y7, Y7
	ADDQ         $1, R11
	CMPQ         R11, R9
	JLT          row

store:
	VMOVUPS Y0, (DX)(AX*4)
	VMOVUPS Y1, 32(DX)(AX*4)
	VMOVUPS Y2, 64(DX)(AX*4)
	VMOVUPS Y3, 96(DX)(AX*4)
	VMOVUPS Y4, 128(DX)(AX*4)
	VMOVUPS Y5, 160(DX)(AX*4)
	VMOVUPS Y6, 192(DX)(AX*4)
	VMOVUPS Y7, 224(DX)(AX*4)
	CMPQ    AX, CX
	JGE     done
	ADDQ    $64, AX
	CMPQ    AX, CX
	JLE     block
	MOVQ    CX, AX           // the rest: the last 64 columns, some of them again
	JMP     block

done:
	VZEROUPPER
	RET
