package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var (
	_ = register(52, func() Op { return new(Compare) })
	_ = register(53, func() Op { return new(Whole) })
)

// Compare compares two values of floats or of whole numbers, element by element; the output is a bool, the whole number
// 1 or 0. Where N, H, W or C of one is 1 and of the other is not, its elements are repeated along that dimension.
type Compare struct{ How kernels.Comparison }

func (*Compare) Kind() string { return "Compare" }

func (c *Compare) infer(in []Shape, _ *Limits) (Shape, error) {
	if err := c.How.Check(); err != nil {
		return Shape{}, errorf("%w: %w", err, ErrShape)
	}
	return spreadShape(in, 2)
}

func (*Compare) outType(in []*Value) (DType, Quant, error) {
	if in[0].DType == U8 {
		return 0, Quant{}, wantType(in, F32)
	}
	return I32, Quant{}, wantType(in, in[0].DType)
}

func (*Compare) cost(_ []Shape, out Shape) Cost { return each(out, binaryWork) }

func (*Compare) traits() traits { return traits{apart, pixels, sameBits, FloatOnly} }

func (c *Compare) fields(f *fields) { f.byte((*byte)(&c.How)) }

func (c *Compare) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewCompare(s.in[0].DType, c.How, isa)
}

// Whole is arithmetic or logic between two values of whole numbers, element by element. Where N, H, W or C of one is 1
// and of the other is not, its elements are repeated along that dimension.
type Whole struct{ How kernels.Whole }

func (*Whole) Kind() string { return "Whole" }

func (w *Whole) infer(in []Shape, _ *Limits) (Shape, error) {
	if err := w.How.Check(); err != nil {
		return Shape{}, errorf("%w: %w", err, ErrShape)
	}
	return spreadShape(in, 2)
}

func (*Whole) outType(in []*Value) (DType, Quant, error) { return I32, Quant{}, wantType(in, I32) }

func (*Whole) cost(_ []Shape, out Shape) Cost { return each(out, binaryWork) }

func (*Whole) traits() traits { return traits{apart, pixels, sameBits, FloatOnly} }

func (w *Whole) fields(f *fields) { f.byte((*byte)(&w.How)) }

func (w *Whole) lower(_ *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewWhole(w.How, isa)
}
