package kernels

import (
	"math"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// specialConvs reach every float kernel of convolution: direct, by rows, Winograd, depthwise of nine taps and of
// others, with channels that leave a tail of every tile.
func specialConvs() []ConvShape {
	depthwise := func(r, stride int) ConvShape {
		s := square(1, 9, 37, 37, r, stride, r/2).ConvShape
		s.Groups = s.C
		return s
	}
	return []ConvShape{square(1, 9, 37, 53, 1, 1, 0).ConvShape, square(1, 14, 32, 64, 3, 1, 1).ConvShape,
		square(1, 9, 3, 19, 3, 2, 1).ConvShape,
		square(1, 14, 16, 16, 5, 1, 2).ConvShape, depthwise(3, 1), depthwise(3, 2), depthwise(5, 1)}
}

// What is a NaN by definition is a NaN on every tier, clamped or not.
func TestNaNThroughConv(t *testing.T) {
	for _, s := range specialConvs() {
		r := newRand(t)
		in := normals(r, s.N*s.H*s.W*s.C)
		for i := range in {
			if r.IntN(200) == 0 {
				in[i] = float32(math.NaN())
			}
		}
		w := normals(r, s.K*s.R*s.S*s.C/s.Groups)
		want := make([]float32, s.N*s.OutH()*s.OutW()*s.K)
		for _, act := range []Clamp{{negInf, posInf}, {0, posInf}, {0, 6}} {
			RefConvF32(&s, in, w, nil, act, want)
			for _, isa := range arch.Supported() {
				op, err := NewConvF32(s, nil, w, nil, act, isa)
				if err != nil {
					t.Fatal(err)
				}
				x := set(newTensor(t, guard.End, F32, s.N, s.H, s.W, s.C, s.C), in)
				y := newTensor(t, guard.End, F32, s.N, s.OutH(), s.OutW(), s.K, s.K)
				runTask(t, op, []*tensor{x}, []*tensor{y})
				for i, v := range get[float32](y) {
					if want[i] != want[i] && v == v {
						t.Fatalf("%s over %v, %v: output %d is %v, want a NaN", op.Kernel(), s, act, i, v)
					}
				}
			}
		}
	}
}

// A fully connected layer over a NaN is a NaN.
func TestNaNThroughFC(t *testing.T) {
	const c, k = 67, 9
	in, w := make([]float32, c), normals(newRand(t), c*k)
	in[31] = float32(math.NaN())
	for _, isa := range arch.Supported() {
		op, err := NewFCF32(1, c, k, FCF32{Weights: w, Act: Clamp{0, 6}}, isa)
		if err != nil {
			t.Fatal(err)
		}
		y := newTensor(t, guard.End, F32, 1, 1, 1, k, k)
		runTask(t, op, []*tensor{set(newTensor(t, guard.End, F32, 1, 1, 1, c, c), in)}, []*tensor{y})
		for i, v := range get[float32](y) {
			if v == v {
				t.Errorf("%s: output %d is %v, want a NaN", op.Kernel(), i, v)
			}
		}
	}
}
