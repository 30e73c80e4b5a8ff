//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_flip_1x32__neon — rows of bytes with their top bits flipped, 32 bytes at a time.
//
// Computes   dst[r·dstStride + i] = ptrs[r][i] XOR 128
// Reference  flipGeneric (flip.go)
// Requires   NEON
// Contract   rows, bytes ≥ 1; no over-read, no over-write; dst overlaps no row
// Bound      a load, a store and 2 VEOR per 32 bytes
// Registers  R0  args    R1  addresses    R2  row of dst    R3  dstStride    R4  rows left    R5  bytes
//            R6, R7  src, dst    R8  bytes left    V0, V1  bytes    V2  128
// Phases     row → 32 bytes → 16 → 8 → 4 → 2 → 1

// func flipNEON(a *flipArgs)
TEXT ·flipNEON(SB), NOSPLIT, $0-8
	MOVD  a+0(FP), R0
	MOVD  flipArgs_ptrs(R0), R1
	MOVD  flipArgs_dst(R0), R2
	MOVD  flipArgs_dstStride(R0), R3
	MOVD  flipArgs_rows(R0), R4
	MOVD  flipArgs_bytes(R0), R5
	VMOVI $128, V2.B16

row:
	MOVD.P 8(R1), R6
	MOVD   R2, R7
	SUBS   $32, R5, R8
	BLT    tail

bytes32:
	VLD1.P 32(R6), [V0.B16, V1.B16]
	VEOR   V2.B16, V0.B16, V0.B16
	VEOR   V2.B16, V1.B16, V1.B16
	VST1.P [V0.B16, V1.B16], 32(R7)
	SUBS   $32, R8
	BGE    bytes32

tail:                                    // the low bits of R8 are those of what is left
	TBZ    $4, R8, bytes8
	VLD1.P 16(R6), [V0.B16]
	VEOR   V2.B16, V0.B16, V0.B16
	VST1.P [V0.B16], 16(R7)

bytes8:
	TBZ    $3, R8, bytes4
	VLD1.P 8(R6), [V0.B8]
	VEOR   V2.B16, V0.B16, V0.B16
	VST1.P [V0.B8], 8(R7)

bytes4:
	TBZ    $2, R8, bytes2
	VLD1.P 4(R6), V0.S[0]
	VEOR   V2.B16, V0.B16, V0.B16
	VST1.P V0.S[0], 4(R7)

bytes2:
	TBZ    $1, R8, bytes1
	VLD1.P 2(R6), V0.H[0]
	VEOR   V2.B16, V0.B16, V0.B16
	VST1.P V0.H[0], 2(R7)

bytes1:
	TBZ    $0, R8, row_done
	VLD1   (R6), V0.B[0]
	VEOR   V2.B16, V0.B16, V0.B16
	VST1   V0.B[0], (R7)

row_done:
	ADD  R3, R2
	SUBS $1, R4
	BNE  row
	RET
