//go:build gc && !purego && !noasm

#include "textflag.h"

// Register-only loops: what a core can do when nothing is loaded or stored.
//
// Reference  none: the results are thrown away
// Requires   what loops in peak_arm64.go says of each
// Contract   n ≥ 1 passes; nothing in memory is touched
// Bound      24 independent accumulators: more than latency × pipes on every core
// Registers  V8–V31 accumulators    V0, V1 multiplicands, zero    R0 passes left
// Phases     clear → pass

// Every register that a loop reads is zero: no denormals, no NaNs. Writes V0–V31.
#define CLEAR \
	VEOR V0.B16, V0.B16, V0.B16 \
	VEOR V1.B16, V1.B16, V1.B16 \
	VEOR V2.B16, V2.B16, V2.B16 \
	VEOR V3.B16, V3.B16, V3.B16 \
	VEOR V4.B16, V4.B16, V4.B16 \
	VEOR V5.B16, V5.B16, V5.B16 \
	VEOR V6.B16, V6.B16, V6.B16 \
	VEOR V7.B16, V7.B16, V7.B16 \
	VEOR V8.B16, V8.B16, V8.B16 \
	VEOR V9.B16, V9.B16, V9.B16 \
	VEOR V10.B16, V10.B16, V10.B16 \
	VEOR V11.B16, V11.B16, V11.B16 \
	VEOR V12.B16, V12.B16, V12.B16 \
	VEOR V13.B16, V13.B16, V13.B16 \
	VEOR V14.B16, V14.B16, V14.B16 \
	VEOR V15.B16, V15.B16, V15.B16 \
	VEOR V16.B16, V16.B16, V16.B16 \
	VEOR V17.B16, V17.B16, V17.B16 \
	VEOR V18.B16, V18.B16, V18.B16 \
	VEOR V19.B16, V19.B16, V19.B16 \
	VEOR V20.B16, V20.B16, V20.B16 \
	VEOR V21.B16, V21.B16, V21.B16 \
	VEOR V22.B16, V22.B16, V22.B16 \
	VEOR V23.B16, V23.B16, V23.B16 \
	VEOR V24.B16, V24.B16, V24.B16 \
	VEOR V25.B16, V25.B16, V25.B16 \
	VEOR V26.B16, V26.B16, V26.B16 \
	VEOR V27.B16, V27.B16, V27.B16 \
	VEOR V28.B16, V28.B16, V28.B16 \
	VEOR V29.B16, V29.B16, V29.B16 \
	VEOR V30.B16, V30.B16, V30.B16 \
	VEOR V31.B16, V31.B16, V31.B16

// func clockLoop(n int): twenty-four subtractions a pass, each waits for the one before.
TEXT ·clockLoop(SB), NOSPLIT, $0-8
	MOVD n+0(FP), R0
	MOVD $1, R1

clock_pass:
	SUB  R1, R2
	SUB  R1, R2
	SUB  R1, R2
	SUB  R1, R2
	SUB  R1, R2
	SUB  R1, R2
	SUB  R1, R2
	SUB  R1, R2
	SUB  R1, R2
	SUB  R1, R2
	SUB  R1, R2
	SUB  R1, R2
	SUB  R1, R2
	SUB  R1, R2
	SUB  R1, R2
	SUB  R1, R2
	SUB  R1, R2
	SUB  R1, R2
	SUB  R1, R2
	SUB  R1, R2
	SUB  R1, R2
	SUB  R1, R2
	SUB  R1, R2
	SUB  R1, R2
	SUBS $1, R0
	BNE  clock_pass
	RET

// func fmaNEON(n int): four multiply-adds of float32 an instruction.
TEXT ·fmaNEON(SB), NOSPLIT, $0-8
	MOVD n+0(FP), R0
	CLEAR

