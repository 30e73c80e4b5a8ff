package tflite

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// deconvCase is a TRANSPOSE_CONV of h×w×c to oh×ow×k.
type deconvCase struct {
	h, w, c, oh, ow, k, r, s, sh, sw int
	padding                          int8
}

// tops is where the window of input 0 begins: SAME drops what the convolution back would pad.
func (d *deconvCase) tops() (top, left int) {
	if d.padding == 1 {
		return 0, 0
	}
	side := func(out, taps, stride int) int { return max(0, ((out+stride-1)/stride-1)*stride+taps-out) / 2 }
	return side(d.oh, d.r, d.sh), side(d.ow, d.s, d.sw)
}

// sums scatters each input to the outputs that it touches, as the reference kernel does.
func (d *deconvCase) sums(x, w, bias []float64, top, left int) []float64 {
	y := make([]float64, d.oh*d.ow*d.k)
	for i := range y {
		y[i] = bias[i%d.k]
	}
	for i, v := range x {
		c, ix, iy := i%d.c, i/d.c%d.w, i/d.c/d.w
		for r := range d.r {
			for s := range d.s {
				ty, tx := iy*d.sh-top+r, ix*d.sw-left+s
				for k := range d.k {
					if ty >= 0 && ty < d.oh && tx >= 0 && tx < d.ow {
						y[(ty*d.ow+tx)*d.k+k] += v * w[((k*d.r+r)*d.s+s)*d.c+c]
					}
				}
			}
		}
	}
	return y
}

// TestTransposeConv: float beside the definition, int8 and uint8 beside TensorFlow Lite's arithmetic, from which no
// output is more than a level away.
func TestTransposeConv(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, d := range []deconvCase{
		{4, 5, 3, 8, 10, 2, 3, 3, 2, 2, 0}, {4, 5, 3, 9, 11, 2, 3, 3, 2, 2, 1}, {3, 3, 4, 6, 6, 5, 2, 2, 2, 2, 1},
		{4, 5, 3, 7, 9, 2, 3, 3, 2, 2, 0}, {3, 2, 2, 9, 4, 3, 4, 5, 3, 2, 0}, {3, 4, 2, 3, 4, 3, 3, 2, 1, 1, 0},
		{2, 2, 2, 9, 8, 1, 2, 1, 3, 4, 1},
	} {
		for _, typ := range []dtype{typeFloat32, typeInt8, typeUint8} {
			t.Run(fmt.Sprint(d, typ), func(t *testing.T) { d.test(t, r, typ) })
		}
	}
}

