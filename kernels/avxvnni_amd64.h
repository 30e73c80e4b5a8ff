// Dot products in 256-bit registers, given by number and by name: of bytes, D += Σ₄ uint8(S1)·int8(S2), and of
// words, D += Σ₂ int16(S1)·int16(S2), in int32 that wraps.
//
// CPUs with AVX-VNNI have them in VEX form, which Go's assembler does not know, so it is spelled out:
// VEX.256.66.0F38.W0 50 /r, for example {vex} vpdpbusd %ymm0,%ymm2,%ymm4 = c4 e2 6d 50 e0, and 52 /r,
// {vex} vpdpwssd %ymm0,%ymm2,%ymm4 = c4 e2 6d 52 e0. With the tag evex they take the form of AVX512-VNNI.
#ifdef const_evex
#define DOT_BYTES(s2, s1, d, S2, S1, D) VPDPBUSD S2, S1, D
#define DOT_WORDS(s2, s1, d, S2, S1, D) VPDPWSSD S2, S1, D
#else
#define DOT_VEX(opcode, s2, s1, d) \
	BYTE $0xC4; \
	BYTE $(0xE2 ^ (((d)>>3)<<7) ^ (((s2)>>3)<<5)); \
	BYTE $(((15-(s1))<<3) | 0x05); \
	BYTE $opcode; \
	BYTE $(0xC0 | (((d)&7)<<3) | ((s2)&7))
#define DOT_BYTES(s2, s1, d, S2, S1, D) DOT_VEX(0x50, s2, s1, d)
#define DOT_WORDS(s2, s1, d, S2, S1, D) DOT_VEX(0x52, s2, s1, d)
#endif

// Products, by DOT, of four bytes from each of six rows, or the first four, with sixteen columns of weights at w(DX):
// Y4…Y15 += Σ row·w, rows at src(R8)…src(R13) indexed by AX. Clobbers Y0–Y3.
#define DOTS4(DOT, w, src) \
	VMOVDQU (w)(DX), Y0 \
	VMOVDQU (w+32)(DX), Y1 \
	VPBROADCASTD src(R8)(AX*1), Y2 \
	VPBROADCASTD src(R9)(AX*1), Y3 \
	DOT(0, 2, 4, Y0, Y2, Y4) \
	DOT(1, 2, 5, Y1, Y2, Y5) \
	VPBROADCASTD src(R10)(AX*1), Y2 \
	DOT(0, 3, 6, Y0, Y3, Y6) \
	DOT(1, 3, 7, Y1, Y3, Y7) \
	VPBROADCASTD src(R11)(AX*1), Y3 \
	DOT(0, 2, 8, Y0, Y2, Y8) \
	DOT(1, 2, 9, Y1, Y2, Y9) \
	DOT(0, 3, 10, Y0, Y3, Y10) \
	DOT(1, 3, 11, Y1, Y3, Y11)

// The same of the first eight columns, for Y4, Y6 … Y14.
#define DOTS8(DOT, w, src) \
	VMOVDQU (w)(DX), Y0 \
	VPBROADCASTD src(R8)(AX*1), Y1 \
	VPBROADCASTD src(R9)(AX*1), Y2 \
	VPBROADCASTD src(R10)(AX*1), Y3 \
	DOT(0, 1, 4, Y0, Y1, Y4) \
	DOT(0, 2, 6, Y0, Y2, Y6) \
	DOT(0, 3, 8, Y0, Y3, Y8) \
	VPBROADCASTD src(R11)(AX*1), Y1 \
	VPBROADCASTD src(R12)(AX*1), Y2 \
	VPBROADCASTD src(R13)(AX*1), Y3 \
	DOT(0, 1, 10, Y0, Y1, Y10) \
	DOT(0, 2, 12, Y0, Y2, Y12) \
	DOT(0, 3, 14, Y0, Y3, Y14)

#define DOTS(DOT, w, src) \
	DOTS4(DOT, w, src) \
	VPBROADCASTD src(R12)(AX*1), Y2 \
	VPBROADCASTD src(R13)(AX*1), Y3 \
	DOT(0, 2, 12, Y0, Y2, Y12) \
	DOT(1, 2, 13, Y1, Y2, Y13) \
	DOT(0, 3, 14, Y0, Y3, Y14) \
	DOT(1, 3, 15, Y1, Y3, Y15)
