//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

// f32_lrn_1x4__neon — local response normalisation across channels, β = ¾, 4 channels at a time.
//
// Computes   dst[i] = src[i] / (t·√t), t = √(alpha·Σ src² + bias), the sum over a window of channels
// Reference  lrnF32Generic (lrn.go); the same bits
// Requires   NEON
// Layout     squares as lrnArgs has it: the squares of a pixel with zeros around
// Contract   pixels ≥ 1; c a multiple of 4, ≥ 4; size ≥ 1; dst is src or does not overlap it; no over-read
// Bound      two FSQRT and an FDIV per 4 channels
// Registers  R0  args    R1  src    R2  dst    R3  squares    R4  where a pixel's squares begin    R5  pixels left
//            R6  channels left    R7–R9  walking src, squares, dst    R10 window    R11 taps left    R12 size
//            V0  src    V1  sum    V2–V5  squares    V3  t    V30 alpha    V31 bias
// Phases     pixel → squares → block → five squares | window → root

#define NAME ·lrnBlocksNEON
#define POWER \
	FSQRT(1, 3) \
	FSQRT(3, 1) \
	FMUL(1, 3, 3) \
	FDIV(3, 0, 0)

#include "lrn_arm64.h"

// f32_lrnhalf_1x4__neon — the same, to 13 bits or more: roots are the CPU's estimates, each improved once.
//
// Computes   y ≈ x^-½ and z ≈ (x·y)^-½ ≈ x^-¼, x = alpha·Σ src² + bias; dst[i] = src[i]·y·z
// Reference  lrnF32Generic (lrn.go)
// Requires   NEON
// Contract   that above; alpha ≥ 0, bias > 0
// Bound      11 instructions for the power, none of which waits for a divider

#undef NAME
#undef POWER
#define NAME ·lrnHalfBlocksNEON
#define POWER \
	FRSQRTE(1, 2) \
	FMUL(2, 1, 3) \
	FRSQRTS(2, 3, 3) \
	FMUL(3, 2, 2) \
	FMUL(2, 1, 1) \
	FRSQRTE(1, 3) \
	FMUL(3, 1, 4) \
	FRSQRTS(3, 4, 4) \
	FMUL(4, 3, 3) \
	FMUL(3, 2, 2) \
	FMUL(2, 0, 0)

#include "lrn_arm64.h"
