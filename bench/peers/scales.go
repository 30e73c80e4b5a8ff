package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gneiss-go/gneiss/runtime"
)

// exportScales writes scales for oneDNN's int8 from one run on the picture: the largest value of each tensor is 255,
// that of the input 127. It is enough to measure speed with; --scales gives those of a real calibration.
//
// The operands of a concatenation share its scale. What only a normalisation reads is left in float, since LRN has no
// integer form. Activations must not be negative, as after ReLU.
func exportScales(g *runtime.Graph, x []float32, dir string) error {
	top, err := largest(g, x)
	if err != nil {
		return err
	}
	kept := map[*runtime.Value]bool{} // values that something other than a normalisation reads
	for _, n := range g.Nodes {
		for _, v := range n.In {
			switch n.Op.(type) {
			case *runtime.LRN, *runtime.Softmax:
				continue
			case *runtime.Concat:
				top[v.Name] = top[n.Out.Name]
			}
			kept[v] = true
		}
	}
	var text strings.Builder
	write := func(v *runtime.Value, steps float32) {
		if m := top[v.Name]; m > 0 && kept[v] {
			fmt.Fprintln(&text, word(v.Name), m/steps)
		}
	}
	for _, v := range g.Inputs {
		write(v, 127)
	}
	for _, n := range g.Nodes {
		write(n.Out, 255)
	}
	return os.WriteFile(filepath.Join(dir, scalesFile), []byte(text.String()), 0o644)
}

// largest returns the largest magnitude of every value of a graph, by name.
func largest(g *runtime.Graph, x []float32) (map[string]float32, error) {
	all := runtime.NewGraph(g.Name)
	to := map[*runtime.Value]*runtime.Value{}
	var err error
	for _, v := range g.Inputs {
		if to[v], err = all.Input(v.Name, v.Shape); err != nil {
			return nil, err
		}
	}
	for _, n := range g.Nodes {
		in := make([]*runtime.Value, len(n.In))
		for i, v := range n.In {
			in[i] = to[v]
		}
		out, err := all.Add(n.Name, n.Op, in...)
		if err != nil {
			return nil, err
		}
		if err := all.Output(out); err != nil {
			return nil, err
		}
		to[n.Out] = out
	}
	plan, err := runtime.Compile(all)
	if err != nil {
		return nil, err
	}
	s, err := plan.NewSession()
	if err != nil {
		return nil, err
	}
	defer s.Close()
	copy(s.Input(0).Float32(), x)
	if err := s.Run(); err != nil {
		return nil, err
	}
	top := map[string]float32{g.Inputs[0].Name: magnitude(x)}
	for i, info := range plan.Outputs() {
		top[info.Name] = magnitude(s.Output(i).Float32())
	}
	return top, nil
}

func magnitude(v []float32) (m float32) {
	for _, x := range v {
		m = max(m, x, -x)
	}
	return m
}
