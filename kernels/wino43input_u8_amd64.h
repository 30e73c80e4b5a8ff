// Bᵀ of F(4,3), of words in vectors of any width: d0…d5 to r0…r5. Clobbers d0…d5, c.
#define WINO_B(d0, d1, d2, d3, d4, d5, c, r0, r1, r2, r3, r4, r5) \
	VPSUBW d2, d4, c /* c = d4 − d2 */ \
	VPSUBW d2, d0, d0 \
	VPSLLW $2, d0, d0 \
	VPADDW c, d0, r0 /* 4·(d0 − d2) + c */ \
	VPSLLW $2, d2, d2 \
	VPSUBW d2, d4, d4 /* a = d4 − 4·d2 */ \
	VPSUBW d3, d5, d5 \
	VPSUBW d1, d3, d2 /* d3 − d1 */ \
	VPSLLW $2, d1, d1 \
	VPSUBW d1, d3, d3 /* b = d3 − 4·d1 */ \
	VPSLLW $2, d2, d1 \
	VPADDW d2, d2, d2 /* e = 2·(d3 − d1) */ \
	VPSUBW d1, d5, r5 /* (d5 − d3) − 4·(d3 − d1) */ \
	VPADDW d3, d4, r1 \
	VPSUBW d3, d4, r2 \
	VPADDW d2, c, r3 \
	VPSUBW d2, c, r4
