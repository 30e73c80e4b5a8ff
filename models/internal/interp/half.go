package interp

import (
	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// Values in half precision are numbers that are float16: what an operation on them computes is rounded once.
var (
	_ = define(func(_ *runtime.Narrow, _ *runtime.Node, in [][]float32, out []float32) { toHalves(in[0], out) })
	_ = define(func(_ *runtime.Widen, _ *runtime.Node, in [][]float32, out []float32) { copy(out, in[0]) })
	_ = define(func(op *runtime.HConv, n *runtime.Node, in [][]float32, out []float32) {
		float := &runtime.Conv{Window: op.Window, K: op.K, Groups: op.Groups, Weights: numbers(op.Weights), Bias: op.Bias,
			Act: op.Act}
		conv(float, n.In[0].Shape, n.Out.Shape, in[0], out)
		toHalves(out, out)
	})
	_ = define(func(op *runtime.HFC, n *runtime.Node, in [][]float32, out []float32) {
		fc(&runtime.FC{K: op.K, Weights: numbers(op.Weights), Bias: op.Bias, Act: op.Act}, n.In[0].Shape, in[0], out)
		toHalves(out, out)
	})
	_ = define(func(op *runtime.Half, n *runtime.Node, in [][]float32, out []float32) {
		float := *n
		float.Op = op.Op
		if err := step(&float, in, out); err != nil {
			panic(err) // of an operation that is none of float numbers, which Half refuses
		}
		toHalves(out, out)
	})
)

func toHalves(x, out []float32) {
	for i, v := range x {
		out[i] = kernels.ToHalf(v).Float()
	}
}

func numbers(w []kernels.Half) []float32 {
	v := make([]float32, len(w))
	for i, h := range w {
		v[i] = h.Float()
	}
	return v
}
