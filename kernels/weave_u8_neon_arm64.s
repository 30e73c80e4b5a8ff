//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// u8_weave_2x32__neon — pixels of one or two rows into columns, 32 bytes at a time.
//
// Computes   dst[x·pitch + (r·c + i)·size] = lines[r][x·c + i]
// Reference  weaveGeneric (weave.go)
// Requires   NEON
// Layout     lines of uint8; dst uint8 or, of two bytes, uint16; order, keep as newWeave makes them
// Contract   as weaveArgs says; dst does not alias lines
// Bound      4 look-ups and 2 stores per vector of 32 bytes
// Registers  R0  args    R8  dst    R9  to its next vector    R1, R2  lines    R4  bytes of lines left    R10 bytes of a vector
//            V0, V1  what is kept of dst    V2, V3  the lines' bytes    V4–V7  their order    V16, V17  what to keep
// Phases     vector
//
// Where vectors overlap, the later one's bytes are loaded before the earlier one is stored: it changes none of them.

// func weaveNEON(w *weaveArgs)
TEXT ·weaveNEON(SB), NOSPLIT, $0-8
	MOVD w+0(FP), R0
	MOVD weaveArgs_dst(R0), R8
	MOVD weaveArgs_lines(R0), R1
	MOVD (weaveArgs_lines+8)(R0), R2
	MOVD weaveArgs_taken(R0), R4
	MOVD weaveArgs_take(R0), R10
	MOVD weaveArgs_move(R0), R9
	ADD  $weaveArgs_order, R0, R3
	VLD1 (R3), [V4.B16, V5.B16, V6.B16, V7.B16]
	ADD  $weaveArgs_keep, R0, R3
	VLD1 (R3), [V16.B16, V17.B16]
	VLD1 (R8), [V0.B16, V1.B16]
	VAND V16.B16, V0.B16, V0.B16
	VAND V17.B16, V1.B16, V1.B16

	PCALIGN $16
vector:
	VLD1 (R1), [V2.B16]
	VLD1 (R2), [V3.B16]
	ADD  R9, R8, R3
	VTBL V4.B16, [V2.B16], V18.B16
	VTBL V5.B16, [V2.B16], V19.B16
	VTBL V6.B16, [V3.B16], V20.B16
	VTBL V7.B16, [V3.B16], V21.B16
	VORR V18.B16, V0.B16, V18.B16
	VORR V19.B16, V1.B16, V19.B16
	VORR V20.B16, V18.B16, V18.B16
	VORR V21.B16, V19.B16, V19.B16
	VLD1 (R3), [V0.B16, V1.B16]
	ADD  R10, R1
	ADD  R10, R2
	VST1 [V18.B16, V19.B16], (R8)
	VAND V16.B16, V0.B16, V0.B16
	VAND V17.B16, V1.B16, V1.B16
	MOVD R3, R8
	SUBS R10, R4
	BGT  vector
	RET
