//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// f32_maxpool_1x32__avx2, f32_avgpool_1x32__avx2 — any window, one output pixel × 32 channels at a time (then 8,
// then the rest).
//
// Computes   dst[p][i] = max_t src[t][p][i]     or     (Σ_t src[t][p][i]) / divisor
// Reference  maxPoolF32Generic, avgPoolF32Generic (pool_taps.go)
// Requires   AVX2
// Layout     src/dst NHWC; ptrs [taps] addresses of the first pixel's taps
// Contract   taps, pixels, c ≥ 1; no over-read; a tap may be dst, which does not otherwise overlap them
// Bound      4 loads, 4 max or add per tap and one load of its address; a call is at most 2²⁰ taps × pixels × channels
// Measured   EPYC (Zen 4), one core, best of 300: average 7×7 over 7²×1024 4.3 µs, 5×5/3 over 14²×512 10.3 µs;
//            maximum 3×3/2 over 56²×192 48 µs, 3×3/1 over 28²×192 37 µs (maxpool3: 43 and 22)
// Registers  DI  args                SI  ptrs                 R8  a tap
//            AX  offset of pixel and channel in the taps      R9  the same of the pixel alone
//            R12 dst pixel           DX  dst                  R13 taps       CX  taps left
//            R10 pixels left         BX  channels left
//            Y0–Y3 accumulators      Y12 mask of the tail     Y14 scratch    Y15 −Inf or the divisor
// Phases     pixel → block → tap → store; tail_block of 8 or fewer → tail_tap → store
//
// For a maximum every tap is the first source operand, so that a NaN gives way to the accumulator, which is never one.

DATA poolMask<>+0x00(SB)/8, $-1
DATA poolMask<>+0x08(SB)/8, $-1
DATA poolMask<>+0x10(SB)/8, $-1
DATA poolMask<>+0x18(SB)/8, $-1
GLOBL poolMask<>(SB), RODATA|NOPTR, $64

DATA poolLeast<>+0(SB)/4, $0xff800000 // −Inf
GLOBL poolLeast<>(SB), RODATA|NOPTR, $4

// Y12 = mask of BX < 8 channels. Clobbers R8, R11.
#define TAIL_MASK \
	LEAQ    poolMask<>+32(SB), R8 \
	MOVQ    BX, R11 \
	SHLQ    $2, R11 \
	SUBQ    R11, R8 \
	VMOVUPS (R8), Y12

