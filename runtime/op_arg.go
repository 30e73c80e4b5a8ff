package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var (
	_ = register(31, func() Op { return new(Arg) })
	_ = register(32, func() Op { return new(TopK) })
)

// Arg gives the index of the largest channel of each pixel, a whole number, of a value of any type. Of several it is
// the first. A NaN is passed over; of nothing but NaNs it is 0.
type Arg struct {
	Least bool // the smallest
	Last  bool // of several, the last
}

func (*Arg) Kind() string { return "Arg" }

func (*Arg) infer(in []Shape, _ *Limits) (Shape, error) {
	s, err := one(in)
	s.C = 1
	return s, err
}

func (*Arg) outType([]*Value) (DType, Quant, error) { return I32, Quant{}, nil }

func (*Arg) cost(in []Shape, _ Shape) Cost { return each(in[0], 2) }

func (*Arg) traits() traits { return traits{apart, pixels, sameBits, FloatOnly} }

func (a *Arg) fields(f *fields) {
	f.bool(&a.Least)
	f.bool(&a.Last)
}

func (a *Arg) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewArg(s.in[0].DType, a.Least, a.Last, isa)
}

// TopK gives the K largest channels of each pixel of a value of any type, the largest first, or their indices as whole
// numbers. Of equal ones the first comes first; a NaN comes last.
type TopK struct {
	K       int
	Least   bool // the smallest, the smallest first
	Indices bool
}

func (*TopK) Kind() string { return "TopK" }

func (t *TopK) infer(in []Shape, _ *Limits) (Shape, error) {
	s, err := one(in)
	if err == nil && (t.K < 1 || t.K > s.C) {
		err = errorf("the best %d of %v: %w", t.K, s, ErrShape)
	}
	s.C = t.K
	return s, err
}

func (t *TopK) outType(in []*Value) (DType, Quant, error) {
	if t.Indices {
		return I32, Quant{}, nil
	}
	return moved(in)
}

func (t *TopK) cost(in []Shape, _ Shape) Cost { return each(in[0], 4*kernels.TopKWork(t.K)) }

func (*TopK) traits() traits { return traits{apart, pixels, sameBits, FloatOnly} }

func (t *TopK) fields(f *fields) {
	f.ints(&t.K)
	f.bool(&t.Least)
	f.bool(&t.Indices)
}

func (t *TopK) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewTopK(s.in[0].DType, t.K, t.Least, t.Indices, isa)
}
