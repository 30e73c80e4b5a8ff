//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"
#include "conv_8x8_u8_arm64.h"

// u8_conv_8x8__i8mm — quantised convolution tile, 8 output pixels × 8 output channels.
//
// Computes   dst[p][k] = requantize(bias[k] + Σ_{t,c} (*ptrs[t][p])[c] · w[t][c][k])
// Requires   NEON, I8MM
// The rest is in conv_8x8_arm64.h: DOT is SUDOT by element, signed weights times unsigned input; a group is four channels.
#define DOT(m, i, n, d) SUDOT_LANE(m, i, n, d)
#define CONST80
#define FIX(n, V)

#define NAME ·convTileU8I8MM
#include "conv_8x8_arm64.h"
