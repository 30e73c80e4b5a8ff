package kernels

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// refLRN is the formula in binary64.
func refLRN(c, size int, alpha, beta, bias float32, in []float32) []float32 {
	out := make([]float32, len(in))
	for i, v := range in {
		sum := 0.0
		for j := i%c - (size-1)/2; j < i%c-(size-1)/2+size; j++ {
			if j >= 0 && j < c {
				q := float64(in[i-i%c+j])
				sum += q * q
			}
		}
		out[i] = float32(float64(v) / math.Pow(float64(bias)+float64(alpha)/float64(size)*sum, float64(beta)))
	}
	return out
}

func TestLRN(t *testing.T) {
	forKernels(t, OpLRN, F32, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		for _, c := range slices.Concat(around(8), around(16), around(32), []int{64, 96, 192}) {
			for _, size := range []int{1, 2, 3, 4, 5, 7, 16, 2*c + 3} {
				for _, beta := range []float32{0.75, 0.5} {
					if beta != 0.75 && !k.Portable() {
						continue // all other β are the generic kernel's
					}
					const alpha, bias = 0.9, 1.5
					values := normals(r, 2*3*5*c)
					op, err := NewLRNF32(c, size, alpha, beta, bias, k.ISA)
					if err != nil || op.Kernel() != k.Name {
						t.Fatal(op, err)
					}
					ref := refLRN(c, size, alpha, beta, bias, values)
					what := fmt.Sprintf("c=%d size=%d β=%v", c, size, beta)
					for i, side := range guard.Sides {
						in := set(newTensor(t, side, F32, 2, 3, 5, c, c+3*i), values)
						out := newTensor(t, side, F32, 2, 3, 5, c, c+5*(1-i))
						runTask(t, op, []*tensor{in}, []*tensor{out})
						got := get[float32](out)
						within(t, what, got, ref, func(i int) float64 { return float64(size+5) * epsilon * math.Abs(float64(ref[i])) })
						runTask(t, op, []*tensor{in}, []*tensor{in})
						equalBits(t, what+" in place", get[float32](in), got)
						if !k.Portable() {
							generic, _ := NewLRNF32(c, size, alpha, beta, bias, arch.Generic)
							set(in, values)
							runTask(t, generic, []*tensor{in}, []*tensor{out})
							equalBits(t, what+" and generic", got, get[float32](out))
						}
					}
				}
			}
		}
	})
}

// A NaN or infinity reaches the windows that see it, and no others.
func TestLRNSpecialValues(t *testing.T) {
	forKernels(t, OpLRN, F32, func(t *testing.T, k *Kernel) {
		for _, x := range []float32{float32(math.NaN()), posInf, 1e30} {
			values := normals(newRand(t), 3*40)
			values[40+17] = x
			op, _ := NewLRNF32(40, 5, 1, 0.75, 1, k.ISA)
			in := set(newTensor(t, guard.End, F32, 1, 3, 1, 40, 40), values)
			runTask(t, op, []*tensor{in}, []*tensor{in})
			generic, _ := NewLRNF32(40, 5, 1, 0.75, 1, arch.Generic)
			want := set(in.like(t, guard.End), values)
			runTask(t, generic, []*tensor{want}, []*tensor{want})
			equalBits(t, fmt.Sprint(x), get[float32](in), get[float32](want))
			for i, v := range get[float32](in) {
				if seen := i >= 40+15 && i <= 40+19; !seen && (v != v || v == 0) {
					t.Errorf("%v at channel 17 makes %v of element %d", x, v, i)
				}
			}
		}
	})
}

// Of zeros of either sign, numbers of all sizes, and parameters at the ends of what is estimated, every kernel has
// the bits of the reference.
func TestLRNBits(t *testing.T) {
	forKernels(t, OpLRN, F32, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		const pixels, c = 40, 16*4 + 8
		for _, p := range []struct{ alpha, bias float32 }{{5, 1}, {1e-4, 1}, {0, 0x1p-20}, {5 << 10, 1 << 20},
			{5, 0x1p-21}, {5 << 11, 1}, {5, 1 << 21}, {0.5, 0}} {
			if p.bias == 0 && k.GOARCH == "arm" {
				continue // of squares that are denormals, NEON there takes 0
			}
			values := normals(r, pixels*c)
			for i := range values {
				pixel, v := i/c, &values[i]
				switch {
				case r.IntN(4) == 0:
					*v *= 0 // of its sign
				case pixel%4 == 1: // all that is estimated
					*v = float32(math.Ldexp(float64(*v), r.IntN(80)-55))
				case pixel%4 == 2:
					*v = float32(math.Ldexp(float64(*v), r.IntN(200)-140))
				case pixel == 3 && i%c == 20:
					*v = []float32{posInf, float32(math.NaN()), 0x1p30, 0x1p31}[r.IntN(4)]
				}
			}
			op, err := NewLRNF32(c, 5, p.alpha, 0.75, p.bias, k.ISA)
			if err != nil {
				t.Fatal(err)
			}
			generic, _ := NewLRNF32(c, 5, p.alpha, 0.75, p.bias, arch.Generic)
			in := set(newTensor(t, guard.End, F32, 1, pixels, 1, c, c), values)
			got, want := in.like(t, guard.Start), in.like(t, guard.End)
			runTask(t, op, []*tensor{in}, []*tensor{got})
			runTask(t, generic, []*tensor{in}, []*tensor{want})
			equalBits(t, fmt.Sprintf("α %v, k %v", p.alpha, p.bias), get[float32](got), get[float32](want))
		}
	})
}

func TestLRNErrors(t *testing.T) {
	for _, c := range [][2]int{{0, 5}, {5, 0}, {5, math.MaxInt32}} {
		if _, err := NewLRNF32(c[0], c[1], 1, 0.75, 1, arch.Generic); err == nil {
			t.Errorf("%v was accepted", c)
		}
	}
}
