//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_wino43filter_6x6__avx2, u8_wino23filter_4x4__avx2 — two rows of positions of the filter transform of quantised Winograd, 16
// filters at a time. The code is in winofilter_u8_amd64.h.
//
// Reference  wino43FilterGeneric, wino23FilterGeneric (wino_tile_u8.go)
// Requires   AVX2
// Measured   EPYC (Zen 4): F(4,3), all rows, 50 cycles for 16 filters of 160 channels

// func wino43FilterAVX2(a *winoFilterArgs)
#define NAME43 ·wino43FilterAVX2

// func wino23FilterAVX2(a *winoFilterArgs)
#define NAME23 ·wino23FilterAVX2

#define LANES 16
#define V0 Y0
#define V1 Y1
#define V2 Y2
#define V3 Y3
#define V4 Y4
#define V5 Y5
#define V6 Y6
#define V7 Y7
#define V8 Y8
#define V9 Y9
#define V10 Y10
#define V11 Y11
#define V13 Y13
#define V14 Y14
#define V15 Y15

#define WIDEN(from, v) VPMOVSXBW from, v
#define STORE(v, to) VMOVDQU v, to

#define FETCH(bytes) \
	PREFETCHT1 (R13) \
	ADDQ $bytes, R13

#define START
#define STEP
#define GROUP_END

#include "winofilter_u8_amd64.h"
