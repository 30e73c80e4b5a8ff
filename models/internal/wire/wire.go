// Package wire reads and writes protocol-buffer messages field by field, for the importers.
//
// It is protowire with the errors, limits and packed fields that an importer of untrusted files needs. Nothing is
// allocated from a number in the file: byte fields alias the input.
package wire

import (
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/internal/protowire"
	"github.com/gneiss-go/gneiss/runtime"
)

// Field is one field of a message. Fixed and varint values are in Int, length-delimited ones in Bytes, an alias
// of the message.
type Field struct {
	Num   int
	Type  protowire.Type
	Int   uint64
	Bytes []byte
}

// Each calls fn for each field of a message, in order, and stops at the first error. Groups are skipped.
func Each(msg []byte, fn func(Field) error) error {
	for off := 0; off < len(msg); {
		num, typ, n := protowire.ConsumeTag(msg[off:])
		if n < 0 {
			return corrupt(off, n)
		}
		f := Field{Num: int(num), Type: typ}
		rest := msg[off+n:]
		var m int
		switch typ {
		case protowire.VarintType:
			f.Int, m = protowire.ConsumeVarint(rest)
		case protowire.Fixed32Type:
			var v uint32
			v, m = protowire.ConsumeFixed32(rest)
			f.Int = uint64(v)
		case protowire.Fixed64Type:
			f.Int, m = protowire.ConsumeFixed64(rest)
		case protowire.BytesType:
			f.Bytes, m = protowire.ConsumeBytes(rest)
		default:
			m = protowire.ConsumeFieldValue(num, typ, rest)
		}
		if m < 0 {
			if size, k := protowire.ConsumeVarint(rest); typ == protowire.BytesType && k > 0 {
				return fmt.Errorf("cut short: a field of %d bytes begins at byte %d, and only %d are left: %w", size, off+n+k,
					len(rest)-k, runtime.ErrCorrupt)
			}
			return corrupt(off+n, m)
		}
		off += n + m
		if typ == protowire.StartGroupType {
			continue
		}
		if err := fn(f); err != nil {
			return err
		}
	}
	return nil
}

func corrupt(off, code int) error {
	return fmt.Errorf("byte %d of a message: %v: %w", off, protowire.ParseError(code), runtime.ErrCorrupt)
}

// want reports a field of another wire type than its schema says.
func (f Field) want(t protowire.Type) error {
	if f.Type != t {
		return fmt.Errorf("field %d has wire type %d, want %d: %w", f.Num, f.Type, t, runtime.ErrCorrupt)
	}
	return nil
}

// Str returns the text of a string field.
func (f Field) Str() (string, error) { return string(f.Bytes), f.want(protowire.BytesType) }

// Msg returns the bytes of a message or bytes field.
func (f Field) Msg() ([]byte, error) { return f.Bytes, f.want(protowire.BytesType) }

// Varint returns the value of an int32, int64, bool or enum field.
func (f Field) Varint() (int64, error) { return int64(f.Int), f.want(protowire.VarintType) }

// Float returns the value of a float field.
func (f Field) Float() (float32, error) {
	return math.Float32frombits(uint32(f.Int)), f.want(protowire.Fixed32Type)
}

// AppendVarints appends a repeated integer field, packed or not, to dst, which may grow to limit elements.
func (f Field) AppendVarints(dst []int64, limit int) ([]int64, error) {
	if f.Type == protowire.VarintType {
		if len(dst) >= limit {
			return dst, tooMany(f.Num, limit)
		}
		return append(dst, int64(f.Int)), nil
	}
	b, err := f.Msg()
	for err == nil && len(b) > 0 {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return dst, corrupt(len(f.Bytes)-len(b), n)
		}
		if len(dst) >= limit {
			return dst, tooMany(f.Num, limit)
		}
		dst, b = append(dst, int64(v)), b[n:]
	}
	return dst, err
}

// AppendFixed appends a repeated float or double field of size bytes each, packed or not, to dst as its
// little-endian bytes. A first packed run aliases the message (its capacity is its length, so that appending copies
// it).
func (f Field) AppendFixed(dst []byte, size int) ([]byte, error) {
	switch {
	case f.Type == protowire.Fixed32Type && size == 4:
		return protowire.AppendFixed32(dst, uint32(f.Int)), nil
	case f.Type == protowire.Fixed64Type && size == 8:
		return protowire.AppendFixed64(dst, f.Int), nil
	}
	b, err := f.Msg()
	if err == nil && len(b)%size != 0 {
		err = fmt.Errorf("field %d: %d packed bytes are no multiple of %d: %w", f.Num, len(b), size, runtime.ErrCorrupt)
	}
	if len(dst) == 0 {
		return b[:len(b):len(b)], err
	}
	return append(dst, b...), err
}

func tooMany(num, limit int) error {
	return fmt.Errorf("field %d has more than %d elements: %w", num, limit, runtime.ErrLimit)
}
