package runtime

import (
	"fmt"

	"github.com/gneiss-go/gneiss/kernels"
)

// The operations of this file are general and have portable kernels only. Importers use them where no faster
// operation says the same.

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
		return s, fmt.Errorf("%v as %v, permuted by %v, to %v: %w", s, r.Dims, r.Perm, r.To, ErrShape)
	}
	var seen [maxRearranged]bool
	for _, d := range r.Perm {
		if d < 0 || d >= len(r.Dims) || seen[d] {
			return s, fmt.Errorf("permutation %v: %w", r.Perm, ErrShape)
		}
		seen[d] = true
	}
	return r.To, nil
}

// Binary is arithmetic between two values, element by element. Where N, H, W or C of one is 1 and of the other is not,
// its elements are repeated along that dimension.
type Binary struct{ How kernels.Arithmetic }

func (*Binary) Kind() string { return "Binary" }

func (b *Binary) infer(in []Shape, _ *Limits) (Shape, error) {
	if err := b.How.Check(); err != nil {
		return Shape{}, fmt.Errorf("%w: %w", err, ErrShape)
	}
	if len(in) != 2 {
		return Shape{}, fmt.Errorf("%d inputs, want 2: %w", len(in), ErrShape)
	}
	x, y := in[0], in[1]
	out := Shape{N: max(x.N, y.N), H: max(x.H, y.H), W: max(x.W, y.W), C: max(x.C, y.C)}
	for _, s := range in {
		if s.N != 1 && s.N != out.N || s.H != 1 && s.H != out.H || s.W != 1 && s.W != out.W || s.C != 1 && s.C != out.C {
			return out, fmt.Errorf("%v and %v: %w", x, y, ErrShape)
		}
	}
	return out, nil
}

// Curve is a smooth activation of each element, by IEEE operations in one written order: every CPU gives the same bytes.
type Curve struct{ Of kernels.Curve }

func (*Curve) Kind() string { return "Curve" }

func (c *Curve) infer(in []Shape, _ *Limits) (Shape, error) {
	s, err := one(in)
	if e := c.Of.Check(); err == nil && e != nil {
		err = fmt.Errorf("%w: %w", e, ErrShape)
	}
	return s, err
}
