// NEON instructions of ARMv7, which Go's assembler lacks, by register number: q of a quad, 0 to 15; dm of a double, 0 to 31.
// Operands in the order of GNU as, destination first. TestNeonMacrosARM decodes each with GNU as.

// Where the number of a quad goes as destination, first and second operand; that of a double; of a double below 16, lane x.
#define QD(q) ((((q)&7)<<13) | (((q)>>3)<<22))
#define QN(q) ((((q)&7)<<17) | (((q)>>3)<<7))
#define QM(q) ((((q)&7)<<1) | (((q)>>3)<<5))
#define DM(d) (((d)&15) | (((d)>>4)<<5))
#define DN(d) ((((d)&15)<<16) | (((d)>>4)<<7))
#define DX(d, x) (((d)&15) | ((x)<<5))

// Likewise of a single of VFP, 0 to 31: the quads 0 to 7.
#define SD(s) ((((s)>>1)<<12) | (((s)&1)<<22))
#define SN(s) ((((s)>>1)<<16) | (((s)&1)<<7))
#define SM(s) (((s)>>1) | (((s)&1)<<5))

#define VMAX_F32(d, n, m)     WORD $(0xF2000F40 | QD(d) | QN(n) | QM(m)) // vmax.f32 qd, qn, qm
#define VMIN_F32(d, n, m)     WORD $(0xF2200F40 | QD(d) | QN(n) | QM(m)) // vmin.f32 qd, qn, qm
#define VADD_F32(d, n, m)     WORD $(0xF2000D40 | QD(d) | QN(n) | QM(m)) // vadd.f32 qd, qn, qm
#define VMUL_F32(d, n, m)     WORD $(0xF3000D50 | QD(d) | QN(n) | QM(m)) // vmul.f32 qd, qn, qm
#define VADD_I32(d, n, m)     WORD $(0xF2200840 | QD(d) | QN(n) | QM(m)) // vadd.i32 qd, qn, qm
#define VSUB_I32(d, n, m)     WORD $(0xF3200840 | QD(d) | QN(n) | QM(m)) // vsub.i32 qd, qn, qm
#define VCVT_F32_S32(d, m)    WORD $(0xF3BB0640 | QD(d) | QM(m)) // vcvt.f32.s32 qd, qm
#define VMLA_F32_X(d, n, m, x) WORD $(0xF3A00140 | QD(d) | QN(n) | DX(m, x)) // vmla.f32 qd, qn, dm[x]
#define VMULL_S8(d, n, m)     WORD $(0xF2800C00 | QD(d) | DN(n) | DM(m)) // vmull.s8 qd, dn, dm
#define VMLAL_S8(d, n, m)     WORD $(0xF2800800 | QD(d) | DN(n) | DM(m)) // vmlal.s8 qd, dn, dm
#define VPADAL_S16(d, m)      WORD $(0xF3B40640 | QD(d) | QM(m)) // vpadal.s16 qd, qm
#define VST1_QUADS(d, r)      WORD $(0xF400028F | QD(d) | ((r)<<16)) // vst1.32 {qd-qd+1}, [rr]
#define VSUB_F32(d, n, m)     WORD $(0xF2200D40 | QD(d) | QN(n) | QM(m)) // vsub.f32 qd, qn, qm
#define VCGT_F32(d, n, m)     WORD $(0xF3200E40 | QD(d) | QN(n) | QM(m)) // vcgt.f32 qd, qn, qm
#define VAND_Q(d, n, m)       WORD $(0xF2000150 | QD(d) | QN(n) | QM(m)) // vand qd, qn, qm
#define VBIC_Q(d, n, m)       WORD $(0xF2100150 | QD(d) | QN(n) | QM(m)) // vbic qd, qn, qm
#define VORR_Q(d, n, m)       WORD $(0xF2200150 | QD(d) | QN(n) | QM(m)) // vorr qd, qn, qm
#define VEOR_Q(d, n, m)       WORD $(0xF3000150 | QD(d) | QN(n) | QM(m)) // veor qd, qn, qm
#define VBIT_Q(d, n, m)       WORD $(0xF3200150 | QD(d) | QN(n) | QM(m)) // vbit qd, qn, qm
#define VSHL23_I32(d, m)      WORD $(0xF2B70550 | QD(d) | QM(m)) // vshl.i32 qd, qm, #23
#define VSHR1_S32(d, m)       WORD $(0xF2BF0050 | QD(d) | QM(m)) // vshr.s32 qd, qm, #1
#define VSHR31_S32(d, m)      WORD $(0xF2A10050 | QD(d) | QM(m)) // vshr.s32 qd, qm, #31
#define VLD1_QUAD(d, r)       WORD $(0xF4200A8F | QD(d) | ((r)<<16)) // vld1.32 {qd}, [rr]
#define VLD1_QUAD_UP(d, r)    WORD $(0xF4200A8D | QD(d) | ((r)<<16)) // vld1.32 {qd}, [rr]!
#define VLD1_EVERY(d, r)      WORD $(0xF4A00CAF | QD(d) | ((r)<<16)) // vld1.32 {qd[]}, [rr]
#define VST1_QUAD(d, r)       WORD $(0xF4000A8F | QD(d) | ((r)<<16)) // vst1.32 {qd}, [rr]
#define VST1_QUAD_UP(d, r)    WORD $(0xF4000A8D | QD(d) | ((r)<<16)) // vst1.32 {qd}, [rr]!
#define VMUL_S(d, n, m)       WORD $(0xEE200A00 | SD(d) | SN(n) | SM(m)) // vmul.f32 sd, sn, sm
#define VADD_S(d, n, m)       WORD $(0xEE300A00 | SD(d) | SN(n) | SM(m)) // vadd.f32 sd, sn, sm
#define VDIV_S(d, n, m)       WORD $(0xEE800A00 | SD(d) | SN(n) | SM(m)) // vdiv.f32 sd, sn, sm
#define VSQRT_S(d, m)         WORD $(0xEEB10AC0 | SD(d) | SM(m)) // vsqrt.f32 sd, sm
