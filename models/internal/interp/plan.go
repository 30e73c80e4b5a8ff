package interp

import (
	"fmt"

	"github.com/gneiss-go/gneiss/runtime"
)

// Compiled computes the outputs of a graph as its users do: compiled for this machine, in a session; uint8 and int32
// outputs as whole numbers.
func Compiled(g *runtime.Graph, inputs ...[]float32) ([][]float32, error) {
	plan, err := runtime.Compile(g)
	if err != nil {
		return nil, err
	}
	s, err := plan.NewSession()
	if err != nil {
		return nil, err
	}
	defer s.Close()
	for i, x := range inputs {
		if u := s.Input(i).Uint8(); len(u) == len(x) && u != nil {
			for j, v := range x {
				u[j] = s.Input(i).Info().Quant.Level(v)
			}
			continue
		}
		if w := s.Input(i).Int32(); len(w) == len(x) && w != nil {
			for j, v := range x {
				w[j] = int32(v)
			}
			continue
		}
		if n := copy(s.Input(i).Float32(), x); n != len(x) || n != len(s.Input(i).Float32()) {
			return nil, fmt.Errorf("input %d has %d elements, the session's %d", i, len(x), len(s.Input(i).Float32()))
		}
	}
	if err := s.Run(); err != nil {
		return nil, err
	}
	var outs [][]float32
	for i := range g.Outputs {
		if g.Outputs[i].DType == runtime.F32 {
			outs = append(outs, append([]float32(nil), s.Output(i).Float32()...))
			continue
		}
		var levels []float32
		for _, v := range s.Output(i).Uint8() {
			levels = append(levels, float32(v))
		}
		for _, v := range s.Output(i).Int32() {
			levels = append(levels, float32(v))
		}
		outs = append(outs, levels)
	}
	return outs, nil
}
