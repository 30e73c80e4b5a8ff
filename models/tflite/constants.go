package tflite

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// floats decodes a constant of real numbers.
func (im *importer) floats(t *tensor) ([]float32, error) {
	size := map[dtype]int{typeFloat32: 4, typeFloat16: 2}[t.dtype]
	if size == 0 {
		return nil, fmt.Errorf("constant %q is %v: %w", t.name, t.dtype, runtime.ErrGraph)
	}
	raw, err := im.raw(t, size)
	if err != nil {
		return nil, err
	}
	v := make([]float32, len(raw)/size)
	for i := range v {
		if size == 2 {
			v[i] = kernels.Half(binary.LittleEndian.Uint16(raw[2*i:])).Float()
		} else {
			v[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
	}
	return v, nil
}

// reals decodes a constant of real numbers, or of integers that stand for such.
func (im *importer) reals(t *tensor) ([]float32, error) {
	if t.dtype == typeFloat32 || t.dtype == typeFloat16 {
		return im.floats(t)
	}
	size := map[dtype]int{typeInt8: 1, typeUint8: 1, typeInt32: 4}[t.dtype]
	if size == 0 || len(t.scale) == 0 || len(t.zero) > len(t.scale) {
		return nil, fmt.Errorf("constant %q is %v with %d scales: %w", t.name, t.dtype, len(t.scale), runtime.ErrGraph)
	}
	raw, err := im.raw(t, size)
	if err != nil {
		return nil, err
	}
	inner := 1 // elements for each index of the axis
	if len(t.scale) > 1 {
		if t.axis < 0 || t.axis >= len(t.shape) || t.shape[t.axis] != len(t.scale) {
			return nil, fmt.Errorf("constant %q of shape %v has %d scales along axis %d: %w",
				t.name, t.shape, len(t.scale), t.axis, runtime.ErrGraph)
		}
		for _, d := range t.shape[t.axis+1:] {
			inner *= d
		}
	}
	v := make([]float32, len(raw)/size)
	for i := range v {
		var q int64
		switch t.dtype {
		case typeInt8:
			q = int64(int8(raw[i]))
		case typeUint8:
			q = int64(raw[i])
		default:
			q = int64(int32(binary.LittleEndian.Uint32(raw[4*i:])))
		}
		ch := i / inner % len(t.scale)
		if ch < len(t.zero) {
			q -= t.zero[ch]
		}
		v[i] = float32(q) * t.scale[ch]
	}
	return v, nil
}

// int32s decodes a constant of integers.
func (im *importer) int32s(t *tensor) ([]int32, error) {
	if t.dtype != typeInt32 {
		return nil, fmt.Errorf("constant %q is %v, want int32: %w", t.name, t.dtype, runtime.ErrGraph)
	}
	raw, err := im.raw(t, 4)
	if err != nil {
		return nil, err
	}
	v := make([]int32, len(raw)/4)
	for i := range v {
		v[i] = int32(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return v, nil
}

// raw returns a constant's bytes, as many as its shape says.
func (im *importer) raw(t *tensor, size int) ([]byte, error) {
	if !t.constant() && (im.values[t.number] != nil || im.lost[t.number]) {
		return nil, fmt.Errorf("%q is computed where a constant is read: %w", t.name, runtime.ErrGraph)
	}
	if t.sparse.there {
		if err := im.densify(t, size); err != nil {
			return nil, err
		}
	}
	want := size
	for _, d := range t.shape {
		if d < 1 || want > len(t.data)/d {
			return nil, corrupt("constant %q of shape %v has %d bytes", t.name, t.shape, len(t.data))
		}
		want *= d
	}
	if want != len(t.data) {
		return nil, corrupt("constant %q of shape %v has %d bytes, want %d", t.name, t.shape, len(t.data), want)
	}
	if im.left -= want; im.left < 0 {
		return nil, corrupt("constants are used more often than a model would")
	}
	im.b.Read(want / 4)
	return t.data, nil
}