func (d *deconvCase) test(t *testing.T, r *rand.Rand, typ dtype) {
	const scaleX, scaleY = float32(0.03), float32(0.2)
	x, w, b := make([]float64, d.h*d.w*d.c), make([]float64, d.k*d.r*d.s*d.c), make([]float64, d.k)
	in, wf, bf, raw, bi := make([]float32, len(x)), make([]float32, len(w)), make([]float32, d.k), make([]byte, len(w)),
		make([]int32, d.k)
	scales := []float32{0.02}
	zero, zeroW, low := int64(9), int64(0), int64(-128)
	if typ == typeUint8 {
		zero, zeroW, low = 137, 120, 0
	} else if typ == typeInt8 {
		scales = scales[:0]
		for range d.k {
			scales = append(scales, 0.01+0.02*r.Float32())
		}
	}
	for i := range x {
		q := int64(r.IntN(256)) + low - zero
		x[i], in[i] = float64(q), float32(q)*scaleX
		if typ == typeFloat32 {
			x[i] = float64(in[i])
		}
	}
	for i := range w {
		q := r.IntN(200) - 100
		raw[i], w[i] = byte(int64(q)+zeroW), float64(q)
		if wf[i] = float32(q) / 100; typ == typeFloat32 {
			w[i] = float64(wf[i])
		}
	}
	for k := range b {
		bi[k] = int32(r.IntN(2000) - 1000)
		bf[k], b[k] = float32(bi[k])/1000, float64(bi[k])
		if typ == typeFloat32 {
			b[k] = float64(bf[k])
		}
	}
	var f file
	spec := func(name string, scale []float32, zero int64, data []byte, shape ...int) int {
		s := tensorSpec{name: name, shape: shape, dtype: typ, data: data}
		if typ != typeFloat32 {
			s.scale = scale
			for range scale {
				s.zero = append(s.zero, zero)
			}
		}
		return f.tensor(s)
	}
	size := f.tensor(tensorSpec{name: "size", shape: []int{4}, dtype: typeInt32,
		data: intBytes([]int32{1, int32(d.oh), int32(d.ow), int32(d.k)})})
	weights, bias := raw, tensorSpec{name: "b", shape: []int{d.k}, dtype: typeInt32, data: intBytes(bi)}
	if typ == typeFloat32 {
		weights, bias = floatBytes(wf), tensorSpec{name: "b", shape: []int{d.k}, dtype: typeFloat32, data: floatBytes(bf)}
	}
	xi := spec("x", []float32{scaleX}, zero, nil, 1, d.h, d.w, d.c)
	wi := spec("w", scales, zeroW, weights, d.k, d.r, d.s, d.c)
	y := f.op(opTransposeConv, options(opt{0, d.padding}, opt{1, int32(d.sw)}, opt{2, int32(d.sh)}),
		spec("y", []float32{scaleY}, zero, nil, 1, d.oh, d.ow, d.k), size, wi, xi, f.tensor(bias))
	f.inputs, f.outputs = []int{xi}, []int{y}
	g, err := Load(f.bytes())
	if err != nil {
		t.Fatal(err)
	}
	top, left := d.tops()
	want := d.sums(x, w, b, top, left)
	for i, v := range run(t, g, in) {
		if typ == typeFloat32 {
			if math.Abs(float64(v)-want[i]) > 1e-4 {
				t.Fatalf("output %d is %v, want %v", i, v, want[i])
			}
			continue
		}
		m := float64(scaleX) * float64(scales[i%d.k%len(scales)]) / float64(scaleY)
		q := min(max(int64(multiply(int32(want[i]), m))+zero, low), low+255)
		if got := int64(math.Round(float64(v/scaleY))) + zero; got < q-1 || got > q+1 {
			t.Fatalf("output %d is level %d, TensorFlow Lite's %d", i, got, q)
		}
	}
}

