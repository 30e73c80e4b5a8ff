package tflite

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// TestNearest: the input's indices as TensorFlow Lite's reference_ops::ResizeNearestNeighbor counts them.
func TestNearest(t *testing.T) {
	for _, c := range []struct {
		in, n         int
		corners, half bool
		want          []int32
	}{
		{2, 4, false, false, []int32{0, 0, 1, 1}}, {2, 3, false, false, []int32{0, 0, 1}},
		{4, 2, false, false, []int32{0, 2}},
		{4, 2, false, true, []int32{1, 3}}, {2, 3, false, true, []int32{0, 1, 1}}, {2, 3, true, false, []int32{0, 1, 1}},
		{4, 7, true, false, []int32{0, 1, 1, 2, 2, 3, 3}}, {5, 1, true, false, []int32{0}},
	} {
		if got := nearest(c.in, c.n, c.corners, c.half); !slices.Equal(got, c.want) {
			t.Errorf("%d to %d, corners %v, half %v: %v, want %v", c.in, c.n, c.corners, c.half, got, c.want)
		}
	}
}

// TestResizeNearest: a float and an int8 model; another scale, and a size that is not one, are refused.
func TestResizeNearest(t *testing.T) {
	build := func(typ dtype, out float32, size ...int32) []byte {
		var f file
		spec := func(name string, h, w int, scale float32) tensorSpec {
			s := tensorSpec{name: name, shape: []int{1, h, w, 1}, dtype: typ}
			if typ == typeInt8 {
				s.scale, s.zero = []float32{scale}, []int64{3}
			}
			return s
		}
		x := f.tensor(spec("x", 2, 1, .5))
		to := f.tensor(tensorSpec{name: "size", shape: []int{len(size)}, dtype: typeInt32, data: intBytes(size)})
		y := f.op(opResizeNearest, nil, f.tensor(spec("y", 4, 2, out)), x, to)
		f.inputs, f.outputs = []int{x}, []int{y}
		return f.bytes()
	}
	for _, typ := range []dtype{typeFloat32, typeInt8} {
		g, err := Load(build(typ, .5, 4, 2))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := run(t, g, []float32{-1, 2}), []float32{-1, -1, -1, -1, 2, 2, 2, 2}; !slices.Equal(got, want) {
			t.Errorf("type %d: %v, want %v", typ, got, want)
		}
	}
	for name, c := range map[string]struct {
		model []byte
		want  error
	}{
		"another scale": {build(typeInt8, .25, 4, 2), runtime.ErrGraph},
		"no rows":       {build(typeFloat32, 0, 0, 2), runtime.ErrShape},
		"many rows":     {build(typeFloat32, 0, 1<<30, 1<<30), runtime.ErrShape},
		"three":         {build(typeFloat32, 0, 4, 2, 1), runtime.ErrGraph},
	} {
		if _, err := Load(c.model); !errors.Is(err, c.want) {
			t.Error(fmt.Errorf("%s: %w, want %w", name, err, c.want))
		}
	}
}
