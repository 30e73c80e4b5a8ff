// Package protowire is the wire format of protocol buffers: tags, and the four ways in which a value follows one
// (https://protobuf.dev/programming-guides/encoding). Messages as such, with schemas, are their readers' own.
//
// Its functions are as those of google.golang.org/protobuf/encoding/protowire, whose module would be one more in the
// list of every program that imports the library. Consume… return how many bytes were read, or a negative number that
// [ParseError] explains; they allocate nothing, and what they return of bytes is a part of what was given.
package protowire

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
)

// Number is that of a field, from 1 to 1<<29 − 1 in what keeps to the format.
type Number int32

// Type says how a field's value follows its tag.
type Type int8

// The types of the wire.
const (
	VarintType     Type = 0
	Fixed64Type    Type = 1
	BytesType      Type = 2
	StartGroupType Type = 3
	EndGroupType   Type = 4
	Fixed32Type    Type = 5
)

// faults are what the negative numbers mean, from −1 on.
var faults = []error{io.ErrUnexpectedEOF, errors.New("invalid field number"),
	errors.New("variable length integer overflow"), errors.New("cannot parse reserved wire type"),
	errors.New("mismatching end group marker"), errors.New("groups are nested too deeply")}

const (
	truncated = -1 - iota
	badNumber
	overflow
	reserved
	endGroup
	tooDeep
)

const deepest = 100 // groups within groups

// ParseError is the error that a negative count of bytes stands for; nil for others.
func ParseError(n int) error {
	if n >= 0 {
		return nil
	}
	return faults[min(-1-n, len(faults)-1)]
}

// ConsumeVarint reads a number in groups of seven bits, the least significant first.
func ConsumeVarint(b []byte) (uint64, int) {
	switch v, n := binary.Uvarint(b); {
	case n > 0:
		return v, n
	case n < 0:
		return 0, overflow
	}
	return 0, truncated
}

// ConsumeTag reads the number and the type of a field.
func ConsumeTag(b []byte) (Number, Type, int) {
	v, n := ConsumeVarint(b)
	if n < 0 {
		return 0, 0, n
	}
	if v>>3 == 0 || v>>3 > math.MaxInt32 {
		return 0, 0, badNumber
	}
	return Number(v >> 3), Type(v & 7), n
}

// ConsumeFixed32 reads four bytes, the least significant first.
func ConsumeFixed32(b []byte) (uint32, int) {
	if len(b) < 4 {
		return 0, truncated
	}
	return binary.LittleEndian.Uint32(b), 4
}

// ConsumeFixed64 reads eight bytes, the least significant first.
func ConsumeFixed64(b []byte) (uint64, int) {
	if len(b) < 8 {
		return 0, truncated
	}
	return binary.LittleEndian.Uint64(b), 8
}

// ConsumeBytes reads a length and as many bytes.
func ConsumeBytes(b []byte) ([]byte, int) {
	size, n := ConsumeVarint(b)
	if n < 0 {
		return nil, n
	}
	if size > uint64(len(b)-n) {
		return nil, truncated
	}
	return b[n : n+int(size)], n + int(size)
}

// ConsumeFieldValue passes over the value of a field, which may be a group.
func ConsumeFieldValue(num Number, typ Type, b []byte) int { return value(num, typ, b, 0) }

func value(num Number, typ Type, b []byte, depth int) (n int) {
	switch typ {
	case VarintType:
		_, n = ConsumeVarint(b)
	case Fixed32Type:
		_, n = ConsumeFixed32(b)
	case Fixed64Type:
		_, n = ConsumeFixed64(b)
	case BytesType:
		_, n = ConsumeBytes(b)
	case StartGroupType:
		return group(num, b, depth+1)
	case EndGroupType:
		return endGroup
	default:
		return reserved
	}
	return n
}

// group passes over fields up to the end of the group, and over that.
func group(num Number, b []byte, depth int) int {
	if depth > deepest {
		return tooDeep
	}
	for at := 0; ; {
		inner, typ, n := ConsumeTag(b[at:])
		if n < 0 {
			return n
		}
		at += n
		if typ == EndGroupType {
			if inner != num {
				return endGroup
			}
			return at
		}
		if n = value(inner, typ, b[at:], depth); n < 0 {
			return n
		}
		at += n
	}
}

// AppendVarint writes what [ConsumeVarint] reads.
func AppendVarint(b []byte, v uint64) []byte { return binary.AppendUvarint(b, v) }

// AppendTag writes what [ConsumeTag] reads.
func AppendTag(b []byte, num Number, typ Type) []byte {
	return AppendVarint(b, uint64(num)<<3|uint64(typ&7))
}

// AppendFixed32 writes what [ConsumeFixed32] reads.
func AppendFixed32(b []byte, v uint32) []byte { return binary.LittleEndian.AppendUint32(b, v) }

// AppendFixed64 writes what [ConsumeFixed64] reads.
func AppendFixed64(b []byte, v uint64) []byte { return binary.LittleEndian.AppendUint64(b, v) }

// AppendBytes writes what [ConsumeBytes] reads.
func AppendBytes(b, v []byte) []byte { return append(AppendVarint(b, uint64(len(v))), v...) }

// AppendString writes the bytes of a string.
func AppendString(b []byte, v string) []byte { return append(AppendVarint(b, uint64(len(v))), v...) }
