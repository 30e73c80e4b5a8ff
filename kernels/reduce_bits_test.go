package kernels

import (
	"fmt"
	"math"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// TestReduceBits: every kernel folds to the bits of the reference, as lanes and not, NaNs and infinities too.
func TestReduceBits(t *testing.T) {
	forKernels(t, OpReduce, F32, func(t *testing.T, k *Kernel) {
		r, fn := newRand(t), k.fn.(func(*reduceArgs))
		for how := Sum; how <= deviation; how++ {
			if how == reductions {
				continue
			}
			for i, c := range []int{1, 7, 8, 9, 16, 29, 64, 251} {
				for _, lanes := range []bool{false, true} {
					const pixels = 3
					src := normals(r, pixels*(c+5))
					if how != expSum && i%2 == 0 {
						src[i], src[len(src)-6] = float32(math.Copysign(0, -1)), float32(math.NaN())
					}
					n := c
					if lanes {
						n = reduceLanes
					}
					start := make([]float64, n)
					for j := range start {
						start[j] = how.start()
					}
					most, mean := make([]float32, n), make([]float64, n)
					for j := range most {
						most[j], mean[j] = 8, float64(j)/7
					}
					var got [2][]float64
					for j, fold := range []func(*reduceArgs){reduceF32Generic, fn} {
						acc := guardedSlice(t, guard.Sides[i%2], start)
						fold(&reduceArgs{acc: addr(acc), src: addr(guardedSlice(t, guard.Sides[i%2], src[:2*(c+5)+c])),
							most: addr(guardedSlice(t, guard.Sides[i%2], most)), mean: addr(guardedSlice(t, guard.Sides[i%2], mean)),
							pixels: pixels, c: c, stride: 4 * (c + 5), lanes: lanes, how: how})
						got[j] = acc
					}
					for j, want := range got[0] {
						if g := got[1][j]; math.Float64bits(g) != math.Float64bits(want) && (g == g || want == want) {
							t.Fatalf("reduction %d of %d, lanes %v: %d is %v, want %v", how, c, lanes, j, g, want)
						}
					}
				}
			}
		}
	})
}

// TestSoftmaxOverBits: likewise the last pass.
func TestSoftmaxOverBits(t *testing.T) {
	forKernels(t, OpSoftmaxOver, F32, func(t *testing.T, k *Kernel) {
		r, fn := newRand(t), k.fn.(func(*softmaxOverArgs))
		for form := range softmaxForms {
			for i, c := range []int{1, 7, 8, 9, 16, 29, 64, 251} {
				for step := range 2 {
					src, side := guardedSlice(t, guard.Sides[i%2], normals(r, c)), guard.Sides[i%2]
					most, sums := make([]float32, (c-1)*step+1), make([]float32, (c-1)*step+1)
					for j := range most {
						most[j], sums[j] = 5, float32(j%3)*1.5
					}
					var got [2][]float32
					for j, last := range []func(*softmaxOverArgs){softmaxOverGeneric, fn} {
						got[j] = guardedSlice(t, side, make([]float32, c))
						last(&softmaxOverArgs{src: addr(src), dst: addr(got[j]), most: addr(guardedSlice(t, side, most)),
							sums: addr(guardedSlice(t, side, sums)), step: step, c: c, form: form})
					}
					equalBits(t, fmt.Sprint(form, c, step), got[1], got[0])
				}
			}
		}
	})
}