fmaNEON_pass:
	WORD $0x4f811008 // arm64: fmla v8.4s, v0.4s, v1.s[0]
	WORD $0x4f811009 // arm64: fmla v9.4s, v0.4s, v1.s[0]
	WORD $0x4f81100a // arm64: fmla v10.4s, v0.4s, v1.s[0]
	WORD $0x4f81100b // arm64: fmla v11.4s, v0.4s, v1.s[0]
	WORD $0x4f81100c // arm64: fmla v12.4s, v0.4s, v1.s[0]
	WORD $0x4f81100d // arm64: fmla v13.4s, v0.4s, v1.s[0]
	WORD $0x4f81100e // arm64: fmla v14.4s, v0.4s, v1.s[0]
	WORD $0x4f81100f // arm64: fmla v15.4s, v0.4s, v1.s[0]
	WORD $0x4f811010 // arm64: fmla v16.4s, v0.4s, v1.s[0]
	WORD $0x4f811011 // arm64: fmla v17.4s, v0.4s, v1.s[0]
	WORD $0x4f811012 // arm64: fmla v18.4s, v0.4s, v1.s[0]
	WORD $0x4f811013 // arm64: fmla v19.4s, v0.4s, v1.s[0]
	WORD $0x4f811014 // arm64: fmla v20.4s, v0.4s, v1.s[0]
	WORD $0x4f811015 // arm64: fmla v21.4s, v0.4s, v1.s[0]
	WORD $0x4f811016 // arm64: fmla v22.4s, v0.4s, v1.s[0]
	WORD $0x4f811017 // arm64: fmla v23.4s, v0.4s, v1.s[0]
	WORD $0x4f811018 // arm64: fmla v24.4s, v0.4s, v1.s[0]
	WORD $0x4f811019 // arm64: fmla v25.4s, v0.4s, v1.s[0]
	WORD $0x4f81101a // arm64: fmla v26.4s, v0.4s, v1.s[0]
	WORD $0x4f81101b // arm64: fmla v27.4s, v0.4s, v1.s[0]
	WORD $0x4f81101c // arm64: fmla v28.4s, v0.4s, v1.s[0]
	WORD $0x4f81101d // arm64: fmla v29.4s, v0.4s, v1.s[0]
	WORD $0x4f81101e // arm64: fmla v30.4s, v0.4s, v1.s[0]
	WORD $0x4f81101f // arm64: fmla v31.4s, v0.4s, v1.s[0]
	SUBS $1, R0
	BNE  fmaNEON_pass
	RET

// func fmaHalf(n int): eight of float16.
TEXT ·fmaHalf(SB), NOSPLIT, $0-8
	MOVD n+0(FP), R0
	CLEAR

fmaHalf_pass:
	WORD $0x4f011008 // arm64: fmla v8.8h, v0.8h, v1.h[0]
	WORD $0x4f011009 // arm64: fmla v9.8h, v0.8h, v1.h[0]
	WORD $0x4f01100a // arm64: fmla v10.8h, v0.8h, v1.h[0]
	WORD $0x4f01100b // arm64: fmla v11.8h, v0.8h, v1.h[0]
	WORD $0x4f01100c // arm64: fmla v12.8h, v0.8h, v1.h[0]
	WORD $0x4f01100d // arm64: fmla v13.8h, v0.8h, v1.h[0]
	WORD $0x4f01100e // arm64: fmla v14.8h, v0.8h, v1.h[0]
	WORD $0x4f01100f // arm64: fmla v15.8h, v0.8h, v1.h[0]
	WORD $0x4f011010 // arm64: fmla v16.8h, v0.8h, v1.h[0]
	WORD $0x4f011011 // arm64: fmla v17.8h, v0.8h, v1.h[0]
	WORD $0x4f011012 // arm64: fmla v18.8h, v0.8h, v1.h[0]
	WORD $0x4f011013 // arm64: fmla v19.8h, v0.8h, v1.h[0]
	WORD $0x4f011014 // arm64: fmla v20.8h, v0.8h, v1.h[0]
	WORD $0x4f011015 // arm64: fmla v21.8h, v0.8h, v1.h[0]
	WORD $0x4f011016 // arm64: fmla v22.8h, v0.8h, v1.h[0]
	WORD $0x4f011017 // arm64: fmla v23.8h, v0.8h, v1.h[0]
	WORD $0x4f011018 // arm64: fmla v24.8h, v0.8h, v1.h[0]
	WORD $0x4f011019 // arm64: fmla v25.8h, v0.8h, v1.h[0]
	WORD $0x4f01101a // arm64: fmla v26.8h, v0.8h, v1.h[0]
	WORD $0x4f01101b // arm64: fmla v27.8h, v0.8h, v1.h[0]
	WORD $0x4f01101c // arm64: fmla v28.8h, v0.8h, v1.h[0]
	WORD $0x4f01101d // arm64: fmla v29.8h, v0.8h, v1.h[0]
	WORD $0x4f01101e // arm64: fmla v30.8h, v0.8h, v1.h[0]
	WORD $0x4f01101f // arm64: fmla v31.8h, v0.8h, v1.h[0]
	SUBS $1, R0
	BNE  fmaHalf_pass
	RET

