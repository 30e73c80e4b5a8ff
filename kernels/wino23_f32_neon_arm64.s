//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "neon_arm64.h"

#define PLUS(m, n, d) FADD(m, n, d)
#define MINUS(m, n, d) FSUB(m, n, d)
#define ELEMENT_SHIFT 2
#define LANES 4
#define BOUNDS NO_BOUND(V13, R16)

// Adds the bias and clamps. Clobbers V0.
#define FINISH \
	VLD1.P 16(R7), [V0.B16] \
	FADD(0, 8, 8) \
	FADD(0, 9, 9) \
	FADD(0, 10, 10) \
	FADD(0, 11, 11) \
	FMAX(12, 8, 8) \
	FMAX(12, 9, 9) \
	FMAX(12, 10, 10) \
	FMAX(12, 11, 11) \
	CBZW R16, bounded \
	FMIN(13, 8, 8) \
	FMIN(13, 9, 9) \
	FMIN(13, 10, 10) \
	FMIN(13, 11, 11) \
bounded:

// Stores R3 < 4 channels at R12.
#define STORE_TAIL(V, l4, l2, l1) \
	MOVD R12, R15 \
	TBZ  $1, R3, l2 \
	VST1.P V.D[0], 8(R15) \
	VEXT $8, V.B16, V.B16, V.B16 \
l2: \
	TBZ  $0, R3, l1 \
	VST1 V.S[0], (R15) \
l1:

#include "wino23_arm64.h"

// f32_wino25output_2x2__neon — Winograd F(2,5) output transform of one tile, 4 channels at a time.
//
// Computes   dst[y][x][k] = clamp((Aᵀ m A)[y][x] + bias[k])
// Reference  wino25OutputF32Generic (wino_tile.go)
// Requires   NEON
// Layout     src [36] × posStride bytes; dst NHWC
// Contract   cols ≥ 1, src and bias readable to the next multiple of 4; 1 ≤ rows, columns ≤ 2; no over-write
// Bound      36 loads + 4 stores + 75 additions and FMAs per 4 channels
// Registers  above; V0–V5  a column of positions, then V6, V7  its two sums
// Phases     channel block → columns, each added to the pixels → store | tail

// One column of positions: V6 = m0 + m1 + m2 + m3 + m4, V7 = m1 − m2 + 2·(m3 − m4) + m5. Goes on to the next.
#define COLUMN6 \
	MOVD R4, R13 \
	VLD1 (R13), [V0.B16] \
	ADD  R14, R13 \
	VLD1 (R13), [V1.B16] \
	ADD  R14, R13 \
	VLD1 (R13), [V2.B16] \
	ADD  R14, R13 \
	VLD1 (R13), [V3.B16] \
	ADD  R14, R13 \
	VLD1 (R13), [V4.B16] \
	ADD  R14, R13 \
	VLD1 (R13), [V5.B16] \
	ADD  R5, R4 \
	FADD(2, 1, 6) \
	FADD(5, 1, 7) \
	FSUB(2, 7, 7) \
	FADD(4, 3, 5) \
	FSUB(4, 3, 3) \
	FADD(0, 6, 6) \
	FMLA(3, 15, 7) \
	FADD(5, 6, 6)

// func wino25OutputF32NEON(a *winoOutputArgs)
TEXT ·wino25OutputF32NEON(SB), NOSPLIT, $0-8
	LOAD_ARGS
	FMOVS $2.0, F15
	VDUP  V15.S[0], V15.S4
	ADD   R5<<1, R5, R14
	LSL   $1, R14

channels:
	MOVD R1, R4
	COLUMN6
	VMOV V6.B16, V8.B16              // column 0 counts on the left only
	VMOV V7.B16, V10.B16
	COLUMN6
	FADD(6, 8, 8)                    // 1 on both sides
	VMOV V6.B16, V9.B16
	FADD(7, 10, 10)
	VMOV V7.B16, V11.B16
	COLUMN6
	FADD(6, 8, 8)                    // 2: −1 on the right
	FSUB(6, 9, 9)
	FADD(7, 10, 10)
	FSUB(7, 11, 11)
	COLUMN6
	FADD(6, 8, 8)                    // 3: 2 on the right
	FMLA(6, 15, 9)
	FADD(7, 10, 10)
	FMLA(7, 15, 11)
	COLUMN6
	FADD(6, 8, 8)                    // 4: −2 on the right
	FMLS(6, 15, 9)
	FADD(7, 10, 10)
	FMLS(7, 15, 11)
	COLUMN6
	FADD(6, 9, 9)                    // 5 on the right only
	FADD(7, 11, 11)
	FINISH
	STORE_PIXELS

// f32_wino23output_2x2__neon — Winograd F(2,3) output transform of one tile, 4 channels at a time.
//
// Computes   dst[y][x][k] = clamp((Aᵀ m A)[y][x] + bias[k])
// Reference  wino23OutputF32Generic (wino_tile.go)
// Requires   NEON
// Layout     src [16] × posStride bytes; dst NHWC
// Contract   cols ≥ 1, src and bias readable to the next multiple of 4; 1 ≤ rows, columns ≤ 2; no over-write
// Bound      16 loads + 4 stores + 28 additions per 4 channels
// Phases     channel block → columns, each added to the pixels → store | tail

// func wino23OutputF32NEON(a *winoOutputArgs)
TEXT ·wino23OutputF32NEON(SB), NOSPLIT, $0-8
	OUTPUT23

// f32_wino23input_4x4__neon — Winograd F(2,3) input transform of one 4×4 tile, 4 channels at a time.
//
// Computes   v[pos][c] = (Bᵀ d B)[pos]
// Reference  wino23InputF32Generic (wino_tile.go)
// Requires   NEON
// Layout     src NHWC through 16 addresses; dst [16] × posStride bytes
// Contract   c a multiple of 4, ≥ 4; no over-read
// Bound      16 loads + 16 stores + 32 additions per 4 channels
// Phases     channel block → load → rows of Bᵀ d, one at a time

// func wino23InputF32NEON(a *winoInputArgs)
TEXT ·wino23InputF32NEON(SB), NOSPLIT, $0-8
	INPUT23
