package tflite

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestSoftmaxes: the quantised softmax and its logarithm are those of the numbers that the levels stand for, to a level.
func TestSoftmaxes(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	for _, tc := range []struct {
		code      int
		typ       dtype
		beta, out float32
		zero      int64
	}{
		{opSoftmax, typeInt8, 1, 1. / 256, -128}, {opSoftmax, typeUint8, 1, 1. / 256, 0},
		{opSoftmax, typeInt8, 0.5, 1. / 256, -128}, {opSoftmax, typeFloat32, 2, 0, 0},
		{opLogSoftmax, typeInt8, 1, 16. / 256, 127}, {opLogSoftmax, typeUint8, 1, 16. / 256, 255},
		{opLogSoftmax, typeFloat32, 1, 0, 0},
	} {
		shape, n := []int{2, 3, 7}, 42
		var f file
		spec := func(name string, scale float32, zero int64) int {
			s := tensorSpec{name: name, shape: shape, dtype: tc.typ}
			if tc.typ != typeFloat32 {
				s.scale, s.zero = []float32{scale}, []int64{zero}
			}
			return f.tensor(s)
		}
		var opts = options(opt{0, tc.beta})
		if tc.code == opLogSoftmax {
			opts = nil
		}
		zero := int64(12)
		if tc.typ == typeUint8 {
			zero += 128
		}
		x := spec("x", 0.05, zero)
		f.inputs, f.outputs = []int{x}, []int{f.op(tc.code, opts, spec("y", tc.out, tc.zero), x)}
		g, err := Load(f.bytes())
		if err != nil {
			t.Fatal(err)
		}
		in := make([]float32, n)
		for i := range in {
			in[i] = float32(r.IntN(100)-50) * 0.05
		}
		got := run(t, g, in)
		for i, v := range in {
			sum := 0.
			for _, o := range in[i/7*7 : i/7*7+7] {
				sum += math.Exp(float64(tc.beta * o))
			}
			want := math.Exp(float64(tc.beta*v)) / sum
			if tc.code == opLogSoftmax {
				want = math.Log(want)
			}
			if math.Abs(float64(got[i])-want) > 0.502*float64(tc.out)+2e-6 {
				t.Errorf("%+v: output %d is %v, want %v", tc, i, got[i], want)
			}
		}
	}
}
