package kernels

import (
	"fmt"
	"math"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// Sums become the bytes of the rule, halves to even and both bounds met.
func TestRequantize(t *testing.T) {
	forKernels(t, OpRequantize, U8, func(t *testing.T, k *Kernel) {
		r, fn := newRand(t), k.fn.(func(*requantizeArgs))
		for i, c := range append(around(8), sumBlock) {
			sums := set(newTensor(t, guard.Sides[i%2], S32, 1, 1, 1, c, c), integers[int32](r, c, -1000, 70000))
			out := newTensor(t, guard.Sides[i%2], U8, 1, 1, 1, c, c)
			a := requantizeArgs{dst: out.Data, sums: sums.Data, c: c, from: 30000, scale: 1.0 / 256, lo: -100, hi: 90, zero: 110}
			fn(&a)
			for j, got := range get[uint8](out) {
				v := math.RoundToEven(float64(get[int32](sums)[j]-30000) / 256)
				if want := uint8(110 + min(max(v, -100), 90)); got != want {
					t.Fatalf("c=%d: %d of %d is %d, want %d", c, j, get[int32](sums)[j], got, want)
				}
			}
		}
	})
}

// Sums that no int32 holds meet a bound, and what is no number the lower one.
func TestAddU8Strange(t *testing.T) {
	inf := float32(math.Inf(1))
	forKernels(t, OpAdd, U8, func(t *testing.T, k *Kernel) {
		for _, c := range around(16) {
			for _, scale := range []float32{1e5, 1e12, inf} {
				a, b := newTensor(t, guard.Sides[0], U8, 1, 1, 1, c, c), newTensor(t, guard.Sides[1], U8, 1, 1, 1, c, c)
				out := newTensor(t, guard.Sides[1], U8, 1, 1, 1, c, c)
				want := make([]uint8, c)
				for i := range c {
					a.mem[i], b.mem[i], want[i] = uint8(99+i%3), 5, []uint8{12, 12, 200}[i%3]
					if i%3 == 1 && scale != inf { // what b gives
						want[i] = 45
					}
				}
				args := addU8Args{dst: out.Data, a: a.Data, b: b.Data, rows: 1, c: c, aZero: 100, bZero: 0, zero: 40,
					aScale: scale, bScale: 1, lo: 12 - 40, hi: 200 - 40, least: 12, most: 200}
				k.fn.(func(*addU8Args))(&args)
				equalBits(t, fmt.Sprintf("c=%d, a scale of %v", c, scale), get[uint8](out), want)
			}
		}
	})
}
