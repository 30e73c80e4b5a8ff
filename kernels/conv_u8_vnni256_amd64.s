//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_conv_6x16__avx512vnni — the 256-bit tile in its EVEX encoding. It differs from u8_conv_6x16__avxvnni in the
// encoding of one instruction only, so that a machine with AVX-512 proves the rest of it.
// Requires   AVX2, AVX-512 VL, VNNI
#define DOT(s2, s1, d, S2, S1, D) VPDPBUSD S2, S1, D

#define NAME ·convTileU8VNNI256
#include "conv_u8_vnni256_amd64.h"
