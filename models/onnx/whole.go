package onnx

import "github.com/gneiss-go/gneiss/runtime"

// writable refuses a graph of whole numbers, or with constants that are no parameters.
func writable(g *runtime.Graph) error {
	refuse := func(v *runtime.Value, kind string) error {
		return &runtime.UnsupportedError{Ops: []runtime.Unsupported{{Op: kind, Node: v.Name, Reason: "whole numbers and constant operands are not written"}}}
	}
	for _, v := range g.Inputs {
		if v.DType == runtime.I32 {
			return refuse(v, "input")
		}
	}
	for _, n := range g.Nodes {
		if _, constant := n.Op.(*runtime.Constant); constant || n.Out.DType == runtime.I32 {
			return refuse(n.Out, n.Op.Kind())
		}
	}
	return nil
}
