package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var _ = register(12, func() Op { return new(Flatten) })

// Flatten makes each image one row of C·H·W numbers in the channel-major order that Caffe, ONNX and PyTorch
// flatten in. Over a 1×1 image it costs nothing; importers fold it into an FC that follows.
type Flatten struct{}

func (*Flatten) Kind() string { return "Flatten" }

func (*Flatten) infer(in []Shape, l *Limits) (Shape, error) {
	s, err := one(in)
	return Shape{s.N, 1, 1, s.H * s.W * s.C}, err
}

func (*Flatten) outType(in []*Value) (DType, Quant, error) { return moved(in) }

func (*Flatten) cost(_ []Shape, out Shape) Cost { return each(out, moveWork) }

func (*Flatten) traits() traits { return traits{apart, pixels, sameBits, Moves} }

func (*Flatten) fields(*fields) {}

func (*Flatten) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewFlatten(s.in[0].DType, isa)
}
