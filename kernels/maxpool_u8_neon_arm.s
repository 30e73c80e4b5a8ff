//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// u8_maxpool_1x16__neon, u8_maxpool3_1x16__neon — maxima of windows, on ARMv7.
//
// Computes   as maxpool_arm.h says
// Reference  maxPoolU8Generic, maxPool3U8Generic (pool_taps.go)
// Requires   NEON
#define NAME_TAPS ·maxPoolU8NEON
#define NAME_ROW ·maxPool3U8NEON
#define ELEMENT 1
#define SHIFT 0
#define LEAST \
	WORD $0xf2800e50; /* arm: vmov.i8 q0, #0 */
#define MAXIMUM \
	WORD $0xf3000642; /* arm: vmax.u8 q0, q0, q1 */
#define LOAD1 \
	WORD $0xf4ac200f; /* arm: vld1.8 {d2[0]}, [r12] */
#define STORE1 \
	WORD $0xf48c000f; /* arm: vst1.8 {d0[0]}, [r12] */
#define LOAD16 \
	WORD $0xf42c2a0f; /* arm: vld1.8 {d2-d3}, [r12] */
#include "maxpool_arm.h"
