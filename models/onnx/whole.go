package onnx

import "github.com/gneiss-go/gneiss/runtime"

// noWhole refuses a graph of whole numbers.
func noWhole(g *runtime.Graph) error {
	refuse := func(v *runtime.Value, kind string) error {
		return &runtime.UnsupportedError{Ops: []runtime.Unsupported{{Op: kind, Node: v.Name, Reason: "of whole numbers"}}}
	}
	for _, v := range g.Inputs {
		if v.DType == runtime.I32 {
			return refuse(v, "input")
		}
	}
	for _, n := range g.Nodes {
		if n.Out.DType == runtime.I32 {
			return refuse(n.Out, n.Op.Kind())
		}
	}
	return nil
}
