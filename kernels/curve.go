package kernels

import (
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/arch"
)

// OpCurve is a function of one number: func(*eltwiseArgs).
const OpCurve OpKind = "curve"

// Curve is a function of one number, some with parameters a and b. Never renumber.
type Curve uint8

// The functions of a [Function].
const (
	Sigmoid         Curve = iota // 1/(1+e⁻ˣ)
	Tanh                         // hyperbolic tangent
	SiLU                         // x·sigmoid(x)
	HardSwish                    // x·min(max(x+3, 0), 6)/6
	HardSigmoid                  // min(max(a·x + b, 0), 1)
	LeakyRelu                    // x, or a·x below 0
	Elu                          // x, or a·(eˣ−1) below 0
	Selu                         // b·x, or b·a·(eˣ−1) below 0
	Celu                         // max(x, 0) + min(a·(e^(x/a)−1), 0)
	Gelu                         // x·(1+erf(x/√2))/2
	GeluTanh                     // x·(1+tanh(√(2/π)·(x+0.044715·x³)))/2
	Mish                         // x·tanh(softplus(x))
	Softplus                     // ln(1+eˣ)
	Softsign                     // x/(1+|x|)
	ThresholdedRelu              // x above a, else 0
	Shrink                       // x+b below −a, x−b above a, else 0
	Exp                          // eˣ
	Log                          // natural logarithm
	Sqrt                         // √x
	Rsqrt                        // 1/√x
	Reciprocal                   // 1/x
	Square                       // x·x
	Abs                          // |x|
	Neg                          // −x
	Floor                        // the whole number at or below x
	Ceil                         // the whole number at or above x
	Round                        // the nearest whole number, of two the even one
	Sign                         // −1, 0 or 1
	Erf                          // error function
	Sin                          // sine of radians, as the other trigonometric functions
	Cos                          // cosine
	Tan                          // tangent
	Asin                         // arcsine
	Acos                         // arccosine
	Atan                         // arctangent
	Sinh                         // hyperbolic sine
	Cosh                         // hyperbolic cosine
	Asinh                        // its inverse, as those that follow
	Acosh                        //
	Atanh                        //
	curves
)

// curveRow computes dst[i] = f(src[i]); both have the same length, and may be the same.
type curveRow func(dst, src []float32, a, b float32)

// curveTable has a function's word, how many parameters it has, and its loop.
var curveTable = [curves]struct {
	word   string
	params int
	row    curveRow
}{
	Sigmoid: {"Sigmoid", 0, sigmoidRow}, Tanh: {"Tanh", 0, tanhRow}, SiLU: {"SiLU", 0, siluRow},
	HardSwish: {"HardSwish", 0, hardSwishRow}, HardSigmoid: {"HardSigmoid", 2, hardSigmoidRow},
	LeakyRelu: {"LeakyRelu", 1, leakyRow}, Elu: {"Elu", 1, eluRow}, Selu: {"Selu", 2, narrow(selu)},
	Celu: {"Celu", 1, narrow(celu)}, Gelu: {"Gelu", 0, geluRow}, GeluTanh: {"GeluTanh", 0, geluTanhRow},
	Mish: {"Mish", 0, mishRow}, Softplus: {"Softplus", 0, softplusRow}, Softsign: {"Softsign", 0, softsignRow},
	ThresholdedRelu: {"ThresholdedRelu", 1, narrow(thresholded)}, Shrink: {"Shrink", 2, narrow(shrink)},
	Exp: {"Exp", 0, expRow}, Log: {"Log", 0, wide(logarithm)}, Sqrt: {"Sqrt", 0, sqrtRow},
	Rsqrt: {"Rsqrt", 0, rsqrtRow}, Reciprocal: {"Reciprocal", 0, reciprocalRow}, Square: {"Square", 0, squareRow},
	Abs: {"Abs", 0, absRow}, Neg: {"Neg", 0, negRow}, Floor: {"Floor", 0, wide(math.Floor)},
	Ceil: {"Ceil", 0, wide(math.Ceil)}, Round: {"Round", 0, wide(math.RoundToEven)}, Sign: {"Sign", 0, narrow(sign)},
	Erf: {"Erf", 0, narrow(func(x, _, _ float32) float32 { return erf(x) })}, Sin: {"Sin", 0, wide(sine)},
	Cos: {"Cos", 0, wide(cosine)}, Tan: {"Tan", 0, wide(tangent)}, Asin: {"Asin", 0, wide(arcsine)},
	Acos: {"Acos", 0, wide(arccosine)}, Atan: {"Atan", 0, wide(arctangent)}, Sinh: {"Sinh", 0, wide(sinh)},
	Cosh: {"Cosh", 0, wide(cosh)}, Asinh: {"Asinh", 0, wide(asinh)}, Acosh: {"Acosh", 0, wide(acosh)},
	Atanh: {"Atanh", 0, wide(atanh)},
}

// String returns the function's word.
func (c Curve) String() string {
	if c >= curves {
		return "Curve"
	}
	return curveTable[c].word
}

// Check refuses a number that stands for no function.
func (c Curve) Check() error {
	if c >= curves {
		return fmt.Errorf("%w: curve %d", ErrShape, uint8(c))
	}
	return nil
}

// Params returns how many of a and b the function has.
func (c Curve) Params() int {
	if c >= curves {
		return 0
	}
	return curveTable[c].params
}

// Function is a curve with its parameters.
type Function struct {
	Of   Curve
	A, B float32
}

// Check refuses parameters that are no numbers, and what [Curve.Check] refuses.
func (f Function) Check() error {
	finite := func(v float32) bool { return v-v == 0 }
	if err := f.Of.Check(); err != nil {
		return err
	}
	switch {
	case !finite(f.A) || !finite(f.B):
		return fmt.Errorf("%w: %v with parameters %v and %v", ErrShape, f.Of, f.A, f.B)
	case f.Of == Celu && f.A == 0:
		return fmt.Errorf("%w: %v with a parameter of 0", ErrShape, f.Of)
	}
	return nil
}

// Apply computes dst[i] = f(src[i]) for a function that [Function.Check] let pass; dst may be src.
//
// Each function is made of IEEE operations in one written order, so that every CPU gives the same bits. The error
// against the exact function is within 2⁻²² of the result, plus 2⁻¹¹⁹: sigmoid's exponentials below 2⁻¹²⁶ are 0. Of
// Gelu and GeluTanh it is within 2⁻²²·|x|. A NaN stays a NaN, and infinities give the limits.
func (f Function) Apply(dst, src []float32) { curveTable[f.Of].row(dst, src, f.A, f.B) }

// At returns f(x).
func (f Function) At(x float32) float32 {
	v := []float32{x}
	f.Apply(v, v)
	return v[0]
}

// curveF32Generic is out = f(a) row by row: see [Function.Apply]. f is the block's curve, its parameters are lo and hi.
func curveF32Generic(e *eltwiseArgs) {
	f := Function{Of: e.curve, A: e.lo, B: e.hi}
	for r := range e.rows {
		f.Apply(floats(e.dst, r*e.dstStride, e.c), floats(e.a, r*e.aStride, e.c))
	}
}

// NewCurveF32 returns the operation out = f(in), elementwise. In place is allowed.
func NewCurveF32(f Function, limit arch.ISA) (Op, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	o := newEltwise(OpCurve, 1, Clamp{Lo: f.A, Hi: f.B}, nil, nil, limit)
	o.curve = f.Of
	return o, nil
}
