package interp

import "github.com/gneiss-go/gneiss/runtime"

var _ = define(func(op *runtime.State, n *runtime.Node, _ [][]float32, out []float32) {
	copy(out, op.Floats)
	for i, v := range op.Ints {
		out[i] = float32(v)
	}
	if n.Out.DType == runtime.U8 {
		for i := range out {
			out[i] = float32(n.Out.Quant.Zero)
		}
	}
	for i, v := range op.Levels {
		out[i] = float32(v)
	}
})

var _ = define(func(_ *runtime.Keep, _ *runtime.Node, in [][]float32, out []float32) { copy(out, in[1]) })

// States are what a graph has kept, by the names of its states.
type States map[string][]float32

// Run is [Run] with what was kept, and keeps what is to be.
func (s States) Run(g *runtime.Graph, inputs ...[]float32) ([][]float32, error) {
	return run(g, s, inputs)
}
