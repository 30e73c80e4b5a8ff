package runtime

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
)

// nodeByNode computes every value of a graph of one input, each node compiled by itself for the generic tier: there is
// nothing to fuse, to merge or to share memory with.
func nodeByNode(t *testing.T, g *Graph, in []float32) map[*Value][]float32 {
	t.Helper()
	return nodeByNodeFrom(t, g, in, nil)
}

// nodeByNodeFrom is nodeByNode with what was kept of states before, or nil.
func nodeByNodeFrom(t *testing.T, g *Graph, in []float32, states map[*Value][]float32) map[*Value][]float32 {
	t.Helper()
	values := map[*Value][]float32{g.Inputs[0]: in}
	for _, n := range g.Nodes {
		if keeps(n) {
			values[n.Out] = values[n.In[1]]
			continue
		}
		if v := states[n.Out]; v != nil {
			values[n.Out] = v
			continue
		}
		one := NewGraph(n.Name)
		var ins []*Value
		for i, v := range n.In {
			declare := one.Input
			if v.DType == I32 {
				declare = one.IntInput
			}
			x, err := declare(fmt.Sprint("in", i), v.Shape)
			if err != nil {
				t.Fatal(err)
			}
			if v.DType == F16 {
				if x, err = one.Add(fmt.Sprint("narrow", i), &Narrow{}, x); err != nil {
					t.Fatal(err)
				}
			}
			ins = append(ins, x)
		}
		out, err := one.Add(n.Name, n.Op, ins...)
		if err != nil {
			t.Fatal(err)
		}
		if out.DType == F16 {
			if out, err = one.Add("widened", &Widen{}, out); err != nil {
				t.Fatal(err)
			}
		}
		if err := one.Output(out); err != nil {
			t.Fatal(err)
		}
		p, err := Compile(one, WithISA(arch.Generic))
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range n.In {
			copy(s.Input(i).Float32(), values[v])
			for k, w := 0, s.Input(i).Int32(); k < len(w); k++ {
				w[k] = int32(values[v][k])
			}
		}
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		values[n.Out] = slices.Clone(s.Output(0).Float32())
		for _, w := range s.Output(0).Int32() {
			values[n.Out] = append(values[n.Out], float32(w))
		}
		s.Close()
	}
	return values
}
