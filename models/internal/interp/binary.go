package interp

import (
	"math"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

var _ = define(func(op *runtime.Binary, n *runtime.Node, in [][]float32, out []float32) {
	s, x := []runtime.Shape{n.In[0].Shape}, in[:1:1]
	if op.Of == nil {
		s, x = append(s, n.In[1].Shape), append(x, in[1])
	} else {
		s, x = append(s, op.Shape), append(x, op.Of)
	}
	if op.First {
		s[0], s[1], x[0], x[1] = s[1], s[0], x[1], x[0]
	}
	d := n.Out.Shape
	for i := range out {
		c, w, h, b := i%d.C, i/d.C%d.W, i/d.C/d.W%d.H, i/d.C/d.W/d.H
		at := func(k int) float64 {
			t := s[k]
			return float64(x[k][((b%t.N*t.H+h%t.H)*t.W+w%t.W)*t.C+c%t.C])
		}
		out[i] = clamp(op.Act, float32(arithmetic(op.How, at(0), at(1))))
	}
})

func arithmetic(how kernels.Arithmetic, p, q float64) float64 {
	switch how {
	case kernels.Plus:
		return p + q
	case kernels.Minus:
		return p - q
	case kernels.Times:
		return p * q
	case kernels.Over:
		return p / q
	case kernels.Larger:
		return max(p, q)
	case kernels.Smaller:
		return min(p, q)
	case kernels.Power:
		return math.Pow(p, q)
	case kernels.SquaredDifference:
		return (p - q) * (p - q)
	case kernels.Remainder:
		return math.Mod(p, q)
	case kernels.FloorRemainder:
		if r := math.Mod(p, q); r != 0 && r < 0 != (q < 0) {
			return r + q
		} else {
			return r
		}
	case kernels.FloorQuotient:
		return math.Floor(float64(float32(p / q)))
	case kernels.Angle:
		return math.Atan2(p, q)
	}
	if p >= 0 { // Sloped
		return p
	}
	return p * q
}
