package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// awkward returns normal numbers with zeros of both signs, infinities and NaNs among them.
func awkward(r *rand.Rand, n int) []float32 {
	v := normals(r, n)
	for i := range v {
		if r.IntN(3) == 0 {
			v[i] = []float32{0, float32(math.Copysign(0, -1)), posInf, negInf, float32(math.NaN()), 1e-40,
				math.MaxFloat32}[r.IntN(7)]
		}
	}
	return v
}

// eltwiseShapes are pixels as N, H, W.
var eltwiseShapes = [][3]int{{1, 1, 1}, {1, 5, 3}, {2, 3, 7}}

func TestEltwise(t *testing.T) {
	acts := []Clamp{{negInf, posInf}, {0, posInf}, {0, 6}, {-0.5, 0.5}}
	for _, kind := range []OpKind{OpClamp, OpAdd, OpAffine} {
		forKernels(t, kind, F32, func(t *testing.T, k *Kernel) {
			r := newRand(t)
			for _, shape := range eltwiseShapes {
				for _, c := range append(around(32), 511, 513) {
					for i := range acts {
						testEltwise(t, k, r, shape, c, acts[i])
					}
				}
			}
			testEltwise(t, k, r, [3]int{1, 2, 3}, 20011, acts[1]) // rows in several calls, several units
			testEltwise(t, k, r, [3]int{1, 101, 103}, 3, acts[1])
		})
	}
}

func testEltwise(t *testing.T, k *Kernel, r *rand.Rand, shape [3]int, c int, act Clamp) {
	t.Helper()
	pixels := shape[0] * shape[1] * shape[2]
	a, b := awkward(r, pixels*c), awkward(r, pixels*c)
	scale, shift := normals(r, c), normals(r, c)
	want := make([]float32, len(a))
	var op Op
	var err error
	switch k.Op {
	case OpClamp:
		op, err = NewClampF32(act, k.ISA)
		for i, x := range a {
			want[i] = act.apply(x)
		}
	case OpAdd:
		op, err = NewAddF32(act, k.ISA)
		for i, x := range a {
			want[i] = act.apply(x + b[i])
		}
	case OpAffine:
		op, err = NewAffineF32(scale, shift, k.ISA)
		for i, x := range a {
			want[i] = float32(x*scale[i%c]) + shift[i%c]
		}
	}
	if err != nil || op.Kernel() != k.Name {
		t.Fatal(op, err)
	}
	want = plainZeros(want)
	what := fmt.Sprintf("%v×%d %v", shape, c, act)
	for i, side := range guard.Sides {
		for _, gap := range []int{0, 3} {
			in := []*tensor{set(newTensor(t, side, F32, shape[0], shape[1], shape[2], c, c+gap), a)}
			if k.Op == OpAdd {
				in = append(in, set(newTensor(t, side, F32, shape[0], shape[1], shape[2], c, c+gap*i), b))
			}
			out := newTensor(t, side, F32, shape[0], shape[1], shape[2], c, c+2*gap*(1-i))
			runTask(t, op, in, []*tensor{out})
			equalBits(t, what, plainZeros(get[float32](out)), want)
			for j, x := range in {
				runTask(t, op, in, []*tensor{x})
				equalBits(t, what+" in place", plainZeros(get[float32](x)), want)
				set(x, [][]float32{a, b}[j])
			}
		}
	}
}

func TestAffineErrors(t *testing.T) {
	if _, err := NewAffineF32(make([]float32, 3), make([]float32, 2), arch.Generic); err == nil {
		t.Error("3 scales and 2 shifts were accepted")
	}
}
