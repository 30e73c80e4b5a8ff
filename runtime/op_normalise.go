package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var _ = register(29, func() Op { return new(Normalise) })

// Normalise divides all numbers along some axes together by a norm of theirs, or what they are above their mean by its
// deviation ([kernels.Norm]): layer, instance and group normalisation without their scales, which are an [Affine]. Sums
// are of IEEE binary64 in one written order: every CPU gives the same bytes.
type Normalise struct {
	Norm    kernels.Norm
	Epsilon float32 // ε; not negative
	Over    kernels.Axes
}

func (*Normalise) Kind() string { return "Normalise" }

func (n *Normalise) infer(in []Shape, _ *Limits) (Shape, error) {
	s, err := one(in)
	if err == nil && n.Norm.Check(n.Epsilon) != nil {
		err = errorf("norm %d with ε = %v: %w", uint8(n.Norm), n.Epsilon, ErrGraph)
	}
	return s, err
}

func (*Normalise) outType(in []*Value) (DType, Quant, error) { return floats(in) }

// A root is taken of each sum, of which there may be as many as elements.
func (*Normalise) cost(_ []Shape, out Shape) Cost { return each(out, powerWork) }

func (*Normalise) traits() traits { return traits{onSpot, pixels, sameBits, FloatOnly} }

func (n *Normalise) fields(f *fields) {
	f.byte((*byte)(&n.Norm))
	f.float(&n.Epsilon)
	f.axes(&n.Over)
}

func (n *Normalise) lower(_ *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewNormaliseF32(n.Norm, n.Epsilon, n.Over, isa)
}
