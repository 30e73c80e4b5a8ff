package kernels

import (
	"fmt"
	"math"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// reductionOf is each reduction by its definition.
func reductionOf(how Reduction, x []float64) float64 {
	all := [reductions]float64{Maximum: math.Inf(-1), Minimum: math.Inf(1), Product: 1}
	for _, v := range x {
		all[Sum] += v
		all[Maximum], all[Minimum] = max(all[Maximum], v), min(all[Minimum], v)
		all[Product] *= v
		all[L1] += math.Abs(v)
		all[SumSquare] += v * v
		all[LogSumExp] += math.Exp(v)
	}
	all[Mean], all[L2], all[LogSum] = all[Sum]/float64(len(x)), math.Sqrt(all[SumSquare]), math.Log(all[Sum])
	all[LogSumExp] = math.Log(all[LogSumExp])
	return all[how]
}

// TestReduce compares with one loop over coordinates, over every set of axes, at any number of workers.
func TestReduce(t *testing.T) {
	sizes := [][4]int{{2, 3, 5, 11}, {1, 1, 2, 300}, {3, 2, 1, 1}, {1, 4, 3, 8}}
	forKernels(t, OpReduce, F32, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		for how := Sum; how < reductions; how++ {
			for i := range 16 * len(sizes) {
				s, over := sizes[i/16], Axes{i&1 != 0, i&2 != 0, i&4 != 0, i&8 != 0}
				op, err := NewReduceF32(how, over, k.ISA)
				if err != nil || op.Kernel() != k.Name {
					t.Fatal(op, err)
				}
				x := integers[float32](r, s[0]*s[1]*s[2]*s[3], 1, 3)
				in := set(newTensor(t, guard.Sides[i%2], F32, s[0], s[1], s[2], s[3], s[3]+i%3), x)
				d, cells := reducedCells(s, over, x)
				out := newTensor(t, guard.Sides[i%2], F32, d[0], d[1], d[2], d[3], d[3]+i%2)
				runTask(t, op, []*tensor{in}, []*tensor{out})
				for j, got := range get[float32](out) {
					want := reductionOf(how, cells[j])
					if math.Abs(float64(got)-want) > 4e-7*math.Abs(want) && float64(got) != float64(float32(want)) {
						t.Fatalf("%v of %v over %+v: %d is %v, want %v", how, s, over, j, got, want)
					}
				}
			}
		}
	})
}

// reducedCells are the numbers that become each output, and the output's dimensions.
func reducedCells[T uint8 | float32](s [4]int, over Axes, x []T) (d [4]int, cells [][]float64) {
	d = s
	for i, b := range []bool{over.N, over.H, over.W, over.C} {
		if b {
			d[i] = 1
		}
	}
	cells = make([][]float64, d[0]*d[1]*d[2]*d[3])
	for i, v := range x {
		c, w, h, n := i%s[3], i/s[3]%s[2], i/s[3]/s[2]%s[1], i/s[3]/s[2]/s[1]
		to := ((n%d[0]*d[1]+h%d[1])*d[2]+w%d[2])*d[3] + c%d[3]
		cells[to] = append(cells[to], float64(v))
	}
	return d, cells
}

