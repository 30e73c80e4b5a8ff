// GROUP of conv_u8_6x16_amd64.h with VPDPBUSD. The including file defines DOT(s2, s1, d, S2, S1, D):
// D += Σ₄ uint8(S1)·int8(S2), registers given by number and by name.
#define GROUP \
	VMOVDQU (DX), Y0 \
	VMOVDQU 32(DX), Y1 \
	VPBROADCASTD (R8)(AX*1), Y2 \
	VPBROADCASTD (R9)(AX*1), Y3 \
	DOT(0, 2, 4, Y0, Y2, Y4) \
	DOT(1, 2, 5, Y1, Y2, Y5) \
	VPBROADCASTD (R10)(AX*1), Y2 \
	DOT(0, 3, 6, Y0, Y3, Y6) \
	DOT(1, 3, 7, Y1, Y3, Y7) \
	VPBROADCASTD (R11)(AX*1), Y3 \
	DOT(0, 2, 8, Y0, Y2, Y8) \
	DOT(1, 2, 9, Y1, Y2, Y9) \
	VPBROADCASTD (R12)(AX*1), Y2 \
	DOT(0, 3, 10, Y0, Y3, Y10) \
	DOT(1, 3, 11, Y1, Y3, Y11) \
	VPBROADCASTD (R13)(AX*1), Y3 \
	DOT(0, 2, 12, Y0, Y2, Y12) \
	DOT(1, 2, 13, Y1, Y2, Y13) \
	DOT(0, 3, 14, Y0, Y3, Y14) \
	DOT(1, 3, 15, Y1, Y3, Y15)

#include "conv_u8_6x16_amd64.h"
