package trap

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"testing"
)

// What GNU as makes of each text.
func TestDecode(t *testing.T) {
	for _, c := range []struct {
		code, text string
		want       insn
	}{
		{"c4e2784900", "ldtilecfg (%rax)", insn{op: LdTileCfg, len: 5, memory: true, index: none}},
		{"c4c278494540", "ldtilecfg 0x40(%r13)", insn{op: LdTileCfg, len: 6, rm: 13, memory: true, base: 13, index: none,
			disp: 0x40}},
		{"c4e27849c0", "tilerelease", insn{op: TileRelease, len: 5, base: none, index: none}},
		{"c4e27b49d8", "tilezero %tmm3", insn{op: TileZero, len: 5, reg: 3, prefix: 3, base: none, index: none}},
		{"c4c27b4b2402", "tileloadd (%r10,%rax,1),%tmm4",
			insn{op: TileLoad, len: 6, reg: 4, rm: 12, prefix: 3, memory: true, base: 10}},
		{"c4a27b4bbca345230100", "tileloadd 0x12345(%rbx,%r12,4),%tmm7",
			insn{op: TileLoad, len: 10, reg: 7, rm: 4, prefix: 3, memory: true, base: 3, index: 12, scale: 2, disp: 0x12345}},
		{"c4e2794b4c25f8", "tileloaddt1 -8(%rbp),%tmm1",
			insn{op: TileLoad, len: 7, reg: 1, rm: 4, prefix: 1, memory: true, base: 5, index: none, disp: -8}},
		{"c4827a4b1448", "tilestored %tmm2,(%r8,%r9,2)",
			insn{op: TileStore, len: 6, reg: 2, rm: 12, prefix: 2, memory: true, base: 8, index: 9, scale: 1}},
		{"c4e2495ec4", "tdpbusd %tmm6,%tmm4,%tmm0", insn{op: TDPBUSD, len: 5, rm: 4, vvvv: 6, prefix: 1, base: none,
			index: none}},
		{"c4e2735eda", "tdpbssd %tmm1,%tmm2,%tmm3", insn{op: TDPBSSD, len: 5, reg: 3, rm: 2, vvvv: 1, prefix: 3, base: none,
			index: none}},
		{"c4e26d50e0", "{vex} vpdpbusd %ymm0,%ymm2,%ymm4",
			insn{op: VPDPBUSD, len: 5, reg: 4, vvvv: 2, prefix: 1, wide: true, base: none, index: none}},
		{"c4422950d9", "{vex} vpdpbusd %xmm9,%xmm10,%xmm11",
			insn{op: VPDPBUSD, len: 5, reg: 11, rm: 9, vvvv: 10, prefix: 1, base: none, index: none}},
		{"c4226d5074fce0", "{vex} vpdpbusd -32(%rsp,%r15,8),%ymm2,%ymm14",
			insn{op: VPDPBUSD, len: 7, reg: 14, rm: 4, vvvv: 2, prefix: 1, wide: true, memory: true, base: 4, index: 15,
				scale: 3, disp: -32}},
		{"c4e26d51d9", "{vex} vpdpbusds %ymm1,%ymm2,%ymm3",
			insn{op: VPDPBUSDS, len: 5, reg: 3, rm: 1, vvvv: 2, prefix: 1, wide: true, base: none, index: none}},
		{"c4e26d52d9", "{vex} vpdpwssd %ymm1,%ymm2,%ymm3",
			insn{op: VPDPWSSD, len: 5, reg: 3, rm: 1, vvvv: 2, prefix: 1, wide: true, base: none, index: none}},
		{"c4422953d9", "{vex} vpdpwssds %xmm9,%xmm10,%xmm11",
			insn{op: VPDPWSSDS, len: 5, reg: 11, rm: 9, vvvv: 10, prefix: 1, base: none, index: none}},
		{"c4e26d502510000000", "{vex} vpdpbusd 0x10(%rip),%ymm2,%ymm4",
			insn{op: VPDPBUSD, len: 9, reg: 4, rm: 5, vvvv: 2, prefix: 1, wide: true, memory: true, base: rip, index: none,
				disp: 16}},
	} {
		code, err := hex.DecodeString(c.code)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := decode(append(code, 0xCC, 0xCC)); !ok || got != c.want {
			t.Errorf("%s: %v %+v, want %+v", c.text, ok, got, c.want)
		}
		for n := range code {
			if _, ok := decode(code[:n]); ok {
				t.Errorf("%s: decoded from %d bytes of %d", c.text, n, len(code))
			}
		}
	}
	for _, c := range []struct{ code, text string }{
		{"62f2754852d0", "vpdpwssd %zmm0,%zmm1,%zmm2"},
		{"c4e2794900", "sttilecfg (%rax)"},
		{"c5f5f5d0", "vpmaddwd %ymm0,%ymm1,%ymm2"},
		{"c4e2ed50e0", "vpdpbusd with W1"},
		{"c4e27b4bc1", "tileloadd of a register"},
		{"c4e27b4b0190", "tileloadd without a SIB byte"},
		{"0f0b", "ud2"},
	} {
		code, _ := hex.DecodeString(c.code)
		if i, ok := decode(append(code, make([]byte, 15)...)); ok {
			t.Errorf("%s: decoded as %v", c.text, i.op)
		}
	}
}