// TestReduceU8: maxima and minima are levels, sums and means are exact but for one rounding.
func TestReduceU8(t *testing.T) {
	q := RescaleU8{InScale: 0.5, InZero: 100, OutScale: 3, Out: OutU8{Zero: 7, Lo: 0, Hi: 255}}
	forKernels(t, OpReduce, U8, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		for i, s := range [][4]int{{2, 3, 5, 11}, {1, 1, 2, 300}, {3, 2, 1, 1}} {
			for mask := range 16 {
				over := Axes{mask&1 != 0, mask&2 != 0, mask&4 != 0, mask&8 != 0}
				x := integers[uint8](r, s[0]*s[1]*s[2]*s[3], 0, 255)
				in := set(newTensor(t, guard.Sides[i%2], U8, s[0], s[1], s[2], s[3], s[3]+i), x)
				d, cells := reducedCells(s, over, x)
				for _, how := range []Reduction{Sum, Mean, Maximum, Minimum} {
					op, err := NewExtremeU8(how, over, k.ISA)
					if how == Sum || how == Mean {
						op, err = NewReduceU8(how, over, len(cells[0]), q, k.ISA)
					}
					if err != nil || op.Kernel() != k.Name {
						t.Fatal(op, err)
					}
					out := newTensor(t, guard.Sides[mask%2], U8, d[0], d[1], d[2], d[3], d[3]+i)
					runTask(t, op, []*tensor{in}, []*tensor{out})
					for j, got := range get[uint8](out) {
						want := reductionOf(how, cells[j])
						if how == Sum || how == Mean {
							n, m := float64(len(cells[j])), float32(0.5/3.0)
							if how == Mean {
								m = float32(0.5 / (3 * n))
							}
							sum := reductionOf(Sum, cells[j]) - 100*n
							want = min(max(math.RoundToEven(float64(float32(sum)*m))+7, 0), 255)
						}
						if float64(got) != want {
							t.Fatalf("%v of %v over %+v: %d is %v, want %v", how, s, over, j, got, want)
						}
					}
				}
			}
		}
	})
	for _, bad := range []func() (Op, error){
		func() (Op, error) { return NewReduceF32(reductions, Axes{}, 0) },
		func() (Op, error) { return NewExtremeU8(Sum, Axes{}, 0) },
		func() (Op, error) { return NewReduceU8(L2, Axes{}, 1, q, 0) },
		func() (Op, error) { return NewReduceU8(Sum, Axes{}, math.MaxInt32/255+1, q, 0) },
		func() (Op, error) { return NewReduceU8(Sum, Axes{}, 1, RescaleU8{InScale: 1}, 0) },
	} {
		if op, err := bad(); err == nil {
			t.Errorf("%+v is accepted", op)
		}
	}
}

// TestReduceStrange: infinities and NaNs become what they are in sums of exponentials, maxima and logarithms.
func TestReduceStrange(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct {
		how  Reduction
		x    []float32
		want float32
	}{
		{LogSumExp, []float32{-inf, -inf}, -inf}, {LogSumExp, []float32{inf, 1}, inf}, {LogSumExp, []float32{nan, 1}, nan},
		{LogSumExp, []float32{1000, 1000}, 1000.6932}, {LogSumExp, []float32{-1000, -inf}, -1000},
		{Maximum, []float32{1, nan, 2}, nan}, {Minimum, []float32{1, nan, 2}, nan}, {Maximum, []float32{-inf, -inf}, -inf},
		{LogSum, []float32{1, -1}, -inf}, {LogSum, []float32{1, -3}, nan}, {Sum, []float32{inf, -inf}, nan},
		{Sum, []float32{1e38, 3e38, -3e38}, 1e38}, {SumSquare, []float32{3e38}, inf}, {L2, []float32{3e38}, 3e38},
	} {
		for _, lanes := range []bool{true, false} {
			op, err := NewReduceF32(c.how, Axes{C: lanes, W: !lanes}, 0)
			if err != nil {
				t.Fatal(err)
			}
			w, ch := 1, len(c.x)
			if !lanes {
				w, ch = ch, w
			}
			in := set(newTensor(t, guard.Sides[0], F32, 1, 1, w, ch, ch), c.x)
			out := newTensor(t, guard.Sides[1], F32, 1, 1, 1, 1, 1)
			runTask(t, op, []*tensor{in}, []*tensor{out})
			if got := get[float32](out)[0]; fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("%v of %v is %v, want %v", c.how, c.x, got, c.want)
			}
		}
	}
}

// TestLogarithm compares with package math.
func TestLogarithm(t *testing.T) {
	for i := range 4000 {
		x := math.Ldexp(1+float64(i%61)/61, i/7-290)
		if got, want := logarithm(x), math.Log(x); math.Abs(got-want) > 4e-16*math.Abs(want) {
			t.Errorf("log %v is %v, want %v", x, got, want)
		}
	}
	for _, x := range []float64{0, -1, math.Inf(1), math.Inf(-1), math.NaN(), math.MaxFloat64, 1, math.Nextafter(1, 0)} {
		if got, want := logarithm(x), math.Log(x); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("log %v is %v, want %v", x, got, want)
		}
	}
}
