package kernels

import (
	"fmt"
	"math"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/test/guard"
)

func TestSoftmax(t *testing.T) {
	forKernels(t, OpSoftmax, F32, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		op, err := NewSoftmaxF32(k.ISA)
		if err != nil || op.Kernel() != k.Name {
			t.Fatal(op, err)
		}
		generic, _ := NewSoftmaxF32(arch.Generic)
		for _, c := range append(around(8), 10, 1000, 20011) {
			for _, spread := range []float32{0, 1, 30} {
				values := normals(r, 6*c)
				for i := range values {
					values[i] *= spread
				}
				ref := make([]float32, len(values))
				bound := make([]float64, len(values))
				for p := 0; p < len(values); p += c {
					m, sum := math.Inf(-1), 0.0
					for _, v := range values[p : p+c] {
						m = max(m, float64(v))
					}
					for _, v := range values[p : p+c] {
						sum += math.Exp(float64(v) - m)
					}
					for i, v := range values[p : p+c] {
						d := float64(v) - m
						y := math.Exp(d) / sum
						ref[p+i] = float32(y)
						bound[p+i] = (float64(c)/8+12-d)*epsilon*y + 0x1p-126
					}
				}
				what := fmt.Sprintf("c=%d spread=%v", c, spread)
				for i, side := range guard.Sides {
					in := set(newTensor(t, side, F32, 1, 2, 3, c, c+3*i), values)
					out := newTensor(t, side, F32, 1, 2, 3, c, c+5*(1-i))
					runTask(t, op, []*tensor{in}, []*tensor{out})
					got := get[float32](out)
					within(t, what, got, ref, func(i int) float64 { return bound[i] })
					runTask(t, generic, []*tensor{in}, []*tensor{out})
					equalBits(t, what+" and generic", got, get[float32](out))
					runTask(t, op, []*tensor{in}, []*tensor{in})
					equalBits(t, what+" in place", get[float32](in), got)
				}
			}
		}
	})
}

func TestSoftmaxSpecialValues(t *testing.T) {
	nan := float32(math.NaN())
	forKernels(t, OpSoftmax, F32, func(t *testing.T, k *Kernel) {
		op, _ := NewSoftmaxF32(k.ISA)
		for _, c := range []int{2, 9, 21} {
			for _, test := range []struct{ rest, one, wantRest, wantOne float32 }{
				{0, nan, nan, nan}, {0, posInf, nan, nan}, {negInf, negInf, nan, nan}, {negInf, 3, 0, 1},
				{-1000, 1000, 0, 1}, {math.MaxFloat32, math.MaxFloat32, 1 / float32(c), 1 / float32(c)},
				{-math.MaxFloat32, math.MaxFloat32, 0, 1},
			} {
				for at := range c {
					values, want := make([]float32, c), make([]float32, c)
					for i := range values {
						values[i], want[i] = test.rest, test.wantRest
					}
					values[at], want[at] = test.one, test.wantOne
					x := set(newTensor(t, guard.End, F32, 1, 1, 1, c, c), values)
					runTask(t, op, []*tensor{x}, []*tensor{x})
					equalBits(t, fmt.Sprintf("c=%d %v", c, test), get[float32](x), want)
				}
			}
		}
	})
}

// TestExpNegative measures the error of the exponential over its whole range.
func TestExpNegative(t *testing.T) {
	worst := 0.0
	for bits := math.Float32bits(1e-9); ; bits += 997 {
		x := -math.Float32frombits(bits)
		if x < expMin {
			break
		}
		want := math.Exp(float64(x))
		worst = max(worst, math.Abs(float64(expNegative(x))-want)/want/epsilon)
	}
	t.Logf("relative error at most %.3f ε", worst)
	if worst > 1.5 {
		t.Errorf("relative error of %.3f ε", worst)
	}
	for x, want := range map[float32]float32{0: 1, negInf: 0, -88: 0, -1e30: 0} {
		if got := expNegative(x); got != want {
			t.Errorf("e^%v = %v, want %v", x, got, want)
		}
	}
	if got := expNegative(expMin); got < 0x1p-126 {
		t.Errorf("e^%v = %v is not normal", expMin, got)
	}
}
