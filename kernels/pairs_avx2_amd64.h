// Products of two int16 numbers from each of six rows, or the first four, with sixteen pairs of weights at DX:
// Y4…Y15 += Σ₂ row·w, rows at (R8)…(R13) indexed by AX. Clobbers Y0–Y3.
#define PAIR(src, a, b) \
	VPBROADCASTD src, Y2 \
	VPMADDWD Y0, Y2, Y3 \
	VPMADDWD Y1, Y2, Y2 \
	VPADDD Y3, a, a \
	VPADDD Y2, b, b

#define PAIRS4 \
	VMOVDQU (DX), Y0 \
	VMOVDQU 32(DX), Y1 \
	PAIR((R8)(AX*1), Y4, Y5) \
	PAIR((R9)(AX*1), Y6, Y7) \
	PAIR((R10)(AX*1), Y8, Y9) \
	PAIR((R11)(AX*1), Y10, Y11)

#define PAIRS \
	PAIRS4 \
	PAIR((R12)(AX*1), Y12, Y13) \
	PAIR((R13)(AX*1), Y14, Y15)
