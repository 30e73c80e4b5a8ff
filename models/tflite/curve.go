package tflite

import (
	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

const (
	opLeakyReLU = 98
	opELU       = 111
	opGELU      = 150
)

// curves are the operations that are a function of single elements.
var curves = map[int]kernels.Curve{
	8: kernels.Floor, 14: kernels.Sigmoid, 28: kernels.Tanh, 47: kernels.Exp, 59: kernels.Neg, 66: kernels.Sin,
	73: kernels.Log, 75: kernels.Sqrt, 76: kernels.Rsqrt, 92: kernels.Square, opLeakyReLU: kernels.LeakyRelu,
	101: kernels.Abs, 104: kernels.Ceil, 108: kernels.Cos, opELU: kernels.Elu, 116: kernels.Round,
	117: kernels.HardSwish, opGELU: kernels.Gelu, 158: kernels.Sign,
}

func registerCurve() {
	for code := range curves {
		f := form{handle: curve}
		switch code {
		case opLeakyReLU: // alpha
			f.options, f.fields = 75, 1
		case opGELU: // approximate
			f.options, f.fields = 116, 1
		}
		register(code, f)
	}
}

func curve(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	op := &runtime.Curve{Of: curves[n.code]}
	switch n.code {
	case opLeakyReLU:
		op.A = n.options.float(0, 0)
	case opELU:
		op.A = 1
	case opGELU:
		if n.options.byte(0) != 0 {
			op.Of = kernels.GeluTanh
		}
	}
	if x, err = n.real(x); err != nil {
		return err
	}
	return n.isReal(n.b.Add(n.name, op, x))
}
