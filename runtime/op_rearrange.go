package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var _ = register(18, func() Op { return new(Rearrange) })

// Rearrange moves elements: the input's, in channel-major order (image, channel, row, column), are an array of
// dimensions Dims; dimension j of the result is Dims[Perm[j]]; its elements, in order, fill a value of shape To in
// channel-major order. It is every transposition and reshaping of a model that thinks in NCHW.
type Rearrange struct {
	Dims, Perm []int
	To         Shape
}

const maxRearranged = 8 // dimensions

func (*Rearrange) Kind() string { return "Rearrange" }

func (r *Rearrange) infer(in []Shape, l *Limits) (Shape, error) {
	s, err := one(in)
	if err != nil {
		return s, err
	}
	n, ok := product(l.MaxElements, r.Dims...)
	to, ok2 := product(l.MaxElements, r.To.N, r.To.H, r.To.W, r.To.C)
	if !ok || !ok2 || n != to || n != s.Elements() || len(r.Dims) != len(r.Perm) || len(r.Dims) > maxRearranged {
		return s, errorf("%v as %v, permuted by %v, to %v: %w", s, r.Dims, r.Perm, r.To, ErrShape)
	}
	var seen [maxRearranged]bool
	for _, d := range r.Perm {
		if d < 0 || d >= len(r.Dims) || seen[d] {
			return s, errorf("permutation %v: %w", r.Perm, ErrShape)
		}
		seen[d] = true
	}
	return r.To, nil
}

func (*Rearrange) outType(in []*Value) (DType, Quant, error) { return moved(in) }

func (*Rearrange) cost(_ []Shape, out Shape) Cost { return each(out, moveWork) }

func (*Rearrange) traits() traits { return traits{apart, pixels, sameBits, Moves} }

func (r *Rearrange) fields(f *fields) {
	f.ints(&r.To.N, &r.To.H, &r.To.W, &r.To.C)
	rank := len(r.Dims)
	f.ints(&rank)
	if f.in != nil {
		if rank > maxRearranged {
			f.in.fail("%d dimensions rearranged", rank)
			return
		}
		r.Dims, r.Perm = make([]int, rank), make([]int, rank)
	}
	for i := range r.Dims {
		f.ints(&r.Dims[i])
	}
	for i := range r.Perm {
		f.ints(&r.Perm[i])
	}
}

func (r *Rearrange) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	in, list := s.in[0], func(s Shape) [4]int { return [4]int{s.N, s.H, s.W, s.C} }
	op, err := kernels.NewMove(in.DType, list(in.Shape), r.Dims, r.Perm, list(r.To), isa)
	if op != nil || err != nil {
		return op, err
	}
	return kernels.NewRearrange(in.DType, r.Dims, r.Perm, isa)
}
