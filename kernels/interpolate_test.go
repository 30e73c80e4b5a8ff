package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// TestInterpolate compares with one sum for each element, in the order of the definition: the bits are the same.
func TestInterpolate(t *testing.T) {
	forKernels(t, OpMix, F32, func(t *testing.T, k *Kernel) { testInterpolate[float32](t, k, F32) })
	forKernels(t, OpMix, U8, func(t *testing.T, k *Kernel) { testInterpolate[uint8](t, k, U8) })
}

func testInterpolate[T uint8 | float32](t *testing.T, k *Kernel, dt DType) {
	r := newRand(t)
	for _, c := range []struct{ n, h, w, c, rows, rowTaps, cols, colTaps int }{
		{1, 1, 1, 1, 1, 1, 1, 1}, {1, 5, 4, 3, 7, 2, 9, 2}, {2, 3, 3, 17, 5, 4, 4, 4}, {1, 6, 7, 2, 3, 0, 5, 2},
		{1, 6, 7, 2, 3, 3, 5, 0}, {3, 2, 2, 1, 2, 0, 2, 0}, {1, 2, 9, 1, 4, 2, 31, 2}, {1, 2, 3, heed/2 + 5, 2, 2, 3, 3},
	} {
		p := Interpolating{H: c.h, W: c.w, C: c.c, Rows: randomTaps(r, c.h, c.rows, c.rowTaps),
			Cols: randomTaps(r, c.w, c.cols, c.colTaps), Fill: 3, HalfUp: c.rows%2 == 0,
			Rescale: RescaleU8{InScale: 0.5, InZero: 7, OutScale: 0.75, Out: OutU8{Zero: 9, Hi: 255}}}
		op, err := NewInterpolate(dt, p, k.ISA)
		if err != nil || op.Kernel() != k.Name {
			t.Fatal(op, err)
		}
		values := integers[T](r, c.n*c.h*c.w*c.c, 0, 255)
		want, outH, outW := interpolated(t, dt, p, c.n, values)
		for i, side := range guard.Sides {
			in := set(newTensor(t, side, dt, c.n, c.h, c.w, c.c, c.c+3*i), values)
			out := newTensor(t, side, dt, c.n, outH, outW, c.c, c.c+2*i)
			runTask(t, op, []*tensor{in}, []*tensor{out})
			equalBits(t, fmt.Sprint(c), get[T](out), want)
		}
	}
	for name, bad := range map[string]Interpolating{
		"row":     {H: 2, W: 2, C: 1, Rows: Taps{Per: 1, At: []int32{2}, Weights: []float32{1}}},
		"column":  {H: 2, W: 2, C: 1, Cols: Taps{Per: 2, At: []int32{1, -1}, Weights: []float32{1, 1}}},
		"weight":  {H: 2, W: 2, C: 1, Cols: Taps{Per: 1, At: []int32{1}, Weights: []float32{MaxTap + 1}}},
		"weights": {H: 2, W: 2, C: 1, Cols: Taps{Per: 1, At: []int32{1}}},
		"none":    {H: 2, W: 2, C: 1, Cols: Taps{Per: 1}},
		"fill":    {H: 2, W: 2, C: 1, Fill: float32(math.NaN())},
	} {
		bad.Rescale = RescaleU8{InScale: 1, OutScale: 1}
		if _, err := NewInterpolate(dt, bad, k.ISA); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// randomTaps are over n indices; a few lie outside.
func randomTaps(r *rand.Rand, n, count, per int) Taps {
	t := Taps{Per: per}
	for i := range count * per {
		at := int32(r.IntN(n))
		if i%max(per, 1) == 0 && r.IntN(6) == 0 {
			at = -1
		}
		t.At, t.Weights = append(t.At, at), append(t.Weights, r.Float32()-0.25)
	}
	return t
}

// interpolated computes one element after another.
func interpolated[T uint8 | float32](t *testing.T, dt DType, p Interpolating, n int, in []T) (out []T, h, w int) {
	t.Helper()
	h, err := p.Rows.Check(p.H)
	if err != nil {
		t.Fatal(err)
	}
	if w, err = p.Cols.Check(p.W); err != nil {
		t.Fatal(err)
	}
	zero, fill := float32(0), p.Fill
	if dt == U8 {
		zero, fill = float32(p.Rescale.InZero), p.Fill/p.Rescale.InScale
	}
	mix := func(t *Taps, i int, whole float32, of func(int) float32) (sum float32) {
		if t.Per == 0 {
			return whole * of(i)
		}
		for k := range t.Per {
			at := t.At[i*t.Per+k]
			switch v := t.Weights[i*t.Per+k]; {
			case at < 0:
				return fill
			case k == 0:
				sum = v * of(int(at))
			default:
				sum += float32(v * of(int(at)))
			}
		}
		return sum
	}
	for i := range n * h * w * p.C {
		c, x, y, b := i%p.C, i/p.C%w, i/p.C/w%h, i/p.C/w/h
		v := mix(&p.Cols, x, 1, func(x int) float32 {
			return mix(&p.Rows, y, 1, func(y int) float32 { return float32(in[((b*p.H+y)*p.W+x)*p.C+c]) - zero })
		})
		if dt == U8 {
			q := p.Rescale
			v = min(max(v*float32(float64(q.InScale)/float64(q.OutScale)), -float32(q.Out.Zero)), 255-float32(q.Out.Zero))
			if p.HalfUp {
				v = float32(math.Floor(float64(v)+0.5)) + float32(q.Out.Zero)
			} else {
				v = float32(math.RoundToEven(float64(v))) + float32(q.Out.Zero)
			}
		}
		out = append(out, T(v))
	}
	return out, h, w
}
