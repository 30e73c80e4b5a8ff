package mutate

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"slices"
)

// The layout of a .gneiss file, after docs/FORMAT.md and not after the code that reads it.
const (
	gneissHeader = 32
	gneissEntry  = 40
	gneissAlign  = 64

	gneissGraph, gneissData, gneissFilters = 1, 2, 3
	gneissSigned, gneissCard               = 6, 8
)

// gneissOps says what follows an operation's code: i number, b byte, f float, c clamp, r rearrangement, o operation; w
// window, that is ten numbers; and arrays: A of words and B of bytes among the filters, D and E among the other data.
var gneissOps = []string{1: "wiiADc", 2: "wbbb", 3: "b", 4: "iDDc", 5: "ifff", 6: "", 7: "c", 8: "c", 9: "", 10: "DD",
	11: "", 12: "",
	13: "fb", 14: "", 15: "wiiBDDfbbb", 16: "iEDD", 17: "fbo", 18: "r", 19: "b", 20: "b"}

type gneissSection struct {
	kind uint32
	tag  []byte
	data []byte
}

// token is a part of the structure.
type token struct {
	kind    byte // i, b, f, s for a string, or an array's
	number  int64
	bytes   []byte // of strings and arrays
	present bool   // of arrays
}

// structure is a graph's: tokens before the nodes, of each node, and after.
type structure struct {
	head, tail []token
	nodes      []gneissNode
}

// gneissNode is a node's name and operation, and its inputs.
type gneissNode struct{ op, in []token }

func (m *Mutator) gneiss(file []byte, changes int) []byte {
	sections, ok := splitGneiss(file)
	if !ok {
		return nil
	}
	kind := func(k uint32) *gneissSection {
		for i := range sections {
			if sections[i].kind == k {
				return &sections[i]
			}
		}
		return &gneissSection{}
	}
	r := gneissReader{b: kind(gneissGraph).data, data: kind(gneissData).data, filters: kind(gneissFilters).data}
	s := r.structure()
	if m.r.IntN(8) == 0 || r.bad { // a section as it lies, but for its checksum
		if len(sections) == 0 {
			return nil
		}
		c := &sections[m.r.IntN(len(sections))]
		c.data = m.bytes(slices.Clone(c.data))
		return joinGneiss(sections)
	}
	if c := kind(gneissCard); len(c.data) > 0 && m.r.IntN(4) == 0 {
		c.data = m.text(c.data, changes) // it is JSON
		return joinGneiss(sections)
	}
	for range changes {
		m.structure(&s)
	}
	var w gneissWriter
	w.structure(&s)
	for k, data := range map[uint32][]byte{gneissGraph: w.b, gneissData: w.data, gneissFilters: w.filters} {
		kind(k).data = data
	}
	if m.r.IntN(8) == 0 {
		at := m.r.IntN(len(sections))
		sections = slices.Delete(sections, at, at+1)
	}
	return joinGneiss(sections)
}

// structure changes a part of a graph: a number, an array's length, an operation, or what is joined to what.
func (m *Mutator) structure(s *structure) {
	if n := len(s.nodes); n > 0 {
		at := m.r.IntN(n)
		switch m.r.IntN(12) {
		case 0:
			s.nodes = slices.Delete(s.nodes, at, at+1)
			return
		case 1:
			c := s.nodes[m.r.IntN(n)]
			s.nodes = slices.Insert(s.nodes, at, gneissNode{slices.Clone(c.op), slices.Clone(c.in)})
			return
		case 2:
			other := m.r.IntN(n)
			s.nodes[at], s.nodes[other] = s.nodes[other], s.nodes[at]
			return
		case 3, 4, 5, 6, 7, 8:
			m.token(s.nodes[at].op)
			return
		case 9:
			m.token(s.nodes[at].in)
			return
		}
	}
	if m.r.IntN(3) > 0 {
		m.token(s.head)
	} else {
		m.token(s.tail)
	}
}

