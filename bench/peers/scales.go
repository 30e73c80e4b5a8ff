package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gneiss-go/gneiss/runtime"
)

// span is the least and the largest number of a tensor.
type span struct{ lo, hi float32 }

func (s span) with(o span) span { return span{min(s.lo, o.lo), max(s.hi, o.hi)} }

func spanOf(v []float32) (s span) {
	for _, x := range v {
		s = s.with(span{x, x})
	}
	return s
}

// exportScales writes scales for oneDNN's int8 from one run: the largest number of each tensor is 255, or 127 where
// there are negative ones. It is enough to measure speed with.
//
// What only moves, joins or averages elements keeps their scale, so that all of these tensors have one. What only a
// normalisation reads is left in float, since LRN has no integer form. A scale and shift by themselves have one for
// int8 alone.
func exportScales(g *runtime.Graph, of map[string]span, dir string) error {
	same := map[*runtime.Value]*runtime.Value{}
	var root func(v *runtime.Value) *runtime.Value
	root = func(v *runtime.Value) *runtime.Value {
		if to := same[v]; to != nil {
			return root(to)
		}
		return v
	}
	read, signed := map[*runtime.Value]bool{}, map[*runtime.Value]bool{}
	affine := map[*runtime.Value]bool{}
	for _, n := range g.Nodes {
		switch n.Op.(type) {
		case *runtime.LRN, *runtime.Softmax:
			continue
		case *runtime.Concat, *runtime.Pool, *runtime.GlobalPool, *runtime.Rearrange, *runtime.Take:
			for _, v := range n.In {
				if a, b := root(v), root(n.Out); a != b {
					same[a] = b
				}
			}
		case *runtime.Affine:
			affine[n.In[0]], affine[n.Out] = true, true
		case *runtime.Activation:
			affine[n.Out] = affine[n.In[0]]
		}
		for _, v := range n.In {
			read[v] = true
		}
	}
	all := append([]*runtime.Value(nil), g.Inputs...)
	for _, n := range g.Nodes {
		all = append(all, n.Out)
	}
	joint := map[*runtime.Value]span{}
	for _, v := range all {
		joint[root(v)] = joint[root(v)].with(of[v.Name])
		signed[root(v)] = signed[root(v)] || affine[v]
	}
	var text strings.Builder
	for _, v := range all {
		s := joint[root(v)]
		steps, sign := float32(255), 0
		if s.lo < 0 || signed[root(v)] {
			steps, sign = 127, 1
		}
		if top := max(s.hi, -s.lo); top > 0 && read[v] {
			fmt.Fprintln(&text, word(v.Name), top/steps, sign)
		}
	}
	return os.WriteFile(filepath.Join(dir, scalesFile), []byte(text.String()), 0o644)
}

// spans returns the range of every value of a graph, by name.
func spans(g *runtime.Graph, x []float32) (map[string]span, error) {
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
	s, err := sessionOf(all)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	copy(s.Input(0).Float32(), x)
	if err := s.Run(); err != nil {
		return nil, err
	}
	of := map[string]span{g.Inputs[0].Name: spanOf(x)}
	for i, n := range g.Nodes {
		of[n.Out.Name] = spanOf(s.Output(i).Float32())
	}
	return of, nil
}

func sessionOf(g *runtime.Graph) (*runtime.Session, error) {
	plan, err := runtime.Compile(g)
	if err != nil {
		return nil, err
	}
	return plan.NewSession()
}
