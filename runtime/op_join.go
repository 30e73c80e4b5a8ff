package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var _ = register(9, func() Op { return new(Concat) })

// Concat joins its inputs along the channels.
type Concat struct{}

func (*Concat) Kind() string { return "Concat" }

func (*Concat) outType(in []*Value) (DType, Quant, error) {
	for _, v := range in {
		if v.DType != in[0].DType || v.Quant != in[0].Quant {
			return 0, Quant{}, errorf("%q and %q differ in type or scale: %w", in[0].Name, v.Name, ErrShape)
		}
	}
	return in[0].DType, in[0].Quant, nil
}

func (*Concat) infer(in []Shape, l *Limits) (Shape, error) {
	if len(in) == 0 {
		return Shape{}, errorf("no inputs: %w", ErrShape)
	}
	out := in[0]
	for _, s := range in[1:] {
		if s.N != out.N || s.H != out.H || s.W != out.W {
			return out, errorf("%v beside %v: %w", s, in[0], ErrShape)
		}
		if out.C += s.C; out.C > l.MaxElements {
			return out, errorf("more than %d channels: %w", l.MaxElements, ErrLimit)
		}
	}
	return out, nil
}

func (*Concat) cost(_ []Shape, out Shape) Cost { return each(out, 1) }

func (*Concat) traits() traits { return traits{apart, pixels, sameBits, Moves} }

func (*Concat) fields(*fields) {}

// lower is not called: the layout has each input written into its slice of the output.
func (*Concat) lower(*step, arch.ISA, *packer) (kernels.Op, error) {
	return nil, errorf("a concatenation that is not laid out: %w", ErrGraph)
}
