package kernels

import (
	"fmt"
	"math"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// matMulCase is a product of rows×depth and depth×cols, of images and rows that may be repeated.
type matMulCase struct {
	a, b              [2]int // N, H
	rows, depth, cols int
	how               MatMul
}

func matMulCases() (all []matMulCase) {
	for i := range 4 {
		how := MatMul{i&1 != 0, i&2 != 0}
		all = append(all, matMulCase{[2]int{1, 1}, [2]int{1, 1}, 1, 1, 1, how},
			matMulCase{[2]int{2, 3}, [2]int{2, 3}, 5, 7, 11, how}, matMulCase{[2]int{1, 3}, [2]int{2, 1}, 3, 16, 4, how},
			matMulCase{[2]int{1, 1}, [2]int{3, 2}, 65, 9, 33, how}, matMulCase{[2]int{1, 1}, [2]int{1, 1}, 3, 1025, 32, how},
			matMulCase{[2]int{2, 1}, [2]int{1, 1}, 64, 512, 31, how}, matMulCase{[2]int{1, 2}, [2]int{1, 1}, 4, 22, 9, how})
	}
	return all
}

// views are the factors' shapes, N H W C.
func (c *matMulCase) views() (a, b [4]int) {
	a, b = [4]int{c.a[0], c.a[1], c.rows, c.depth}, [4]int{c.b[0], c.b[1], c.depth, c.cols}
	if c.how.TransA {
		a[2], a[3] = a[3], a[2]
	}
	if c.how.TransB {
		b[2], b[3] = b[3], b[2]
	}
	return a, b
}

// sums are the exact products of numbers x and y.
func (c *matMulCase) sums(x, y []float64) (out []float64) {
	a, b := c.views()
	at := func(v []float64, s [4]int, n, h, i, j int, turned bool) float64 {
		if turned {
			i, j = j, i
		}
		return v[((n%s[0]*s[1]+h%s[1])*s[2]+i)*s[3]+j]
	}
	for n := range max(c.a[0], c.b[0]) {
		for h := range max(c.a[1], c.b[1]) {
			for i := range c.rows {
				for j := range c.cols {
					sum := 0.
					for k := range c.depth {
						sum += at(x, a, n, h, i, k, c.how.TransA) * at(y, b, n, h, k, j, c.how.TransB)
					}
					out = append(out, sum)
				}
			}
		}
	}
	return out
}

func binary64s[T float32 | uint8](v []T, zero float64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x) - zero
	}
	return out
}

// TestMatMul compares with exact sums, at any number of workers; whole numbers leave no room for rounding.
func TestMatMul(t *testing.T) {
	forKernels(t, OpFC, F32, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		for i, c := range matMulCases() {
			op, err := NewMatMulF32(c.how, k.ISA)
			if err != nil || op.Kernel() != k.Name {
				t.Fatal(op, err)
			}
			a, b := c.views()
			x, y := integers[float32](r, a[0]*a[1]*a[2]*a[3], -9, 9), integers[float32](r, b[0]*b[1]*b[2]*b[3], -9, 9)
			in := []*tensor{set(newTensor(t, guard.Sides[i%2], F32, a[0], a[1], a[2], a[3], a[3]+i%3), x),
				set(newTensor(t, guard.Sides[i/2%2], F32, b[0], b[1], b[2], b[3], b[3]+i%2), y)}
			out := newTensor(t, guard.Sides[i%2], F32, max(a[0], b[0]), max(a[1], b[1]), c.rows, c.cols, c.cols+i%3)
			runTask(t, op, in, []*tensor{out})
			want := c.sums(binary64s(x, 0), binary64s(y, 0))
			for j, got := range get[float32](out) {
				if float64(got) != want[j] {
					t.Fatalf("%+v: element %d is %v, want %v", c, j, got, want[j])
				}
			}
		}
	})
}

// TestMatMulU8: the sums are exact, and rounded once.
func TestMatMulU8(t *testing.T) {
	forKernels(t, OpMatMul, U8, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		for i, c := range matMulCases() {
			q := MatMulU8{MatMul: c.how, AScale: 0.1, BScale: 0.3, OutScale: 40, AZero: 255, BZero: 3,
				Out: OutU8{Zero: 200, Lo: 1, Hi: 250}}
			op, err := NewMatMulU8(q, k.ISA)
			if err != nil || op.Kernel() != k.Name {
				t.Fatal(op, err)
			}
			a, b := c.views()
			x, y := integers[uint8](r, a[0]*a[1]*a[2]*a[3], 0, 255), integers[uint8](r, b[0]*b[1]*b[2]*b[3], 0, 255)
			in := []*tensor{set(newTensor(t, guard.Sides[i%2], U8, a[0], a[1], a[2], a[3], a[3]+i%3), x),
				set(newTensor(t, guard.Sides[i/2%2], U8, b[0], b[1], b[2], b[3], b[3]+i%2), y)}
			out := newTensor(t, guard.Sides[i%2], U8, max(a[0], b[0]), max(a[1], b[1]), c.rows, c.cols, c.cols+i%3)
			runTask(t, op, in, []*tensor{out})
			m := float32(float64(q.AScale) * float64(q.BScale) / float64(q.OutScale))
			for j, sum := range c.sums(binary64s(x, 255), binary64s(y, 3)) {
				want := min(max(math.RoundToEven(float64(float32(sum)*m))+200, 1), 250)
				if got := get[uint8](out)[j]; float64(got) != want {
					t.Fatalf("%+v: element %d is %v, want %v", c, j, got, want)
				}
			}
		}
	})
	for _, bad := range []MatMulU8{{}, {AScale: 1, BScale: 1}, {AScale: float32(math.Inf(1)), BScale: 1, OutScale: 1}} {
		if op, err := NewMatMulU8(bad, 0); err == nil {
			t.Error(fmt.Sprint(op), "is accepted")
		}
	}
}
