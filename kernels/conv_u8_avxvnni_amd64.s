//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "avxvnni_amd64.h"

// u8_conv_6x16__avxvnni — quantised convolution tile, 6 output pixels × 16 output channels.
//
// Computes   as conv_6x16_u8_amd64.h says
// Reference  convTileU8Generic (conv_tile.go)
// Requires   AVX2, AVX-VNNI
// Layout     src/dst NHWC uint8; w int8 packed [K/16][taps][C/4][16][4], or 8 where cols ≤ 8
// Contract   taps, groups, tiles ≥ 1; 1 ≤ rows ≤ 6; 1 ≤ cols ≤ 16; reads whole groups of 4 channels; dst does not alias src
// Bound      12 VPDPBUSD per 2 loads + 6 broadcasts, 4 channels; exact: VPDPBUSD does not saturate
#define GROUP(w, src) DOTS(DOT_BYTES, w, src)
#define GROUP4(w, src) DOTS4(DOT_BYTES, w, src)
#define GROUP8(w, src) DOTS8(DOT_BYTES, w, src)
#define NAME ·convTileU8AVXVNNI
#include "conv_6x16_u8_amd64.h"
