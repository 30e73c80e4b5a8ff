//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// f32_maxpool_1x4__neon, f32_maxpool3_1x4__neon — maxima of windows, on ARMv7.
//
// Computes   as maxpool_arm.h says; a comparison with a NaN is false, so it is passed over
// Reference  maxPoolF32Generic, maxPool3F32Generic (pool_taps.go)
// Requires   NEON
// Contract   denormals compare as zeros: NEON of ARMv7 knows none
#define NAME_TAPS ·maxPoolF32NEON
#define NAME_ROW ·maxPool3F32NEON
#define ELEMENT 4
#define SHIFT 2
#define LEAST \
	WORD $0xf387065f; /* arm: vmov.i32 q0, #0xff000000 */ \
	WORD $0xf3800550; /* arm: vorr.i32 q0, q0, #0x00800000 */
#define MAXIMUM \
	WORD $0xf3224e40; /* arm: vcgt.f32 q2, q1, q0 */ \
	WORD $0xf3220154; /* arm: vbit q0, q1, q2 */
#define LOAD1 \
	WORD $0xf4ac280f; /* arm: vld1.32 {d2[0]}, [r12] */
#define STORE1 \
	WORD $0xf48c080f; /* arm: vst1.32 {d0[0]}, [r12] */
#define LOAD16 \
	WORD $0xf42c2a0f; /* arm: vld1.8 {d2-d3}, [r12] */
#include "maxpool_arm.h"
