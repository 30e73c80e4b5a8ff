//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"
#include "conv_8x8_u8_arm64.h"

// u8_conv_8x8__dotprod — quantised convolution tile, 8 output pixels × 8 output channels.
//
// Computes   dst[p][k] = requantize(bias[k] + Σ_{t,c} ((*ptrs[t][p])[c] − 128) · w[t][c][k])
// Requires   NEON, DotProd
// The rest is in conv_8x8_arm64.h: DOT is SDOT by element, a group is four channels. SDOT multiplies signed bytes, so
// the input's top bit is flipped, which takes 128 away; bias carries 128·Σ w (Kernel.Minus128).
#define DOT(m, i, n, d) SDOT_LANE(m, i, n, d)
#define CONST80 VMOVI $128, V12.B16
#define FIX(n, V) VEOR V12.B16, V.B16, V.B16

#define NAME ·convTileU8DotProd
#include "conv_8x8_arm64.h"
