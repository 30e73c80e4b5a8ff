//go:build (arm || arm64) && gc && !purego && !noasm

package kernels

import "unsafe"

// curvesNEON are curve_f32.h's functions by NEON. ARMv7 has none of HardSigmoid, Elu, Selu, Celu, Softplus and
// Softsign: of denormals its vectors would give other bits.
var curvesNEON = curveVectors{
	Sigmoid:     sigmoidNEON,
	Tanh:        tanhNEON,
	SiLU:        siluNEON,
	HardSwish:   hardSwishNEON,
	HardSigmoid: hardSigmoidNEON,
	LeakyRelu:   leakyNEON,
	Elu:         eluNEON,
	Selu:        seluNEON,
	Gelu:        geluNEON,
	GeluTanh:    geluTanhNEON,
	Mish:        mishNEON,
	Celu:        celuNEON,
	Softplus:    softplusNEON,
	Softsign:    softsignNEON,
	Exp:         expNEON,
	Erf:         erfNEON,
	Sqrt:        sqrtNEON,
	Rsqrt:       rsqrtNEON,
	Reciprocal:  reciprocalNEON,
	Square:      squareNEON,
	Abs:         absNEON,
	Neg:         negNEON,
}

// curveF32NEON leaves what is no block of numbers to the portable kernel. It changes its argument.
func curveF32NEON(e *eltwiseArgs) {
	f, n := curvesNEON[e.curve], e.c
	if f == nil {
		curveF32Generic(e)
		return
	}
	if e.c = n &^ (curveBlock - 1); e.c > 0 {
		f(e)
	}
	if k := e.c; k < n {
		e.dst, e.a, e.c = unsafe.Add(e.dst, 4*k), unsafe.Add(e.a, 4*k), n-k
		curveF32Generic(e)
	}
}

//go:noescape
func sigmoidNEON(e *eltwiseArgs)

//go:noescape
func tanhNEON(e *eltwiseArgs)

//go:noescape
func siluNEON(e *eltwiseArgs)

//go:noescape
func hardSwishNEON(e *eltwiseArgs)

//go:noescape
func leakyNEON(e *eltwiseArgs)

//go:noescape
func geluNEON(e *eltwiseArgs)

//go:noescape
func geluTanhNEON(e *eltwiseArgs)

//go:noescape
func mishNEON(e *eltwiseArgs)

//go:noescape
func expNEON(e *eltwiseArgs)

//go:noescape
func erfNEON(e *eltwiseArgs)

//go:noescape
func sqrtNEON(e *eltwiseArgs)

//go:noescape
func rsqrtNEON(e *eltwiseArgs)

//go:noescape
func reciprocalNEON(e *eltwiseArgs)

//go:noescape
func squareNEON(e *eltwiseArgs)

//go:noescape
func absNEON(e *eltwiseArgs)

//go:noescape
func negNEON(e *eltwiseArgs)
