// Between bytes and vectors of four, for the kernels of small uint8 operations. X is a register, x its number.

// The 16 bytes of A to int32 in A, B, C and D.
#define WIDEN16(A, B, C, D) \
	VUXTL2 A.B16, C.H8 \
	VUXTL  A.B8, A.H8 \
	VUXTL2 C.H8, D.S4 \
	VUXTL  C.H4, C.S4 \
	VUXTL2 A.H8, B.S4 \
	VUXTL  A.H4, A.S4

// Int32 in A, B, C and D, any value, to 16 bytes in A, saturated. Clobbers C.
#define NARROW16(a, b, c, d, A, C) \
	SQXTN(a, a) \
	SQXTN(c, c) \
	SQXTN2(b, a) \
	SQXTN2(d, c) \
	SQXTUN(a, a) \
	SQXTUN(c, c) \
	VMOV C.D[0], A.D[1]
