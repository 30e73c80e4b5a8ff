//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// u8_maxpool_1x64__neon — maximum over any window, one output pixel × 64 channels at a time.
// u8_maxpool3_1x64__neon — a row of 3×3 maxima, stride 1 or 2, 64 channels at a time.
//
// Computes   as maxpool_arm64.h says
// Reference  maxPoolU8Generic, maxPool3U8Generic (pool_taps.go)
// Requires   NEON
#define NAME_TAPS ·maxPoolU8NEON
#define NAME_ROW ·maxPool3U8NEON
#define MAXIMUM(m, n, d) UMAX(m, n, d)
#define LEAST 0
#define SETTLE(d)
#define SHIFT 0
#include "maxpool_arm64.h"
