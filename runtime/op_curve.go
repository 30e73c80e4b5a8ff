package runtime

import (
	"fmt"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var _ = register(20, func() Op { return new(Curve) })

// Curve is a smooth activation of each element, by IEEE operations in one written order: every CPU gives the same
// bytes.
type Curve struct{ Of kernels.Curve }

func (*Curve) Kind() string { return "Curve" }

func (c *Curve) infer(in []Shape, _ *Limits) (Shape, error) {
	s, err := one(in)
	if e := c.Of.Check(); err == nil && e != nil {
		err = fmt.Errorf("%w: %w", e, ErrShape)
	}
	return s, err
}

func (*Curve) outType(in []*Value) (DType, Quant, error) { return floats(in) }

func (*Curve) cost(_ []Shape, out Shape) Cost { return each(out, expWork) }

func (*Curve) traits() traits { return traits{onSpot, pixels, sameBits, FloatOnly} }

func (c *Curve) fields(f *fields) { f.byte((*byte)(&c.Of)) }

func (c *Curve) lower(_ *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewCurveF32(c.Of, isa)
}
