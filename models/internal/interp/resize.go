package interp

import "github.com/gneiss-go/gneiss/runtime"

var _ = define(func(op *runtime.Resize, n *runtime.Node, in [][]float32, out []float32) {
	s, d, x := n.In[0].Shape, n.Out.Shape, in[0]
	for i := range out {
		c, w, h, b := i%d.C, i/d.C%d.W, i/d.C/d.W%d.H, i/d.C/d.W/d.H
		out[i] = x[((b*s.H+int(op.Rows[h]))*s.W+int(op.Cols[w]))*s.C+c]
	}
})
