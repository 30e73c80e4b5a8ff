// The arithmetic of Winograd's float32 transforms, for vectors of any width; see wino_tile.go. Operands are registers,
// unless they are said to be memory as well.

DATA winoConst<>+0x00(SB)/4, $4.0
DATA winoConst<>+0x04(SB)/4, $5.0
DATA winoConst<>+0x08(SB)/4, $2.0
DATA winoConst<>+0x0c(SB)/4, $8.0
GLOBL winoConst<>(SB), RODATA|NOPTR, $16

// Rows 0, 1 and 2 of Bᵀ d, to r0…r2. d0 and d1 may be in memory; r2 may be d3 or d4. Clobbers d3, d4.
#define WINO_B012(d0, d1, d2, d3, d4, r0, r1, r2, four, five) \
	VMOVAPS d4, r0 \
	VFNMADD231PS d2, five, r0 \
	VFMADD231PS d0, four, r0 /* 4·d0 + (d4 − 5·d2) */ \
	VFNMADD231PS d2, four, d4 /* a = d4 − 4·d2 */ \
	VFNMADD231PS d1, four, d3 /* b = d3 − 4·d1 */ \
	VADDPS d3, d4, r1 \
	VSUBPS d3, d4, r2

// Rows 3, 4 and 5 of Bᵀ d, to r3, r4 and d5. d2 may be in memory; r3 may be d3, c may be d4. Clobbers c.
#define WINO_B345(d1, d2, d3, d4, d5, r3, r4, c, two, four, five) \
	VFNMADD231PS d3, five, d5 \
	VFMADD231PS d1, four, d5 /* 4·d1 + (d5 − 5·d3) */ \
	VSUBPS d2, d4, c /* c = d4 − d2 */ \
	VSUBPS d1, d3, r4 /* e = d3 − d1 */ \
	VMOVAPS c, r3 \
	VFMADD231PS r4, two, r3 /* c + 2·e */ \
	VFNMADD213PS c, two, r4 /* c − 2·e */

// Aᵀ of F(4,3), m0…m5 to r0…r3. m0 and m5 may be in memory; r0, r3 may be any of m0, m3, m4, m5. Clobbers m1, m2.
#define WINO_A43(m0, m1, m2, m3, m4, m5, r0, r1, r2, r3, two, four, eight) \
	VADDPS m1, m2, r2 /* s = m1 + m2 */ \
	VSUBPS m2, m1, r1 /* d = m1 − m2 */ \
	VADDPS m3, m4, m1 /* p = m3 + m4 */ \
	VSUBPS m4, m3, m2 /* q = m3 − m4 */ \
	VADDPS m0, r2, r0 \
	VADDPS m1, r0, r0 /* m0 + s + p */ \
	VADDPS m5, r1, r3 \
	VFMADD231PS m2, two, r1 /* d + 2·q */ \
	VFMADD231PS m1, four, r2 /* s + 4·p */ \
	VFMADD231PS m2, eight, r3 /* d + 8·q + m5 */

// Aᵀ of F(3,4), m0…m5 to r0…r2. m0 and m5 may be in memory; r2 may be m3, m4 or m5. Clobbers m1, m2.
#define WINO_A34(m0, m1, m2, m3, m4, m5, r0, r1, r2, two, four) \
	VADDPS m1, m2, r0 /* s = m1 + m2 */ \
	VSUBPS m2, m1, r1 /* d = m1 − m2 */ \
	VADDPS m3, m4, m1 /* p = m3 + m4 */ \
	VSUBPS m4, m3, m2 /* q = m3 − m4 */ \
	VADDPS m5, r0, r2 \
	VADDPS m0, r0, r0 \
	VADDPS m1, r0, r0 /* m0 + s + p */ \
	VFMADD231PS m2, two, r1 /* d + 2·q */ \
	VFMADD231PS m1, four, r2 /* s + 4·p + m5 */

// Aᵀ of F(2,5), m0…m5 to r0 and r1. m0 and m5 may be in memory. Clobbers m1, m3.
#define WINO_A25(m0, m1, m2, m3, m4, m5, r0, r1, two) \
	VADDPS m2, m1, r0 \
	VADDPS m5, m1, r1 \
	VSUBPS m2, r1, r1 \
	VADDPS m4, m3, m1 /* p = m3 + m4 */ \
	VSUBPS m4, m3, m3 /* q = m3 − m4 */ \
	VADDPS m0, r0, r0 \
	VFMADD231PS m3, two, r1 /* m1 + m5 − m2 + 2·q */ \
	VADDPS m1, r0, r0 /* m1 + m2 + m0 + p */

// The bias, which may be in memory, and the bounds of an output.
#define WINO_FINISH(y, bias, lo, hi) \
	VADDPS bias, y, y \
	VMAXPS y, lo, y \
	VMINPS y, hi, y
