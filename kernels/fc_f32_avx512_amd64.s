//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// f32_fc_4x16__avx512 — dot products of four rows of weights with one input.
//
// Computes   as fc_f32_amd64.h says
// Reference  fcF32Generic (fc.go)
// Requires   AVX2, FMA
// Layout     w: four rows, as the model has them; x dense
// Contract   c ≥ 1; no over-read; a row may be given twice
// Bound      reading the weights; from L1 10 loads per 8 FMA
// Measured   EPYC (Zen 4), one core, best of 300: 1024→1000 54 µs (76 GB/s), from memory 165 µs (231 without fetching), 4096→4096 2.75 ms, 9216→4096 6.2 ms (24 GB/s)

// CPUs that have AVX-512 take the rows after the next four, if rows follow one another, to the L2 cache: the L1 cache lets
// too few misses be pending.
#define FETCH_INIT LEAQ (R8)(AX*8), R12
#define FETCH \
	PREFETCHT1 0(R12) \
	PREFETCHT1 64(R12) \
	PREFETCHT1 128(R12) \
	PREFETCHT1 192(R12) \
	ADDQ $256, R12
#define NAME ·fcF32AVX512
#include "fc_f32_amd64.h"
