// pixelOrder: indices for VPERMD. Packing works on 128-bit lanes, so each lane then holds a dword of each of four registers:
// a b c d. In this order they are a a a a b b b b c c c c d d d d.
DATA pixelOrder<>+0x00(SB)/8, $0x0000000400000000
DATA pixelOrder<>+0x08(SB)/8, $0x0000000c00000008
DATA pixelOrder<>+0x10(SB)/8, $0x0000000500000001
DATA pixelOrder<>+0x18(SB)/8, $0x0000000d00000009
DATA pixelOrder<>+0x20(SB)/8, $0x0000000600000002
DATA pixelOrder<>+0x28(SB)/8, $0x0000000e0000000a
DATA pixelOrder<>+0x30(SB)/8, $0x0000000700000003
DATA pixelOrder<>+0x38(SB)/8, $0x0000000f0000000b
GLOBL pixelOrder<>(SB), RODATA|NOPTR, $64
