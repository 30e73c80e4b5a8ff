package interp

import (
	"math"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

var _ = define(func(op *runtime.Normalise, n *runtime.Node, in [][]float32, out []float32) {
	for _, group := range together(n.In[0].Shape, op.Over) {
		count, mean := float64(len(group)), 0.
		x := make([]float64, len(group))
		for j, i := range group {
			x[j] = float64(in[0][i])
			mean += x[j] / count
		}
		above := make([]float64, len(x))
		for j, v := range x {
			above[j] = v - mean
		}
		by, e := 0., float64(op.Epsilon)
		switch op.Norm {
		case kernels.NormVariance:
			x, by = above, math.Sqrt(reduced(kernels.SumSquare, above)/count+e)
		case kernels.NormDeviation:
			x, by = above, math.Sqrt(reduced(kernels.SumSquare, above)/count)+e
		case kernels.NormL1:
			by = max(reduced(kernels.L1, x), e)
		case kernels.NormL2:
			by = max(reduced(kernels.L2, x), e)
		case kernels.NormL2Sum:
			by = math.Sqrt(reduced(kernels.SumSquare, x) + e)
		}
		for j, i := range group {
			if out[i] = float32(x[j] / by); by == 0 && op.Norm >= kernels.NormL1 {
				out[i] = 0
			}
		}
	}
})

// together are the indices of the elements that axes join, in order.
func together(s runtime.Shape, over kernels.Axes) map[[4]int][]int {
	rest := func(over bool, i int) int {
		if over {
			return 0
		}
		return i
	}
	groups := map[[4]int][]int{}
	for i := range s.Elements() {
		at := [4]int{rest(over.N, i/s.C/s.W/s.H), rest(over.H, i/s.C/s.W%s.H), rest(over.W, i/s.C%s.W), rest(over.C, i%s.C)}
		groups[at] = append(groups[at], i)
	}
	return groups
}
