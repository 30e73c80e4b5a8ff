package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var (
	_ = register(4, func() Op { return new(FC) })
	_ = register(16, func() Op { return new(QFC) })
)

// FC is a fully connected layer over all of an image's elements, in NHWC order.
type FC struct {
	K       int
	Weights []float32 // [K][H][W][C] of the input
	Bias    []float32 // [K], or nil for zeros
	Act     Clamp
}

func (*FC) Kind() string { return "FC" }

func (f *FC) infer(in []Shape, l *Limits) (Shape, error) {
	s, err := one(in)
	if err != nil {
		return s, err
	}
	return inferFC(s, f.K, len(f.Weights), f.Bias, f.Act, l)
}

// inferFC is the output shape of a fully connected layer of so many weights, once they are seen to fit.
func inferFC(s Shape, k, weights int, bias []float32, act Clamp, l *Limits) (Shape, error) {
	want, ok := product(l.MaxWeights, k, s.H, s.W, s.C)
	switch {
	case !ok:
		return s, errorf("more than %d weights, or no outputs: %w", l.MaxWeights, ErrLimit)
	case weights != want:
		return s, errorf("%d weights, want %d×%d×%d×%d: %w", weights, k, s.H, s.W, s.C, ErrShape)
	case bias != nil && len(bias) != k:
		return s, errorf("%d biases, want %d: %w", len(bias), k, ErrShape)
	}
	return Shape{s.N, 1, 1, k}, act.check()
}

func (*FC) outType(in []*Value) (DType, Quant, error) { return floats(in) }

func (f *FC) cost(in []Shape, out Shape) Cost {
	n := fcCost(in[0], out)
	return n.holding(len(f.Weights)+len(f.Bias), 4*len(f.Weights)+4*len(f.Bias))
}

func (*FC) traits() traits { return traits{apart, rows, tierBits, Rewritten} }

func (f *FC) fields(v *fields) {
	v.ints(&f.K)
	array(v, &f.Weights)
	array(v, &f.Bias)
	v.clamp(&f.Act)
}

func (f *FC) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	in := s.in[0].Shape
	return kernels.NewFCF32(in.N, in.H*in.W*in.C, f.K,
		kernels.FCF32{Weights: f.Weights, Bias: f.Bias, Act: f.Act.Kernel()}, isa)
}

// fcCost is that of a fully connected layer without its parameters.
func fcCost(in, out Shape) Cost {
	macs := times(int64(in.Elements()), out.C)
	return Cost{MACs: macs, Work: plus(macs, int64(out.Elements()))}
}

// QFC is a fully connected layer of uint8 activations with int8 weights, whose output is float:
// out[k] = float32(Bias[k] + Σ (in − zero)·Weights[k,…])·float32(in.Scale·WScale[k]).
type QFC struct {
	K       int
	Weights []int8    // [K][H][W][C]
	WScale  []float32 // [K]
	Bias    []int32   // [K], in units of in.Scale·WScale[k]; nil for zeros
}

func (*QFC) Kind() string { return "QFC" }

func (f *QFC) infer(in []Shape, l *Limits) (Shape, error) {
	s, err := one(in)
	if err != nil {
		return s, err
	}
	want, ok := product(l.MaxWeights, f.K, s.H, s.W, s.C)
	switch {
	case !ok:
		return s, errorf("more than %d weights, or no outputs: %w", l.MaxWeights, ErrLimit)
	case len(f.Weights) != want || len(f.WScale) != f.K || (f.Bias != nil && len(f.Bias) != f.K):
		return s, errorf("%d weights, %d scales, %d biases for %d outputs of %v: %w", len(f.Weights), len(f.WScale),
			len(f.Bias), f.K, s, ErrShape)
	}
	return Shape{s.N, 1, 1, f.K}, checkWeights(f.Weights, f.Bias, f.WScale, l)
}

func (f *QFC) outType(in []*Value) (DType, Quant, error) { return F32, Quant{}, wantType(in, U8) }

func (f *QFC) cost(in []Shape, out Shape) Cost {
	n := fcCost(in[0], out)
	return n.holding(len(f.Weights)+len(f.Bias), len(f.Weights)+4*len(f.WScale)+4*len(f.Bias))
}

func (*QFC) traits() traits { return traits{apart, rows, sameBits, Native} }

func (f *QFC) fields(v *fields) {
	v.ints(&f.K)
	array(v, &f.Weights)
	array(v, &f.WScale)
	array(v, &f.Bias)
}

func (f *QFC) lower(s *step, isa arch.ISA, p *packer) (kernels.Op, error) {
	in, q := s.in[0].Shape, s.in[0].Quant
	scale := make([]float32, f.K)
	for k := range scale {
		scale[k] = multiplier(q.Scale, f.WScale[k], 1)
	}
	return kernels.PackFCU8(p.Packing, in.N, in.H*in.W*in.C, f.K,
		kernels.FCU8{Weights: f.Weights, Bias: f.Bias, Scale: scale, InZero: q.Zero}, isa)
}
