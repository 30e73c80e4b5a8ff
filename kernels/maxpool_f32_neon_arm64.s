//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// f32_maxpool_1x16__neon — maximum over any window, one output pixel × 16 channels at a time.
// f32_maxpool3_1x16__neon — a row of 3×3 maxima, stride 1 or 2, 16 channels at a time.
//
// Computes   as maxpool_arm64.h says; FMAXNM gives the number where the other is a NaN
// Reference  maxPoolF32Generic, maxPool3F32Generic (pool_taps.go)
// Requires   NEON
#define NAME_TAPS ·maxPoolF32NEON
#define NAME_ROW ·maxPool3F32NEON
#define MAXIMUM(m, n, d) FMAXNM(m, n, d)
#define LEAST 0xff800000 // −Inf
#define SETTLE(d) FMAXNM(12, d, d)
#define SHIFT 2
#include "maxpool_arm64.h"
