//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_conv_6x16__avx512vnni — the 256-bit tile in its EVEX encoding. It differs from u8_conv_6x16__avxvnni in the
// encoding of one instruction only, so that a machine with AVX-512 proves the rest of it.
//
// Computes   as conv_u8_6x16_amd64.h says
// Reference  convTileU8Generic (conv_tile.go)
// Requires   AVX2, AVX-512 VL, VNNI
// Layout     src/dst NHWC uint8; w int8 packed [K/16][taps][C/4][16][4]
// Contract   taps, groups, tiles ≥ 1; 1 ≤ rows ≤ 6; 1 ≤ cols ≤ 16; reads whole groups of 4 channels; dst does not alias src
// Bound      12 VPDPBUSD per 2 loads + 6 broadcasts, 4 channels; exact: VPDPBUSD does not saturate
#define DOT(s2, s1, d, S2, S1, D) VPDPBUSD S2, S1, D

#define NAME ·convTileU8VNNI256
#include "conv_u8_vnni256_amd64.h"
