//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "avxvnni_amd64.h"

// u8_winogemm_6x16__avxvnni — products of quantised Winograd: 6 tiles × 16 output channels at one position.
//
// Computes   as winogemm_6x16_amd64.h says
// Reference  winoGemmGeneric (wino_tile_u8.go)
// Requires   AVX2, AVX-VNNI
// Layout     v int16 through addresses; u int16 packed [C/2][16][2]; dst int32, rows dstStride bytes apart
// Contract   groups (pairs of channels), tiles ≥ 1; 1 ≤ rows ≤ 6; no over-read
// Bound      12 VPDPWSSD per 2 loads + 6 broadcasts, 2 channels
#define GROUP(w, src) DOTS(DOT_WORDS, w, src)
#define GROUP4(w, src) DOTS4(DOT_WORDS, w, src)
#define NAME ·winoGemmAVXVNNI
#include "winogemm_6x16_amd64.h"
