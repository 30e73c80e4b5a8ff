package kernels

import (
	"fmt"

	"github.com/gneiss-go/gneiss/arch"
)

// OpCurve is sigmoid and hyperbolic tangent: func(*eltwiseArgs).
const OpCurve OpKind = "curve"

// Curve is a smooth function of one number.
type Curve uint8

// The functions of [NewCurveF32].
const (
	Sigmoid Curve = iota // 1/(1+e⁻ˣ)
	Tanh                 // hyperbolic tangent
	curves
)

// String returns the function's word.
func (c Curve) String() string {
	if c >= curves {
		return "Curve"
	}
	return [...]string{"Sigmoid", "Tanh"}[c]
}

// Check refuses a number that stands for no function.
func (c Curve) Check() error {
	if c >= curves {
		return fmt.Errorf("%w: curve %d", ErrShape, uint8(c))
	}
	return nil
}

// curveF32Generic is out = f(a) row by row, by IEEE binary32 operations in one written order: every CPU gives the same
// bits. The relative error is within 8 ε wherever the result is normal; a NaN stays a NaN. f is chosen by the block's
// lo: the number of a [Curve].
func curveF32Generic(e *eltwiseArgs) {
	f := sigmoid
	if Curve(e.lo) == Tanh {
		f = tanh
	}
	for r := range e.rows {
		dst, a := floats(e.dst, r*e.dstStride, e.c), floats(e.a, r*e.aStride, e.c)
		for i, x := range a {
			dst[i] = f(x)
		}
	}
}

func sigmoid(x float32) float32 {
	if x >= 0 {
		return 1 / (1 + expNegative(-x))
	}
	e := expNegative(x)
	return e / (1 + e)
}

// tanh is Cephes' tanhf.c (Moshier, netlib.org/cephes): a polynomial near 0, where the quotient would cancel.
func tanh(x float32) float32 {
	a := max(x, -x)
	if a < 0.625 {
		z := float32(x * x)
		p := float32(-5.70498872745e-3*z) + 2.06390887954e-2
		p = float32(p*z) - 5.37397155531e-2
		p = float32(p*z) + 1.33314422036e-1
		p = float32(p*z) - 3.33332819422e-1
		return float32(float32(p*z)*x) + x
	}
	e := expNegative(-2 * a)
	if t := (1 - e) / (1 + e); x < 0 {
		return -t
	} else {
		return t
	}
}

// NewCurveF32 returns the operation out = f(in), elementwise. In place is allowed.
func NewCurveF32(f Curve, limit arch.ISA) (Op, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	return newEltwise(OpCurve, 1, Clamp{Lo: float32(f)}, nil, nil, limit), nil
}
