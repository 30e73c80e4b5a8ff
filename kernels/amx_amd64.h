// AMX by bytes: Go's assembler has none of it. Encodings are those of Intel's Software Developer's Manual: all are
// VEX.128.0F38.W0, a tile in ModRM.reg, and the memory operand, one address and one stride a row, in a SIB byte.
//
// Tiles are 0–7. Registers are numbers: AX 0, CX 1, DX 2, BX 3, SI 6, DI 7, R8 8 … R15 15; an address may not be in SP, BP,
// R12 or R13, nor a stride in SP.

// VEX byte 1 of map 0F38 with the high bits of index x and address b, inverted.
#define AMX_MAP(x, b) $(0xE2 ^ (((x)>>3)<<6) ^ (((b)>>3)<<5))

#define TILE_CONFIG(b) \
	BYTE $0xC4; BYTE AMX_MAP(0, b); BYTE $0x78; BYTE $0x49; BYTE $((b)&7)

#define TILE_RELEASE \
	BYTE $0xC4; BYTE $0xE2; BYTE $0x78; BYTE $0x49; BYTE $0xC0

#define TILE_ZERO(t) \
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x49; BYTE $(0xC0 | (t)<<3)

#define TILE_MEMORY(prefix, t, b, x) \
	BYTE $0xC4; BYTE AMX_MAP(x, b); BYTE $(0x78 | (prefix)); BYTE $0x4B; BYTE $(0x04 | (t)<<3); BYTE $(((x)&7)<<3 | ((b)&7))

#define TILE_LOAD(t, b, x)  TILE_MEMORY(3, t, b, x)
#define TILE_STORE(t, b, x) TILE_MEMORY(2, t, b, x)

// d[m][n] += Σ_k Σ_{i<4} u[m][4k+i]·s[k][4n+i], u of unsigned bytes, s of signed ones, d of int32 (TDPBUSD).
#define TILE_DOT(d, u, s) \
	BYTE $0xC4; BYTE $0xE2; BYTE $(0x01 | (15-(s))<<3); BYTE $0x5E; BYTE $(0xC0 | (d)<<3 | (u))
