//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// f32_lanedots_1x8__avx2 — four sums for each window of a row.
//
// Computes   dst[4x+l] = Σ_{j even} p(j) + Σ_{j odd} p(j), p(j) = weights[x·width+4j+l]·src[starts[x]+4j+l]
// Reference  laneDotsGeneric (pixels.go); same bits
// Requires   AVX2
// Contract   width a multiple of 8, ≥ 8; count ≥ 1; no over-read
// Registers  DI  args    SI  src    DX  dst    BX  weights    R8  starts    R9  windows left    CX  width
//            R10 window    AX  element    Y0  sums: even j low, odd j high    Y1  products

// func laneDotsAVX2(d *laneDotsArgs)
TEXT ·laneDotsAVX2(SB), NOSPLIT, $0-8
	MOVQ d+0(FP), DI
	MOVQ laneDotsArgs_src(DI), SI
	MOVQ laneDotsArgs_dst(DI), DX
	MOVQ laneDotsArgs_weights(DI), BX
	MOVQ laneDotsArgs_starts(DI), R8
	MOVQ laneDotsArgs_count(DI), R9
	MOVQ laneDotsArgs_width(DI), CX

window:
	MOVLQSX (R8), R10
	LEAQ    (SI)(R10*4), R10
	VXORPS  Y0, Y0, Y0
	XORQ    AX, AX

elements:
	VMOVUPS (R10)(AX*4), Y1
	VMULPS  (BX)(AX*4), Y1, Y1
	VADDPS  Y1, Y0, Y0
	ADDQ    $8, AX
	CMPQ    AX, CX
	JLT     elements

	VEXTRACTF128 $1, Y0, X1
	VADDPS       X1, X0, X0  // even + odd
	VMOVUPS      X0, (DX)
	LEAQ         (BX)(CX*4), BX
	ADDQ         $16, DX
	ADDQ         $4, R8
	SUBQ         $1, R9
	JNZ          window
	VZEROUPPER
	RET
