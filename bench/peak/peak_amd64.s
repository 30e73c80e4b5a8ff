//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"

// Register-only loops: what a core can do when nothing is loaded or stored. A kernel's %peak is its rate over the
// rate of the loop that issues the same multiply-accumulate.
//
// Reference  none: the results are thrown away
// Requires   what loops in peak_amd64.go says of each
// Contract   n ≥ 1 passes; nothing in memory is touched
// Bound      12 (256-bit) or 24 (512-bit) independent accumulators: more than latency × ports on every core
// Registers  Y14, Y15 / Z30, Z31  multiplicands, zero    Y12, Y13 / Z28, Z29  temporaries
//            Y0–Y11 / Z0–Z23      accumulators           CX                   passes left
// Phases     clear → pass

// Every register a 256-bit loop reads is zero: no denormals, no NaNs, no dependence on what was there.
// Writes Y0–Y15.
#define CLEAR256 VZEROALL

// Zero the multiplicands and accumulators above 15 too. Writes Z0–Z31.
#define CLEAR512 \
	VZEROALL \
	VPXORD Z16, Z16, Z16 \
	VPXORD Z17, Z17, Z17 \
	VPXORD Z18, Z18, Z18 \
	VPXORD Z19, Z19, Z19 \
	VPXORD Z20, Z20, Z20 \
	VPXORD Z21, Z21, Z21 \
	VPXORD Z22, Z22, Z22 \
	VPXORD Z23, Z23, Z23 \
	VPXORD Z30, Z30, Z30 \
	VPXORD Z31, Z31, Z31

// One pass over twelve 256-bit accumulators: M(acc) for each.
#define PASS256(M) \
	M(Y0) \
	M(Y1) \
	M(Y2) \
	M(Y3) \
	M(Y4) \
	M(Y5) \
	M(Y6) \
	M(Y7) \
	M(Y8) \
	M(Y9) \
	M(Y10) \
	M(Y11)

// One pass over twenty-four 512-bit accumulators.
#define PASS512(M) \
	M(Z0) \
	M(Z1) \
	M(Z2) \
	M(Z3) \
	M(Z4) \
	M(Z5) \
	M(Z6) \
	M(Z7) \
	M(Z8) \
	M(Z9) \
	M(Z10) \
	M(Z11) \
	M(Z12) \
	M(Z13) \
	M(Z14) \
	M(Z15) \
	M(Z16) \
	M(Z17) \
	M(Z18) \
	M(Z19) \
	M(Z20) \
	M(Z21) \
	M(Z22) \
	M(Z23)

#define FMA256(acc) VFMADD231PS Y14, Y15, acc;
#define FMA512(acc) VFMADD231PS Z30, Z31, acc;
#define DOT256(acc) VPDPBUSD Y14, Y15, acc;
#define DOT512(acc) VPDPBUSD Z30, Z31, acc;

// Pairs of int16 products, added to int32: exact, and what an AVX2 kernel must do.
#define MADDWD256(acc) \
	VPMADDWD Y14, Y15, Y12; \
	VPADDD   Y12, acc, acc;

// Pairs of u8·s8 products in int16, pairs of those in int32, accumulated.
#define MADDUBS256(acc) \
	VPMADDUBSW Y14, Y15, Y12; \
	VPMADDWD   Y13, Y12, Y12; \
	VPADDD     Y12, acc, acc;

// func clockLoop(n int)
// Eight dependent 64-bit multiplications a pass, three cycles each on every amd64 core since 2010.
TEXT ·clockLoop(SB), NOSPLIT, $0-8
	MOVQ n+0(FP), CX
	MOVQ $1, AX

clock_pass:
	IMULQ AX, AX
	IMULQ AX, AX
	IMULQ AX, AX
	IMULQ AX, AX
	IMULQ AX, AX
	IMULQ AX, AX
	IMULQ AX, AX
	IMULQ AX, AX
	SUBQ  $1, CX
	JNZ   clock_pass
	RET

// func fmaAVX2(n int)
TEXT ·fmaAVX2(SB), NOSPLIT, $0-8
	MOVQ n+0(FP), CX
	CLEAR256

fma256_pass:
	PASS256(FMA256)
	SUBQ $1, CX
	JNZ  fma256_pass
	VZEROUPPER
	RET

// func fmaAVX512(n int)
TEXT ·fmaAVX512(SB), NOSPLIT, $0-8
	MOVQ n+0(FP), CX
	CLEAR512

fma512_pass:
	PASS512(FMA512)
	SUBQ $1, CX
	JNZ  fma512_pass
	VZEROUPPER
	RET

// func maddwdAVX2(n int)
TEXT ·maddwdAVX2(SB), NOSPLIT, $0-8
	MOVQ n+0(FP), CX
	CLEAR256

maddwd_pass:
	PASS256(MADDWD256)
	SUBQ $1, CX
	JNZ  maddwd_pass
	VZEROUPPER
	RET

// func maddubsAVX2(n int)
TEXT ·maddubsAVX2(SB), NOSPLIT, $0-8
	MOVQ n+0(FP), CX
	CLEAR256

maddubs_pass:
	PASS256(MADDUBS256)
	SUBQ $1, CX
	JNZ  maddubs_pass
	VZEROUPPER
	RET

// func dotAVXVNNI(n int)
// VPDPBUSD in its VEX form, which the assembler does not have: it emits EVEX, and CPUs with AVX-VNNI alone have none. The
// tag evex takes it.
TEXT ·dotAVXVNNI(SB), NOSPLIT, $0-8
	MOVQ n+0(FP), CX
	CLEAR256

