package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var _ = register(35, func() Op { return new(Where) })

// Where chooses, element by element: the second value where the first, of whole numbers, is not 0, and the third where
// it is. The two are of one type, and of one scale. Where N, H, W or C of a value is 1 and of another is not, its
// elements are repeated along that dimension.
type Where struct{}

func (*Where) Kind() string { return "Where" }

func (*Where) infer(in []Shape, _ *Limits) (Shape, error) { return spreadShape(in, 3) }

func (*Where) outType(in []*Value) (DType, Quant, error) {
	x, y := in[1], in[2]
	if x.DType != y.DType || x.Quant != y.Quant {
		return 0, Quant{}, errorf("%q and %q differ in type or scale: %w", x.Name, y.Name, ErrShape)
	}
	return x.DType, x.Quant, wantType(in[:1], I32)
}

func (*Where) cost(_ []Shape, out Shape) Cost { return each(out, binaryWork) }

func (*Where) traits() traits { return traits{apart, pixels, sameBits, FloatOnly} }

func (*Where) fields(*fields) {}

func (*Where) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewWhere(s.in[1].DType, isa)
}