// func maxPoolF32AVX2(a *poolArgs)
TEXT ·maxPoolF32AVX2(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	MOVQ poolArgs_ptrs(DI), SI
	MOVQ poolArgs_dst(DI), R12
	MOVQ poolArgs_taps(DI), R13
	MOVQ poolArgs_pixels(DI), R10
	XORL R9, R9
	VBROADCASTSS poolLeast<>(SB), Y15

pixel:
	MOVQ poolArgs_c(DI), BX
	MOVQ R9, AX
	MOVQ R12, DX
	SUBQ $32, BX
	JLT  tail

block:
	VMOVAPS Y15, Y0
	VMOVAPS Y15, Y1
	VMOVAPS Y15, Y2
	VMOVAPS Y15, Y3
	XORL    CX, CX

tap:
	MOVQ    (SI)(CX*8), R8
	VMOVUPS 0(R8)(AX*1), Y4
	VMOVUPS 32(R8)(AX*1), Y5
	VMOVUPS 64(R8)(AX*1), Y6
	VMOVUPS 96(R8)(AX*1), Y7
	VMAXPS  Y0, Y4, Y0               // acc = src > acc ? src : acc
	VMAXPS  Y1, Y5, Y1
	VMAXPS  Y2, Y6, Y2
	VMAXPS  Y3, Y7, Y3
	ADDQ    $1, CX
	CMPQ    CX, R13
	JLT     tap
	VMOVUPS Y0, 0(DX)
	VMOVUPS Y1, 32(DX)
	VMOVUPS Y2, 64(DX)
	VMOVUPS Y3, 96(DX)
	ADDQ    $128, AX
	ADDQ    $128, DX
	SUBQ    $32, BX
	JGE     block

tail:
	ADDQ $32, BX
	JZ   next_pixel
	VPCMPEQD Y12, Y12, Y12

tail_block:
	CMPQ BX, $8
	JGE  tail_begin
	TAIL_MASK

tail_begin:
	VMOVAPS Y15, Y0
	XORL    CX, CX

tail_tap:
	MOVQ       (SI)(CX*8), R8
	VMASKMOVPS (R8)(AX*1), Y12, Y4
	VMAXPS     Y0, Y4, Y0
	ADDQ       $1, CX
	CMPQ       CX, R13
	JLT        tail_tap
	CMPQ       BX, $8
	JLT        tail_masked
	VMOVUPS    Y0, (DX)
	ADDQ       $32, AX
	ADDQ       $32, DX
	SUBQ       $8, BX
	JGT        tail_block
	JMP        next_pixel

tail_masked:
	VMASKMOVPS Y0, Y12, (DX)

next_pixel:
	ADDQ poolArgs_srcStep(DI), R9
	ADDQ poolArgs_dstStep(DI), R12
	SUBQ $1, R10
	JNZ  pixel
	VZEROUPPER
	RET

// func avgPoolF32AVX2(a *poolArgs)
TEXT ·avgPoolF32AVX2(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	MOVQ poolArgs_ptrs(DI), SI
	MOVQ poolArgs_dst(DI), R12
	MOVQ poolArgs_taps(DI), R13
	MOVQ poolArgs_pixels(DI), R10
	XORL R9, R9
	VBROADCASTSS poolArgs_divisor(DI), Y15

pixel:
	MOVQ poolArgs_c(DI), BX
	MOVQ R9, AX
	MOVQ R12, DX
	SUBQ $32, BX
	JLT  tail

block:
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	XORL   CX, CX

tap:
	MOVQ   (SI)(CX*8), R8
	VADDPS 0(R8)(AX*1), Y0, Y0       // sum += src
	VADDPS 32(R8)(AX*1), Y1, Y1
	VADDPS 64(R8)(AX*1), Y2, Y2
	VADDPS 96(R8)(AX*1), Y3, Y3
	ADDQ   $1, CX
	CMPQ   CX, R13
	JLT    tap
	VDIVPS Y15, Y0, Y0
	VDIVPS Y15, Y1, Y1
	VDIVPS Y15, Y2, Y2
	VDIVPS Y15, Y3, Y3
	VMOVUPS Y0, 0(DX)
	VMOVUPS Y1, 32(DX)
	VMOVUPS Y2, 64(DX)
	VMOVUPS Y3, 96(DX)
	ADDQ   $128, AX
	ADDQ   $128, DX
	SUBQ   $32, BX
	JGE    block

tail:
	ADDQ $32, BX
	JZ   next_pixel
	VPCMPEQD Y12, Y12, Y12

tail_block:
	CMPQ BX, $8
	JGE  tail_begin
	TAIL_MASK

tail_begin:
	VXORPS Y0, Y0, Y0
	XORL   CX, CX

tail_tap:
	MOVQ       (SI)(CX*8), R8
	VMASKMOVPS (R8)(AX*1), Y12, Y4
	VADDPS     Y4, Y0, Y0
	ADDQ       $1, CX
	CMPQ       CX, R13
	JLT        tail_tap
	VDIVPS     Y15, Y0, Y0
	CMPQ       BX, $8
	JLT        tail_masked
	VMOVUPS    Y0, (DX)
	ADDQ       $32, AX
	ADDQ       $32, DX
	SUBQ       $8, BX
	JGT        tail_block
	JMP        next_pixel

tail_masked:
	VMASKMOVPS Y0, Y12, (DX)

next_pixel:
	ADDQ poolArgs_srcStep(DI), R9
	ADDQ poolArgs_dstStep(DI), R12
	SUBQ $1, R10
	JNZ  pixel
	VZEROUPPER
	RET
