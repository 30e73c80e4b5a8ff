// How the vector curves of amd64 begin and end. R9 has the constants.

// A function's beginning.
#define BEGIN(pa, pb) \
	MOVQ         e+0(FP), DI              \
	MOVQ         eltwiseArgs_a(DI), SI    \
	MOVQ         eltwiseArgs_dst(DI), DX  \
	MOVQ         eltwiseArgs_rows(DI), R8 \
	MOVQ         ·curveConsts(SB), R9     \
	VBROADCASTSS eltwiseArgs_lo(DI), pa   \
	VBROADCASTSS eltwiseArgs_hi(DI), pb

// Its end: the next row, or out.
#define END \
	ADDQ eltwiseArgs_aStride(DI), SI   \
	ADDQ eltwiseArgs_dstStride(DI), DX \
	SUBQ $1, R8                        \
	JNZ  row                           \
	VZEROUPPER                         \
	RET
