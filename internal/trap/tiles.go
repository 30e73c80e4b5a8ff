package trap

import "encoding/binary"

// memory is that of the traced program. A failing access is a fault of the program's.
type memory interface {
	read(addr uint64, b []byte) bool
	write(addr uint64, b []byte) bool
}

// Palette 1 of AMX: eight tiles of up to sixteen rows of 64 bytes.
const (
	tiles    = 8
	tileRows = 16
	rowBytes = 64
)

// amx is one thread's tiles (Intel SDM volume 1, chapter 18). Methods report false where the processor would fault.
type amx struct {
	configured bool
	rows       [tiles]int
	colsb      [tiles]int // bytes a row
	data       [tiles][tileRows][rowBytes]byte
}

// config is LDTILECFG of its 64 bytes.
func (a *amx) config(c *[64]byte) bool {
	*a = amx{}
	if c[0] == 0 {
		return true
	}
	for k, v := range c { // palette, start row 0, and what is reserved
		if k == 0 && v != 1 || (k >= 1 && k < 16 || k >= 32 && k < 48 || k >= 56) && v != 0 {
			return false
		}
	}
	for t := range tiles {
		rows, colsb := int(c[48+t]), int(binary.LittleEndian.Uint16(c[16+2*t:]))
		if rows > tileRows || colsb > rowBytes || (rows == 0) != (colsb == 0) {
			return false
		}
		a.rows[t], a.colsb[t] = rows, colsb
	}
	a.configured = true
	return true
}

func (a *amx) has(t int) bool { return a.configured && t < tiles && a.rows[t] > 0 }

func (a *amx) zero(t int) bool {
	if !a.has(t) {
		return false
	}
	a.data[t] = [tileRows][rowBytes]byte{}
	return true
}

// load is TILELOADD: rows of colsb bytes, stride bytes from one to the next.
func (a *amx) load(m memory, t int, addr, stride uint64) bool {
	if !a.zero(t) {
		return false
	}
	var near [4 << 10]byte // rows that lie near each other are read at once: the program's memory is far away
	span := uint64(a.rows[t]-1)*stride + uint64(a.colsb[t])
	together := stride <= 2*rowBytes && m.read(addr, near[:span])
	for r := range a.rows[t] {
		row := a.data[t][r][:a.colsb[t]]
		if together {
			copy(row, near[uint64(r)*stride:])
		} else if !m.read(addr+uint64(r)*stride, row) {
			return false
		}
	}
	return true
}

func (a *amx) store(m memory, t int, addr, stride uint64) bool {
	if !a.has(t) {
		return false
	}
	for r := range a.rows[t] {
		if !m.write(addr+uint64(r)*stride, a.data[t][r][:a.colsb[t]]) {
			return false
		}
	}
	return true
}

// dot is TDPB*D: dst[m][n] += Σ_k Σ_{i<4} x[m][4k+i]·y[k][4n+i] of bytes, signed or not, in int32 that wraps.
func (a *amx) dot(dst, x, y int, xSigned, ySigned bool) bool {
	if !a.has(dst) || !a.has(x) || !a.has(y) || dst == x || dst == y || x == y || a.colsb[dst]%4 != 0 || a.colsb[x]%4 != 0 ||
		a.rows[dst] != a.rows[x] || a.colsb[dst] != a.colsb[y] || a.colsb[x]/4 != a.rows[y] {
		return false
	}
	for m := range a.rows[dst] {
		row := &a.data[dst][m]
		for n := range a.colsb[dst] / 4 {
			sum := int32(binary.LittleEndian.Uint32(row[4*n:]))
			for k := range a.colsb[x] / 4 {
				sum += dot4(a.data[x][m][4*k:], a.data[y][k][4*n:], xSigned, ySigned)
			}
			binary.LittleEndian.PutUint32(row[4*n:], uint32(sum))
		}
	}
	return true
}

// dot4 is Σ_{i<4} x[i]·y[i].
func dot4(x, y []byte, xSigned, ySigned bool) (sum int32) {
	for i := range 4 {
		sum += extend(x[i], xSigned) * extend(y[i], ySigned)
	}
	return sum
}

func extend(b byte, signed bool) int32 {
	if signed {
		return int32(int8(b))
	}
	return int32(b)
}

// vecDot is VPDPBUSD (Intel SDM volume 2): dst[n] += Σ_{i<4} x[4n+i]·y[4n+i] in int32 that wraps, x unsigned, y signed.
func vecDot(dst, x, y []byte) {
	for n := 0; n < len(dst); n += 4 {
		sum := int32(binary.LittleEndian.Uint32(dst[n:])) + dot4(x[n:], y[n:], false, true)
		binary.LittleEndian.PutUint32(dst[n:], uint32(sum))
	}
}
