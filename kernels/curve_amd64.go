//go:build gc && !purego && !noasm

package kernels

// curvesAVX2 and curvesAVX512 are curve_f32.h's functions on their tiers.
var curvesAVX2 = curveVectors{
	Sigmoid:     sigmoidAVX2,
	Tanh:        tanhAVX2,
	SiLU:        siluAVX2,
	HardSwish:   hardSwishAVX2,
	HardSigmoid: hardSigmoidAVX2,
	LeakyRelu:   leakyAVX2,
	Elu:         eluAVX2,
	Selu:        seluAVX2,
	Gelu:        geluAVX2,
	GeluTanh:    geluTanhAVX2,
	Mish:        mishAVX2,
	Celu:        celuAVX2,
	Softplus:    softplusAVX2,
	Softsign:    softsignAVX2,
	Exp:         expAVX2,
	Erf:         erfAVX2,
	Sqrt:        sqrtAVX2,
	Rsqrt:       rsqrtAVX2,
	Reciprocal:  reciprocalAVX2,
	Square:      squareAVX2,
	Abs:         absAVX2,
	Neg:         negAVX2,
}

func curveF32AVX2(e *eltwiseArgs) { curvesAVX2.run(e) }

var curvesAVX512 = curveVectors{
	Sigmoid:     sigmoidAVX512,
	Tanh:        tanhAVX512,
	SiLU:        siluAVX512,
	HardSwish:   hardSwishAVX512,
	HardSigmoid: hardSigmoidAVX512,
	LeakyRelu:   leakyAVX512,
	Elu:         eluAVX512,
	Selu:        seluAVX512,
	Gelu:        geluAVX512,
	GeluTanh:    geluTanhAVX512,
	Mish:        mishAVX512,
	Celu:        celuAVX512,
	Softplus:    softplusAVX512,
	Softsign:    softsignAVX512,
	Exp:         expAVX512,
	Erf:         erfAVX512,
	Sqrt:        sqrtAVX512,
	Rsqrt:       rsqrtAVX512,
	Reciprocal:  reciprocalAVX512,
	Square:      squareAVX512,
	Abs:         absAVX512,
	Neg:         negAVX512,
}

func curveF32AVX512(e *eltwiseArgs) { curvesAVX512.run(e) }

//go:noescape
func sigmoidAVX2(e *eltwiseArgs)

//go:noescape
func tanhAVX2(e *eltwiseArgs)

//go:noescape
func siluAVX2(e *eltwiseArgs)

//go:noescape
func hardSwishAVX2(e *eltwiseArgs)

//go:noescape
func hardSigmoidAVX2(e *eltwiseArgs)

//go:noescape
func leakyAVX2(e *eltwiseArgs)

//go:noescape
func eluAVX2(e *eltwiseArgs)

//go:noescape
func seluAVX2(e *eltwiseArgs)

//go:noescape
func geluAVX2(e *eltwiseArgs)

//go:noescape
func geluTanhAVX2(e *eltwiseArgs)

//go:noescape
func mishAVX2(e *eltwiseArgs)

//go:noescape
func celuAVX2(e *eltwiseArgs)

//go:noescape
func softplusAVX2(e *eltwiseArgs)

//go:noescape
func softsignAVX2(e *eltwiseArgs)

//go:noescape
func expAVX2(e *eltwiseArgs)

//go:noescape
func erfAVX2(e *eltwiseArgs)

//go:noescape
func sqrtAVX2(e *eltwiseArgs)

//go:noescape
func rsqrtAVX2(e *eltwiseArgs)

//go:noescape
func reciprocalAVX2(e *eltwiseArgs)

//go:noescape
func squareAVX2(e *eltwiseArgs)

//go:noescape
func absAVX2(e *eltwiseArgs)

//go:noescape
func negAVX2(e *eltwiseArgs)

//go:noescape
func sigmoidAVX512(e *eltwiseArgs)

//go:noescape
func tanhAVX512(e *eltwiseArgs)

//go:noescape
func siluAVX512(e *eltwiseArgs)

//go:noescape
func hardSwishAVX512(e *eltwiseArgs)

//go:noescape
func hardSigmoidAVX512(e *eltwiseArgs)

//go:noescape
func leakyAVX512(e *eltwiseArgs)

//go:noescape
func eluAVX512(e *eltwiseArgs)

//go:noescape
func seluAVX512(e *eltwiseArgs)

//go:noescape
func geluAVX512(e *eltwiseArgs)

//go:noescape
func geluTanhAVX512(e *eltwiseArgs)

//go:noescape
func mishAVX512(e *eltwiseArgs)

//go:noescape
func celuAVX512(e *eltwiseArgs)

//go:noescape
func softplusAVX512(e *eltwiseArgs)

//go:noescape
func softsignAVX512(e *eltwiseArgs)

//go:noescape
func expAVX512(e *eltwiseArgs)

//go:noescape
func erfAVX512(e *eltwiseArgs)

//go:noescape
func sqrtAVX512(e *eltwiseArgs)

//go:noescape
func rsqrtAVX512(e *eltwiseArgs)

//go:noescape
func reciprocalAVX512(e *eltwiseArgs)

//go:noescape
func squareAVX512(e *eltwiseArgs)

//go:noescape
func absAVX512(e *eltwiseArgs)

//go:noescape
func negAVX512(e *eltwiseArgs)
