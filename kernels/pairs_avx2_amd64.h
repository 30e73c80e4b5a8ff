// Products of two int16 numbers from each of six rows, or the first four, with sixteen pairs of weights at w(DX):
// Y4…Y15 += Σ₂ row·w, rows at src(R8)…src(R13) indexed by AX. Clobbers Y0–Y3.
#define PAIR(x, a, b) \
	VPBROADCASTD x, Y2 \
	VPMADDWD Y0, Y2, Y3 \
	VPMADDWD Y1, Y2, Y2 \
	VPADDD Y3, a, a \
	VPADDD Y2, b, b

#define PAIRS4(w, src) \
	VMOVDQU (w)(DX), Y0 \
	VMOVDQU (w+32)(DX), Y1 \
	PAIR(src(R8)(AX*1), Y4, Y5) \
	PAIR(src(R9)(AX*1), Y6, Y7) \
	PAIR(src(R10)(AX*1), Y8, Y9) \
	PAIR(src(R11)(AX*1), Y10, Y11)

// The same of the first eight weights, for Y4, Y6 … Y14.
#define PAIR8(x, a) \
	VPBROADCASTD x, Y2 \
	VPMADDWD Y0, Y2, Y3 \
	VPADDD Y3, a, a

#define PAIRS8(w, src) \
	VMOVDQU (w)(DX), Y0 \
	PAIR8(src(R8)(AX*1), Y4) \
	PAIR8(src(R9)(AX*1), Y6) \
	PAIR8(src(R10)(AX*1), Y8) \
	PAIR8(src(R11)(AX*1), Y10) \
	PAIR8(src(R12)(AX*1), Y12) \
	PAIR8(src(R13)(AX*1), Y14)

#define PAIRS(w, src) \
	PAIRS4(w, src) \
	PAIR(src(R12)(AX*1), Y12, Y13) \
	PAIR(src(R13)(AX*1), Y14, Y15)