func (m *Mutator) token(of []token) {
	if len(of) == 0 {
		return
	}
	t := &of[m.r.IntN(len(of))]
	switch t.kind {
	case 'i':
		t.number = max(m.near(t.number), 0)
	case 'b':
		t.number = int64(byte(m.near(t.number)))
	case 'f':
		t.number = int64(math.Float32bits(m.float()))
	case 's':
		t.bytes = of[0].bytes
	default:
		switch size := wordOf(t.kind); m.r.IntN(4) {
		case 0:
			t.present = !t.present
		case 1:
			t.bytes = t.bytes[:m.r.IntN(len(t.bytes)/size+1)*size]
		case 2:
			t.bytes = append(slices.Clone(t.bytes), t.bytes...)
		default:
			if len(t.bytes) > 0 {
				t.bytes = slices.Clone(t.bytes)
				m.scalar(t.bytes[m.r.IntN(len(t.bytes)/size)*size:][:size])
			}
		}
	}
}

// wordOf is the size of an array's elements.
func wordOf(kind byte) int {
	if kind == 'B' || kind == 'E' {
		return 1
	}
	return 4
}

func splitGneiss(file []byte) (sections []gneissSection, ok bool) {
	le := binary.LittleEndian
	if len(file) < gneissHeader || !bytes.HasPrefix(file, []byte("\x89GNEISS\n")) {
		return nil, false
	}
	n := int(le.Uint32(file[12:]))
	if n > 64 || gneissHeader+n*gneissEntry > len(file) {
		return nil, false
	}
	for i := range n {
		e := file[gneissHeader+i*gneissEntry:][:gneissEntry]
		at, size := le.Uint64(e[8:]), le.Uint64(e[16:])
		if at > uint64(len(file)) || size > uint64(len(file))-at {
			return nil, false
		}
		sections = append(sections, gneissSection{le.Uint32(e), e[24:], file[at:][:size]})
	}
	return sections, true
}

func joinGneiss(sections []gneissSection) []byte {
	le, table := binary.LittleEndian, crc32.MakeTable(crc32.Castagnoli)
	out := make([]byte, gneissHeader+len(sections)*gneissEntry)
	copy(out, "\x89GNEISS\n")
	le.PutUint32(out[8:], 1)
	le.PutUint32(out[12:], uint32(len(sections)))
	for i, s := range sections {
		out = append(out, make([]byte, -len(out)&(gneissAlign-1))...)
		e := out[gneissHeader+i*gneissEntry:][:gneissEntry]
		le.PutUint32(e, s.kind)
		if s.kind != gneissSigned {
			le.PutUint32(e[4:], crc32.Checksum(s.data, table))
		}
		le.PutUint64(e[8:], uint64(len(out)))
		le.PutUint64(e[16:], uint64(len(s.data)))
		copy(e[24:], s.tag)
		out = append(out, s.data...)
	}
	le.PutUint64(out[16:], uint64(len(out)))
	head := out[:gneissHeader+len(sections)*gneissEntry]
	le.PutUint32(out[24:], crc32.Update(crc32.Checksum(head[:24], table), table, head[28:]))
	return out
}

// gneissReader reads a structure. What it cannot read makes it bad.
type gneissReader struct {
	b, data, filters []byte
	bad              bool
}

func (r *gneissReader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.bad = true
		return make([]byte, min(max(n, 0), 8))
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *gneissReader) int() token {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad = true
		return token{kind: 'i'}
	}
	r.b = r.b[n:]
	return token{kind: 'i', number: int64(v)}
}

// ints reads a list of numbers after its length, which is no token: lists are whole after every change.
func (r *gneissReader) ints(to []token, n int) []token {
	for range min(n, len(r.b)+1) {
		to = append(to, r.int())
	}
	return to
}

func (r *gneissReader) string() token { return token{kind: 's', bytes: r.take(int(r.int().number))} }

