package interp

import (
	"math"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

var _ = define(func(op *runtime.Reduce, n *runtime.Node, in [][]float32, out []float32) {
	s, d := n.In[0].Shape, n.Out.Shape
	cells := make([][]float64, len(out))
	for i, v := range in[0] {
		c, w, h, b := i%s.C, i/s.C%s.W, i/s.C/s.W%s.H, i/s.C/s.W/s.H
		to := ((b%d.N*d.H+h%d.H)*d.W+w%d.W)*d.C + c%d.C
		cells[to] = append(cells[to], float64(v))
	}
	for i, x := range cells {
		out[i] = float32(reduced(op.How, x))
	}
})

func reduced(how kernels.Reduction, x []float64) float64 {
	sum, product, most, least, size, squares := 0., 1., math.Inf(-1), math.Inf(1), 0., 0.
	for _, v := range x {
		sum, product, most, least = sum+v, product*v, max(most, v), min(least, v)
		size, squares = size+math.Abs(v), squares+v*v
	}
	powers := 0.
	for _, v := range x {
		powers += math.Exp(v - most)
	}
	return map[kernels.Reduction]float64{kernels.Sum: sum, kernels.Mean: sum / float64(len(x)), kernels.Maximum: most,
		kernels.Minimum: least, kernels.Product: product, kernels.L1: size, kernels.L2: math.Sqrt(squares),
		kernels.SumSquare: squares, kernels.LogSum: math.Log(sum), kernels.LogSumExp: most + math.Log(powers)}[how]
}
