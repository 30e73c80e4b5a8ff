package kernels

import (
	"math"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// TestSoftmaxOver compares every form over every set of axes with its definition, also in place.
func TestSoftmaxOver(t *testing.T) {
	forKernels(t, OpSoftmaxOver, F32, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		for i := range 3 * 16 * 3 {
			s := [][4]int{{2, 3, 5, 11}, {1, 1, 2, 300}, {3, 2, 1, 1}}[i/48]
			form, over := SoftmaxForm(i/16%3), Axes{i&1 != 0, i&2 != 0, i&4 != 0, i&8 != 0}
			op, err := NewSoftmaxOverF32(form, over, k.ISA)
			if err != nil || op.Kernel() != k.Name {
				t.Fatal(op, err)
			}
			x := integers[float32](r, s[0]*s[1]*s[2]*s[3], -5, 5)
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
				most, sum, first := math.Inf(-1), 0., true
				for _, j := range cell {
					most, sum = max(most, float64(x[int(j)])), sum+math.Exp(float64(x[int(j)]))
				}
				for _, j := range cell {
					v := float64(x[int(j)])
					want := math.Exp(v) / sum
					switch form {
					case SoftmaxLog:
						want = v - math.Log(sum)
					case SoftmaxHard:
						if want = 0; v == most && first {
							want, first = 1, false
						}
					}
					if g := float64(got[int(j)]); math.Abs(g-want) > 2e-6*math.Abs(want)+1e-7 {
						t.Fatalf("form %d of %v over %+v: element %v is %v, want %v", form, s, over, j, g, want)
					}
				}
			}
			runTask(t, op, []*tensor{in}, []*tensor{in})
			equalBits(t, "in place", get[float32](in), got)
		}
	})
	if _, err := NewSoftmaxOverF32(softmaxForms, Axes{}, 0); err == nil {
		t.Error("a form that is none is accepted")
	}
}

// TestSoftmaxU8 compares with softmax of the numbers that the levels stand for: a level is off by a rounding at most.
func TestSoftmaxU8(t *testing.T) {
	forKernels(t, OpSoftmax, U8, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		for i, c := range []int{1, 2, 3, 10, 91, 1001, 8, 16, 248, 256} {
			for _, scale := range []float32{0.003, 0.1, 1.5} {
				q := RescaleU8{InScale: scale, InZero: 77, OutScale: 1. / 256, Out: OutU8{Lo: 0, Hi: 255}}
				op, err := NewSoftmaxU8(q, k.ISA)
				if err != nil || op.Kernel() != k.Name {
					t.Fatal(op, err)
				}
				x := integers[uint8](r, 15*c, 0, 255)
				in := set(newTensor(t, guard.Sides[i%2], U8, 1, 3, 5, c, c+i%3), x)
				out := newTensor(t, guard.Sides[i%2], U8, 1, 3, 5, c, c+i%2)
				runTask(t, op, []*tensor{in}, []*tensor{out})
				got := slices.Clone(get[uint8](out))
				reference, err := NewSoftmaxU8(q, 0)
				if err != nil {
					t.Fatal(err)
				}
				runTask(t, reference, []*tensor{in}, []*tensor{out})
				equalBits(t, "the reference", got, get[uint8](out))
				for p := range 15 {
					sum := 0.
					for _, v := range x[p*c : (p+1)*c] {
						sum += math.Exp(float64(scale) * (float64(v) - 255))
					}
					for j, v := range x[p*c : (p+1)*c] {
						want := min(256*math.Exp(float64(scale)*(float64(v)-255))/sum, 255)
						if math.Abs(float64(got[p*c+j])-want) > 0.501 {
							t.Fatalf("%d channels of scale %v: %d, want %v", c, scale, got[p*c+j], want)
						}
					}
				}
				runTask(t, op, []*tensor{in}, []*tensor{in})
				equalBits(t, "in place", get[uint8](in), got)
			}
		}
	})
	for _, bad := range []RescaleU8{{InScale: 1}, {OutScale: 1}, {InScale: float32(math.NaN()), OutScale: 1}} {
		if _, err := NewSoftmaxU8(bad, 0); err == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
}
