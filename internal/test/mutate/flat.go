package mutate

import (
	"encoding/binary"
	"math"
	"slices"
)

// flatParts is what can be told of a flatbuffer without its schema: where its tables keep scalars, and where its
// vectors are.
type flatParts struct {
	b        []byte
	scalars  []flatScalar
	offsets  []int // of fields that lead to a table or vector
	vectors  []int // of their lengths
	vtables  []int // of entries
	seen     map[int]bool
	elements [][2]int // of vectors: where the first is, and how many bytes
}

type flatScalar struct{ at, size int }

const flatMost = 1 << 14 // parts looked at

func (p *flatParts) u32(at int) (int, bool) {
	if at < 0 || at+4 > len(p.b) {
		return 0, false
	}
	v := binary.LittleEndian.Uint32(p.b[at:])
	return int(v), v < math.MaxInt32
}

// table reads the table at a place, if there can be one.
func (p *flatParts) table(at int) bool {
	if at < 4 || at+4 > len(p.b) || at%4 != 0 {
		return false
	}
	vt := at - int(int32(binary.LittleEndian.Uint32(p.b[at:])))
	if vt < 4 || vt+4 > len(p.b) || vt%2 != 0 {
		return false
	}
	size, span := int(binary.LittleEndian.Uint16(p.b[vt:])), int(binary.LittleEndian.Uint16(p.b[vt+2:]))
	if size < 4 || size%2 != 0 || size > 200 || vt+size > len(p.b) || span < 4 || at+span > len(p.b) {
		return false
	}
	if p.seen[at] {
		return true
	}
	p.seen[at] = true
	var starts []int
	for e := vt + 4; e < vt+size; e += 2 {
		p.vtables = append(p.vtables, e)
		if o := int(binary.LittleEndian.Uint16(p.b[e:])); o >= 4 && o < span {
			starts = append(starts, o)
		}
	}
	slices.Sort(starts)
	for i, o := range starts {
		end := span
		if i+1 < len(starts) {
			end = starts[i+1]
		}
		p.field(at+o, end-o)
	}
	return true
}

// field reads a field of at most so many bytes.
func (p *flatParts) field(at, size int) {
	if len(p.seen) > flatMost || len(p.scalars) > flatMost {
		return
	}
	if off, ok := p.u32(at); size >= 4 && at%4 == 0 && ok && off >= 4 && at+off < len(p.b) &&
		(p.table(at+off) || p.vector(at+off)) {
		p.offsets = append(p.offsets, at)
		return
	}
	switch {
	case size >= 8 && at%8 == 0:
		size = 8
	case size >= 4:
		size = 4
	case size >= 2 && at%2 == 0:
		size = 2
	default:
		size = 1
	}
	p.scalars = append(p.scalars, flatScalar{at, size})
}

// vector reads the vector at a place, if there can be one: of offsets to tables, or of scalars.
func (p *flatParts) vector(at int) bool {
	n, ok := p.u32(at)
	if !ok || at%4 != 0 || n > len(p.b)-at-4 {
		return false
	}
	if p.seen[at] {
		return true
	}
	p.seen[at] = true
	p.vectors = append(p.vectors, at)
	tables := 0
	for i := 0; i < n && at+8+4*i <= len(p.b); i++ {
		e := at + 4 + 4*i
		if off, ok := p.u32(e); !ok || off < 4 || !p.table(e+off) {
			break
		}
		p.offsets = append(p.offsets, e)
		tables++
	}
	if tables == 0 && n > 0 {
		p.elements = append(p.elements, [2]int{at + 4, min(4*n, len(p.b)-at-4)})
	}
	return true
}

// flat changes scalars, elements and lengths of vectors, which fields a table has, and where fields lead to.
func (m *Mutator) flat(file []byte, changes int) []byte {
	p := flatParts{b: slices.Clone(file), seen: map[int]bool{}}
	if root, ok := p.u32(0); !ok || !p.table(root) || len(p.scalars) == 0 {
		return nil
	}
	le := binary.LittleEndian
	for range changes {
		switch m.r.IntN(10) {
		case 0, 1, 2, 3:
			s := p.scalars[m.r.IntN(len(p.scalars))]
			m.scalar(p.b[s.at:][:s.size])
		case 4, 5, 6:
			if len(p.elements) > 0 {
				e := p.elements[m.r.IntN(len(p.elements))]
				if size := []int{1, 4, 4, 8}[m.r.IntN(4)]; e[1] >= size {
					m.scalar(p.b[e[0]+m.r.IntN(e[1]/size)*size:][:size])
				}
			}
		case 7:
			if len(p.vectors) > 0 {
				at := p.vectors[m.r.IntN(len(p.vectors))]
				le.PutUint32(p.b[at:], uint32(m.near(int64(le.Uint32(p.b[at:])))))
			}
		case 8:
			if e := p.vtables[m.r.IntN(len(p.vtables))]; m.r.IntN(2) == 0 {
				le.PutUint16(p.b[e:], 0)
			} else {
				le.PutUint16(p.b[e:], le.Uint16(p.b[p.vtables[m.r.IntN(len(p.vtables))]:]))
			}
		case 9:
			if len(p.offsets) > 1 { // a field leads where another, further on, does
				from, to := p.offsets[m.r.IntN(len(p.offsets))], p.offsets[m.r.IntN(len(p.offsets))]
				target := to + int(le.Uint32(p.b[to:]))
				if target > from {
					le.PutUint32(p.b[from:], uint32(target-from))
				}
			}
		}
	}
	return p.b
}

// scalar writes a number of 1, 2, 4 or 8 bytes.
func (m *Mutator) scalar(b []byte) {
	le := binary.LittleEndian
	switch len(b) {
	case 1:
		b[0] = byte(m.near(int64(b[0])))
	case 2:
		le.PutUint16(b, uint16(m.near(int64(le.Uint16(b)))))
	case 4:
		if m.r.IntN(4) == 0 {
			le.PutUint32(b, math.Float32bits(m.float()))
		} else {
			le.PutUint32(b, uint32(m.near(int64(int32(le.Uint32(b))))))
		}
	case 8:
		le.PutUint64(b, uint64(m.near(int64(le.Uint64(b)))))
	}
}
