//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// f16_maxpool_1x32__fp16 — maximum over any window, one output pixel × 32 channels at a time.
// f16_maxpool3_1x32__fp16 — a row of 3×3 maxima, stride 1 or 2, 32 channels at a time.
//
// Computes   as maxpool_arm64.h says; FMAXNM gives the number where the other is a NaN
// Reference  maxPoolHalfGeneric, maxPool3HalfGeneric (pool_taps.go)
// Requires   NEON, FP16
#define NAME_TAPS ·maxPoolFP16
#define NAME_ROW ·maxPool3FP16
#define MAXIMUM(m, n, d) FMAXNMH(m, n, d)
#define LEAST 0xfc00fc00 // −Inf, twice
#define SETTLE(d) FMAXNMH(12, d, d)
#define SHIFT 1
#include "maxpool_arm64.h"
