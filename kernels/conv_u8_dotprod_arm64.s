//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"
#include "conv_8x8_u8_arm64.h"

// u8_conv_8x8__dotprod — quantised convolution tile, 8 output pixels × 8 output channels.
//
// Computes   dst[p][k] = requantize(bias[k] + Σ_{t,c} x · w[t][c][k]), x = (*ptrs[t][p])[c] as int8
// Requires   NEON, DotProd
// The rest is in conv_8x8_arm64.h: DOT is SDOT by element, a group is four channels. SDOT multiplies signed bytes, so
// input has its top bit flipped before (Kernel.Flips), which takes 128 away; bias carries 128·Σ w.
#define DOT(m, i, n, d) SDOT_LANE(m, i, n, d)

#define NAME ·convTileU8DotProd
#define STEP PRODUCTS_LOADS
#include "conv_8x8_arm64.h"
