// A tile of seven pixels of a convolution in groups of whole vectors of eight channels: the weights of eight inputs of a tap
// stay in registers while each pixel's inputs are broadcast. The body of a function, after macros that say what is computed:
//   SIZE, INPUT, WEIGHT   bytes of a channel of dst; of eight inputs; of eight outputs' weights of them
//   WIDEN, SHIFT          4/SIZE; the logarithm of 8·SIZE
//   FETCH                 prefetches, with each tap; clobbers AX, CX
//   SOURCE(x)             makes an offset in dst one in src
//   WEIGHTS               loads the weights at DX
//   ADD(off, w, at, a)    adds to the sums a the products of the inputs at the address and off with the weights w
//   ALONE(at, a)          all of that, of eight inputs
//   TOGETHER              the same of all pixels, by PIXELS(off, w)
// It ends with the sums of pixels 0–6 in Y0–Y6, where stands what stores them, so many as the tile has, and goes on at
// stored; then GROUP_NEXT.
//            DI  args    SI  tap    CX  inputs left, by eight    BX  row, or where it would begin if skip were 0    DX  weights
//            R8, R9, R10  1, 3, 5 times the bytes from a pixel to the next    R11  rows left    R12  offset of the channels in
//            dst    R13  tap    AX  the pixels that see it, by bits    R14  w of these channels    R15  tile

#define PIXELS(off, w) \
	ADD(off, w, (SI), Y0) \
	ADD(off, w, (SI)(R8*1), Y1) \
	ADD(off, w, (SI)(R8*2), Y2) \
	ADD(off, w, (SI)(R9*1), Y3) \
	ADD(off, w, (SI)(R8*4), Y4) \
	ADD(off, w, (SI)(R10*1), Y5) \
	ADD(off, w, (SI)(R9*2), Y6)
#define PIXEL(bit, at, a, next) \
	TESTL $bit, AX \
	JEQ   next \
	ALONE(at, a)

#define GROUP_NEXT \
	ADDQ $wholeTile__size, R15 \
	SUBQ $1, depthRowArgs_left(DI) \
	JNZ  tile \
	ADDQ $(8*SIZE), R12 \
	CMPQ R12, depthRowArgs_last(DI) \
	JLT  channels \
	VZEROUPPER \
	RET

	MOVQ  depthRowArgs_colStep(DI), R8
	MOVQ  wholeArgs_eights(DI), AX
	IMULQ $INPUT, AX
	MOVQ  R8, CX
	SUBQ  AX, CX
	MOVQ  CX, wholeArgs_tapOn(DI)
	IMULQ depthRowArgs_stride(DI), R8
	LEAQ  (R8)(R8*2), R9
	LEAQ  (R8)(R8*4), R10
	MOVQ  depthRowArgs_c(DI), AX
	IMULQ $SIZE, AX
	MOVQ  AX, depthRowArgs_last(DI)
	XORL  R12, R12

channels:
	MOVQ  R12, AX
	XORL  DX, DX
	DIVQ  wholeArgs_span(DI)
	MOVQ  R12, BX
	SUBQ  DX, BX                         // where the channels' group begins
	SOURCE(BX)
	MOVQ  BX, depthRowArgs_srcAt(DI)
	MOVQ  R12, R14
	SHRQ  $SHIFT, R14
	IMULQ depthRowArgs_wStep(DI), R14
	ADDQ  depthRowArgs_w(DI), R14
	MOVQ  wholeArgs_tiles(DI), R15
	MOVQ  wholeArgs_count(DI), AX
	MOVQ  AX, depthRowArgs_left(DI)

tile:
	MOVQ    depthRowArgs_bias(DI), AX
	VMOVUPS (AX)(R12*WIDEN), Y0
	VMOVAPS Y0, Y1
	VMOVAPS Y0, Y2
	VMOVAPS Y0, Y3
	VMOVAPS Y0, Y4
	VMOVAPS Y0, Y5
	VMOVAPS Y0, Y6
	MOVQ    wholeTile_n(R15), AX
	MOVQ    AX, depthRowArgs_n(DI)
	MOVQ    wholeTile_dst(R15), AX
	MOVQ    AX, depthRowArgs_dstAt(DI)
	MOVQ    depthRowArgs_src(DI), BX
	ADDQ    depthRowArgs_srcAt(DI), BX
	ADDQ    wholeTile_src(R15), BX
	MOVQ    R14, DX
	ADDQ    wholeTile_w(R15), DX
	MOVQ    wholeTile_rows(R15), R11
	TESTQ   R11, R11
	JEQ     summed                       // windows in the padding alone

row:
	MOVQ BX, SI
	XORL R13, R13

tap:
	FETCH
	MOVBLZX wholeTile_sees(R15)(R13*1), AX
	MOVQ wholeArgs_eights(DI), CX

	PCALIGN $64
inputs:
	WEIGHTS
	CMPL AX, $0x7f
	JNE  some
	TOGETHER

inputs_done:
	ADDQ $WEIGHT, DX
	ADDQ $INPUT, SI
	SUBQ $1, CX
	JNZ  inputs
	ADDQ wholeArgs_tapOn(DI), SI
	ADDQ $1, R13
	CMPQ R13, depthRowArgs_size(DI)
	JLT  tap
	ADDQ depthRowArgs_rowStep(DI), BX
	SUBQ $1, R11
	JNZ  row
	JMP  summed

	PCALIGN $64
some:
	PIXEL(1, (SI), Y0, not_0)
not_0:
	PIXEL(2, (SI)(R8*1), Y1, not_1)
not_1:
	PIXEL(4, (SI)(R8*2), Y2, not_2)
not_2:
	PIXEL(8, (SI)(R9*1), Y3, not_3)
not_3:
	PIXEL(16, (SI)(R8*4), Y4, not_4)
not_4:
	PIXEL(32, (SI)(R10*1), Y5, not_5)
not_5:
	PIXEL(64, (SI)(R9*2), Y6, inputs_done)
	JMP  inputs_done

summed:
