package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var _ = register(5, func() Op { return new(LRN) })

// LRN is local response normalisation across channels (Krizhevsky et al. 2012, with α divided by the window as in
// Caffe and ONNX): out = in / (Bias + Alpha/Size · Σ in²)^Beta, the sum over the Size channels around each.
type LRN struct {
	Size              int
	Alpha, Beta, Bias float32
}

func (*LRN) Kind() string { return "LRN" }

func (n *LRN) infer(in []Shape, _ *Limits) (Shape, error) {
	s, err := one(in)
	if err == nil && (n.Size < 1 || n.Size > maxWindow) {
		err = errorf("size %d: %w", n.Size, ErrShape)
	}
	return s, err
}

func (*LRN) outType(in []*Value) (DType, Quant, error) { return floats(in) }

func (n *LRN) cost(_ []Shape, out Shape) Cost {
	return Cost{Work: times(int64(out.Elements()), n.Size+powerWork)}
}

func (n *LRN) traits() traits {
	t := traits{onSpot, pixels, tierBits, FloatOnly}
	if n.Beta == 0.75 { // by roots, in one written order
		t.bits = sameBits
		if n.Bias > 0 && n.Alpha >= 0 && n.Size <= 1<<15 { // what kernels.NewLRNU8 computes
			t.form = Wrapped
		}
	}
	return t
}

func (n *LRN) fields(f *fields) {
	f.ints(&n.Size)
	f.float(&n.Alpha)
	f.float(&n.Beta)
	f.float(&n.Bias)
}

func (n *LRN) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewLRNF32(s.in[0].Shape.C, n.Size, n.Alpha, n.Beta, n.Bias, isa)
}

func (n *LRN) lowerWrapped(in []*Value, to Quant, isa arch.ISA) (kernels.Op, error) {
	q := in[0].Quant
	return kernels.NewLRNU8(kernels.LRNU8{C: in[0].Shape.C, Size: n.Size, Alpha: n.Alpha, Beta: n.Beta, Bias: n.Bias,
		RescaleU8: rescale(q, to, Clamp{}.levels(to))}, isa)
}
