//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// f32_mix_1x32__avx2 — weighted sums of pixels, 32 channels at a time, then 8, then the rest under a mask.
//
// Computes   dst[x][i] = Σ_k weights[x·taps + k]·src[at[x·taps + k]][i], from k = 0 upwards; fill where at is −1
// Reference  mixF32Generic (interpolate.go); the same bits
// Requires   AVX2
// Contract   at has ≥ 1 pixels of taps ≥ 1; c ≥ 1; no over-read, no over-write; dst and src do not overlap
// Bound      a multiplication, an addition and a load per tap and 8 channels
// Registers  DI  args    SI  src of a tap    DX  dst pixel       R8  at           R9  weights     R10 indices left
//            R11 src     R12 4·srcStride     R13 c               CX  taps         AX  channel     BX  tap
//            Y0–Y3 sums  Y4–Y7 products      Y8  weight, fill    Y9  mask of the last channels
// Phases     pixel → wide: 32 channels → narrow: 8 → tail → next | outside

DATA mixMask<>+0x00(SB)/8, $-1
DATA mixMask<>+0x08(SB)/8, $-1
DATA mixMask<>+0x10(SB)/8, $-1
DATA mixMask<>+0x18(SB)/8, $-1
GLOBL mixMask<>(SB), RODATA|NOPTR, $64

// SI = src of tap BX at channel AX. Y8 = its weight.
#define TAP \
	MOVLQSX      (R8)(BX*4), SI \
	IMULQ        R12, SI \
	ADDQ         R11, SI \
	LEAQ         (SI)(AX*4), SI \
	VBROADCASTSS (R9)(BX*4), Y8

// func mixF32AVX2(m *mixArgs)
TEXT ·mixF32AVX2(SB), NOSPLIT, $0-8
	MOVQ    m+0(FP), DI
	MOVQ    mixArgs_dst(DI), DX
	MOVQ    mixArgs_src(DI), R11
	MOVQ    mixArgs_at(DI), R8
	MOVQ    mixArgs_at+8(DI), R10
	MOVQ    mixArgs_weights(DI), R9
	MOVQ    mixArgs_taps(DI), CX
	MOVQ    mixArgs_c(DI), R13
	MOVQ    mixArgs_srcStride(DI), R12
	SHLQ    $2, R12
	MOVQ    R13, AX
	ANDQ    $7, AX                   // channels in the tail
	SHLQ    $2, AX
	LEAQ    mixMask<>+32(SB), BX
	SUBQ    AX, BX
	VMOVUPS (BX), Y9

pixel:
	XORL  AX, AX
	MOVL  (R8), SI
	TESTL SI, SI
	JLT   outside

wide:
	LEAQ   32(AX), BX
	CMPQ   BX, R13
	JGT    narrow
	XORL   BX, BX
	TAP
	VMULPS 0(SI), Y8, Y0
	VMULPS 32(SI), Y8, Y1
	VMULPS 64(SI), Y8, Y2
	VMULPS 96(SI), Y8, Y3
	JMP    wide_next

wide_tap:
	TAP
	VMULPS 0(SI), Y8, Y4
	VMULPS 32(SI), Y8, Y5
	VMULPS 64(SI), Y8, Y6
	VMULPS 96(SI), Y8, Y7
	VADDPS Y4, Y0, Y0
	VADDPS Y5, Y1, Y1
	VADDPS Y6, Y2, Y2
	VADDPS Y7, Y3, Y3

wide_next:
	ADDQ    $1, BX
	CMPQ    BX, CX
	JLT     wide_tap
	VMOVUPS Y0, 0(DX)(AX*4)
	VMOVUPS Y1, 32(DX)(AX*4)
	VMOVUPS Y2, 64(DX)(AX*4)
	VMOVUPS Y3, 96(DX)(AX*4)
	ADDQ    $32, AX
	JMP     wide

narrow:
	LEAQ   8(AX), BX
	CMPQ   BX, R13
	JGT    tail
	XORL   BX, BX
	TAP
	VMULPS (SI), Y8, Y0
	JMP    narrow_next

narrow_tap:
	TAP
	VMULPS (SI), Y8, Y4
	VADDPS Y4, Y0, Y0

narrow_next:
	ADDQ    $1, BX
	CMPQ    BX, CX
	JLT     narrow_tap
	VMOVUPS Y0, (DX)(AX*4)
	ADDQ    $8, AX
	JMP     narrow

tail:
	CMPQ       AX, R13
	JEQ        next
	XORL       BX, BX
	TAP
	VMASKMOVPS (SI), Y9, Y0
	VMULPS     Y0, Y8, Y0
	JMP        tail_next

tail_tap:
	TAP
	VMASKMOVPS (SI), Y9, Y4
	VMULPS     Y4, Y8, Y4
	VADDPS     Y4, Y0, Y0

tail_next:
	ADDQ       $1, BX
	CMPQ       BX, CX
	JLT        tail_tap
	VMASKMOVPS Y0, Y9, (DX)(AX*4)

next:
	LEAQ (R8)(CX*4), R8
	LEAQ (R9)(CX*4), R9
	MOVQ mixArgs_dstStride(DI), AX
	LEAQ (DX)(AX*4), DX
	SUBQ CX, R10
	JGT  pixel
	VZEROUPPER
	RET

outside:
	VBROADCASTSS mixArgs_fill(DI), Y8

outside_block:
	LEAQ    8(AX), BX
	CMPQ    BX, R13
	JGT     outside_tail
	VMOVUPS Y8, (DX)(AX*4)
	MOVQ    BX, AX
	JMP     outside_block

outside_tail:
	CMPQ       AX, R13
	JEQ        next
	VMASKMOVPS Y8, Y9, (DX)(AX*4)
	JMP        next
