// The rest of a row, less than a vector of float32: the first n & 7 of y, whose lower half is x, to p on. They go 4, 2 and
// 1 at a time, for masked stores take many times as long on AMD's. Clobbers y and p.
#define STORE_REST(n, y, x, p) \
	TESTQ        $4, n    \
	JEQ          4(PC)    \
	VMOVUPS      x, (p)   \
	VEXTRACTF128 $1, y, x \
	ADDQ         $16, p   \
	TESTQ        $2, n    \
	JEQ          4(PC)    \
	VMOVLPS      x, (p)   \
	VMOVHLPS     x, x, x  \
	ADDQ         $8, p    \
	TESTQ        $1, n    \
	JEQ          2(PC)    \
	VMOVSS       x, (p)
