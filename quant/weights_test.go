package quant

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// TestChannel: weights come back within half a step, the bias within half of its, and the kernels take them.
func TestChannel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 9, 64, 4096, 40000} {
		for _, size := range []float64{1e-44, 1e-30, 1e-6, 1, 1e6, 1e30} {
			for _, scales := range [][2]float32{{0.02, 0.05}, {1e-12, 1e24}, {1e24, 1e-12}, {1, 1}} {
				in, out := scales[0], scales[1]
				w := make([]float32, n)
				for i := range w {
					w[i] = float32(size * r.NormFloat64())
				}
				bias := float32(size * r.NormFloat64())
				q := make([]int8, n)
				scale, b := channel(q, w, bias, in, out)
				if !(scale >= 0x1p-126) || scale > math.MaxFloat32 {
					t.Fatalf("scale %g", scale)
				}
				sum := int64(0)
				for i, x := range w {
					if e := math.Abs(float64(x) - float64(q[i])*float64(scale)); e > 0.5001*float64(scale) {
						t.Fatalf("n %d, size %g: weight %g is off by %g with scale %g", n, size, x, e, scale)
					}
					sum += int64(max(q[i], -q[i]))
				}
				if !kernels.SumFits(sum, b) {
					t.Errorf("n %d, size %g, scales %g: the accumulator may overflow", n, size, scales)
				}
				if unit := float64(in) * float64(scale); math.Abs(float64(bias)-float64(b)*unit) > 0.5001*unit {
					t.Errorf("n %d, size %g, scales %g: bias %g is %d·%g", n, size, scales, bias, b, unit)
				}
			}
		}
	}
}

// TestChannelExact: the largest weight is ±127 unless something forbids it, and zeros stay zeros.
func TestChannelExact(t *testing.T) {
	q := make([]int8, 4)
	if scale, b := channel(q, []float32{0.5, -1.27, 0, 1.27}, 0.3, 0.1, 0.1); q[1] != -127 || q[3] != 127 || q[2] != 0 ||
		q[0] != 50 || b != 300 {
		t.Errorf("%v, scale %g, bias %d", q, scale, b)
	}
	for _, bias := range []float32{0, 1, -3e5, 1e-20} { // a channel without weights is its bias
		scale, b := channel(q, make([]float32, 4), bias, 0.01, 0.5)
		if got := float64(b) * 0.01 * float64(scale); math.Abs(got-float64(bias)) > 0.5/4096+1e-7*math.Abs(float64(bias)) {
			t.Errorf("bias %g alone becomes %g", bias, got)
		}
	}
	// A bias that outweighs everything costs precision of the weights, never a wrapped number.
	if scale, b := channel(q, []float32{1e-9, 0, 0, 0}, 1e6, 0.01, 1); math.Abs(float64(b)*0.01*float64(scale)-1e6) > 1 {
		t.Errorf("bias %d, scale %g", b, scale)
	}
}

// TestKernelsTakeWorstWeights: what would overflow an accumulator is scaled down to what NewConvU8 accepts.
func TestKernelsTakeWorstWeights(t *testing.T) {
	const depth = 50000 // of weights that would all be 127
	w := make([]float32, depth)
	for i := range w {
		w[i] = 1
	}
	q, err := quantiseWeights(w, []float32{1e6}, 1, 0.5, 3)
	if err != nil {
		t.Fatal(err)
	}
	shape := kernels.ConvShape{N: 1, H: 1, W: 1, C: depth, K: 1, R: 1, S: 1, StrideH: 1, StrideW: 1, DilationH: 1,
		DilationW: 1, Groups: 1}
	if _, err := kernels.NewConvU8(shape, []int{1}, kernels.ConvU8{Weights: q.weights, Bias: q.bias,
		Scale: []float32{0.5 * q.scale[0] / 3},
		Out:   []kernels.OutU8{{Hi: 255}}}, 0); err != nil {
		t.Error(err)
	}
	if q.sqnr < 30 {
		t.Errorf("%.1f dB", q.sqnr)
	}
}

func TestWeightsNotFinite(t *testing.T) {
	for _, x := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))} {
		if _, err := quantiseWeights([]float32{1, x}, nil, 2, 1, 1); !errors.Is(err, ErrNotFinite) {
			t.Errorf("weight %v: %v", x, err)
		}
		if _, err := quantiseWeights([]float32{1, 2}, []float32{x, 0}, 2, 1, 1); !errors.Is(err, ErrNotFinite) {
			t.Errorf("bias %v: %v", x, err)
		}
	}
	if _, err := quantiseWeights([]float32{3e38}, nil, 1, 1e24, 1e-12); !errors.Is(err, ErrNotFinite) {
		t.Errorf("a factor beyond float32: %v", err)
	}
}

func TestQuantOf(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		want   runtime.Quant
	}{
		{0, 255, runtime.Quant{Scale: 1}}, {0, 0, runtime.Quant{Scale: 1}}, {3, 510, runtime.Quant{Scale: 2}},
		{-255, 0, runtime.Quant{Scale: 1, Zero: 255}}, {-255, -9, runtime.Quant{Scale: 1, Zero: 255}},
		{-1, 1.55, runtime.Quant{Scale: 0.01, Zero: 100}},
		{0, 1e-40, runtime.Quant{Scale: minScale}}, {0, 3e38, runtime.Quant{Scale: maxScale}},
	} {
		if q := quantOf(c.lo, c.hi); q != c.want {
			t.Errorf("%g…%g: %v, want %v", c.lo, c.hi, q, c.want)
		}
	}
}
