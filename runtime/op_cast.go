package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var _ = register(34, func() Op { return new(Cast) })

// Cast makes whole numbers of floats, floats of whole numbers, or whole numbers of another type. One rule holds on
// every machine: a float is cut toward zero and then brought within the type, a NaN gives 0; whole numbers of a type of
// fewer bits are the lowest bits; a bool is whether a number is not 0, which a NaN is not; a float is the nearest, of
// two the one that is even.
type Cast struct {
	To   DType // F32 or I32
	Elem Elem  // the type of whole numbers
}

func (*Cast) Kind() string { return "Cast" }

func (c *Cast) infer(in []Shape, _ *Limits) (Shape, error) {
	if c.To != F32 && c.To != I32 || c.Elem >= elems || c.To == F32 && c.Elem != ElemSame {
		return Shape{}, errorf("to %v %v: %w", c.To, c.Elem, ErrShape)
	}
	return one(in)
}

func (c *Cast) outType(in []*Value) (DType, Quant, error) {
	from := in[0].DType
	unsigned := c.Elem == ElemUint32 || c.Elem == ElemUint64 // which have numbers that an int32 has not
	if from != I32 && (from != F32 || c.To == F32) || from == I32 && unsigned {
		return 0, Quant{}, errorf("%v to %v %v: %w", from, c.To, c.Elem, ErrShape)
	}
	return c.To, Quant{}, nil
}

func (*Cast) cost(_ []Shape, out Shape) Cost { return each(out, 4) }

func (*Cast) traits() traits { return traits{apart, pixels, sameBits, FloatOnly} }

func (c *Cast) fields(f *fields) {
	f.byte((*byte)(&c.To))
	f.byte((*byte)(&c.Elem))
}

func (c *Cast) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	if c.To == F32 {
		return kernels.NewFloat(isa)
	}
	lo, hi := c.Elem.Range()
	return kernels.NewCast(s.in[0].DType, lo, hi, isa)
}
