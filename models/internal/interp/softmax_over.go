package interp

import (
	"math"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

var _ = define(func(op *runtime.SoftmaxOver, n *runtime.Node, in [][]float32, out []float32) {
	s := n.In[0].Shape
	rest := func(over bool, i int) int {
		if over {
			return 0
		}
		return i
	}
	groups := map[[4]int][]int{}
	for i := range out {
		at := [4]int{rest(op.Over.N, i/s.C/s.W/s.H), rest(op.Over.H, i/s.C/s.W%s.H), rest(op.Over.W, i/s.C%s.W),
			rest(op.Over.C, i%s.C)}
		groups[at] = append(groups[at], i)
	}
	for _, group := range groups {
		x := make([]float64, len(group))
		first := 0
		for j, i := range group {
			if x[j] = float64(in[0][i]); x[j] > x[first] {
				first = j
			}
		}
		log := reduced(kernels.LogSumExp, x)
		for j, i := range group {
			switch op.Form {
			case kernels.SoftmaxPlain:
				out[i] = float32(math.Exp(x[j] - log))
			case kernels.SoftmaxLog:
				out[i] = float32(x[j] - log)
			case kernels.SoftmaxHard:
				if out[i] = 0; j == first {
					out[i] = 1
				}
			}
		}
	}
})
