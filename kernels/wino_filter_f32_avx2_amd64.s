//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

DATA winoFilterConst<>+0x00(SB)/4, $0.25
DATA winoFilterConst<>+0x04(SB)/4, $-0.16666666666666666
DATA winoFilterConst<>+0x08(SB)/4, $0.16666666666666666
DATA winoFilterConst<>+0x0c(SB)/4, $0.041666666666666664
DATA winoFilterConst<>+0x10(SB)/4, $0.08333333333333333
GLOBL winoFilterConst<>(SB), RODATA|NOPTR, $20

// f32_winofilter_3x3__avx2 — Winograd F(4,3) filter transform, 16 filters at a time.
//
// Computes   u[pos][c][k] = (G g Gᵀ)[pos] of g[c][·][k]
// Reference  winoFilterF32Generic (wino_filter.go)
// Requires   AVX2, FMA
// Layout     g [C][9][16]; u 36 × posStride bytes, each [C][16]
// Contract   c ≥ 1; no over-read
// Bound      36 stores and about 110 operations per channel and 8 filters
// Registers  DI  args    SI  g    DX  u    CX  channels left    R8  posStride    R9, R10  positions 0 and 3 of a row of u
//            Y0–Y2, Y3–Y5  rows of G g    Y6–Y10 scratch    Y11–Y15  1/4, −1/6, 1/6, 1/24, 1/12
// Phases     channel → half → rows 0 | 1, 2 | 3, 4 | 5

// Six numbers of the row G (a, b, c)ᵀ to u, and on to the next row of positions. Clobbers Y6–Y9.
#define WINO_ROW(a, b, c) \
	VMULPS      Y11, a, Y6 \
	VADDPS      c, a, Y7 \
	VMULPS      Y12, Y7, Y7           /* −(a + c)/6 */ \
	VMULPS      Y13, b, Y8 \
	VMOVUPS     Y6, (R9) \
	VSUBPS      Y8, Y7, Y9 \
	VADDPS      Y8, Y7, Y7 \
	VMOVUPS     Y9, (R9)(R8*1) \
	VMOVUPS     Y7, (R9)(R8*2) \
	VMULPS      Y14, a, Y6 \
	VFMADD231PS Y13, c, Y6            /* a/24 + c/6 */ \
	VMULPS      Y15, b, Y8 \
	VADDPS      Y8, Y6, Y7 \
	VSUBPS      Y8, Y6, Y6 \
	VMOVUPS     Y7, (R10) \
	VMOVUPS     Y6, (R10)(R8*1) \
	VMOVUPS     c, (R10)(R8*2) \
	LEAQ        (R10)(R11*1), R9 \
	LEAQ        (R9)(R11*1), R10

// Column j of rows 1 and 2 of G g: x, y. g(r, j) is 64·(3r + j) bytes into the channel.
#define ROWS12(j, half, x, y) \
	VMOVUPS (64*j+half)(SI), Y6 \
	VADDPS  (64*(6+j)+half)(SI), Y6, Y6 \
	VMULPS  Y12, Y6, Y6 \
	VMULPS  (64*(3+j)+half)(SI), Y13, Y7 \
	VSUBPS  Y7, Y6, x \
	VADDPS  Y7, Y6, y

// The same of rows 3 and 4.
#define ROWS34(j, half, x, y) \
	VMULPS      (64*j+half)(SI), Y14, Y6 \
	VFMADD231PS (64*(6+j)+half)(SI), Y13, Y6 \
	VMULPS      (64*(3+j)+half)(SI), Y15, Y7 \
	VADDPS      Y7, Y6, x \
	VSUBPS      Y7, Y6, y

#define HALF(half) \
	LEAQ    half(DX), R9 \
	LEAQ    (R9)(R11*1), R10 \
	VMULPS  (64*0+half)(SI), Y11, Y0 \
	VMULPS  (64*1+half)(SI), Y11, Y1 \
	VMULPS  (64*2+half)(SI), Y11, Y2 \
	WINO_ROW(Y0, Y1, Y2) \
	ROWS12(0, half, Y0, Y3) \
	ROWS12(1, half, Y1, Y4) \
	ROWS12(2, half, Y2, Y5) \
	WINO_ROW(Y0, Y1, Y2) \
	WINO_ROW(Y3, Y4, Y5) \
	ROWS34(0, half, Y0, Y3) \
	ROWS34(1, half, Y1, Y4) \
	ROWS34(2, half, Y2, Y5) \
	WINO_ROW(Y0, Y1, Y2) \
	WINO_ROW(Y3, Y4, Y5) \
	VMOVUPS (64*6+half)(SI), Y0 \
	VMOVUPS (64*7+half)(SI), Y1 \
	VMOVUPS (64*8+half)(SI), Y2 \
	WINO_ROW(Y0, Y1, Y2)

// func winoFilterF32AVX2(a *WinoFilter)
TEXT ·winoFilterF32AVX2(SB), NOSPLIT, $0-8
	MOVQ         a+0(FP), DI
	MOVQ         WinoFilter_g(DI), SI
	MOVQ         WinoFilter_u(DI), DX
	MOVQ         WinoFilter_c(DI), CX
	MOVQ         WinoFilter_posStride(DI), R8
	LEAQ         (R8)(R8*2), R11
	VBROADCASTSS winoFilterConst<>+0x00(SB), Y11
	VBROADCASTSS winoFilterConst<>+0x04(SB), Y12
	VBROADCASTSS winoFilterConst<>+0x08(SB), Y13
	VBROADCASTSS winoFilterConst<>+0x0c(SB), Y14
	VBROADCASTSS winoFilterConst<>+0x10(SB), Y15

channel:
	HALF(0)
	HALF(32)
	ADDQ $576, SI
	ADDQ $64, DX
	SUBQ $1, CX
	JNZ  channel
	VZEROUPPER
	RET
