//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// Sixteen bytes of V16 as products with the weight: columns 0–3, 4–7, 8–11, 12–15 to V20, V21, V22, V23.
// Reads V16, V24. Clobbers V18, V19.
#define PRODUCTS \
	VUXTL  V16.B8, V18.H8 \
	VUXTL2 V16.B16, V19.H8 \
	VUXTL  V18.H4, V20.S4 \
	VUXTL2 V18.H8, V21.S4 \
	VUXTL  V19.H4, V22.S4 \
	VUXTL2 V19.H8, V23.S4 \
	SCVTF(20, 20) \
	SCVTF(21, 21) \
	SCVTF(22, 22) \
	SCVTF(23, 23) \
	FMUL(24, 20, 20) \
	FMUL(24, 21, 21) \
	FMUL(24, 22, 22) \
	FMUL(24, 23, 23)

// u8_blendrows_1x32__neon — weighted sum of rows of bytes, 32 columns at a time.
//
// Computes   dst[i] = Σ_r weights[r]·src[r·stride + i]
// Reference  blendRowsGeneric (pixels.go); same bits
// Requires   NEON
// Layout     src rows of bytes, stride bytes apart; dst float32
// Contract   c ≥ 32, any; the last 32 columns may overlap those before; no over-read
// Bound      12 widenings, 8 × (convert, multiply, add) per 32 bytes
// Tile       col →  0–3 … 28–31     Registers
//   sums            V0 … V7           R0  args    R1  src    R2  dst    R3  weights    R4  stride    R5  rows
//                                     R6  last block    R7  column    R8  row pointer    R9  rows left
//                                     R10 weight pointer, then where to store    V16–V23 bytes, products    V24 weight
// Phases     block → row → store

// func blendRowBlocksNEON(b *BlendRows)
TEXT ·blendRowBlocksNEON(SB), NOSPLIT, $0-8
	MOVD b+0(FP), R0
	MOVD BlendRows_src(R0), R1
	MOVD BlendRows_dst(R0), R2
	MOVD BlendRows_weights(R0), R3
	MOVD BlendRows_stride(R0), R4
	MOVD BlendRows_rows(R0), R5
	MOVD BlendRows_c(R0), R6
	SUB  $32, R6             // where the last block begins
	MOVD $0, R7

block:
	ADD  R1, R7, R8
	MOVD R3, R10
	SUB  $1, R5, R9
	VLD1R.P 4(R10), [V24.S4]
	VLD1 (R8), [V16.B16, V17.B16]
	PRODUCTS
	VMOV V20.B16, V0.B16     // the first row starts the sums
	VMOV V21.B16, V1.B16
	VMOV V22.B16, V2.B16
	VMOV V23.B16, V3.B16
	VMOV V17.B16, V16.B16
	PRODUCTS
	VMOV V20.B16, V4.B16
	VMOV V21.B16, V5.B16
	VMOV V22.B16, V6.B16
	VMOV V23.B16, V7.B16
	CBZ  R9, store

row:
	ADD  R4, R8
	VLD1R.P 4(R10), [V24.S4]
	VLD1 (R8), [V16.B16, V17.B16]
	PRODUCTS
	FADD(20, 0, 0)           // sums += weight·src: rounded twice, as in the reference
	FADD(21, 1, 1)
	FADD(22, 2, 2)
	FADD(23, 3, 3)
	VMOV V17.B16, V16.B16
	PRODUCTS
	FADD(20, 4, 4)
	FADD(21, 5, 5)
	FADD(22, 6, 6)
	FADD(23, 7, 7)
	SUB  $1, R9
	CBNZ R9, row

store:
	ADD    R7<<2, R2, R10
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R10)
	VST1   [V4.S4, V5.S4, V6.S4, V7.S4], (R10)
	CMP    R6, R7
	BGE    done
	ADD    $32, R7
	CMP    R6, R7
	CSEL   LT, R7, R6, R7    // the rest: the last 32 columns, some of them again
	B      block

done:
	RET

// f32_lanedots_1x8__neon — four sums for each window of a row.
//
// Computes   dst[4x+l] = Σ_{j even} p(j) + Σ_{j odd} p(j), p(j) = weights[x·width+4j+l]·src[starts[x]+4j+l]
// Reference  laneDotsGeneric (pixels.go); same bits
// Requires   NEON
// Contract   width a multiple of 8, ≥ 8; count ≥ 1; no over-read
// Registers  R0  args    R1  src    R2  dst    R3  weights    R4  starts    R5  windows left    R6  width
//            R7  window    R8  elements left    V0, V1  sums of even and odd j    V2, V3  src    V4, V5  weights

// func laneDotsNEON(d *LaneDots)
TEXT ·laneDotsNEON(SB), NOSPLIT, $0-8
	MOVD d+0(FP), R0
	MOVD LaneDots_src(R0), R1
	MOVD LaneDots_dst(R0), R2
	MOVD LaneDots_weights(R0), R3
	MOVD LaneDots_starts(R0), R4
	MOVD LaneDots_count(R0), R5
	MOVD LaneDots_width(R0), R6

window:
	MOVW.P 4(R4), R7
	ADD    R7<<2, R1, R7
	MOVD   R6, R8
	VEOR   V0.B16, V0.B16, V0.B16
	VEOR   V1.B16, V1.B16, V1.B16

elements:
	VLD1.P 32(R7), [V2.S4, V3.S4]
	VLD1.P 32(R3), [V4.S4, V5.S4]
	FMUL(4, 2, 2)
	FMUL(5, 3, 3)
	FADD(2, 0, 0)
	FADD(3, 1, 1)
	SUBS   $8, R8
	BNE    elements

	FADD(1, 0, 0)            // even + odd
	VST1.P [V0.S4], 16(R2)
	SUBS   $1, R5
	BNE    window
	RET
