// What the quantised fully connected kernels of arm64 have in common: fcU8Args's rows side by side, 16 elements at a time.
// The file that includes this defines NAME, INIT, STEP and VFOLD.
//
// INIT     sets constants. V16–V23 are zero before it.
// STEP     adds 16 products of each row in V4–V7 with x in V0. Sums of row r: V16+r and V20+r. May clobber V0–V15, V24–V29;
//          keeps what INIT set.
// VFOLD    takes the second sums of a row, V20+r, into the first, V16+r.
//
// Registers  R0  args    R1  x    R2–R5  rows    R6  elements left    R7  weights to fetch ahead    R8  bytes of them per step
// Phases     step_loop → add up

TEXT NAME(SB), NOSPLIT, $0-8
	MOVD t+0(FP), R0
	MOVD fcU8Args_x(R0), R1
	MOVD fcU8Args_c(R0), R6
	MOVD (fcU8Args_w+0)(R0), R2
	MOVD (fcU8Args_w+8)(R0), R3
	MOVD (fcU8Args_w+16)(R0), R4
	MOVD (fcU8Args_w+24)(R0), R5
	VEOR V16.B16, V16.B16, V16.B16
	VEOR V17.B16, V17.B16, V17.B16
	VEOR V18.B16, V18.B16, V18.B16
	VEOR V19.B16, V19.B16, V19.B16
	VEOR V20.B16, V20.B16, V20.B16
	VEOR V21.B16, V21.B16, V21.B16
	VEOR V22.B16, V22.B16, V22.B16
	VEOR V23.B16, V23.B16, V23.B16
	INIT
	ADD  R6<<2, R2, R7               // the next four rows follow these
	MOVD $64, R8
	CMP  $4096, R6
	BLE  step_loop
	MOVD R2, R7                      // long rows the CPU fetches ahead by itself
	MOVD $0, R8

step_loop:
	VLD1.P 16(R1), [V0.B16]
	VLD1.P 16(R2), [V4.B16]
	VLD1.P 16(R3), [V5.B16]
	VLD1.P 16(R4), [V6.B16]
	VLD1.P 16(R5), [V7.B16]
	PRFM   (R7), PLDL1STRM           // never faults
	ADD    R8, R7
	STEP
	SUBS   $16, R6
	BNE    step_loop

	VFOLD(V20, V16)
	VFOLD(V21, V17)
	VFOLD(V22, V18)
	VFOLD(V23, V19)
	VADDP V17.S4, V16.S4, V16.S4     // pairs of sums 0, 1
	VADDP V19.S4, V18.S4, V18.S4
	VADDP V18.S4, V16.S4, V16.S4     // sums 0 1 2 3
	ADD   $fcU8Args_sum, R0, R8
	VLD1  (R8), [V0.S4]
	VADD  V0.S4, V16.S4, V16.S4
	VST1  [V16.S4], (R8)
	RET
