package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var _ = register(25, func() Op { return new(Interpolate) })

// Interpolate makes each output pixel a weighted sum of input pixels, rows and columns apart:
//
//	t[n, y, x, c]   = Σ_i Rows.Weights[y, i]·in[n, Rows.At[y, i], x, c]
//	out[n, y, x, c] = Σ_j Cols.Weights[x, j]·t[n, y, Cols.At[x, j], c]
//
// from the first tap on, in IEEE binary32. An axis without taps stays as it is. Where the first tap of a row or a
// column is −1, it lies outside: t, or out, is Fill. It is resizing by linear and cubic interpolation, once an
// importer has made the taps by its format's own rule; for the nearest pixel there is [Take].
type Interpolate struct {
	Rows, Cols kernels.Taps
	Fill       float32
	HalfUp     bool // quantised, what is half way between two levels goes to the upper one, not to the even one
}

func (*Interpolate) Kind() string { return "Interpolate" }

func (r *Interpolate) infer(in []Shape, _ *Limits) (Shape, error) {
	s, err := one(in)
	if err != nil {
		return s, err
	}
	out := s
	if r.Fill != r.Fill {
		return s, errorf("%v outside: %w", r.Fill, ErrShape)
	}
	if out.H, err = r.Rows.Check(s.H); err != nil {
		return s, errorf("rows of %v: %w: %w", s, err, ErrShape)
	}
	if out.W, err = r.Cols.Check(s.W); err != nil {
		return s, errorf("columns of %v: %w: %w", s, err, ErrShape)
	}
	return out, nil
}

func (*Interpolate) outType(in []*Value) (DType, Quant, error) { return floats(in) }

func (r *Interpolate) cost(in []Shape, out Shape) Cost {
	down := times(int64(in[0].W), out.N, out.H, out.C, r.Rows.Per+1)
	c := Cost{Work: plus(down, times(int64(out.Elements()), r.Cols.Per+pixelWork))}
	return c.holding(len(r.Rows.Weights)+len(r.Cols.Weights), 8*(len(r.Rows.Weights)+len(r.Cols.Weights)))
}

func (*Interpolate) traits() traits { return traits{apart, pixels, sameBits, Wrapped} }

func (r *Interpolate) fields(f *fields) {
	for _, t := range []*kernels.Taps{&r.Rows, &r.Cols} {
		f.ints(&t.Per)
		array(f, &t.At)
		array(f, &t.Weights)
	}
	f.float(&r.Fill)
	f.bool(&r.HalfUp)
}

func (r *Interpolate) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewInterpolate(kernels.F32, r.over(s.in[0].Shape), isa)
}

func (r *Interpolate) lowerWrapped(in []*Value, to Quant, isa arch.ISA) (kernels.Op, error) {
	p := r.over(in[0].Shape)
	p.Rescale = rescale(in[0].Quant, to, Clamp{}.levels(to))
	return kernels.NewInterpolate(kernels.U8, p, isa)
}

func (r *Interpolate) over(s Shape) kernels.Interpolating {
	return kernels.Interpolating{H: s.H, W: s.W, C: s.C, Rows: r.Rows, Cols: r.Cols, Fill: r.Fill,
		HalfUp: r.HalfUp}
}
