package interp

import "github.com/gneiss-go/gneiss/runtime"

var _ = define(func(op *runtime.Take, n *runtime.Node, in [][]float32, out []float32) {
	s, d := n.In[0].Shape, n.Out.Shape
	fill := op.Fill
	if n.In[0].DType == runtime.U8 {
		fill = level(fill, n.In[0].Quant, 0, 255)
	}
	pick := func(list []int32, i int) int {
		if len(list) > 0 {
			return int(list[i])
		}
		return i
	}
	for i := range out {
		c, w := pick(op.Channels, i%d.C), pick(op.Cols, i/d.C%d.W)
		h, b := pick(op.Rows, i/d.C/d.W%d.H), pick(op.Images, i/d.C/d.W/d.H)
		if out[i] = fill; min(c, w, h, b) >= 0 {
			out[i] = in[0][((b*s.H+h)*s.W+w)*s.C+c]
		}
	}
})
