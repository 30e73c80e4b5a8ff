package kernels

import (
	"math"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// normOf is what x becomes beside all of its set.
func normOf(norm Norm, x float64, all []float64, epsilon float64) float64 {
	n, mean, size, squares, variance := float64(len(all)), 0., 0., 0., 0.
	for _, v := range all {
		mean, size, squares = mean+v/n, size+math.Abs(v), squares+v*v
	}
	for _, v := range all {
		variance += (v - mean) * (v - mean) / n
	}
	zero := func(v, by float64) float64 {
		if by == 0 {
			return 0
		}
		return v / by
	}
	switch norm {
	case NormVariance:
		return (x - mean) / math.Sqrt(variance+epsilon)
	case NormDeviation:
		return (x - mean) / (math.Sqrt(variance) + epsilon)
	case NormL1:
		return zero(x, max(size, epsilon))
	case NormL2:
		return zero(x, max(math.Sqrt(squares), epsilon))
	}
	return zero(x, math.Sqrt(squares+epsilon))
}

// TestNormalise compares every norm over every set of axes with its definition, also in place and of zeros.
func TestNormalise(t *testing.T) {
	forKernels(t, OpNormalise, F32, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		for i := range 5 * 16 * 3 {
			s := [][4]int{{2, 3, 5, 11}, {1, 1, 2, 300}, {3, 2, 1, 1}}[i/80]
			norm, over := Norm(i/16%5), Axes{i&1 != 0, i&2 != 0, i&4 != 0, i&8 != 0}
			epsilon := []float32{1e-5, 0.5}[i%2]
			if norm >= NormL1 && i%3 == 0 {
				epsilon = 0
			}
			op, err := NewNormaliseF32(norm, epsilon, over, k.ISA)
			if err != nil || op.Kernel() != k.Name {
				t.Fatal(op, err)
			}
			x := integers[float32](r, s[0]*s[1]*s[2]*s[3], -5, 5)
			clear(x[:len(x)/3])
			indices := make([]float32, len(x))
			for j := range indices {
				indices[j] = float32(j)
			}
			_, cells := reducedCells(s, over, indices)
			in := set(newTensor(t, guard.Sides[i%2], F32, s[0], s[1], s[2], s[3], s[3]+i%3), x)
			out := newTensor(t, guard.Sides[i%2], F32, s[0], s[1], s[2], s[3], s[3]+i%2)
			runTask(t, op, []*tensor{in}, []*tensor{out})
			got := slices.Clone(get[float32](out))
			for _, cell := range cells {
				all := make([]float64, len(cell))
				for l, j := range cell {
					all[l] = float64(x[int(j)])
				}
				for l, j := range cell {
					want := normOf(norm, all[l], all, float64(epsilon))
					if g := float64(got[int(j)]); math.Abs(g-want) > 1e-6*math.Abs(want)+1e-10 {
						t.Fatalf("norm %d of %v over %+v, ε %v: element %v is %v, want %v", norm, s, over, epsilon, j, g, want)
					}
				}
			}
			runTask(t, op, []*tensor{in}, []*tensor{in})
			equalBits(t, "in place", get[float32](in), got)
		}
	})
	for _, bad := range []struct {
		norm    Norm
		epsilon float32
	}{{norms, 0}, {NormL1, -1}, {NormL2, float32(math.NaN())}, {NormL2, float32(math.Inf(1))}} {
		if _, err := NewNormaliseF32(bad.norm, bad.epsilon, Axes{}, 0); err == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
}
