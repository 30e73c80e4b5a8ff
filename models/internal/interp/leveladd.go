package interp

import (
	"math"

	"github.com/gneiss-go/gneiss/runtime"
)

var _ = define(func(op *runtime.LevelAdd, n *runtime.Node, in [][]float32, out []float32) {
	x, y := n.In[0].Quant, n.In[1].Quant
	a, b := float64(x.Scale/op.Out.Scale), float64(y.Scale/op.Out.Scale)
	one := math.Exp2(20 - math.Floor(math.Log2(max(a, b))))
	a, b = math.RoundToEven(a*one), math.RoundToEven(b*one)
	lo, hi := op.Act.Levels(op.Out)
	for i := range out {
		sum := a*float64(in[0][i]-float32(x.Zero)) + b*float64(in[1][i]-float32(y.Zero))
		out[i] = float32(min(max(math.Floor(sum/one+0.5)+float64(op.Out.Zero), float64(lo)), float64(hi)))
	}
})
