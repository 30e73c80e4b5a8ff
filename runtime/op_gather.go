package runtime

import (
	"slices"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var (
	_ = register(36, func() Op { return new(GatherBy) })
	_ = register(54, func() Op { return new(Scatter) })
)

// GatherBy picks pixels by indices that are computed:
//
//	out[n, 0, i, c] = first[n, 0, at(i), c]
//
// The second value, of whole numbers, has len(Dims) channels: the pixels of the first are an array of dimensions Dims,
// and the channels of pixel (n, 0, i) of the second say one of them; if it has one image, that is for all. An index
// below 0 counts from the end. Where there is no such pixel, the output is 0. It moves elements of any type.
type GatherBy struct{ Dims []int }

// Scatter is the first value with pixels written over it, in their order: out[n, 0, at(i), c] = third[n, 0, i, c],
// where the second value says at as for [GatherBy]. What has no place is left out.
type Scatter struct{ Dims []int }

const maxPlaces = 8 // dimensions

func (*GatherBy) Kind() string { return "GatherBy" }
func (*Scatter) Kind() string  { return "Scatter" }

// places checks the first two inputs of both.
func places(in []Shape, dims []int, inputs int) (Shape, error) {
	if len(in) != inputs {
		return Shape{}, errorf("%d inputs, want %d: %w", len(in), inputs, ErrShape)
	}
	data, at := in[0], in[1]
	n, ok := product(maxInt, dims...)
	if !ok || n != data.W || data.H != 1 || at.H != 1 || at.C != len(dims) || at.N != 1 && at.N != data.N ||
		len(dims) > maxPlaces {
		return data, errorf("%v by indices of %v among %v: %w", data, at, dims, ErrShape)
	}
	return Shape{data.N, 1, at.W, data.C}, nil
}

func (g *GatherBy) infer(in []Shape, _ *Limits) (Shape, error) { return places(in, g.Dims, 2) }

func (c *Scatter) infer(in []Shape, _ *Limits) (Shape, error) {
	s, err := places(in, c.Dims, 3)
	if err == nil && in[2] != s {
		err = errorf("%v at places of %v, want %v: %w", in[2], in[1], s, ErrShape)
	}
	if err != nil {
		return s, err
	}
	return in[0], nil
}

func (*GatherBy) outType(in []*Value) (DType, Quant, error) {
	return in[0].DType, in[0].Quant, wantType(in[1:2], I32)
}

func (*Scatter) outType(in []*Value) (DType, Quant, error) {
	if in[0].DType != in[2].DType || in[0].Quant != in[2].Quant {
		return 0, Quant{}, errorf("%q and %q differ in type or scale: %w", in[0].Name, in[2].Name, ErrShape)
	}
	return in[0].DType, in[0].Quant, wantType(in[1:2], I32)
}

func (g *GatherBy) cost(in []Shape, out Shape) Cost {
	c := each(out, 1)
	c.add(each(in[1], moveWork))
	return c
}

func (c *Scatter) cost(in []Shape, out Shape) Cost {
	w := each(out, 1)
	w.add(each(in[1], moveWork))
	w.add(each(in[2], 1))
	return w
}

func (*GatherBy) traits() traits { return traits{apart, pixels, sameBits, FloatOnly} }
func (*Scatter) traits() traits  { return traits{apart, pixels, sameBits, FloatOnly} }

func (g *GatherBy) fields(f *fields) { f.list(&g.Dims, maxPlaces) }
func (c *Scatter) fields(f *fields)  { f.list(&c.Dims, maxPlaces) }

func (g *GatherBy) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewGather(s.in[0].DType, slices.Clone(g.Dims), s.in[0].Quant.Zero, isa)
}

func (c *Scatter) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewScatter(s.in[0].DType, slices.Clone(c.Dims), isa)
}