// func smlalNEON(n int): eight products of int8 an instruction, added to int16.
TEXT ·smlalNEON(SB), NOSPLIT, $0-8
	MOVD n+0(FP), R0
	CLEAR

smlalNEON_pass:
	WORD $0x0e218008 // arm64: smlal v8.8h, v0.8b, v1.8b
	WORD $0x0e218009 // arm64: smlal v9.8h, v0.8b, v1.8b
	WORD $0x0e21800a // arm64: smlal v10.8h, v0.8b, v1.8b
	WORD $0x0e21800b // arm64: smlal v11.8h, v0.8b, v1.8b
	WORD $0x0e21800c // arm64: smlal v12.8h, v0.8b, v1.8b
	WORD $0x0e21800d // arm64: smlal v13.8h, v0.8b, v1.8b
	WORD $0x0e21800e // arm64: smlal v14.8h, v0.8b, v1.8b
	WORD $0x0e21800f // arm64: smlal v15.8h, v0.8b, v1.8b
	WORD $0x0e218010 // arm64: smlal v16.8h, v0.8b, v1.8b
	WORD $0x0e218011 // arm64: smlal v17.8h, v0.8b, v1.8b
	WORD $0x0e218012 // arm64: smlal v18.8h, v0.8b, v1.8b
	WORD $0x0e218013 // arm64: smlal v19.8h, v0.8b, v1.8b
	WORD $0x0e218014 // arm64: smlal v20.8h, v0.8b, v1.8b
	WORD $0x0e218015 // arm64: smlal v21.8h, v0.8b, v1.8b
	WORD $0x0e218016 // arm64: smlal v22.8h, v0.8b, v1.8b
	WORD $0x0e218017 // arm64: smlal v23.8h, v0.8b, v1.8b
	WORD $0x0e218018 // arm64: smlal v24.8h, v0.8b, v1.8b
	WORD $0x0e218019 // arm64: smlal v25.8h, v0.8b, v1.8b
	WORD $0x0e21801a // arm64: smlal v26.8h, v0.8b, v1.8b
	WORD $0x0e21801b // arm64: smlal v27.8h, v0.8b, v1.8b
	WORD $0x0e21801c // arm64: smlal v28.8h, v0.8b, v1.8b
	WORD $0x0e21801d // arm64: smlal v29.8h, v0.8b, v1.8b
	WORD $0x0e21801e // arm64: smlal v30.8h, v0.8b, v1.8b
	WORD $0x0e21801f // arm64: smlal v31.8h, v0.8b, v1.8b
	SUBS $1, R0
	BNE  smlalNEON_pass
	RET

// func dotDotProd(n int): sixteen products of int8 an instruction.
TEXT ·dotDotProd(SB), NOSPLIT, $0-8
	MOVD n+0(FP), R0
	CLEAR

dotDotProd_pass:
	WORD $0x4f81e008 // arm64: sdot v8.4s, v0.16b, v1.4b[0]
	WORD $0x4f81e009 // arm64: sdot v9.4s, v0.16b, v1.4b[0]
	WORD $0x4f81e00a // arm64: sdot v10.4s, v0.16b, v1.4b[0]
	WORD $0x4f81e00b // arm64: sdot v11.4s, v0.16b, v1.4b[0]
	WORD $0x4f81e00c // arm64: sdot v12.4s, v0.16b, v1.4b[0]
	WORD $0x4f81e00d // arm64: sdot v13.4s, v0.16b, v1.4b[0]
	WORD $0x4f81e00e // arm64: sdot v14.4s, v0.16b, v1.4b[0]
	WORD $0x4f81e00f // arm64: sdot v15.4s, v0.16b, v1.4b[0]
	WORD $0x4f81e010 // arm64: sdot v16.4s, v0.16b, v1.4b[0]
	WORD $0x4f81e011 // arm64: sdot v17.4s, v0.16b, v1.4b[0]
	WORD $0x4f81e012 // arm64: sdot v18.4s, v0.16b, v1.4b[0]
	WORD $0x4f81e013 // arm64: sdot v19.4s, v0.16b, v1.4b[0]
	WORD $0x4f81e014 // arm64: sdot v20.4s, v0.16b, v1.4b[0]
	WORD $0x4f81e015 // arm64: sdot v21.4s, v0.16b, v1.4b[0]
	WORD $0x4f81e016 // arm64: sdot v22.4s, v0.16b, v1.4b[0]
	WORD $0x4f81e017 // arm64: sdot v23.4s, v0.16b, v1.4b[0]
	WORD $0x4f81e018 // arm64: sdot v24.4s, v0.16b, v1.4b[0]
	WORD $0x4f81e019 // arm64: sdot v25.4s, v0.16b, v1.4b[0]
	WORD $0x4f81e01a // arm64: sdot v26.4s, v0.16b, v1.4b[0]
	WORD $0x4f81e01b // arm64: sdot v27.4s, v0.16b, v1.4b[0]
	WORD $0x4f81e01c // arm64: sdot v28.4s, v0.16b, v1.4b[0]
	WORD $0x4f81e01d // arm64: sdot v29.4s, v0.16b, v1.4b[0]
	WORD $0x4f81e01e // arm64: sdot v30.4s, v0.16b, v1.4b[0]
	WORD $0x4f81e01f // arm64: sdot v31.4s, v0.16b, v1.4b[0]
	SUBS $1, R0
	BNE  dotDotProd_pass
	RET

