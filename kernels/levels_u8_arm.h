// From float32 to bytes, for the quantised kernels of ARMv7, which has no conversion that rounds half to even: 1.5·2²³ is
// added. The bounded value, at most 255 in size, is then rounded by that addition, and stands in the low bits. That NEON
// takes denormals for zeros changes no byte: such a number rounds to 0 anyway.
//
// Q10 lo    Q11 hi    Q12 zero    Q13 1.5·2²³

// Sets Q10–Q13 from the fields of an argument at R0. Clobbers R12.
#define LEVELS_CONSTANTS(lo, hi, zero) \
	ADD  $lo, R0, R12 \
	WORD $0xf4ec4caf; /* arm: vld1.32 {d20[], d21[]}, [r12] */ \
	ADD  $hi, R0, R12 \
	WORD $0xf4ec6caf; /* arm: vld1.32 {d22[], d23[]}, [r12] */ \
	ADD  $zero, R0, R12 \
	WORD $0xf4ec8caf; /* arm: vld1.32 {d24[], d25[]}, [r12] */ \
	MOVW $0x4B400000, R12 \
	WORD $0xeeaacb90; /* arm: vdup.32 q13, r12 */

// Two quads of numbers, Q0 and Q1, to the eight bytes of D0. Of a NaN the level is lo. Clobbers Q14, Q15.
#define LEVELS8 \
	WORD $0xf360ce64; /* arm: vcgt.f32 q14, q0, q10 */ \
	WORD $0xf362ee64; /* arm: vcgt.f32 q15, q1, q10 */ \
	WORD $0xf33401fc; /* arm: vbif q0, q10, q14 */ \
	WORD $0xf33421fe; /* arm: vbif q1, q10, q15 */ \
	WORD $0xf2200f66; /* arm: vmin.f32 q0, q0, q11 */ \
	WORD $0xf2222f66; /* arm: vmin.f32 q1, q1, q11 */ \
	WORD $0xf2000d6a; /* arm: vadd.f32 q0, q0, q13 */ \
	WORD $0xf2022d6a; /* arm: vadd.f32 q1, q1, q13 */ \
	WORD $0xf320086a; /* arm: vsub.i32 q0, q0, q13 */ \
	WORD $0xf322286a; /* arm: vsub.i32 q1, q1, q13 */ \
	WORD $0xf2200868; /* arm: vadd.i32 q0, q0, q12 */ \
	WORD $0xf2222868; /* arm: vadd.i32 q1, q1, q12 */ \
	WORD $0xf3b60280; /* arm: vqmovn.s32 d0, q0 */ \
	WORD $0xf3b61282; /* arm: vqmovn.s32 d1, q1 */ \
	WORD $0xf3b20240; /* arm: vqmovun.s16 d0, q0 */
