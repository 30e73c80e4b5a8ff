//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_fc_4x16__neon — dot products of four rows of int8 weights with one row of uint8, without dot product instructions.
//
// Computes   sum[r] += Σ_{i<c} w[r][i]·x[i]
// Reference  fcU8Generic (fc_u8.go)
// Requires   NEON
// Contract   c > 0, a multiple of 16; no over-read
// Bound      the weights' way from memory: 4 × 16 bytes per 10 widenings and 16 SMLAL
// Registers  those of fc_u8_arm64.h; V1, V2  x, int16    V8–V15  w, int16    V16–V19, V20–V23  sums

#define INIT

#define STEP \
	VUXTL  V0.B8, V1.H8 \
	VUXTL2 V0.B16, V2.H8 \
	WORD $0x0f08a488; /* arm64: sshll v8.8h, v4.8b, #0 */ \
	WORD $0x0f08a4a9; /* arm64: sshll v9.8h, v5.8b, #0 */ \
	WORD $0x0f08a4ca; /* arm64: sshll v10.8h, v6.8b, #0 */ \
	WORD $0x0f08a4eb; /* arm64: sshll v11.8h, v7.8b, #0 */ \
	WORD $0x4f08a48c; /* arm64: sshll2 v12.8h, v4.16b, #0 */ \
	WORD $0x4f08a4ad; /* arm64: sshll2 v13.8h, v5.16b, #0 */ \
	WORD $0x4f08a4ce; /* arm64: sshll2 v14.8h, v6.16b, #0 */ \
	WORD $0x4f08a4ef; /* arm64: sshll2 v15.8h, v7.16b, #0 */ \
	WORD $0x0e618110; /* arm64: smlal v16.4s, v8.4h, v1.4h */ \
	WORD $0x0e618131; /* arm64: smlal v17.4s, v9.4h, v1.4h */ \
	WORD $0x0e618152; /* arm64: smlal v18.4s, v10.4h, v1.4h */ \
	WORD $0x0e618173; /* arm64: smlal v19.4s, v11.4h, v1.4h */ \
	WORD $0x4e618114; /* arm64: smlal2 v20.4s, v8.8h, v1.8h */ \
	WORD $0x4e618135; /* arm64: smlal2 v21.4s, v9.8h, v1.8h */ \
	WORD $0x4e618156; /* arm64: smlal2 v22.4s, v10.8h, v1.8h */ \
	WORD $0x4e618177; /* arm64: smlal2 v23.4s, v11.8h, v1.8h */ \
	WORD $0x0e628190; /* arm64: smlal v16.4s, v12.4h, v2.4h */ \
	WORD $0x0e6281b1; /* arm64: smlal v17.4s, v13.4h, v2.4h */ \
	WORD $0x0e6281d2; /* arm64: smlal v18.4s, v14.4h, v2.4h */ \
	WORD $0x0e6281f3; /* arm64: smlal v19.4s, v15.4h, v2.4h */ \
	WORD $0x4e628194; /* arm64: smlal2 v20.4s, v12.8h, v2.8h */ \
	WORD $0x4e6281b5; /* arm64: smlal2 v21.4s, v13.8h, v2.8h */ \
	WORD $0x4e6281d6; /* arm64: smlal2 v22.4s, v14.8h, v2.8h */ \
	WORD $0x4e6281f7; /* arm64: smlal2 v23.4s, v15.8h, v2.8h */

#define VFOLD(A, SUM) VADD A.S4, SUM.S4, SUM.S4

// func fcU8NEON(t *fcU8Args)
#define NAME ·fcU8NEON
#include "fc_u8_arm64.h"
