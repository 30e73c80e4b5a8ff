package cifar10

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"

	"github.com/gneiss-go/gneiss/runtime"
)

// The weight file, as train/export.py writes it. All numbers are little-endian.
//
//	magic    "GNSW"
//	uint32   version: 1
//	uint32   number of tensors; then, for each of them:
//	    uint16   length of the name
//	    bytes    name, UTF-8: <layer>/weights or <layer>/bias
//	    uint8    element type: 0 = float32
//	    uint8    rank
//	    uint32   each dimension
//	    bytes    elements
//	uint32   CRC-32 (IEEE) of all bytes before it
const (
	magic       = "GNSW"
	version     = 1
	float32Type = 0
	maxRank     = 4
)

// tensor is one array of the file.
type tensor struct {
	dims []int
	data []float32
}

// parse reads a whole weight file. Every error it returns is a [runtime.ErrCorrupt]. What it allocates is bounded by
// the length of file, whatever the file says.
func parse(file []byte) (map[string]tensor, error) {
	const header, trailer = len(magic) + 4 + 4, 4
	if len(file) < header+trailer {
		return nil, corrupt("%d bytes are too few for a weight file", len(file))
	}
	if string(file[:len(magic)]) != magic {
		return nil, corrupt("does not begin with %q", magic)
	}
	content := file[:len(file)-trailer]
	if got, want := crc32.ChecksumIEEE(content), binary.LittleEndian.Uint32(file[len(content):]); got != want {
		return nil, corrupt("checksum is %08x, the file says %08x", got, want)
	}
	r := reader{rest: content[len(magic):]}
	if v := r.uint32(); v != version {
		return nil, corrupt("version %d, want %d", v, version)
	}
	count := r.uint32()
	tensors := map[string]tensor{}
	for i := range count {
		name, t, err := r.tensor()
		if err != nil {
			return nil, fmt.Errorf("tensor %d of %d: %w", i+1, count, err)
		}
		if _, twice := tensors[name]; twice {
			return nil, corrupt("tensor %q occurs twice", name)
		}
		tensors[name] = t
	}
	if len(r.rest) > 0 {
		return nil, corrupt("%d bytes after the last tensor", len(r.rest))
	}
	return tensors, nil
}

// reader takes values off the front of a slice. Past the end it yields zeros and sets short.
type reader struct {
	rest  []byte
	short bool
}

func (r *reader) bytes(n int) []byte {
	if n > len(r.rest) {
		r.rest, r.short = nil, true
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) uint8() uint8 {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uint16() uint16 {
	if b := r.bytes(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (r *reader) uint32() uint32 {
	if b := r.bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *reader) tensor() (name string, t tensor, err error) {
	name = string(r.bytes(int(r.uint16())))
	dtype, rank := r.uint8(), r.uint8()
	switch {
	case r.short:
		return "", t, corrupt("the file ends early")
	case dtype != float32Type:
		return "", t, corrupt("%q: element type %d, want %d", name, dtype, float32Type)
	case rank < 1 || rank > maxRank:
		return "", t, corrupt("%q: rank %d, want 1 to %d", name, rank, maxRank)
	}
	elements := 1
	for range rank {
		// No tensor can have more elements than the rest of the file has room for; the bound also keeps the product
		// from overflowing.
		d, room := r.uint32(), len(r.rest)/4
		if d < 1 || uint64(d) > uint64(room/elements) {
			return "", t, corrupt("%q: dimension %d does not fit the %d bytes that are left", name, d, len(r.rest))
		}
		t.dims = append(t.dims, int(d))
		elements *= int(d)
	}
	raw := r.bytes(4 * elements)
	if r.short {
		return "", t, corrupt("%q: the file ends early", name)
	}
	t.data = make([]float32, elements)
	for i := range t.data {
		t.data[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return name, t, nil
}

func corrupt(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, runtime.ErrCorrupt)...)
}