// TestTransposeConvRefuses: shapes that do not fit each other.
func TestTransposeConvRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		size   []int32
		stride int32
	}{
		"another depth": {[]int32{1, 4, 4, 3}, 2}, "no rows": {[]int32{1, 0, 4, 2}, 2}, "batch": {[]int32{2, 4, 4, 2}, 2},
		"a vector": {[]int32{4, 4}, 2}, "no stride": {[]int32{1, 4, 4, 2}, 0}, "huge": {[]int32{1, 1 << 20, 4, 2}, 2},
	} {
		var f file
		x := f.tensor(tensorSpec{name: "x", shape: []int{1, 2, 2, 1}, dtype: typeFloat32})
		w := f.tensor(tensorSpec{name: "w", shape: []int{2, 2, 2, 1}, dtype: typeFloat32,
			data: floatBytes(make([]float32, 8))})
		size := f.tensor(tensorSpec{name: "size", shape: []int{len(c.size)}, dtype: typeInt32, data: intBytes(c.size)})
		y := f.op(opTransposeConv, options(opt{1, c.stride}, opt{2, c.stride}),
			f.tensor(tensorSpec{name: "y", shape: []int{1, 4, 4, 2}, dtype: typeFloat32}), size, w, x)
		f.inputs, f.outputs = []int{x}, []int{y}
		if _, err := Load(f.bytes()); !errors.Is(err, runtime.ErrShape) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// biased is a model of a Convolution2DTransposeBias with those options.
func (d *deconvCase) biased(w, bias []float32, params ...int32) *file {
	var f file
	x := f.tensor(tensorSpec{name: "x", shape: []int{1, d.h, d.w, d.c}})
	wi := f.tensor(tensorSpec{name: "w", shape: []int{d.k, d.r, d.s, d.c}, data: floatBytes(w)})
	bi := f.tensor(tensorSpec{name: "b", shape: []int{len(bias)}, data: floatBytes(bias)})
	y := f.tensor(tensorSpec{name: "y", shape: []int{1, d.oh, d.ow, d.k}})
	f.ops = append(f.ops, opSpec{code: opCustom, custom: "Convolution2DTransposeBias", inputs: []int{x, wi, bi},
		outputs: []int{y}, customOptions: intBytes(params)})
	f.inputs, f.outputs = []int{x}, []int{y}
	return &f
}

// TestTransposeConvBias: beside the definition, of sizes and first windows worked out by hand.
func TestTransposeConvBias(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 9))
	for _, c := range []struct {
		deconvCase
		top, left int
		params    []int32
	}{
		{deconvCase{4, 5, 3, 8, 10, 2, 2, 2, 2, 2, 0}, 0, 0, []int32{1, 2, 2}}, // odd width: nine columns, below
		{deconvCase{4, 6, 3, 8, 12, 2, 2, 2, 2, 2, 0}, 0, 0, []int32{1, 2, 2}},
		{deconvCase{4, 5, 3, 8, 9, 2, 3, 2, 2, 2, 0}, 0, 0, []int32{1, 2, 2, 0}},
		{deconvCase{5, 3, 2, 14, 3, 3, 4, 5, 3, 1, 0}, 1, 2, []int32{1, 1, 3, 0, 0}},
		{deconvCase{3, 3, 2, 5, 5, 2, 1, 1, 2, 2, 0}, 0, 0, []int32{1, 2, 2}},
		{deconvCase{4, 5, 3, 9, 16, 2, 3, 4, 2, 3, 0}, 0, 0, []int32{2, 3, 2}},
	} {
		draw := func(n int) (v []float32, wide []float64) {
			for range n {
				v = append(v, r.Float32()-0.5)
				wide = append(wide, float64(v[len(v)-1]))
			}
			return v, wide
		}
		x, xs := draw(c.h * c.w * c.c)
		w, ws := draw(c.k * c.r * c.s * c.c)
		b, bs := draw(c.k)
		f := c.biased(w, b, c.params...)
		g, err := Load(f.bytes())
		if c.ow == 10 {
			if !errors.Is(err, runtime.ErrShape) {
				t.Errorf("%v: %v", c, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(c, err)
		}
		want := c.sums(xs, ws, bs, c.top, c.left)
		for i, v := range run(t, g, x) {
			if math.Abs(float64(v)-want[i]) > 1e-5 {
				t.Fatalf("%v: output %d is %v, want %v", c, i, v, want[i])
			}
		}
		f.tensors[3].shape = nil // as converters leave it
		if _, err := Load(f.bytes()); err != nil {
			t.Errorf("%v without a shape: %v", c, err)
		}
	}
}

// TestTransposeConvBiasRefuses: options that are none, and what they do not fit.
func TestTransposeConvBiasRefuses(t *testing.T) {
	d := deconvCase{h: 2, w: 2, c: 1, oh: 4, ow: 4, k: 2, r: 2, s: 2, sh: 2, sw: 2}
	for name, c := range map[string]struct {
		params []int32
		bias   int
		want   error
	}{
		"no options": {nil, 2, runtime.ErrCorrupt}, "short": {[]int32{1, 2}, 2, runtime.ErrCorrupt},
		"long": {make([]int32, 6), 2, runtime.ErrCorrupt}, "no padding": {[]int32{0, 2, 2}, 2, runtime.ErrGraph},
		"an activation": {[]int32{1, 2, 2, 1}, 2, runtime.ErrGraph},
		"a type":        {[]int32{1, 2, 2, 0, 2}, 2, runtime.ErrGraph},
		"no stride":     {[]int32{1, 0, 2}, 2, runtime.ErrShape}, "backwards": {[]int32{1, 2, -2}, 2, runtime.ErrShape},
		"far": {[]int32{1, 2, 1 << 30}, 2, runtime.ErrShape}, "a long bias": {[]int32{1, 2, 2}, 3, runtime.ErrShape},
	} {
		_, err := Load(d.biased(make([]float32, 8), make([]float32, c.bias), c.params...).bytes())
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Load(d.biased(make([]float32, 8), make([]float32, 2), 1, 2, 2).bytes()); err != nil {
		t.Error(err)
	}
}
