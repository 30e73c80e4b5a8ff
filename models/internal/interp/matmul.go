package interp

import "github.com/gneiss-go/gneiss/runtime"

var _ = define(func(op *runtime.MatMul, n *runtime.Node, in [][]float32, out []float32) {
	d := n.Out.Shape
	at := func(i, b, h, row, col int, turned bool) float64 {
		s := n.In[i].Shape
		if turned {
			row, col = col, row
		}
		return float64(in[i][((b%s.N*s.H+h%s.H)*s.W+row)*s.C+col])
	}
	depth := n.In[0].Shape.C
	if op.TransA {
		depth = n.In[0].Shape.W
	}
	for i := range out {
		c, w, h, b := i%d.C, i/d.C%d.W, i/d.C/d.W%d.H, i/d.C/d.W/d.H
		sum := 0.0
		for k := range depth {
			sum += at(0, b, h, w, k, op.TransA) * at(1, b, h, k, c, op.TransB)
		}
		out[i] = float32(sum)
	}
})
