// What tiles of 8 output pixels whose products are by element have in common, float32, uint8 or float16. The including file
// defines DOT(m, i, n, d): d += n · element i of m. R2 is the weights, R4 the index into rows.
//   V0–V7  four elements of each row, or eight    V8–V15  weights of four elements    V16–V31  sums, two vectors a pixel
//   R1  row addresses    R5–R12  rows

// Of pixel m: element i by two vectors of weights.
#define PIXEL(m, i, wa, wb) \
	DOT(m, i, wa, 16+2*(m)) \
	DOT(m, i, wb, 17+2*(m))

#define LANE(i, wa, wb) \
	PIXEL(0, i, wa, wb) \
	PIXEL(1, i, wa, wb) \
	PIXEL(2, i, wa, wb) \
	PIXEL(3, i, wa, wb) \
	PIXEL(4, i, wa, wb) \
	PIXEL(5, i, wa, wb) \
	PIXEL(6, i, wa, wb) \
	PIXEL(7, i, wa, wb)

// As LANE, and loads weights A and B from `at` on, among the products of the element after those that took them before.
#define LANE_LOAD(i, wa, wb, at, A, B) \
	PIXEL(0, i, wa, wb) \
	FMOVQ (at)(R2), A \
	PIXEL(1, i, wa, wb) \
	PIXEL(2, i, wa, wb) \
	FMOVQ (at+16)(R2), B \
	PIXEL(3, i, wa, wb) \
	PIXEL(4, i, wa, wb) \
	PIXEL(5, i, wa, wb) \
	PIXEL(6, i, wa, wb) \
	PIXEL(7, i, wa, wb)

// The last element i of those loaded, by V14 and V15: loads the next ones of each row, and V12–V15 from `at` on.
#define LAST_LANE_LOAD(i, at) \
	PIXEL(0, i, 14, 15) \
	WORD $0x3ce468a0; /* arm64: ldr q0, [x5, x4] */ \
	PIXEL(1, i, 14, 15) \
	WORD $0x3ce468c1; /* arm64: ldr q1, [x6, x4] */ \
	PIXEL(2, i, 14, 15) \
	WORD $0x3ce468e2; /* arm64: ldr q2, [x7, x4] */ \
	PIXEL(3, i, 14, 15) \
	WORD $0x3ce46903; /* arm64: ldr q3, [x8, x4] */ \
	PIXEL(4, i, 14, 15) \
	WORD $0x3ce46924; /* arm64: ldr q4, [x9, x4] */ \
	FMOVQ (at)(R2), F12 \
	PIXEL(5, i, 14, 15) \
	WORD $0x3ce46945; /* arm64: ldr q5, [x10, x4] */ \
	FMOVQ (at+16)(R2), F13 \
	PIXEL(6, i, 14, 15) \
	WORD $0x3ce46966; /* arm64: ldr q6, [x11, x4] */ \
	PIXEL(7, i, 14, 15) \
	WORD $0x3ce46987; /* arm64: ldr q7, [x12, x4] */ \
	FMOVQ (at+32)(R2), F14 \
	FMOVQ (at+48)(R2), F15

// Sixteen bytes of each row.
#define LOAD_ROWS \
	WORD $0x3ce468a0; /* arm64: ldr q0, [x5, x4] */ \
	WORD $0x3ce468c1; /* arm64: ldr q1, [x6, x4] */ \
	WORD $0x3ce468e2; /* arm64: ldr q2, [x7, x4] */ \
	WORD $0x3ce46903; /* arm64: ldr q3, [x8, x4] */ \
	WORD $0x3ce46924; /* arm64: ldr q4, [x9, x4] */ \
	WORD $0x3ce46945; /* arm64: ldr q5, [x10, x4] */ \
	WORD $0x3ce46966; /* arm64: ldr q6, [x11, x4] */ \
	WORD $0x3ce46987; /* arm64: ldr q7, [x12, x4] */

// Weights of four elements.
#define LOAD_WEIGHTS \
	FMOVQ 0(R2), F8 \
	FMOVQ 16(R2), F9 \
	FMOVQ 32(R2), F10 \
	FMOVQ 48(R2), F11 \
	FMOVQ 64(R2), F12 \
	FMOVQ 80(R2), F13 \
	FMOVQ 96(R2), F14 \
	FMOVQ 112(R2), F15