// ram is a program's memory, from address 0.
type ram []byte

func (m ram) read(addr, stride uint64, n int, b []byte) bool {
	return m.rows(addr, stride, n, b, func(mem, b []byte) { copy(b, mem) })
}

func (m ram) write(addr, stride uint64, n int, b []byte) bool {
	return m.rows(addr, stride, n, b, func(mem, b []byte) { copy(mem, b) })
}

func (m ram) rows(addr, stride uint64, n int, b []byte, move func(mem, b []byte)) bool {
	for ; len(b) > 0; addr, b = addr+stride, b[n:] {
		if addr+uint64(n) > uint64(len(m)) {
			return false
		}
		move(m[addr:addr+uint64(n)], b[:n])
	}
	return true
}

// A matrix product by tiles of any size is that of a loop, and leaves what lies between its rows alone.
func TestTiles(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		m, n, k := 1+rnd.IntN(16), 1+rnd.IntN(16), 1+rnd.IntN(16)
		var c [64]byte
		c[0] = 1
		for tile, size := range [][2]int{{m, 4 * n}, {m, 4 * k}, {k, 4 * n}} {
			c[48+tile] = byte(size[0])
			binary.LittleEndian.PutUint16(c[16+2*tile:], uint16(size[1]))
		}
		mem := make(ram, 8192)
		for i := range mem {
			mem[i] = byte(rnd.Uint32())
		}
		const x, y, out = 1, 3001, 6003
		xStride, yStride, outStride := uint64(4*k+rnd.IntN(100)), uint64(4*n+rnd.IntN(90)), uint64(4*n+rnd.IntN(60))
		want := append(ram{}, mem...)
		for r := range m {
			for col := range n {
				sum := int32(0)
				for i := range 4 * k {
					sum += int32(mem[x+uint64(r)*xStride+uint64(i)]) * int32(int8(mem[y+uint64(i/4)*yStride+uint64(4*col+i%4)]))
				}
				binary.LittleEndian.PutUint32(want[out+uint64(r)*outStride+uint64(4*col):], uint32(sum))
			}
		}
		var a amx
		if a.config(&c)|a.zero(0)|a.load(mem, 1, x, xStride)|a.load(mem, 2, y, yStride)|a.dot(0, 1, 2, false, true)|
			a.store(mem, 0, out, outStride) != fine {
			t.Fatal("a fault")
		}
		if string(mem) != string(want) {
			t.Fatalf("%d×%d×%d: another product", m, n, k)
		}
	}
}

// Where the processor faults, so does the emulation.
func TestFaults(t *testing.T) {
	good := [64]byte{0: 1, 16: 64, 18: 64, 20: 64, 22: 32, 48: 16, 49: 16, 50: 16, 51: 16}
	var a amx
	if a.zero(0) != illegal || a.load(make(ram, 64), 0, 0, 0) != illegal || a.dot(0, 1, 2, true, true) != illegal {
		t.Error("tiles can be used before they are configured")
	}
	for _, change := range [][2]int{{0, 2}, {1, 1}, {5, 1}, {40, 1}, {60, 1}, {16, 65}, {17, 1}, {48, 17}, {52, 1},
		{24, 4}} {
		bad := good
		bad[change[0]] = byte(change[1])
		if a.config(&bad) != invalid {
			t.Errorf("byte %d of a configuration may be %d", change[0], change[1])
		}
	}
	if a.config(&good) != fine {
		t.Fatal("a good configuration is refused")
	}
	for _, d := range [][3]int{{0, 0, 1}, {0, 1, 0}, {0, 1, 1}, {0, 1, 3}, {0, 3, 1}, {3, 0, 1}, {0, 1, 4}} {
		if a.dot(d[0], d[1], d[2], false, true) != illegal {
			t.Errorf("tiles %v can be multiplied", d)
		}
	}
	if a.load(make(ram, 1000), 0, 0, 64) != invalid || a.store(make(ram, 1000), 0, 0, 64) != invalid {
		t.Error("tiles reach outside the memory")
	}
	if a.config(&[64]byte{}) != fine || a.zero(0) != illegal {
		t.Error("palette 0 does not release the tiles")
	}
}
