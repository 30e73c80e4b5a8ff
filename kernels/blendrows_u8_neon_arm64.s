//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// The 32 bytes of V16, V17 in 16 bits: V18, V19, V25, V26.
#define WIDEN16 \
	VUXTL  V16.B8, V18.H8 \
	VUXTL2 V16.B16, V19.H8 \
	VUXTL  V17.B8, V25.H8 \
	VUXTL2 V17.B16, V26.H8

// Those as products with the weight: columns 0–3 … 28–31 to V8 … V15. Reads V18, V19, V24–V26. All of one kind
// stand together, for cores that wait for results in order.
#define PRODUCTS \
	VUXTL  V18.H4, V8.S4 \
	VUXTL2 V18.H8, V9.S4 \
	VUXTL  V19.H4, V10.S4 \
	VUXTL2 V19.H8, V11.S4 \
	VUXTL  V25.H4, V12.S4 \
	VUXTL2 V25.H8, V13.S4 \
	VUXTL  V26.H4, V14.S4 \
	VUXTL2 V26.H8, V15.S4 \
	SCVTF(8, 8) \
	SCVTF(9, 9) \
	SCVTF(10, 10) \
	SCVTF(11, 11) \
	SCVTF(12, 12) \
	SCVTF(13, 13) \
	SCVTF(14, 14) \
	SCVTF(15, 15) \
	FMUL(24, 8, 8) \
	FMUL(24, 9, 9) \
	FMUL(24, 10, 10) \
	FMUL(24, 11, 11) \
	FMUL(24, 12, 12) \
	FMUL(24, 13, 13) \
	FMUL(24, 14, 14) \
	FMUL(24, 15, 15)

// u8_blendrows_1x32__neon — weighted sum of rows of bytes, 32 columns at a time.
//
// Computes   dst[i] = Σ_r weights[r]·src[r·stride + i]
// Reference  blendRowsGeneric (pixels.go); same bits
// Requires   NEON
// Layout     src rows of bytes, stride bytes apart; dst float32
// Contract   c ≥ 32, any; the last 32 columns may overlap those before; no over-read
// Bound      12 widenings, 8 × (convert, multiply, add) per 32 bytes
// Measured   llvm-mca, cycles for 32 bytes of a row: Cortex-A53 48, A55 46, A72 31, Neoverse N1 23
// Tile       col →  0–3 … 28–31     Registers
//   sums            V0 … V7           R0  args    R1  src    R2  dst    R3  weights    R4  stride    R5  rows
//                                     R6  last block    R7  column    R8  row pointer    R9  rows left
//                                     R10 weight pointer, then where to store    R11 step to the next row
//                                     V8–V15 products    V16–V19, V25, V26 bytes    V24 weight
// Phases     block → row → store

// func blendRowBlocksNEON(b *blendRowsArgs)
TEXT ·blendRowBlocksNEON(SB), NOSPLIT, $0-8
	MOVD b+0(FP), R0
	MOVD blendRowsArgs_src(R0), R1
	MOVD blendRowsArgs_dst(R0), R2
	MOVD blendRowsArgs_weights(R0), R3
	MOVD blendRowsArgs_stride(R0), R4
	MOVD blendRowsArgs_rows(R0), R5
	MOVD blendRowsArgs_c(R0), R6
	SUB  $32, R6             // where the last block begins
	MOVD $0, R7

block:
	ADD     R1, R7, R8
	MOVD    R3, R10
	SUB     $1, R5, R9
	VLD1R.P 4(R10), [V24.S4]
	VLD1    (R8), [V16.B16, V17.B16]
	WIDEN16
	PRODUCTS
	VMOV    V8.B16, V0.B16   // the first row starts the sums
	VMOV    V9.B16, V1.B16
	VMOV    V10.B16, V2.B16
	VMOV    V11.B16, V3.B16
	VMOV    V12.B16, V4.B16
	VMOV    V13.B16, V5.B16
	VMOV    V14.B16, V6.B16
	VMOV    V15.B16, V7.B16
	CBZ     R9, store
	ADD     R4, R8
	VLD1    (R8), [V16.B16, V17.B16]

row:
	VLD1R.P 4(R10), [V24.S4]
	SUBS    $1, R9
	CSEL    NE, R4, ZR, R11
	ADD     R11, R8          // the next row, or the last one again
	WIDEN16
	VLD1    (R8), [V16.B16, V17.B16]
	PRODUCTS
	FADD(8, 0, 0)            // sums += weight·src: rounded twice, as in the reference
	FADD(9, 1, 1)
	FADD(10, 2, 2)
	FADD(11, 3, 3)
	FADD(12, 4, 4)
	FADD(13, 5, 5)
	FADD(14, 6, 6)
	FADD(15, 7, 7)
	CBNZ    R9, row

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
