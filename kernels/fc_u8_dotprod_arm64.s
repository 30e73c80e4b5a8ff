//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_fc_4x16__dotprod — dot products of four rows of int8 weights with one row of uint8, by SDOT.
//
// Computes   sum[r] += Σ_{i<c} w[r][i]·x[i]
// Reference  fcU8Generic (fc_u8.go)
// Requires   NEON, DotProd
// Contract   c > 0, a multiple of 16; no over-read
// Bound      the weights' way from memory: 4 × 16 bytes per 8 SDOT
// Registers  those of fc_u8_arm64.h; V1  −128    V16–V19  Σ w·(x − 128)    V20–V23  Σ w·(−128)
//
// SDOT multiplies signed bytes: flipping x's top bit takes 128 away, and −128·Σ w, subtracted at the end, puts it back.

#define INIT VMOVI $128, V1.B16

#define STEP \
	VEOR V1.B16, V0.B16, V0.B16 \
	WORD $0x4e819494; /* arm64: sdot v20.4s, v4.16b, v1.16b */ \
	WORD $0x4e8194b5; /* arm64: sdot v21.4s, v5.16b, v1.16b */ \
	WORD $0x4e8194d6; /* arm64: sdot v22.4s, v6.16b, v1.16b */ \
	WORD $0x4e8194f7; /* arm64: sdot v23.4s, v7.16b, v1.16b */ \
	WORD $0x4e809490; /* arm64: sdot v16.4s, v4.16b, v0.16b */ \
	WORD $0x4e8094b1; /* arm64: sdot v17.4s, v5.16b, v0.16b */ \
	WORD $0x4e8094d2; /* arm64: sdot v18.4s, v6.16b, v0.16b */ \
	WORD $0x4e8094f3; /* arm64: sdot v19.4s, v7.16b, v0.16b */

#define VFOLD(A, SUM) VSUB A.S4, SUM.S4, SUM.S4

// func fcU8DotProd(t *fcU8Args)
#define NAME ·fcU8DotProd
#include "fc_u8_arm64.h"
