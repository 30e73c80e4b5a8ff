package kernels

import (
	"math"
	"testing"
)

// fma32 is x·y + z in binary32, rounded once: the sum in binary64, rounded to odd, is rounded as the exact sum is.
func fma32(x, y, z float32) float32 {
	p, c := float64(x)*float64(y), float64(z) // p is exact
	s := p + c
	b := s - p
	if rest := (p - (s - b)) + (c - b); rest != 0 {
		if bits := math.Float64bits(s); bits&1 == 0 {
			if (rest > 0) == (s > 0) {
				bits++
			} else {
				bits--
			}
			s = math.Float64frombits(bits)
		}
	}
	return float32(s)
}

// root is the square root of x as f32_lrn_1x16__avx512 takes it, from any y near 1/√x.
func root(x, y float32) float32 {
	g, h := x*y, y/2
	r := fma32(-g, h, 0.5)
	return rootEnd(x, fma32(g, r, g), fma32(h, r, h))
}

// rootEnd is its last two steps.
func rootEnd(x, g, h float32) float32 { return fma32(fma32(-g, g, x), h, g) }

// TestRoot proves that root is √x rounded to nearest, whatever y within 2⁻¹⁴ of 1/√x a processor gives. With ε = 2⁻²⁴,
// y = (1+e)/√x and d half a rounding error, |d| ≤ ε/2 as any below: x·y is off by 1+e+2d₁ at most, so r = −e − e²/2 −
// d₁ and
//
//	g = √x·(1 − 3/2·e² + d₁ …), before it is rounded within 0.6·ε of √x (3/2·e² < 0.1·ε)
//	h = 1/(2√x)·(1 − 3/2·e² − d₁ …)(1 + 2d₂), within 1.7·ε of 1/(2√x)
//
// For each x it takes all such g with both ends of h, for the result grows or falls with h. Four numbers need more: for
// them, it takes each y. Other x are these times powers of 4, which scale every step.
func TestRoot(t *testing.T) {
	const ε = 1. / (1 << 24)
	step := uint32(1)
	if testing.Short() {
		step = 61
	}
	doubtful := 0
	from, to := math.Float32bits(1), math.Float32bits(4)
	for bits := from; bits < to; bits += step {
		x := math.Float32frombits(bits)
		exact := math.Sqrt(float64(x))
		want := float32(exact)
		least, most := float32(0.5/exact*(1-1.7*ε)), float32(0.5/exact*(1+1.7*ε))
		least, most = math.Nextafter32(least, 0), math.Nextafter32(most, 1)
		for g := float32(exact * (1 - 0.62*ε)); g <= float32(exact*(1+0.62*ε)); g = math.Nextafter32(g, 4) {
			if rootEnd(x, g, least) == want && rootEnd(x, g, most) == want {
				continue
			}
			doubtful++
			y0, y1 := float32((1-0x1p-14)/exact), float32((1+0x1p-14)/exact)
			for y := math.Nextafter32(y0, 0); y <= math.Nextafter32(y1, 2); y = math.Nextafter32(y, 2) {
				if got := root(x, y); got != want {
					t.Fatalf("√%v from %v is %v, want %v", x, y, got, want)
				}
			}
		}
	}
	t.Logf("%d numbers and estimates were doubtful", doubtful)
}
