//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_wino43filter_6x6__avx512, u8_wino23filter_4x4__avx512 — two rows of positions of the filter transform of quantised Winograd, 32
// filters at a time. The code is in winofilter_u8_amd64.h.
//
// Reference  wino43FilterGeneric, wino23FilterGeneric (wino_tile_u8.go)
// Requires   AVX-512 F, BW
// Measured   Xeon (Emerald Rapids): F(4,3), all rows, 70 cycles for 16 filters, as all stores go to L2; the AVX2 kernel 82
// Registers  K1  lanes of this step

// func wino43FilterAVX512(a *winoFilterArgs)
#define NAME43 ·wino43FilterAVX512

// func wino23FilterAVX512(a *winoFilterArgs)
#define NAME23 ·wino23FilterAVX512

#define LANES 32
#define V0 Z0
#define V1 Z1
#define V2 Z2
#define V3 Z3
#define V4 Z4
#define V5 Z5
#define V6 Z6
#define V7 Z7
#define V8 Z8
#define V9 Z9
#define V10 Z10
#define V11 Z11
#define V13 Z13
#define V14 Z14
#define V15 Z15

#define WIDEN(from, v) VPMOVSXBW.Z from, K1, v
#define STORE(v, to) VMOVDQU16 v, K1, to

#define FETCH(bytes) \
	PREFETCHT1 (R13) \
	PREFETCHT1 bytes(R13) \
	ADDQ $(2*bytes), R13

#define START KXNORD K1, K1, K1

// Where fewer than 32 lanes are left, they are 16.
#define STEP \
	CMPQ     AX, $32 \
	JGE      2(PC) \
	KSHIFTRD $16, K1, K1

#define GROUP_END \
	ADDQ AX, AX \
	ADDQ AX, DX \
	ADDQ AX, R12 \
	ADDQ AX, DI \
	ADDQ AX, R14 \
	START

#include "winofilter_u8_amd64.h"
