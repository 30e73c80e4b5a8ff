package onnx

import (
	"math"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// curve adds a function of single elements, spelled out where operator set 13 has no word for it.
func (q *writer) curve(out, in string, op *runtime.Curve) {
	step := func(kind string, in ...string) string {
		name := q.unused(out + "_" + kind)
		q.op(kind, name, in)
		return name
	}
	number := func(v float32) string { return q.float32s(out+"_number", []float32{v}) }
	times := func(a, b string) { q.op("Mul", out, []string{a, b}) }
	gate := func(alpha, beta float32) string {
		name := q.unused(out + "_gate")
		q.op("HardSigmoid", name, []string{in}, floatAttr("alpha", alpha), floatAttr("beta", beta))
		return name
	}
	switch op.Of {
	case kernels.SiLU:
		times(in, step("Sigmoid", in))
	case kernels.HardSwish:
		times(in, gate(1./6, 0.5))
	case kernels.Mish:
		times(in, step("Tanh", step("Softplus", in)))
	case kernels.Gelu:
		times(step("Mul", in, number(0.5)), step("Add", step("Erf", step("Mul", in, number(math.Sqrt2/2))), number(1)))
	case kernels.GeluTanh:
		cube := step("Mul", step("Mul", step("Mul", in, in), number(0.044715)), in)
		line := step("Mul", step("Add", in, cube), number(2*0.7978845608))
		times(in, step("Sigmoid", line))
	case kernels.Rsqrt:
		q.op("Reciprocal", out, []string{step("Sqrt", in)})
	case kernels.Square:
		times(in, in)
	default:
		var attrs []wire.Msg
		for i, p := range curveParams[op.Of] {
			attrs = append(attrs, floatAttr(p.name, []float32{op.A, op.B}[i]))
		}
		q.op(op.Of.String(), out, []string{in}, attrs...)
	}
}

// arithmeticWords are ONNX's.
var arithmeticWords = map[kernels.Arithmetic]string{kernels.Plus: "Add", kernels.Minus: "Sub", kernels.Times: "Mul",
	kernels.Over: "Div", kernels.Larger: "Max", kernels.Smaller: "Min", kernels.Power: "Pow", kernels.Remainder: "Mod",
	kernels.SquaredDifference: "Sub", kernels.FloorQuotient: "Div", kernels.Sloped: "PRelu"}

// binary adds arithmetic between two values, or a value and a constant.
func (q *writer) binary(n *runtime.Node, op *runtime.Binary) error {
	word := arithmeticWords[op.How]
	in := []string{q.square(n.In[0])}
	if op.Of == nil {
		in = append(in, q.square(n.In[1]))
	} else {
		s := op.Shape
		in = append(in, q.float32s(n.Name+"_constant", toKCRS(op.Of, s.N, s.C, s.H*s.W), s.N, s.C, s.H, s.W))
	}
	if op.First {
		in[0], in[1] = in[1], in[0]
	}
	fits := !op.First && n.Out.Shape == n.In[0].Shape // a slope is repeated, what it is of is not
	if word == "" || word == "PRelu" && !fits {
		return &runtime.UnsupportedError{Ops: []runtime.Unsupported{{Op: op.How.String(), Node: n.Name,
			Reason: "not in operator set 13"}}}
	}
	q.behind(n, op.Act, func(out string) {
		switch op.How {
		case kernels.Remainder:
			q.op(word, out, in, intAttr("fmod", 1))
		case kernels.SquaredDifference, kernels.FloorQuotient:
			inner := q.unused(out + "_" + word)
			q.op(word, inner, in)
			if op.How == kernels.FloorQuotient {
				q.op("Floor", out, []string{inner})
			} else {
				q.op("Mul", out, []string{inner, inner})
			}
		default:
			q.op(word, out, in)
		}
	})
	return nil
}
