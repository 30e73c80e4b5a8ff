//go:build gc && !purego && !noasm

#include "textflag.h"
#include "go_asm.h"
#include "amx_amd64.h"
#include "requantize_avx512_amd64.h"

// u8_conv_32x32__amx — quantised convolution tile, 32 output pixels × 32 output channels.
//
// Computes   dst[p][k] = requantize(bias[k] + Σ_{t,c} (*ptrs[t][p])[c] · w[t][c][k])
// Reference  convTileU8Generic (conv_tile.go)
// Requires   AVX-512 F, BW, VL; AMX-TILE, AMX-INT8 and the operating system's leave (package arch)
// Layout     src/dst NHWC uint8; w int8 packed [K/32][taps][C/4][32][4]
// Contract   taps, groups, tiles ≥ 1; 1 ≤ rows ≤ 32; 1 ≤ cols ≤ 32; reads whole groups of 4 channels; dst does not alias src
// Bound      4 TDPBUSD (16 cycles each) per 64 channels, beside 32 loads and 32 stores to gather the pixels, 64 rows of tiles loaded
// Tile       col →  0–15  16–31     Registers
//   pixels 0–15     T0    T1          DI  args                    R13  frame
//   pixels 16–31    T2    T3          SI  row addresses of the tap, R9  byte in the pixel, and CX weights of the part to gather
//   T4, T5 pixels, T6, T7 weights     R11  where to gather it    R10, DX  pixels and weights of the part to multiply
//                                     BX  groups in a part       R15  parts left to gather, −1 when the last is being multiplied
// Phases     tile → part of ≤ 64 channels of a tap: gather it, multiply the one before → sums to memory → requantise
//
// Pixels are copied first: they lie anywhere, and a tile is loaded by a fixed stride. A part is 16 groups of a tap. The
// last part ends with the tap, so it may begin within the part before; groups that were done there are gathered as zeros.
// Fewer than 16 groups are one part, in tiles of as many columns of pixels and rows of weights. The configuration of tiles
// belongs to the thread, so the call takes it back.

// The frame, from a multiple of 64: two parts of pixels, [2][32][64]uint8; sums, [32][32]int32; the tiles' configuration.
#define SUMS 4096
#define CONFIG 8192

#define GATHER(n) \
	MOVQ       ((n)*8)(SI), R8 \
	VMOVDQU8.Z (R8)(R9*1), K1, Z0 \
	VMOVDQA32  Z0, ((n)*64)(R11)

#define GATHER8(n) \
	GATHER(n) \
	GATHER(n+1) \
	GATHER(n+2) \
	GATHER(n+3) \
	GATHER(n+4) \
	GATHER(n+5) \
	GATHER(n+6) \
	GATHER(n+7)

// func convTileU8AMX(a *convTileArgs)
TEXT ·convTileU8AMX(SB), 0, $8320-8
	MOVQ a+0(FP), DI
	LEAQ 63(SP), R13
	ANDQ $~63, R13

	MOVQ convTileArgs_groups(DI), BX
	CMPQ BX, $16
	JLE  configure
	MOVQ $16, BX

configure:
	VPXORD    Z0, Z0, Z0
	LEAQ      CONFIG(R13), AX
	VMOVDQA32 Z0, (AX)
	MOVB      $1, (AX)               // palette
	MOVL      $0x00400040, R8        // T0–T3, T6, T7: 64 bytes a row
	MOVL      R8, 16(AX)
	MOVL      R8, 20(AX)
	MOVL      R8, 28(AX)
	LEAQ      (BX*4), CX             // T4, T5: a part
	MOVW      CX, 24(AX)
	MOVW      CX, 26(AX)
	MOVL      $0x10101010, R8        // T0–T5: 16 rows
	MOVL      R8, 48(AX)
	MOVW      R8, 52(AX)
	MOVB      BX, 54(AX)             // T6, T7: a part
	MOVB      BX, 55(AX)
	TILE_CONFIG(0)

	MOVQ  convTileArgs_groups(DI), CX    // masks of a part's bytes: K2 for all of them,
	SHLQ  $2, CX
	NEGQ  CX
	MOVQ  $-1, AX
	MOVQ  AX, R8
	SHLQ  CX, R8                     // (shifts count modulo 64)
	KMOVQ R8, K3                     // K3 for those at the end that the part before has not done
	CMPQ  BX, $16
	JEQ   whole
	SHRQ  CX, AX

whole:
	KMOVQ AX, K2

	MOVQ  convTileArgs_cols(DI), CX      // masks of the channels to store
	MOVQ  $1, AX
	SHLQ  CX, AX
	SUBQ  $1, AX
	KMOVW AX, K4
	SHRQ  $16, AX
	KMOVW AX, K5

	MOVQ convTileArgs_ptrs(DI), SI
	MOVQ convTileArgs_dst(DI), AX
	MOVQ AX, convTileArgs_at(DI)

