//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_conv_6x16__avxvnni — quantised convolution tile, 6 output pixels × 16 output channels.
//
// Computes   as conv_u8_6x16_amd64.h says
// Reference  convTileU8Generic (conv_tile.go)
// Requires   AVX2, AVX-VNNI
// Layout     src/dst NHWC uint8; w int8 packed [K/16][taps][C/4][16][4]
// Contract   taps, groups, tiles ≥ 1; 1 ≤ rows ≤ 6; 1 ≤ cols ≤ 16; reads whole groups of 4 channels; dst does not alias src
// Bound      12 VPDPBUSD per 2 loads + 6 broadcasts, 4 channels; exact: VPDPBUSD does not saturate
//
// Go's assembler knows VPDPBUSD only in its EVEX form, so the VEX form is spelled out:
// VEX.256.66.0F38.W0 50 /r, for example {vex} vpdpbusd %ymm0,%ymm2,%ymm4 = c4 e2 6d 50 e0.
#define DOT(s2, s1, d, S2, S1, D) \
	BYTE $0xC4; \
	BYTE $(0xE2 ^ (((d)>>3)<<7) ^ (((s2)>>3)<<5)); \
	BYTE $(((15-(s1))<<3) | 0x05); \
	BYTE $0x50; \
	BYTE $(0xC0 | (((d)&7)<<3) | ((s2)&7))

#define NAME ·convTileU8AVXVNNI
#include "conv_u8_vnni256_amd64.h"
