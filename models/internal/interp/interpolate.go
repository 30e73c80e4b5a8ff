package interp

import (
	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

var _ = define(func(op *runtime.Interpolate, n *runtime.Node, in [][]float32, out []float32) {
	s, d := n.In[0].Shape, n.Out.Shape
	mix := func(t *kernels.Taps, i int, of func(int) float64) float64 {
		if t.Per == 0 {
			return of(i)
		}
		sum := 0.0
		for k := range t.Per {
			at := t.At[i*t.Per+k]
			if at < 0 {
				return float64(op.Fill)
			}
			sum += float64(t.Weights[i*t.Per+k]) * of(int(at))
		}
		return sum
	}
	for i := range out {
		c, w, h, b := i%d.C, i/d.C%d.W, i/d.C/d.W%d.H, i/d.C/d.W/d.H
		out[i] = float32(mix(&op.Cols, w, func(x int) float64 {
			return mix(&op.Rows, h, func(y int) float64 { return float64(in[0][((b*s.H+y)*s.W+x)*s.C+c]) })
		}))
	}
})
