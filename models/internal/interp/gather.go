package interp

import "github.com/gneiss-go/gneiss/runtime"

var _ = define(func(op *runtime.GatherBy, n *runtime.Node, in [][]float32, out []float32) {
	d := n.Out.Shape
	for i := range out {
		c, w, b := i%d.C, i/d.C%d.W, i/d.C/d.W
		if p := place(op.Dims, n, in, b, w); p >= 0 {
			out[i] = in[0][(b*n.In[0].Shape.W+p)*d.C+c]
		} else if n.Out.DType == runtime.U8 {
			out[i] = float32(n.Out.Quant.Zero)
		}
	}
})

var _ = define(func(op *runtime.Scatter, n *runtime.Node, in [][]float32, out []float32) {
	d, few := n.Out.Shape, n.In[2].Shape
	copy(out, in[0])
	for i, v := range in[2] {
		c, w, b := i%d.C, i/d.C%few.W, i/d.C/few.W
		if p := place(op.Dims, n, in, b, w); p >= 0 {
			out[(b*d.W+p)*d.C+c] = v
		}
	}
})

// place is the pixel that the indices at w of image b say, −1 if there is none.
func place(dims []int, n *runtime.Node, in [][]float32, b, w int) int {
	s, p := n.In[1].Shape, 0
	for j, d := range dims {
		v := int(in[1][(b%s.N*s.W+w)*s.C+j])
		if v < 0 {
			v += d
		}
		if v < 0 || v >= d {
			return -1
		}
		p = p*d + v
	}
	return p
}
