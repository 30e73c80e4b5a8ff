package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var _ = register(6, func() Op { return new(Softmax) })

// Softmax is over the channels of each pixel, by IEEE operations in one written order: every CPU gives the same bytes.
type Softmax struct{}

func (*Softmax) Kind() string { return "Softmax" }

func (*Softmax) infer(in []Shape, _ *Limits) (Shape, error) { return one(in) }

func (*Softmax) outType(in []*Value) (DType, Quant, error) { return floats(in) }

func (*Softmax) cost(_ []Shape, out Shape) Cost { return each(out, expWork) }

func (*Softmax) traits() traits { return traits{onSpot, pixels, sameBits, Kept} }

func (*Softmax) fields(*fields) {}

func (*Softmax) lower(_ *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewSoftmaxF32(isa)
}

func (*Softmax) lowerWrapped(in []*Value, to Quant, isa arch.ISA) (kernels.Op, error) {
	return kernels.NewSoftmaxU8(rescale(in[0].Quant, to, Clamp{}.levels(to)), isa)
}