func (r *gneissReader) structure() (s structure) {
	s.head = append(s.head, r.string())
	for range min(int(r.int().number), len(r.b)) {
		s.head = r.ints(append(s.head, r.string()), 4)
	}
	for range min(int(r.int().number), len(r.b)) {
		op := r.op([]token{r.string()})
		s.nodes = append(s.nodes, gneissNode{op, r.ints(nil, int(r.int().number))})
	}
	s.tail = r.ints(nil, int(r.int().number))
	r.bad = r.bad || len(r.b) > 0
	return s
}

func (r *gneissReader) byte() token { return token{kind: 'b', number: int64(r.take(1)[0])} }

// op reads an operation behind its node's other tokens.
func (r *gneissReader) op(to []token) []token {
	code := r.byte()
	to = append(to, code)
	if code.number < 1 || int(code.number) >= len(gneissOps) {
		r.bad = true
		return to
	}
	for _, kind := range []byte(gneissOps[code.number]) {
		switch kind {
		case 'w':
			to = r.ints(to, 10)
		case 'i':
			to = append(to, r.int())
		case 'b':
			to = append(to, r.byte())
		case 'f':
			to = append(to, r.float())
		case 'c':
			on := r.byte()
			if to = append(to, on); on.number == 1 {
				to = append(to, r.float(), r.float())
			}
		case 'r':
			to = r.ints(to, 5)
			to = r.ints(to, 2*int(to[len(to)-1].number))
		case 'o':
			to = r.op(to)
		default:
			to = append(to, r.array(kind))
		}
		if r.bad {
			return to
		}
	}
	return to
}

func (r *gneissReader) float() token {
	return token{kind: 'f', number: int64(binary.LittleEndian.Uint32(r.take(4)))}
}

func (r *gneissReader) array(kind byte) token {
	if r.take(1)[0] == 0 {
		return token{kind: kind}
	}
	at, n := int(r.int().number)*gneissAlign, int(r.int().number)*wordOf(kind)
	from := r.data
	if kind == 'A' || kind == 'B' {
		from = r.filters
	}
	if at < 0 || n < 0 || at > len(from) || n > len(from)-at {
		r.bad = true
		return token{kind: kind}
	}
	return token{kind: kind, present: true, bytes: from[at:][:n]}
}

// gneissWriter is the inverse of gneissReader.
type gneissWriter struct{ b, data, filters []byte }

func (w *gneissWriter) int(v int) { w.b = binary.AppendUvarint(w.b, uint64(v)) }

func (w *gneissWriter) structure(s *structure) {
	w.tokens(s.head[:1])
	w.int((len(s.head) - 1) / 5)
	w.tokens(s.head[1:])
	w.int(len(s.nodes))
	for _, node := range s.nodes {
		w.tokens(node.op)
		w.int(len(node.in))
		w.tokens(node.in)
	}
	w.int(len(s.tail))
	w.tokens(s.tail)
}

func (w *gneissWriter) tokens(all []token) {
	for _, t := range all {
		switch t.kind {
		case 'i':
			w.b = binary.AppendUvarint(w.b, uint64(t.number))
		case 'b':
			w.b = append(w.b, byte(t.number))
		case 'f':
			w.b = binary.LittleEndian.AppendUint32(w.b, uint32(t.number))
		case 's':
			w.int(len(t.bytes))
			w.b = append(w.b, t.bytes...)
		default:
			w.array(t)
		}
	}
}

func (w *gneissWriter) array(t token) {
	if !t.present {
		w.b = append(w.b, 0)
		return
	}
	to := &w.data
	if t.kind == 'A' || t.kind == 'B' {
		to = &w.filters
	}
	*to = append(*to, make([]byte, -len(*to)&(gneissAlign-1))...)
	w.b = append(w.b, 1)
	w.int(len(*to) / gneissAlign)
	w.int(len(t.bytes) / wordOf(t.kind))
	*to = append(*to, t.bytes...)
}
