package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var _ = register(46, func() Op { return new(SoftmaxOver) })

// SoftmaxOver is softmax over some axes together, its logarithm, or 1 for the first of the largest numbers and 0 for
// all others ([kernels.SoftmaxForm]). Sums are of IEEE binary64 in one written order: every CPU gives the same bytes.
// Softmax over channels alone is [Softmax], which is faster.
type SoftmaxOver struct {
	Form kernels.SoftmaxForm
	Over kernels.Axes
}

func (o *SoftmaxOver) Kind() string {
	switch o.Form {
	case kernels.SoftmaxLog:
		return "LogSoftmax"
	case kernels.SoftmaxHard:
		return "Hardmax"
	}
	return "SoftmaxOver"
}

func (o *SoftmaxOver) infer(in []Shape, _ *Limits) (Shape, error) {
	s, err := one(in)
	if err == nil && o.Form.Check() != nil {
		err = errorf("softmax of form %d: %w", uint8(o.Form), ErrGraph)
	}
	return s, err
}

func (*SoftmaxOver) outType(in []*Value) (DType, Quant, error) { return floats(in) }

// A logarithm is taken of each sum, of which there may be as many as elements.
func (*SoftmaxOver) cost(_ []Shape, out Shape) Cost { return each(out, 2*expWork+powerWork) }

func (*SoftmaxOver) traits() traits { return traits{onSpot, pixels, sameBits, FloatOnly} }

func (o *SoftmaxOver) fields(f *fields) {
	f.byte((*byte)(&o.Form))
	f.axes(&o.Over)
}

func (o *SoftmaxOver) lower(_ *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewSoftmaxOverF32(o.Form, o.Over, isa)
}
