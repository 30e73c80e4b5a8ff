package interp

import (
	"math"

	"github.com/gneiss-go/gneiss/runtime"
)

var _ = define(func(op *runtime.LevelPool, n *runtime.Node, in [][]float32, out []float32) {
	x := make([]float32, len(in[0]))
	for i, v := range in[0] {
		x[i] = v - float32(op.From)
	}
	pool(&runtime.Pool{Window: op.Window, Type: runtime.AvgPool}, n.In[0].Shape, n.Out.Shape, x, out)
	for i, v := range out {
		out[i] = float32(math.Round(float64(v))) + float32(op.From) // halves away from zero
	}
})
