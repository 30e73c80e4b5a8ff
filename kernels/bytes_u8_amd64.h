// Four registers of accumulators to bytes in a, for vectors of any width: a and c times the scales s0, b and d times s1, rounded to even,
// the zero point (words) added. Each 128-bit lane of a then holds four bytes of a, of b, of c, of d. The packs saturate: what
// they cut before the zero point is added is cut to 0 or 255 after it anyway. No product may reach 2³¹. Clobbers b, c, d.
#define BYTES4(a, b, c, d, s0, s1, zero) \
	VCVTDQ2PS a, a \
	VCVTDQ2PS b, b \
	VCVTDQ2PS c, c \
	VCVTDQ2PS d, d \
	VMULPS s0, a, a \
	VMULPS s1, b, b \
	VMULPS s0, c, c \
	VMULPS s1, d, d \
	VCVTPS2DQ a, a \
	VCVTPS2DQ b, b \
	VCVTPS2DQ c, c \
	VCVTPS2DQ d, d \
	VPACKSSDW b, a, a \
	VPACKSSDW d, c, c \
	VPADDSW zero, a, a \
	VPADDSW zero, c, c \
	VPACKUSWB c, a, a
