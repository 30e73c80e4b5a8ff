package mutate

import (
	"math"
	"slices"
	"unicode/utf8"

	"github.com/gneiss-go/gneiss/internal/protowire"
)

// field is a field of a message: a number, bytes, or a message of its own.
type field struct {
	num   protowire.Number
	typ   protowire.Type
	value uint64
	bytes []byte
	sub   []*field // of bytes that read as a message; nil if they do not
}

// clone returns a copy that shares no field: one may be put within itself.
func (f *field) clone() *field {
	c := *f
	if f.sub != nil {
		c.sub = make([]*field, len(f.sub))
		for i := range f.sub {
			c.sub[i] = f.sub[i].clone()
		}
	}
	return &c
}

// parseProto reads a message. There is no schema: bytes that read as a message are taken for one.
func parseProto(b []byte, depth int) ([]*field, bool) {
	var all []*field
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return nil, false
		}
		b = b[n:]
		f := &field{num: num, typ: typ}
		switch typ {
		case protowire.VarintType:
			f.value, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			f.value = uint64(v)
		case protowire.Fixed64Type:
			f.value, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(b)
			if n > 0 && len(f.bytes) > 1 && depth < 8 && !words(f.bytes) {
				f.sub, _ = parseProto(f.bytes, depth+1)
			}
		default:
			return nil, false
		}
		if n < 0 {
			return nil, false
		}
		b = b[n:]
		all = append(all, f)
	}
	return all, true
}

// words reports whether bytes are a name rather than a message.
func words(b []byte) bool {
	return utf8.Valid(b) && !slices.ContainsFunc(b, func(c byte) bool { return c < ' ' })
}

func appendProto(b []byte, all []*field) []byte {
	for _, f := range all {
		b = protowire.AppendTag(b, f.num, f.typ)
		switch f.typ {
		case protowire.VarintType:
			b = protowire.AppendVarint(b, f.value)
		case protowire.Fixed32Type:
			b = protowire.AppendFixed32(b, uint32(f.value))
		case protowire.Fixed64Type:
			b = protowire.AppendFixed64(b, f.value)
		default:
			body := f.bytes
			if f.sub != nil {
				body = appendProto(nil, f.sub)
			}
			b = protowire.AppendBytes(b, body)
		}
	}
	return b
}

// place is where a field is.
type place struct {
	in *[]*field
	at int
}

func places(in *[]*field, all []place) []place {
	for i, f := range *in {
		all = append(all, place{in, i})
		if f.sub != nil {
			all = places(&f.sub, all)
		}
	}
	return all
}

func (m *Mutator) proto(file []byte, others [][]byte, changes int) []byte {
	root, ok := parseProto(file, 0)
	if !ok || len(root) == 0 {
		return nil
	}
	for range changes {
		all := places(&root, nil)
		if len(all) == 0 {
			return nil
		}
		p := all[m.r.IntN(len(all))]
		if m.r.IntN(4) > 0 { // rather what is small: most of a file is messages within messages
			for range 8 {
				if (*p.in)[p.at].sub == nil {
					break
				}
				p = all[m.r.IntN(len(all))]
			}
		}
		switch f := (*p.in)[p.at]; m.r.IntN(10) {
		case 0:
			*p.in = slices.Delete(*p.in, p.at, p.at+1)
		case 1:
			*p.in = slices.Insert(*p.in, p.at, f.clone())
		case 2: // another field of the same number, of this file or another, in its place
			from := all
			if len(others) > 0 && m.r.IntN(2) == 0 {
				if other, ok := parseProto(others[m.r.IntN(len(others))], 0); ok {
					from = places(&other, nil)
				}
			}
			for range 32 {
				if q := from[m.r.IntN(len(from))]; (*q.in)[q.at].num == f.num && (*q.in)[q.at].typ == f.typ {
					(*p.in)[p.at] = (*q.in)[q.at].clone()
					break
				}
			}
		case 3:
			q := m.r.IntN(len(*p.in))
			(*p.in)[p.at], (*p.in)[q] = (*p.in)[q], (*p.in)[p.at]
		default:
			changed := *f
			m.field(&changed)
			(*p.in)[p.at] = &changed
		}
	}
	return appendProto(nil, root)
}

// field changes a field's value.
func (m *Mutator) field(f *field) {
	switch f.typ {
	case protowire.VarintType:
		f.value = uint64(m.near(int64(f.value)))
	case protowire.Fixed32Type:
		f.value = uint64(math.Float32bits(m.float()))
	case protowire.Fixed64Type:
		f.value = math.Float64bits(float64(m.float()))
	case protowire.BytesType:
		f.sub = nil
		f.bytes = m.packed(f.bytes)
	}
}

// packed changes one of packed numbers: varints, or words of four bytes; or the number of them.
func (m *Mutator) packed(b []byte) []byte {
	b = slices.Clone(b)
	switch m.r.IntN(4) {
	case 0:
		if len(b)%4 == 0 && len(b) > 0 {
			at := m.r.IntN(len(b)/4) * 4
			copy(b[at:], protowire.AppendFixed32(nil, math.Float32bits(m.float())))
		}
	case 1:
		if n := m.r.IntN(len(b) + 1); m.r.IntN(2) == 0 {
			return b[:n]
		}
		return append(b, b...)
	case 2:
		var vs []uint64
		for rest := b; len(rest) > 0; {
			v, n := protowire.ConsumeVarint(rest)
			if n < 0 {
				return m.bytes(b)
			}
			vs, rest = append(vs, v), rest[n:]
		}
		if len(vs) > 0 {
			vs[m.r.IntN(len(vs))] = uint64(m.interesting())
		}
		b = b[:0]
		for _, v := range vs {
			b = protowire.AppendVarint(b, v)
		}
	default:
		return m.bytes(b)
	}
	return b
}
