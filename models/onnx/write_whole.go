package onnx

import "github.com/gneiss-go/gneiss/runtime"

// writable refuses a graph of whole numbers.
func writable(g *runtime.Graph) error {
	refuse := func(v *runtime.Value, kind string) error {
		return &runtime.UnsupportedError{Ops: []runtime.Unsupported{{Op: kind, Node: v.Name,
			Reason: "whole numbers are not written"}}}
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

// given adds a constant operand.
func (q *writer) given(n *runtime.Node, op *runtime.Constant) error {
	s := op.Shape
	q.floats[n.Out] = q.float32s(n.Name, toKCRS(op.Floats, s.N, s.C, s.H*s.W), s.N, s.C, s.H, s.W)
	return nil
}

// levelClamp is the clamp that bounds levels make; none if the quantisation does as much.
func levelClamp(lo, hi uint8, to runtime.Quant) runtime.Clamp {
	switch {
	case lo == 0 && hi == 255:
		return runtime.Clamp{}
	case lo == to.Zero && hi == 255:
		return runtime.ReLU
	}
	real := func(l uint8) float32 { return float32(int(l)-int(to.Zero)) * to.Scale }
	return runtime.Clamp{On: true, Lo: real(lo), Hi: real(hi)}
}
