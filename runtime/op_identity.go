package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var _ = register(11, func() Op { return new(Identity) })

// Identity passes its input on: dropout at inference, and nodes with no meaning here.
type Identity struct{}

func (*Identity) Kind() string { return "Identity" }

func (*Identity) infer(in []Shape, _ *Limits) (Shape, error) { return one(in) }

func (*Identity) outType(in []*Value) (DType, Quant, error) { return moved(in) }

func (*Identity) cost(_ []Shape, out Shape) Cost { return each(out, 1) }

func (*Identity) traits() traits { return traits{apart, pixels, sameBits, Moves} }

func (*Identity) fields(*fields) {}

func (*Identity) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewCopy(s.in[0].DType, isa)
}