tile:
	MOVQ convTileArgs_rows(DI), AX
	CMPQ convTileArgs_tiles(DI), $1
	JEQ  rows_known
	MOVQ $32, AX

rows_known:
	MOVQ  AX, convTileArgs_left(DI)      // pixels of this tile
	TILE_ZERO(0)
	TILE_ZERO(1)
	TILE_ZERO(2)
	TILE_ZERO(3)
	MOVQ  convTileArgs_groups(DI), R15
	ADDQ  $15, R15
	SHRQ  $4, R15
	IMULQ convTileArgs_taps(DI), R15
	MOVQ  R13, R11
	LEAQ  2048(R13), R10
	XORQ  DX, DX                     // nothing to multiply yet
	XORQ  R9, R9
	MOVQ  convTileArgs_w(DI), CX

gather:
	KMOVQ K2, K1
	MOVQ  convTileArgs_groups(DI), AX    // where the tap's last part begins
	SUBQ  BX, AX
	SHLQ  $2, AX
	MOVQ  R9, R8
	SUBQ  AX, R8
	JLE   gather_pixels
	MOVQ  AX, R9
	SHLQ  $5, R8
	SUBQ  R8, CX
	KMOVQ K3, K1

gather_pixels:
	GATHER8(0)
	GATHER8(8)
	CMPQ  convTileArgs_left(DI), $16
	JLE   gathered
	GATHER8(16)
	GATHER8(24)

gathered:
	SUBQ  $1, R15
	TESTQ DX, DX
	JEQ   next

multiply:
	MOVQ $64, AX
	MOVQ $128, R12
	TILE_LOAD(4, 10, 0)
	TILE_LOAD(6, 2, 12)
	TILE_DOT(0, 4, 6)
	CMPQ convTileArgs_left(DI), $16
	JLE  second_half
	LEAQ 1024(R10), R8
	TILE_LOAD(5, 8, 0)
	TILE_DOT(2, 5, 6)

second_half:
	CMPQ convTileArgs_cols(DI), $16
	JLE  multiplied
	LEAQ 64(DX), R8
	TILE_LOAD(7, 8, 12)
	TILE_DOT(1, 4, 7)
	CMPQ convTileArgs_left(DI), $16
	JLE  multiplied
	TILE_DOT(3, 5, 7)

multiplied:
	TESTQ R15, R15
	JLT   tile_done

next:
	XCHGQ R10, R11
	MOVQ  CX, DX
	LEAQ  (BX*4), AX
	ADDQ  AX, R9
	SHLQ  $5, AX
	ADDQ  AX, CX
	MOVQ  convTileArgs_groups(DI), AX
	SHLQ  $2, AX
	CMPQ  R9, AX
	JLT   more
	XORQ  R9, R9                     // the next tap, or tile
	ADDQ  $256, SI

more:
	TESTQ R15, R15
	JNE   gather
	MOVQ  $-1, R15
	JMP   multiply

tile_done:
	MOVQ $128, AX
	LEAQ SUMS(R13), R8
	TILE_STORE(0, 8, 0)
	ADDQ $64, R8
	TILE_STORE(1, 8, 0)
	LEAQ (SUMS+2048)(R13), R8
	TILE_STORE(2, 8, 0)
	ADDQ $64, R8
	TILE_STORE(3, 8, 0)

	MOVQ         convTileArgs_bias(DI), AX
	VMOVDQU32    (AX), Z6
	VMOVDQU32    64(AX), Z7
	MOVQ         convTileArgs_scale(DI), AX
	VMOVUPS      (AX), Z0
	VMOVUPS      64(AX), Z1
	VBROADCASTSS convTileArgs_lo(DI), Z2
	VBROADCASTSS convTileArgs_hi(DI), Z3
	VPBROADCASTD convTileArgs_zero(DI), Z4
	MOVQ         convTileArgs_at(DI), R8
	LEAQ         SUMS(R13), R10
	MOVQ         convTileArgs_left(DI), CX

pixel:
	VPADDD    (R10), Z6, Z8
	VPADDD    64(R10), Z7, Z9
	REQUANTISE(Z8, Z9, X8, X9)
	VMOVDQU8  X8, K4, (R8)
	VMOVDQU8  X9, K5, 16(R8)
	ADDQ      convTileArgs_dstStride(DI), R8
	ADDQ      $128, R10
	SUBQ      $1, CX
	JNZ       pixel

	MOVQ R8, convTileArgs_at(DI)         // where the next tile's pixels go
	SUBQ $1, convTileArgs_tiles(DI)
	JNZ  tile
	TILE_RELEASE
	VZEROUPPER
	RET
