package tflite

import (
	"errors"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// TestBlocks: both operations, float and int8, as the schema's reference counts: a pixel's channels are those of a
// square's pixels, one pixel after the other. Another scale and blocks that do not fit are refused.
func TestBlocks(t *testing.T) {
	const n, h, w, c, s = 2, 2, 3, 2, 2 // of the deep side, but for c
	deep, wide := []int{n, h, w, c * s * s}, []int{n, h * s, w * s, c}
	x := make([]float32, n*h*w*s*s*c)
	for i := range x {
		x[i] = float32(i) - 40
	}
	space, depth := make([]float32, len(x)), make([]float32, len(x))
	for b := range n {
		for y := range h * s {
			for z := range w * s {
				for k := range c {
					from := ((b*h+y/s)*w+z/s)*c*s*s + (y%s*s+z%s)*c + k
					to := ((b*h*s+y)*w*s+z)*c + k
					space[to], depth[from] = x[from], x[to]
				}
			}
		}
	}
	build := func(code int, typ dtype, from, to []int, scale float32, opts ...opt) []byte {
		var f file
		spec := func(name string, shape []int, scale float32) tensorSpec {
			s := tensorSpec{name: name, shape: shape, dtype: typ}
			if typ == typeInt8 {
				s.scale, s.zero = []float32{scale}, []int64{3}
			}
			return s
		}
		in := f.tensor(spec("x", from, 1))
		f.inputs, f.outputs = []int{in}, []int{f.op(code, options(opts...), f.tensor(spec("y", to, scale)), in)}
		return f.bytes()
	}
	side := opt{0, int32(s)}
	for _, typ := range []dtype{typeFloat32, typeInt8} {
		for _, tc := range []struct {
			code     int
			from, to []int
			want     []float32
		}{{opDepthToSpace, deep, wide, space}, {opSpaceToDepth, wide, deep, depth}} {
			g, err := Load(build(tc.code, typ, tc.from, tc.to, 1, side))
			if err != nil {
				t.Fatal(err)
			}
			if got := run(t, g, x); !slices.Equal(got, tc.want) {
				t.Errorf("operation %d of %v: %v, want %v", tc.code, typ, got, tc.want)
			}
		}
	}
	for name, tc := range map[string]struct {
		model []byte
		want  error
	}{
		"another scale": {build(opDepthToSpace, typeInt8, deep, wide, 2, side), runtime.ErrGraph},
		"no block":      {build(opDepthToSpace, typeFloat32, deep, wide, 1), runtime.ErrShape},
		"a large block": {build(opDepthToSpace, typeFloat32, deep, wide, 1, opt{0, int32(1 << 30)}), runtime.ErrShape},
		"odd rows":      {build(opSpaceToDepth, typeFloat32, wide, deep, 1, opt{0, int32(3)}), runtime.ErrShape},
		"below zero":    {build(opSpaceToDepth, typeFloat32, wide, deep, 1, opt{0, int32(-2)}), runtime.ErrShape},
		"another shape": {build(opSpaceToDepth, typeFloat32, wide, wide, 1, side), runtime.ErrShape},
		"more options":  {build(opSpaceToDepth, typeFloat32, wide, deep, 1, side, opt{1, int32(1)}), runtime.ErrGraph},
		"three":         {build(opDepthToSpace, typeFloat32, []int{2, 2, 8}, []int{4, 4, 2}, 1, side), runtime.ErrShape},
	} {
		if _, err := Load(tc.model); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
}
