package trap

import "encoding/binary"

// memory is that of the traced program: rows of n bytes, stride bytes from one to the next, which lie in b without
// gaps. A failing access is a fault of the program's.
type memory interface {
	read(addr, stride uint64, n int, b []byte) bool
	write(addr, stride uint64, n int, b []byte) bool
}

// fault is what the processor would do instead of an instruction.
type fault uint8

const (
	fine    fault = iota
	illegal       // #UD: SIGILL
	invalid       // #GP, #PF: SIGSEGV
)

// Palette 1 of AMX: eight tiles of up to sixteen rows of 64 bytes.
const (
	tiles    = 8
	tileRows = 16
	rowBytes = 64
)

// amx is one thread's tiles (Intel SDM volume 1, chapter 18). Its methods are those of its
// instructions.
type amx struct {
	configured bool
	rows       [tiles]int
	colsb      [tiles]int // bytes a row
	data       [tiles][tileRows][rowBytes]byte
	flat       [tileRows * rowBytes]byte // a tile on its way from or to memory
}

// config is LDTILECFG of its 64 bytes. A wrong one leaves the state alone.
func (a *amx) config(c *[64]byte) fault {
	if c[0] == 0 {
		*a = amx{}
		return fine
	}
	next := amx{configured: true}
	for k, v := range c { // palette, start row 0, and what is reserved
		if k == 0 && v != 1 || (k >= 1 && k < 16 || k >= 32 && k < 48 || k >= 56) && v != 0 {
			return invalid
		}
	}
	for t := range tiles {
		rows, colsb := int(c[48+t]), int(binary.LittleEndian.Uint16(c[16+2*t:]))
		if rows > tileRows || colsb > rowBytes || (rows == 0) != (colsb == 0) {
			return invalid
		}
		next.rows[t], next.colsb[t] = rows, colsb
	}
	*a = next
	return fine
}

func (a *amx) has(t int) bool { return a.configured && t < tiles && a.rows[t] > 0 }

func (a *amx) zero(t int) fault {
	if !a.has(t) {
		return illegal
	}
	a.data[t] = [tileRows][rowBytes]byte{}
	return fine
}

// load is TILELOADD: rows of colsb bytes, stride bytes from one to the next.
func (a *amx) load(m memory, t int, addr, stride uint64) fault {
	if !a.has(t) {
		return illegal
	}
	n := a.colsb[t]
	b := a.flat[:a.rows[t]*n]
	if !m.read(addr, stride, n, b) {
		return invalid
	}
	a.zero(t)
	for r := range a.rows[t] {
		copy(a.data[t][r][:n], b[r*n:])
	}
	return fine
}

// store is TILESTORED, to rows as load's.
func (a *amx) store(m memory, t int, addr, stride uint64) fault {
	if !a.has(t) {
		return illegal
	}
	n := a.colsb[t]
	b := a.flat[:a.rows[t]*n]
	for r := range a.rows[t] {
		copy(b[r*n:], a.data[t][r][:n])
	}
	if !m.write(addr, stride, n, b) {
		return invalid
	}
	return fine
}

// dot is TDPB*D: dst[m][n] += Σ_k Σ_{i<4} x[m][4k+i]·y[k][4n+i] of bytes, signed or not, in int32 that wraps.
func (a *amx) dot(dst, x, y int, xSigned, ySigned bool) fault {
	if !a.has(dst) || !a.has(x) || !a.has(y) || dst == x || dst == y || x == y || a.colsb[dst]%4 != 0 ||
		a.colsb[x]%4 != 0 ||
		a.rows[dst] != a.rows[x] || a.colsb[dst] != a.colsb[y] || a.colsb[x]/4 != a.rows[y] {
		return illegal
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
	return fine
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
