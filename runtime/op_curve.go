package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var _ = register(20, func() Op { return new(Curve) })

// Curve is a function of each element, by IEEE operations in one written order: every CPU gives the same bytes.
type Curve struct {
	Of   kernels.Curve
	A, B float32 // its parameters, 0 where it has none
}

// Function returns the function with its parameters.
func (c *Curve) Function() kernels.Function { return kernels.Function{Of: c.Of, A: c.A, B: c.B} }

func (*Curve) Kind() string { return "Curve" }

func (c *Curve) infer(in []Shape, _ *Limits) (Shape, error) {
	s, err := one(in)
	if err != nil {
		return s, err
	}
	if err := c.Function().Check(); err != nil {
		return s, errorf("%w: %w", err, ErrShape)
	}
	if n := c.Of.Params(); n < 1 && c.A != 0 || n < 2 && c.B != 0 {
		return s, errorf("%v has %d parameters: %w", c.Of, n, ErrShape)
	}
	return s, nil
}

func (*Curve) outType(in []*Value) (DType, Quant, error) { return floats(in) }

func (*Curve) cost(_ []Shape, out Shape) Cost { return each(out, expWork) }

func (*Curve) traits() traits { return traits{onSpot, pixels, sameBits, Wrapped} }

// fields: the function's number, and as many parameters as it has.
func (c *Curve) fields(f *fields) {
	f.byte((*byte)(&c.Of))
	for _, p := range []*float32{&c.A, &c.B}[:c.Of.Params()] {
		f.float(p)
	}
}

func (c *Curve) lower(_ *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewCurveF32(c.Function(), isa)
}

func (c *Curve) lowerWrapped(in []*Value, to Quant, isa arch.ISA) (kernels.Op, error) {
	return kernels.NewTableU8(tableOf(in[0].Quant, to, c), isa)
}

func (c *Curve) pointwise() func([]float32) {
	return func(v []float32) { c.Function().Apply(v, v) }
}
