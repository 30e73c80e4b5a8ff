//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// f32_fc_4x16__avx2 — dot products of four rows of weights with one input.
//
// Computes   as fc_f32_amd64.h says
// Reference  fcF32Generic (fc.go)
// Requires   AVX2, FMA
// Layout     w: four rows, as the model has them; x dense
// Contract   c ≥ 1; no over-read; a row may be given twice
// Bound      reading the weights; from L1 10 loads per 8 FMA
// Measured   EPYC (Zen 3), one core, within a network: fetching all of the weights 1.15 to 1.35 times as long

// The next four rows begin on pages where what the CPU fetches by itself begins anew.
#define FETCH_ROW \
	PREFETCHT1 0(R12) \
	PREFETCHT1 64(R12) \
	PREFETCHT1 128(R12) \
	ADDQ AX, R12
#define FETCH_INIT \
	LEAQ (R8)(AX*4), R12 \
	FETCH_ROW \
	FETCH_ROW \
	FETCH_ROW \
	FETCH_ROW
#define FETCH
#define NAME ·fcF32AVX2
#include "fc_f32_amd64.h"
