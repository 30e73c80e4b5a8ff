package npy

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/internal/app/wholefile"
	"github.com/gneiss-go/gneiss/runtime"
)

// elements decodes the bytes of as many elements as dst, a slice of the header's kind, has.
func (h *header) elements(dst any, body []byte) {
	o := h.order
	switch d := dst.(type) {
	case []bool:
		fill(h, d, body, func(b []byte) bool { return b[0] != 0 })
	case []int8:
		fill(h, d, body, func(b []byte) int8 { return int8(b[0]) })
	case []uint8:
		fill(h, d, body, func(b []byte) uint8 { return b[0] })
	case []int16:
		fill(h, d, body, func(b []byte) int16 { return int16(o.Uint16(b)) })
	case []uint16:
		fill(h, d, body, o.Uint16)
	case []Float16:
		fill(h, d, body, func(b []byte) Float16 { return Float16(o.Uint16(b)) })
	case []int32:
		fill(h, d, body, func(b []byte) int32 { return int32(o.Uint32(b)) })
	case []uint32:
		fill(h, d, body, o.Uint32)
	case []float32:
		fill(h, d, body, func(b []byte) float32 { return math.Float32frombits(o.Uint32(b)) })
	case []int64:
		fill(h, d, body, func(b []byte) int64 { return int64(o.Uint64(b)) })
	case []uint64:
		fill(h, d, body, o.Uint64)
	case []float64:
		fill(h, d, body, func(b []byte) float64 { return math.Float64frombits(o.Uint64(b)) })
	}
}

// fill puts the elements of a file into C order.
func fill[T any](h *header, dst []T, body []byte, of func([]byte) T) {
	size := h.kind.size
	if !h.fortran || len(h.dims) < 2 {
		for i := range dst {
			dst[i] = of(body[i*size:][:size])
		}
		return
	}
	step := make([]int, len(h.dims)) // of each dimension in C order
	for i, n := len(h.dims)-1, 1; i >= 0; i-- {
		step[i] = n
		n *= h.dims[i]
	}
	at, ix := 0, make([]int, len(h.dims))
	for i := range dst {
		dst[at] = of(body[i*size:][:size])
		for j := range ix { // the first dimension is the fastest
			ix[j]++
			at += step[j]
			if ix[j] < h.dims[j] {
				break
			}
			at -= step[j] * ix[j]
			ix[j] = 0
		}
	}
}

// Encode returns the bytes of a file. It is an error if Data is no slice of a type that files have, or has another
// number of elements than the dimensions say.
func (a *Array) Encode() ([]byte, error) {
	k := kindOf(a.Data)
	if k == nil {
		return nil, fmt.Errorf("elements of type %T: %w", a.Data, ErrFormat)
	}
	n := 1
	shape := ""
	for _, d := range a.Dims {
		if d < 0 || d > 0 && n > MaxBytes/k.size/d {
			return nil, fmt.Errorf("dimensions %v: %w", a.Dims, runtime.ErrLimit)
		}
		n *= d
		shape += fmt.Sprintf("%d, ", d)
	}
	if n != a.Len() || len(a.Dims) > MaxRank {
		return nil, fmt.Errorf("%d elements of dimensions %v: %w", a.Len(), a.Dims, runtime.ErrShape)
	}
	switch len(a.Dims) {
	case 0:
	case 1:
		shape = shape[:len(shape)-1] // (3,)
	default:
		shape = shape[:len(shape)-2]
	}
	order := "<"
	if k.size == 1 {
		order = "|"
	}
	text := fmt.Sprintf("{'descr': '%s%s', 'fortran_order': False, 'shape': (%s), }", order, k.code, shape)
	for (len(magic)+4+len(text)+1)%64 != 0 { // elements begin at a multiple of 64
		text += " "
	}
	var b bytes.Buffer
	b.Grow(len(magic) + 5 + len(text) + n*k.size)
	b.WriteString(magic + "\x01\x00")
	b.Write(binary.LittleEndian.AppendUint16(nil, uint16(len(text)+1)))
	b.WriteString(text + "\n")
	if err := binary.Write(&b, binary.LittleEndian, a.Data); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return b.Bytes(), nil
}

// Save writes the array to a file, which appears whole or not at all. Its errors are [*runtime.FileError].
func (a *Array) Save(path string) error {
	b, err := a.Encode()
	if err != nil {
		return runtime.InFile(path, err)
	}
	return wholefile.Write(path, b)
}
