//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_reorder_8x8__neon — boxes of bytes to another order: transposed by squares of 8×8, two rows woven into one, and back.
//
// Computes   dst[i·dstStep[0] + j·dstStep[1] + k·dstStep[2]] = src[i·srcStep[0] + j·srcStep[1] + k·srcStep[2]]
// Reference  reorder8Generic (reorder.go)
// Requires   NEON
// Contract   n ≥ 1; no over-read, no over-write; dst and src do not overlap
//            transpose  transposeArgs says it; rows and cols multiples of 8
//            zip        srcStep[1] = dstStep[2] = 1; n[2] = dstStep[1] = 2; n[1] a multiple of 8
//            unzip      srcStep[1] = dstStep[2] = 1; n[1] = srcStep[2] = 2; n[2] a multiple of 8
// Bound      eight loads, 24 shuffles and eight stores per 64 elements; three instructions per 16 elements of a weave
// Registers  transpose: R0 args    R1 src, R2 dst of the layer    R3 layers left    R4 srcRow    R5, R6 col1, col2    R7 col4
//            R8, R9 src, dst of the columns    R10 columns left    R11, R12 src, dst of the rows    R13 rows left
//            weave: R1 src of i    R2 dst of i    R3 i left    R4 elements    R5, R6 steps of i    R7 from row to row
//            R8–R10 walking    R11 elements left
// Phases     layer → columns → square; i → block

// func transposeU8NEON(t *transposeArgs)
TEXT ·transposeU8NEON(SB), NOSPLIT, $0-8
	MOVD t+0(FP), R0
	MOVD transposeArgs_src(R0), R1
	MOVD transposeArgs_dst(R0), R2
	MOVD transposeArgs_layers(R0), R3
	MOVD transposeArgs_srcRow(R0), R4
	MOVD transposeArgs_col1(R0), R5
	MOVD transposeArgs_col2(R0), R6
	MOVD transposeArgs_col4(R0), R7

transpose_layer:
	MOVD R1, R8
	MOVD R2, R9
	MOVD transposeArgs_cols(R0), R10

transpose_cols:
	MOVD R8, R11
	MOVD R9, R12
	MOVD transposeArgs_rows(R0), R13

transpose_square:
	VLD1 (R11), [V0.B8]
	ADD  R4, R11
	VLD1 (R11), [V1.B8]
	ADD  R4, R11
	VLD1 (R11), [V2.B8]
	ADD  R4, R11
	VLD1 (R11), [V3.B8]
	ADD  R4, R11
	VLD1 (R11), [V4.B8]
	ADD  R4, R11
	VLD1 (R11), [V5.B8]
	ADD  R4, R11
	VLD1 (R11), [V6.B8]
	ADD  R4, R11
	VLD1 (R11), [V7.B8]
	ADD  R4, R11
	VTRN1 V1.B8, V0.B8, V16.B8
	VTRN2 V1.B8, V0.B8, V17.B8
	VTRN1 V3.B8, V2.B8, V18.B8
	VTRN2 V3.B8, V2.B8, V19.B8
	VTRN1 V5.B8, V4.B8, V20.B8
	VTRN2 V5.B8, V4.B8, V21.B8
	VTRN1 V7.B8, V6.B8, V22.B8
	VTRN2 V7.B8, V6.B8, V23.B8
	VTRN1 V18.H4, V16.H4, V0.H4
	VTRN1 V19.H4, V17.H4, V1.H4
	VTRN2 V18.H4, V16.H4, V2.H4
	VTRN2 V19.H4, V17.H4, V3.H4
	VTRN1 V22.H4, V20.H4, V4.H4
	VTRN1 V23.H4, V21.H4, V5.H4
	VTRN2 V22.H4, V20.H4, V6.H4
	VTRN2 V23.H4, V21.H4, V7.H4
	VTRN1 V4.S2, V0.S2, V16.S2
	VTRN2 V4.S2, V0.S2, V20.S2
	VTRN1 V5.S2, V1.S2, V17.S2
	VTRN2 V5.S2, V1.S2, V21.S2
	VTRN1 V6.S2, V2.S2, V18.S2
	VTRN2 V6.S2, V2.S2, V22.S2
	VTRN1 V7.S2, V3.S2, V19.S2
	VTRN2 V7.S2, V3.S2, V23.S2
	ADD  R5, R12, R14
	ADD  R6, R12, R15
	ADD  R6, R14, R16
	VST1 [V16.B8], (R12)
	VST1 [V17.B8], (R14)
	VST1 [V18.B8], (R15)
	VST1 [V19.B8], (R16)
	ADD  R7, R12, R17
	ADD  R7, R14
	ADD  R7, R15
	ADD  R7, R16
	VST1 [V20.B8], (R17)
	VST1 [V21.B8], (R14)
	VST1 [V22.B8], (R15)
	VST1 [V23.B8], (R16)
	ADD  $8, R12
	SUBS $8, R13
	BNE  transpose_square
	ADD  $8, R8
	ADD  R7<<1, R9
	SUBS $8, R10
	BNE  transpose_cols
	MOVD transposeArgs_srcLayer(R0), R8
	ADD  R8, R1
	MOVD transposeArgs_dstLayer(R0), R8
	ADD  R8, R2
	SUBS $1, R3
	BNE  transpose_layer
	RET

// func reorderZipU8NEON(b *reorderArgs)
TEXT ·reorderZipU8NEON(SB), NOSPLIT, $0-8
	MOVD b+0(FP), R0
	MOVD reorderArgs_src(R0), R1
	MOVD reorderArgs_dst(R0), R2
	MOVD reorderArgs_n(R0), R3
	MOVD reorderArgs_n+8(R0), R4
	MOVD reorderArgs_srcStep(R0), R5
	MOVD reorderArgs_dstStep(R0), R6
	MOVD reorderArgs_srcStep+16(R0), R7

zip_i:
	MOVD R1, R8
	ADD  R7, R1, R9
	MOVD R2, R10
	MOVD R4, R11

zip_block:
	VLD1.P 8(R8), [V0.B8]
	VLD1.P 8(R9), [V1.B8]
	VST2.P [V0.B8, V1.B8], 16(R10)
	SUBS   $8, R11
	BNE    zip_block
	ADD    R5, R1
	ADD    R6, R2
	SUBS   $1, R3
	BNE    zip_i
	RET

// func reorderUnzipU8NEON(b *reorderArgs)
TEXT ·reorderUnzipU8NEON(SB), NOSPLIT, $0-8
	MOVD b+0(FP), R0
	MOVD reorderArgs_src(R0), R1
	MOVD reorderArgs_dst(R0), R2
	MOVD reorderArgs_n(R0), R3
	MOVD reorderArgs_n+16(R0), R4
	MOVD reorderArgs_srcStep(R0), R5
	MOVD reorderArgs_dstStep(R0), R6
	MOVD reorderArgs_dstStep+8(R0), R7

unzip_i:
	MOVD R1, R8
	MOVD R2, R9
	ADD  R7, R2, R10
	MOVD R4, R11

unzip_block:
	VLD2.P 16(R8), [V0.B8, V1.B8]
	VST1.P [V0.B8], 8(R9)
	VST1.P [V1.B8], 8(R10)
	SUBS   $8, R11
	BNE    unzip_block
	ADD    R5, R1
	ADD    R6, R2
	SUBS   $1, R3
	BNE    unzip_i
	RET
