package onnx

import (
	"fmt"

	"github.com/gneiss-go/gneiss/models/internal/alike"
	"github.com/gneiss-go/gneiss/runtime"
)

// tensors returns the tensors of these names; that of a node is its first output.
func (g *graph) tensors(names []string) ([]string, error) {
	if len(names) == 0 {
		return nil, nil
	}
	of := map[string]string{}
	var have []string
	name := func(n, tensor string) {
		if n != "" && tensor != "" && of[n] == "" {
			of[n] = tensor
			have = append(have, n)
		}
	}
	for _, n := range g.nodes { // tensors go before nodes
		for _, o := range n.out {
			name(o, o)
		}
	}
	for _, p := range g.inputs {
		name(p.name, p.name)
	}
	for _, n := range g.nodes {
		if len(n.out) > 0 {
			name(n.name, n.out[0])
		}
	}
	var found []string
	for _, n := range names {
		if of[n] == "" {
			return nil, fmt.Errorf("the model has no tensor or node %q%s: %w", n, alike.Hint(n, have), runtime.ErrGraph)
		}
		found = append(found, of[n])
	}
	return found, nil
}
