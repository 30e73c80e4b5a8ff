package kernels

import (
	"fmt"
	"math"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/guard"
)

func TestFC(t *testing.T) {
	forKernels(t, OpFC, F32, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		for _, c := range append(around(32), 64, 127, 1000) {
			for _, rows := range []int{1, k.MR - 1, k.MR, k.MR + 1, 3*k.MR + 2, 53} {
				if rows == 0 {
					continue
				}
				for n := 1; n <= 2; n++ {
					testFC(t, k, n, c, rows, integers[float32](r, n*c, -8, 8), integers[float32](r, rows*c, -8, 8),
						integers[float32](r, rows, -99, 99), true)
					testFC(t, k, n, c, rows, normals(r, n*c), normals(r, rows*c), nil, false)
				}
			}
		}
		testFC(t, k, 1, 70001, 3, normals(r, 70001), normals(r, 3*70001), normals(r, 3), false) // rows in several calls
	})
}

func testFC(t *testing.T, k *Kernel, n, c, rows int, values, weights, bias []float32, exact bool) {
	t.Helper()
	act := Clamp{-40, posInf}
	s := ConvShape{N: n, H: 1, W: 1, C: c, K: rows, R: 1, S: 1, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1,
		Groups: 1}
	want := make([]float32, n*rows)
	RefConvF32(&s, values, weights, bias, act, want)
	bound := func(i int) float64 {
		sum := 0.0
		for j, w := range weights[i%rows*c:][:c] {
			sum += math.Abs(float64(w) * float64(values[i/rows*c+j]))
		}
		return float64(c+2) * epsilon * (sum + 1)
	}
	for i, side := range guard.Sides {
		op, err := NewFCF32(n, c, rows, FCF32{guardedSlice(t, side, weights), bias, act}, k.ISA)
		if err != nil || op.Kernel() != k.Name {
			t.Fatal(op, err)
		}
		in := newTensor(t, side, F32, n, 1, 1, c, c+3*i)
		if c%6 == 0 && i == 0 { // a map without gaps
			in = newTensor(t, side, F32, n, 3, 2, c/6, c/6)
		}
		set(in, values)
		out := newTensor(t, side, F32, n, 1, 1, rows, rows+2*(1-i))
		runTask(t, op, []*tensor{in}, []*tensor{out})
		what := fmt.Sprintf("n=%d c=%d k=%d", n, c, rows)
		if got := get[float32](out); exact {
			equalBits(t, what, got, want)
		} else {
			within(t, what, got, want, bound)
		}
	}
}

func TestFCErrors(t *testing.T) {
	for _, c := range []struct{ n, c, k, weights, bias int }{{1, 3, 2, 5, 2}, {1, 3, 2, 6, 1}, {0, 3, 2, 6, 2},
		{1, 0, 2, 0, 2}, {1, 3, 3, 6, 3}} {
		if _, err := NewFCF32(c.n, c.c, c.k, FCF32{Weights: make([]float32, c.weights), Bias: make([]float32, c.bias)},
			0); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}
