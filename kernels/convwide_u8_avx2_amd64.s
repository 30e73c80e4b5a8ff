//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "pairs_avx2_amd64.h"

// u8_convwide_6x16__avx2 — quantised convolution tile over inputs and weights widened to int16.
//
// Computes   as conv_6x16_u8_amd64.h says, two channels at a time
// Reference  convWideGeneric (conv_tile.go)
// Requires   AVX2
// Layout     src rows of int16; dst NHWC uint8; w int16 packed [K/16][taps][C/2][16][2], or 8 where cols ≤ 8
// Contract   taps, groups, tiles ≥ 1; 1 ≤ rows ≤ 6; 1 ≤ cols ≤ 16; reads whole groups of 2 channels; dst does not alias src
// Bound      12 × (VPMADDWD + VPADDD) per 2 loads + 6 broadcasts, 2 channels; exact: nothing saturates
#define GROUP(w, src) PAIRS(w, src)
#define GROUP4(w, src) PAIRS4(w, src)
#define GROUP8(w, src) PAIRS8(w, src)
#define NAME ·convWideU8AVX2
#include "conv_6x16_u8_amd64.h"