dot256_pass:
#ifdef const_evex
	PASS256(DOT256)
#else
	BYTE $0xc4; BYTE $0xc2; BYTE $0x05; BYTE $0x50; BYTE $0xc6 // {vex} vpdpbusd %ymm14,%ymm15,%ymm0
	BYTE $0xc4; BYTE $0xc2; BYTE $0x05; BYTE $0x50; BYTE $0xce // {vex} vpdpbusd %ymm14,%ymm15,%ymm1
	BYTE $0xc4; BYTE $0xc2; BYTE $0x05; BYTE $0x50; BYTE $0xd6 // {vex} vpdpbusd %ymm14,%ymm15,%ymm2
	BYTE $0xc4; BYTE $0xc2; BYTE $0x05; BYTE $0x50; BYTE $0xde // {vex} vpdpbusd %ymm14,%ymm15,%ymm3
	BYTE $0xc4; BYTE $0xc2; BYTE $0x05; BYTE $0x50; BYTE $0xe6 // {vex} vpdpbusd %ymm14,%ymm15,%ymm4
	BYTE $0xc4; BYTE $0xc2; BYTE $0x05; BYTE $0x50; BYTE $0xee // {vex} vpdpbusd %ymm14,%ymm15,%ymm5
	BYTE $0xc4; BYTE $0xc2; BYTE $0x05; BYTE $0x50; BYTE $0xf6 // {vex} vpdpbusd %ymm14,%ymm15,%ymm6
	BYTE $0xc4; BYTE $0xc2; BYTE $0x05; BYTE $0x50; BYTE $0xfe // {vex} vpdpbusd %ymm14,%ymm15,%ymm7
	BYTE $0xc4; BYTE $0x42; BYTE $0x05; BYTE $0x50; BYTE $0xc6 // {vex} vpdpbusd %ymm14,%ymm15,%ymm8
	BYTE $0xc4; BYTE $0x42; BYTE $0x05; BYTE $0x50; BYTE $0xce // {vex} vpdpbusd %ymm14,%ymm15,%ymm9
	BYTE $0xc4; BYTE $0x42; BYTE $0x05; BYTE $0x50; BYTE $0xd6 // {vex} vpdpbusd %ymm14,%ymm15,%ymm10
	BYTE $0xc4; BYTE $0x42; BYTE $0x05; BYTE $0x50; BYTE $0xde // {vex} vpdpbusd %ymm14,%ymm15,%ymm11
#endif
	SUBQ $1, CX
	JNZ  dot256_pass
	VZEROUPPER
	RET

// func dotAVX512VNNI(n int)
TEXT ·dotAVX512VNNI(SB), NOSPLIT, $0-8
	MOVQ n+0(FP), CX
	CLEAR512

dot512_pass:
	PASS512(DOT512)
	SUBQ $1, CX
	JNZ  dot512_pass
	VZEROUPPER
	RET

// func dotAMX(n int)
// Four products of whole tiles of zeros, 16×64 by 64×16 bytes, that do not wait for each other. The assembler has no AMX.
TEXT ·dotAMX(SB), NOSPLIT, $64-8
	MOVQ      n+0(FP), CX
	VPXORD    Z0, Z0, Z0
	VMOVDQU32 Z0, 0(SP)
	MOVB      $1, 0(SP)                          // palette
	MOVQ      $0x0040004000400040, AX            // 64 bytes a row
	MOVQ      AX, 16(SP)
	MOVQ      AX, 24(SP)
	MOVQ      $0x1010101010101010, AX            // 16 rows
	MOVQ      AX, 48(SP)
	LEAQ      0(SP), AX
	BYTE $0xc4; BYTE $0xe2; BYTE $0x78; BYTE $0x49; BYTE $0x00 // ldtilecfg (%rax)

amx_pass:
	BYTE $0xc4; BYTE $0xe2; BYTE $0x49; BYTE $0x5e; BYTE $0xc4 // tdpbusd %tmm6,%tmm4,%tmm0
	BYTE $0xc4; BYTE $0xe2; BYTE $0x41; BYTE $0x5e; BYTE $0xcc // tdpbusd %tmm7,%tmm4,%tmm1
	BYTE $0xc4; BYTE $0xe2; BYTE $0x49; BYTE $0x5e; BYTE $0xd5 // tdpbusd %tmm6,%tmm5,%tmm2
	BYTE $0xc4; BYTE $0xe2; BYTE $0x41; BYTE $0x5e; BYTE $0xdd // tdpbusd %tmm7,%tmm5,%tmm3
	SUBQ $1, CX
	JNZ  amx_pass
	BYTE $0xc4; BYTE $0xe2; BYTE $0x78; BYTE $0x49; BYTE $0xc0 // tilerelease
	VZEROUPPER
	RET

// func readAVX2(p unsafe.Pointer, n int)
// Reads n bytes, a multiple of 256, with 32-byte loads.
//
// Registers  SI  p    CX  bytes left    Y0–Y3  thrown away
TEXT ·readAVX2(SB), NOSPLIT, $0-16
	MOVQ p+0(FP), SI
	MOVQ n+8(FP), CX

read_lines:
	VMOVDQU (SI), Y0
	VMOVDQU 32(SI), Y1
	VMOVDQU 64(SI), Y2
	VMOVDQU 96(SI), Y3
	VMOVDQU 128(SI), Y0
	VMOVDQU 160(SI), Y1
	VMOVDQU 192(SI), Y2
	VMOVDQU 224(SI), Y3
	ADDQ    $256, SI
	SUBQ    $256, CX
	JNZ     read_lines
	VZEROUPPER
	RET