// func mmlaI8MM(n int): thirty-two.
TEXT ·mmlaI8MM(SB), NOSPLIT, $0-8
	MOVD n+0(FP), R0
	CLEAR

mmlaI8MM_pass:
	WORD $0x4e81ac08 // arm64: usmmla v8.4s, v0.16b, v1.16b
	WORD $0x4e81ac09 // arm64: usmmla v9.4s, v0.16b, v1.16b
	WORD $0x4e81ac0a // arm64: usmmla v10.4s, v0.16b, v1.16b
	WORD $0x4e81ac0b // arm64: usmmla v11.4s, v0.16b, v1.16b
	WORD $0x4e81ac0c // arm64: usmmla v12.4s, v0.16b, v1.16b
	WORD $0x4e81ac0d // arm64: usmmla v13.4s, v0.16b, v1.16b
	WORD $0x4e81ac0e // arm64: usmmla v14.4s, v0.16b, v1.16b
	WORD $0x4e81ac0f // arm64: usmmla v15.4s, v0.16b, v1.16b
	WORD $0x4e81ac10 // arm64: usmmla v16.4s, v0.16b, v1.16b
	WORD $0x4e81ac11 // arm64: usmmla v17.4s, v0.16b, v1.16b
	WORD $0x4e81ac12 // arm64: usmmla v18.4s, v0.16b, v1.16b
	WORD $0x4e81ac13 // arm64: usmmla v19.4s, v0.16b, v1.16b
	WORD $0x4e81ac14 // arm64: usmmla v20.4s, v0.16b, v1.16b
	WORD $0x4e81ac15 // arm64: usmmla v21.4s, v0.16b, v1.16b
	WORD $0x4e81ac16 // arm64: usmmla v22.4s, v0.16b, v1.16b
	WORD $0x4e81ac17 // arm64: usmmla v23.4s, v0.16b, v1.16b
	WORD $0x4e81ac18 // arm64: usmmla v24.4s, v0.16b, v1.16b
	WORD $0x4e81ac19 // arm64: usmmla v25.4s, v0.16b, v1.16b
	WORD $0x4e81ac1a // arm64: usmmla v26.4s, v0.16b, v1.16b
	WORD $0x4e81ac1b // arm64: usmmla v27.4s, v0.16b, v1.16b
	WORD $0x4e81ac1c // arm64: usmmla v28.4s, v0.16b, v1.16b
	WORD $0x4e81ac1d // arm64: usmmla v29.4s, v0.16b, v1.16b
	WORD $0x4e81ac1e // arm64: usmmla v30.4s, v0.16b, v1.16b
	WORD $0x4e81ac1f // arm64: usmmla v31.4s, v0.16b, v1.16b
	SUBS $1, R0
	BNE  mmlaI8MM_pass
	RET

// func readNEON(p unsafe.Pointer, n int): n bytes, a multiple of 256.
TEXT ·readNEON(SB), NOSPLIT, $0-16
	MOVD p+0(FP), R0
	MOVD n+8(FP), R1

read_pass:
	VLD1.P 64(R0), [V0.B16, V1.B16, V2.B16, V3.B16]
	VLD1.P 64(R0), [V4.B16, V5.B16, V6.B16, V7.B16]
	VLD1.P 64(R0), [V16.B16, V17.B16, V18.B16, V19.B16]
	VLD1.P 64(R0), [V20.B16, V21.B16, V22.B16, V23.B16]
	SUBS $256, R1
	BGT  read_pass
	RET
