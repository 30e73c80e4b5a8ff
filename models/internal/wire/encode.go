package wire

import (
	"math"

	"github.com/gneiss-go/gneiss/internal/protowire"
)

// Msg is a message being written. Its methods append a field and return the longer message, so that they chain.
type Msg []byte

// Str appends a string field.
func (m Msg) Str(num int, s string) Msg {
	return protowire.AppendString(m.tag(num, protowire.BytesType), s)
}

// Sub appends a message or bytes field.
func (m Msg) Sub(num int, b []byte) Msg {
	return protowire.AppendBytes(m.tag(num, protowire.BytesType), b)
}

// Int appends an integer, bool or enum field.
func (m Msg) Int(num int, v int64) Msg {
	return protowire.AppendVarint(m.tag(num, protowire.VarintType), uint64(v))
}

// Float appends a float field.
func (m Msg) Float(num int, v float32) Msg {
	return protowire.AppendFixed32(m.tag(num, protowire.Fixed32Type), math.Float32bits(v))
}

// Ints appends a packed repeated integer field.
func (m Msg) Ints(num int, vs ...int64) Msg {
	var b []byte
	for _, v := range vs {
		b = protowire.AppendVarint(b, uint64(v))
	}
	return m.Sub(num, b)
}

// Floats appends a packed repeated float field.
func (m Msg) Floats(num int, vs ...float32) Msg {
	var b []byte
	for _, v := range vs {
		b = protowire.AppendFixed32(b, math.Float32bits(v))
	}
	return m.Sub(num, b)
}

func (m Msg) tag(num int, t protowire.Type) Msg {
	return protowire.AppendTag(m, protowire.Number(num), t)
}
