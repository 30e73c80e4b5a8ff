package interp

import (
	"math"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

var _ = define(func(op *runtime.Curve, _ *runtime.Node, in [][]float32, out []float32) {
	f := curves[op.Of]
	for i, v := range in[0] {
		out[i] = float32(f(float64(v), float64(op.A), float64(op.B)))
	}
})

var _ = define(func(op *runtime.Table, _ *runtime.Node, in [][]float32, out []float32) {
	for i, v := range in[0] {
		out[i] = float32(op.Of[i%(len(op.Of)/256)*256+int(v)])
	}
})

var _ = define(func(op *runtime.Lookup, n *runtime.Node, in [][]float32, out []float32) {
	copy(out, real(in[0], n.In[0].Quant))
	for _, o := range op.Of {
		if err := step(&runtime.Node{Op: o, In: []*runtime.Value{n.Out}, Out: n.Out}, [][]float32{out}, out); err != nil {
			panic(err)
		}
	}
})

func of(f func(float64) float64) func(x, a, b float64) float64 {
	return func(x, _, _ float64) float64 { return f(x) }
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

// relu is the positive part of x, and f of what is left.
func relu(x float64, f func(float64) float64) float64 { return max(x, 0) + f(min(x, 0)) }

func when(yes bool, v float64) float64 {
	if yes {
		return v
	}
	return 0
}

var curves = map[kernels.Curve]func(x, a, b float64) float64{
	kernels.Sigmoid: of(sigmoid), kernels.Tanh: of(math.Tanh),
	kernels.SiLU:        of(func(x float64) float64 { return x * sigmoid(x) }),
	kernels.HardSwish:   of(func(x float64) float64 { return x * min(max(x+3, 0), 6) / 6 }),
	kernels.HardSigmoid: func(x, a, b float64) float64 { return min(max(a*x+b, 0), 1) },
	kernels.LeakyRelu: func(x, a, _ float64) float64 {
		return relu(x, func(x float64) float64 { return a * x })
	},
	kernels.Elu: func(x, a, _ float64) float64 {
		return relu(x, func(x float64) float64 { return a * math.Expm1(x) })
	},
	kernels.Selu: func(x, a, b float64) float64 {
		return b * relu(x, func(x float64) float64 { return a * math.Expm1(x) })
	},
	kernels.Celu: func(x, a, _ float64) float64 { return max(x, 0) + min(0, a*math.Expm1(x/a)) },
	kernels.Gelu: of(func(x float64) float64 { return x / 2 * math.Erfc(-x/math.Sqrt2) }),
	kernels.GeluTanh: of(func(x float64) float64 {
		return x * sigmoid(2*math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x))
	}),
	kernels.Mish:            of(func(x float64) float64 { return x * math.Tanh(softplus(x)) }),
	kernels.Softplus:        of(softplus),
	kernels.Softsign:        of(func(x float64) float64 { return x / (1 + math.Abs(x)) }),
	kernels.ThresholdedRelu: func(x, a, _ float64) float64 { return when(x > a, x) },
	kernels.Shrink:          func(x, a, b float64) float64 { return when(x > a, x-b) + when(x < -a, x+b) },
	kernels.Exp:             of(math.Exp), kernels.Log: of(math.Log), kernels.Sqrt: of(math.Sqrt),
	kernels.Rsqrt:      of(func(x float64) float64 { return 1 / math.Sqrt(x) }),
	kernels.Reciprocal: of(func(x float64) float64 { return 1 / x }),
	kernels.Square:     of(func(x float64) float64 { return x * x }),
	kernels.Abs:        of(math.Abs), kernels.Neg: of(func(x float64) float64 { return -x }),
	kernels.Floor: of(math.Floor), kernels.Ceil: of(math.Ceil), kernels.Round: of(math.RoundToEven),
	kernels.Sign: of(func(x float64) float64 { return when(x > 0, 1) - when(x < 0, 1) }),
	kernels.Erf:  of(math.Erf), kernels.Sin: of(math.Sin), kernels.Cos: of(math.Cos), kernels.Tan: of(math.Tan),
	kernels.Asin: of(math.Asin), kernels.Acos: of(math.Acos), kernels.Atan: of(math.Atan), kernels.Sinh: of(math.Sinh),
	kernels.Cosh: of(math.Cosh), kernels.Asinh: of(math.Asinh), kernels.Acosh: of(math.Acosh),
	kernels.Atanh: of(math.Atanh),
}
