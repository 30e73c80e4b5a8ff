package interp

import (
	"math"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

var _ = define(func(op *runtime.SoftmaxOver, n *runtime.Node, in [][]float32, out []float32) {
	for _, group := range together(n.In[0].Shape, op.Over) {
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
