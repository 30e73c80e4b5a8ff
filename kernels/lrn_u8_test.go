package kernels

import (
	"fmt"
	"math"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// The vector kernels estimate, and compute by the formula only where a byte could depend on it. Here nearly every byte
// could: parameters are chosen so that y is within a few units in the last place of the middle between two levels.
func TestLRNU8BetweenLevels(t *testing.T) {
	r := newRand(t)
	const c, size = 37 + 3, 5
	in, want, got := dense(t, U8, 1, 1, 3, c, make([]uint8, 3*c)), newTensor(t, guard.End, U8, 1, 1, 3, c, c),
		newTensor(t, guard.End, U8, 1, 1, 3, c, c)
	rounds := 3000
	if testing.Short() {
		rounds = 500
	}
	up := 0
	for range rounds {
		x := 1 + r.IntN(255)
		level := float64(r.IntN(255)) + 0.5
		bias := float32(math.Exp2(20*r.Float64() - 10))
		alpha := bias * float32(math.Exp2(24*r.Float64()-26)) // t from bias to thousands of times as much
		inZero := uint8(r.IntN(2) * 255)
		if r.IntN(4) == 0 {
			alpha = 0
		}
		const inScale = 1
		a := float32(float64(alpha) / size)
		root := math.Sqrt(float64(float32(float32(size*x*x)*a) + bias))
		d := root * math.Sqrt(root)
		outScale := float32(float64(x) / d / level * (1 + 4e-6*(r.Float64()-0.5)*float64(r.IntN(3))))
		out := OutU8{Zero: inZero, Lo: uint8(r.IntN(3)), Hi: uint8(255 - r.IntN(3))}
		for i := range in.mem {
			in.mem[i] = inZero
			if i%c < c-8 || r.IntN(2) == 0 {
				in.mem[i] = uint8(x)
				if inZero == 255 {
					in.mem[i] = uint8(255 - x) // −x
				}
			}
		}
		run := func(isa arch.ISA, dst *tensor) string {
			op, err := NewLRNU8(LRNU8{c, size, alpha, 0.75, bias, RescaleU8{inScale, inZero, outScale, out}}, isa)
			if err != nil {
				t.Fatal(err)
			}
			task := op.Bind([]View{in.View}, []View{dst.View}, aligned[byte](op.Scratch(1)), 1)
			task.Run(0, 0, task.Units(), nil)
			return op.Kernel()
		}
		run(arch.Generic, want)
		for _, isa := range arch.Supported()[1:] {
			what := run(isa, got)
			equalBits(t, what, got.mem, want.mem)
		}
		if i := c / 2; inZero == 0 && want.mem[i] == uint8(level+0.5) {
			up++
		}
	}
	if up < rounds/10 {
		t.Errorf("%d of %d rounds rounded up: not between levels", up, rounds)
	}
}

// Kernels that work on several blocks at once begin and end with fewer. The scales are at the ends of the contract too.
func TestLRNU8ShortRuns(t *testing.T) {
	r := newRand(t)
	for _, c := range []int{1, 2, 8, 31, 32, 33, 63, 64, 65, 96, 104} {
		for pixels := 1; pixels <= 5; pixels++ {
			x := dense(t, U8, 1, 1, pixels, c, integers[uint8](r, pixels*c, 0, 255))
			want, got := x.like(t, guard.End), x.like(t, guard.End)
			for _, p := range []struct{ alpha, bias, inScale, outScale float32 }{
				{0.5, 1, 0.031, 0.017}, {0, 1, 1, 1}, {0x1p-20, 0x1p-30, 1, 0x1p22}, {0x1p40, 0x1p59, 1, 0x1p60},
				{0x1p-140, 1, 1, 0.5}, {0x1p-50, 0x1p-59, 0x1p30, 0x1p60}, {0x1p40, 0x1p-10, 1, 0x1p-10},
			} {
				for _, isa := range arch.Supported() {
					op, err := NewLRNU8(LRNU8{c, 5, p.alpha, 0.75, p.bias,
						RescaleU8{p.inScale, 100, p.outScale, OutU8{Zero: 100, Lo: 3, Hi: 251}}}, isa)
					if err != nil {
						t.Fatal(err)
					}
					if isa == arch.Generic {
						runTask(t, op, []*tensor{x}, []*tensor{want})
						continue
					}
					runTask(t, op, []*tensor{x}, []*tensor{got})
					equalBits(t, fmt.Sprintf("%s, %d pixels of %d, %+v", op.Kernel(), pixels, c, p), got.mem, want.mem)
				}
			}
		}
	}
}

// What the estimate's bound does not cover is computed by the portable kernel.
func TestLRNU8Extremes(t *testing.T) {
	for _, p := range []struct{ alpha, bias, inScale, outScale float32 }{
		{1, 0x1p-61, 1, 1}, {0x1p50, 1, 1, 1}, {1, 1, 0x1p-61, 1}, {1, 1, 1, 0x1p-30}, {0, 0x1p-59, 1, 1},
	} {
		op, err := NewLRNU8(LRNU8{8, 5, p.alpha, 0.75, p.bias, RescaleU8{p.inScale, 0, p.outScale, OutU8{Hi: 255}}},
			arch.Best())
		if err != nil || op.ISA() != arch.Generic {
			t.Errorf("%+v: %v, %v; want the portable kernel", p, op, err)
		}
	}
	inf, nan := posInf, float32(math.NaN())
	for _, p := range [][2]float32{{inf, 1}, {1, inf}, {nan, 1}, {1, nan}, {-1, 1}, {1, -1}, {0, 1}, {1, 0}} {
		if _, err := NewLRNU8(LRNU8{8, 5, 1, 0.75, 1, RescaleU8{p[0], 0, p[1], OutU8{Hi: 255}}}, arch.Best()); err == nil {
			t.Errorf("scales %v: accepted", p)
		}
	}
}
