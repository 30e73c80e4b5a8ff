package ncnn

import "math"

func eachCases() []layerCase {
	x := input3(4, 5, 6)
	f := func(of func(v float64) float64) tensor {
		return x.mapped(func(_ int, v float64) float64 { return of(v) })
	}
	return []layerCase{
		{"leaky", x, "0=0.1", "ReLU", nil, f(func(v float64) float64 { return max(v, 0) + 0.1*min(v, 0) })},
		{"clip", x, "0=-0.5 1=0.75", "Clip", nil, f(func(v float64) float64 { return min(max(v, -0.5), 0.75) })},
		{"clip of no bound", x, "0=0 1=3.402823e+38", "Clip", nil, f(func(v float64) float64 { return max(v, 0) })},
		{"sigmoid", x, "", "Sigmoid", nil, f(func(v float64) float64 { return 1 / (1 + math.Exp(-v)) })},
		{"tanh", x, "", "TanH", nil, f(math.Tanh)},
		{"swish", x, "", "Swish", nil, f(func(v float64) float64 { return v / (1 + math.Exp(-v)) })},
		{"hard swish", x, "0=1.666667e-01 1=5.000000e-01", "HardSwish", nil,
			f(func(v float64) float64 { return v * min(max(v/6+0.5, 0), 1) })},
		{"hard swish by default", x, "", "HardSwish", nil,
			f(func(v float64) float64 { return v * min(max(v*0.2+0.5, 0), 1) })},
		{"hard sigmoid", x, "0=0.5 1=0.25", "HardSigmoid", nil,
			f(func(v float64) float64 { return min(max(v*0.5+0.25, 0), 1) })},
		{"elu", x, "", "ELU", nil, f(func(v float64) float64 { return max(v, 0) + 0.1*math.Expm1(min(v, 0)) })},
		{"gelu", x, "", "GELU", nil, f(func(v float64) float64 { return v * (1 + math.Erf(v/math.Sqrt2)) / 2 })},
		{"dropout", x, "", "Dropout", nil, x},
		{"dropout of a scale", x, "0=0.5", "Dropout", nil, f(func(v float64) float64 { return v / 2 })},
		{"square", x, "0=4", "UnaryOp", nil, f(func(v float64) float64 { return v * v })},
		{"exp", x, "0=7", "UnaryOp", nil, f(math.Exp)},
		{"prelu", x, "0=4", "PReLU", bin{}.raw(0, 1, 2, 3), x.mapped(func(i int, v float64) float64 {
			return max(v, 0) + min(v, 0)*float64(i/30)
		})},
		{"prelu of one", x, "0=1", "PReLU", bin{}.raw(2), f(func(v float64) float64 { return max(v, 0) + 2*min(v, 0) })},
		{"prelu of rows", x.as(4, 30), "0=4", "PReLU", bin{}.raw(0, 1, 2, 3), x.as(4, 30).mapped(
			func(i int, v float64) float64 { return max(v, 0) + min(v, 0)*float64(i/30) })},
		{"add a number", x, "0=0 1=1 2=2.5", "BinaryOp", nil, f(func(v float64) float64 { return v + 2.5 })},
		{"from a number", x, "0=7 1=1 2=2.5", "BinaryOp", nil, f(func(v float64) float64 { return 2.5 - v })},
		{"a number by", x, "0=8 1=1 2=2.5", "BinaryOp", nil, f(func(v float64) float64 { return 2.5 / v })},
		{"batch norm", x, "0=4 1=0.5", "BatchNorm", bin{}.raw(1, 2, 3, 4, 0, 1, 0, -1, 0.5, 3.5, 0.5, 0.5, 0, 0, 1, 2),
			x.mapped(func(i int, v float64) float64 {
				c := i / 30
				return (v-[]float64{0, 1, 0, -1}[c])/math.Sqrt([]float64{1, 4, 1, 1}[c])*float64(c+1) + []float64{0, 0, 1, 2}[c]
			})},
		{"scale", x, "0=4 1=1", "Scale", bin{}.raw(1, 2, 3, 4, 4, 3, 2, 1), x.mapped(func(i int, v float64) float64 {
			return v*float64(i/30+1) + float64(4-i/30)
		})},
		{"bias", x, "0=4", "Bias", bin{}.raw(1, 2, 3, 4),
			x.mapped(func(i int, v float64) float64 { return v + float64(i/30+1) })},
	}
}

func shapeCases() []layerCase {
	x := input3(4, 5, 6)
	soft := func(stride, n int) tensor {
		return x.mapped(func(i int, v float64) float64 {
			first, sum := i-i/stride%n*stride, 0.
			for k := range n {
				sum += math.Exp(float64(x.v[first+k*stride]))
			}
			return math.Exp(v) / sum
		})
	}
	return []layerCase{
		{"softmax", x, "0=0", "Softmax", nil, soft(30, 4)},
		{"softmax of columns", x, "0=2 1=1", "Softmax", nil, soft(1, 6)},
		{"softmax of rows", x, "0=-2 1=1", "Softmax", nil, soft(6, 5)},
		{"softmax of a matrix", x.as(20, 6), "0=1", "Softmax", nil, soft(1, 6).as(20, 6)},
		{"flatten", x, "", "Flatten", nil, x.as(120)},
		{"reshape", x, "0=10 1=-1 2=2", "Reshape", nil, x.as(2, 6, 10)},
		{"reshape copies", x, "0=0 1=-1", "Reshape", nil, x.as(20, 6)},
		{"reshape to a row", x, "0=-1", "Reshape", nil, x.as(120)},
		{"reshape to four", x, "0=6 1=5 11=2 2=2", "Reshape", nil, x.as(2, 2, 5, 6)},
		{"channels last", x, "0=3", "Permute", nil, made(5, 6, 4, func(i, j, c int) float32 { return x.at(c, i, j, 0) })},
		{"rows and columns", x, "0=1", "Permute", nil, made(4, 6, 5, func(c, j, i int) float32 { return x.at(c, i, j, 0) })},
		{"columns first", x, "0=5", "Permute", nil, made(6, 5, 4, func(j, i, c int) float32 { return x.at(c, i, j, 0) })},
		{"channels and rows", x, "0=2", "Permute", nil, made(5, 4, 6, func(i, c, j int) float32 { return x.at(c, i, j, 0) })},
		{"a matrix turned", x.as(20, 6), "0=1", "Permute", nil,
			made(1, 6, 20, func(_, j, i int) float32 { return x.v[i*6+j] }).as(6, 20)},
		{"shuffle", x, "0=2", "ShuffleChannel", nil, made(4, 5, 6, func(c, i, j int) float32 {
			return x.at([]int{0, 2, 1, 3}[c], i, j, 0)
		})},
		{"shuffle six", x.as(6, 5, 4), "0=2", "ShuffleChannel", nil, made(6, 5, 4, func(c, i, j int) float32 {
			return x.as(6, 5, 4).at([]int{0, 3, 1, 4, 2, 5}[c], i, j, 0)
		})},
		{"shuffle six back", x.as(6, 5, 4), "0=2 1=1", "ShuffleChannel", nil, made(6, 5, 4, func(c, i, j int) float32 {
			return x.as(6, 5, 4).at([]int{0, 2, 4, 1, 3, 5}[c], i, j, 0)
		})},
		{"expand", x.as(20, 6), "-23303=1,1", "ExpandDims", nil, x.as(20, 1, 6)},
		{"squeeze", x.as(20, 1, 6), "-23303=1,-2", "Squeeze", nil, x.as(20, 6)},
	}
}
