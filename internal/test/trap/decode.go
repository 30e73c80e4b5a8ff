package trap

// Op is an instruction that is emulated.
type Op uint8

const (
	LdTileCfg Op = iota
	TileRelease
	TileZero
	TileLoad
	TileStore
	TDPBUUD // the products of tiles in the order of their prefixes
	TDPBUSD
	TDPBSUD
	TDPBSSD
	VPDPBUSD // in the VEX form, in the order of their opcodes
	VPDPBUSDS
	VPDPWSSD
	VPDPWSSDS
	ops
)

var opNames = [ops]string{"ldtilecfg", "tilerelease", "tilezero", "tileloadd", "tilestored", "tdpbuud", "tdpbusd",
	"tdpbsud", "tdpbssd",
	"vpdpbusd", "vpdpbusds", "vpdpwssd", "vpdpwssds"}

func (o Op) String() string { return opNames[o] }

// none stands for a register that an address does without; rip is the instruction pointer after the instruction.
const (
	none = -1
	rip  = -2
)

// insn is a decoded instruction. Registers are numbered as the processor does, RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI,
// R8 …
type insn struct {
	op            Op
	len           int
	reg, rm, vvvv int  // ModRM.reg, ModRM.rm where it is a register, VEX.vvvv
	memory        bool // the operand is in memory: [base + index<<scale + disp]
	base, index   int
	scale         uint
	disp          int64
	prefix        byte // VEX.pp: 0 none, 1 66, 2 F3, 3 F2
	wide          bool // VEX.L: 256 bits
}

// longest is the most bytes that an instruction takes.
const longest = 15

// decode reads one of the emulated instructions, or says that it is another. Encodings are from Intel's Software
// Developer's Manual, volume 2: all have the three-byte VEX prefix with map 0F38 and W0.
func decode(code []byte) (i insn, ok bool) {
	if len(code) < 5 || code[0] != 0xC4 || code[1]&0x1F != 2 || code[2]&0x80 != 0 {
		return i, false
	}
	high := func(bit byte) int { // R, X and B are stored inverted
		if code[1]&bit == 0 {
			return 8
		}
		return 0
	}
	i = insn{vvvv: int(^code[2]>>3) & 15, prefix: code[2] & 3, wide: code[2]&4 != 0, base: none, index: none}
	modRM := code[4]
	mod := modRM >> 6
	i.reg, i.rm = int(modRM>>3&7)|high(0x80), int(modRM&7)|high(0x20)
	i.len, i.memory = 5, mod != 3
	sib := false
	if i.memory {
		at := code[5:]
		if sib = i.rm&7 == 4; sib {
			if len(at) < 1 {
				return i, false
			}
			i.scale, i.base, i.index = uint(at[0]>>6), int(at[0]&7)|high(0x20), int(at[0]>>3&7)|high(0x40)
			if i.index == 4 {
				i.index = none
			}
			at = at[1:]
			i.len++
		} else {
			i.base = i.rm
		}
		size := [3]int{0, 1, 4}[mod]
		if mod == 0 && i.base&7 == 5 {
			size = 4
			if i.base = rip; sib {
				i.base = none
			}
		}
		if i.disp, ok = signed(at, size); !ok {
			return i, false
		}
		i.len += size
	}
	switch op := code[3]; {
	case op == 0x49 && i.prefix == 0 && !i.wide && i.memory && i.reg == 0 && i.vvvv == 0:
		i.op = LdTileCfg
	case op == 0x49 && i.prefix == 0 && !i.wide && modRM == 0xC0 && i.vvvv == 0:
		i.op = TileRelease
	case op == 0x49 && i.prefix == 3 && !i.wide && !i.memory && i.rm == 0 && i.vvvv == 0:
		i.op = TileZero
	case op == 0x4B && i.prefix&1 == 1 && !i.wide && sib && i.vvvv == 0:
		i.op = TileLoad
	case op == 0x4B && i.prefix == 2 && !i.wide && sib && i.vvvv == 0:
		i.op = TileStore
	case op == 0x5E && !i.wide && !i.memory:
		i.op = TDPBUUD + Op(i.prefix)
	case op >= 0x50 && op <= 0x53 && i.prefix == 1:
		i.op = VPDPBUSD + Op(op-0x50)
		return i, true
	default:
		return i, false
	}
	return i, i.reg < 8 && (i.memory || i.rm < 8) && i.vvvv < 8
}

// signed reads a little-endian number of size bytes.
func signed(b []byte, size int) (v int64, ok bool) {
	if len(b) < size {
		return 0, false
	}
	for k := range size {
		v |= int64(b[k]) << (8 * k)
	}
	if size == 0 {
		return 0, true
	}
	shift := 64 - 8*size
	return v << shift >> shift, true
}
