// Dot products of four rows of weights with one input, by 256-bit registers. The including file defines NAME, FETCH_INIT,
// once a call, and FETCH, with every 16 elements: what they fetch is theirs to choose. They may clobber R12, and read R8,
// the first row, and AX, the bytes of a row.
//
// Computes   sum[r] += Σ_{i<c} w[r][i]·x[i]
// Registers  DI  args      SI  end of x      R8–R11  ends of the rows      AX  −4·elements left
//            Y0–Y3, Y4–Y7  sums of rows 0–3, even and odd vectors
//            Y8, Y9        x                 Y10 mask    Y11 weights of the tail
// Phases     vectors (16 elements) → vector (8) → tail → reduce

DATA fcMask<>+0x00(SB)/8, $-1
DATA fcMask<>+0x08(SB)/8, $-1
DATA fcMask<>+0x10(SB)/8, $-1
DATA fcMask<>+0x18(SB)/8, $-1
GLOBL fcMask<>(SB), RODATA|NOPTR, $64

TEXT NAME(SB), NOSPLIT, $0-8
	MOVQ a+0(FP), DI
	MOVQ fcArgs_c(DI), AX
	SHLQ $2, AX
	MOVQ fcArgs_x(DI), SI
	MOVQ (fcArgs_w+0)(DI), R8
	MOVQ (fcArgs_w+8)(DI), R9
	MOVQ (fcArgs_w+16)(DI), R10
	MOVQ (fcArgs_w+24)(DI), R11
	FETCH_INIT
	ADDQ AX, SI                      // address from the ends, so that one index counts and addresses
	ADDQ AX, R8
	ADDQ AX, R9
	ADDQ AX, R10
	ADDQ AX, R11
	NEGQ AX
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	VXORPS Y4, Y4, Y4
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
	VXORPS Y7, Y7, Y7
	ADDQ $64, AX
	JGT  vector

vectors:
	FETCH
	VMOVUPS     -64(SI)(AX*1), Y8
	VMOVUPS     -32(SI)(AX*1), Y9
	VFMADD231PS -64(R8)(AX*1), Y8, Y0
	VFMADD231PS -64(R9)(AX*1), Y8, Y1
	VFMADD231PS -64(R10)(AX*1), Y8, Y2
	VFMADD231PS -64(R11)(AX*1), Y8, Y3
	VFMADD231PS -32(R8)(AX*1), Y9, Y4
	VFMADD231PS -32(R9)(AX*1), Y9, Y5
	VFMADD231PS -32(R10)(AX*1), Y9, Y6
	VFMADD231PS -32(R11)(AX*1), Y9, Y7
	ADDQ        $64, AX
	JLE         vectors

vector:
	SUBQ $32, AX                     // 0…15 elements are left: AX = 32 − 4·left
	JGT  tail
	VMOVUPS     -32(SI)(AX*1), Y8
	VFMADD231PS -32(R8)(AX*1), Y8, Y0
	VFMADD231PS -32(R9)(AX*1), Y8, Y1
	VFMADD231PS -32(R10)(AX*1), Y8, Y2
	VFMADD231PS -32(R11)(AX*1), Y8, Y3
	ADDQ        $32, AX

tail:
	SUBQ $32, AX                     // 0…7 elements are left: AX = −4·left
	JZ   reduce
	LEAQ fcMask<>+32(SB), DX
	VMOVUPS     (DX)(AX*1), Y10
	VMASKMOVPS  (SI)(AX*1), Y10, Y8
	VMASKMOVPS  (R8)(AX*1), Y10, Y11
	VFMADD231PS Y11, Y8, Y4
	VMASKMOVPS  (R9)(AX*1), Y10, Y11
	VFMADD231PS Y11, Y8, Y5
	VMASKMOVPS  (R10)(AX*1), Y10, Y11
	VFMADD231PS Y11, Y8, Y6
	VMASKMOVPS  (R11)(AX*1), Y10, Y11
	VFMADD231PS Y11, Y8, Y7

reduce:
	VADDPS  Y4, Y0, Y0
	VADDPS  Y5, Y1, Y1
	VADDPS  Y6, Y2, Y2
	VADDPS  Y7, Y3, Y3
	VHADDPS Y1, Y0, Y0               // in each half: two sums of row 0, two of row 1
	VHADDPS Y3, Y2, Y2
	VHADDPS Y2, Y0, Y0               // in each half: rows 0–3
	VEXTRACTF128 $1, Y0, X1
	VADDPS  X1, X0, X0
	VADDPS  fcArgs_sum(DI), X0, X0
	VMOVUPS X0, fcArgs_sum(DI)
	VZEROUPPER
	RET
