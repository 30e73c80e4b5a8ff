package runtime

import (
	"math"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var _ = register(27, func() Op { return new(Reduce) })

// Reduce makes one number of all those along some axes, which become 1. It adds and multiplies in IEEE binary64 in one
// written order ([kernels.NewReduceF32]): every CPU gives the same bytes. A maximum or minimum of quantised values is
// one of their levels; a sum or mean of them is [Quantised].
type Reduce struct {
	How  kernels.Reduction
	Over kernels.Axes
}

func (r *Reduce) Kind() string { return "Reduce" + r.How.String() }

func (r *Reduce) infer(in []Shape, _ *Limits) (Shape, error) {
	s, err := one(in)
	if err == nil && r.How.Check() != nil {
		err = errorf("reduction %d: %w", uint8(r.How), ErrGraph)
	}
	for _, d := range []struct {
		over bool
		size *int
	}{{r.Over.N, &s.N}, {r.Over.H, &s.H}, {r.Over.W, &s.W}, {r.Over.C, &s.C}} {
		if d.over {
			*d.size = 1
		}
	}
	return s, err
}

// extreme reports whether the result is one of the numbers.
func (r *Reduce) extreme() bool { return r.How == kernels.Maximum || r.How == kernels.Minimum }

func (r *Reduce) outType(in []*Value) (DType, Quant, error) {
	if r.extreme() && in[0].DType == U8 {
		return moved(in)
	}
	return floats(in)
}

func (r *Reduce) cost(in []Shape, out Shape) Cost {
	work := 2
	if r.How == kernels.LogSumExp {
		work = expWork
	}
	n := plus(int64(in[0].Elements()), times(int64(out.Elements()), powerWork))
	return Cost{Work: plus(times(int64(in[0].Elements()/in[0].C), pixelWork), times(n, work))}
}

func (r *Reduce) traits() traits {
	t := traits{apart, pixels, sameBits, FloatOnly}
	switch {
	case r.extreme():
		t.form = Moves
	case r.How == kernels.Sum || r.How == kernels.Mean:
		t.form = Wrapped
	}
	return t
}

func (r *Reduce) fields(f *fields) {
	f.byte((*byte)(&r.How))
	f.axes(&r.Over)
}

func (r *Reduce) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	if s.in[0].DType == U8 {
		return kernels.NewExtremeU8(r.How, r.Over, isa)
	}
	return kernels.NewReduceF32(r.How, r.Over, isa)
}

func (r *Reduce) lowerWrapped(in []*Value, to Quant, isa arch.ISA) (kernels.Op, error) {
	s := in[0].Shape
	out, err := r.infer([]Shape{s}, nil)
	if err != nil {
		return nil, err
	}
	cells := s.Elements() / out.Elements()
	if cells > math.MaxInt32/255 {
		return nil, errorf("a quantised sum of %d numbers: %w", cells, ErrLimit)
	}
	return kernels.NewReduceU8(r.How, r.Over, cells, rescale(in[0].Quant, to, Clamp{}.levels(to)), isa)
}
