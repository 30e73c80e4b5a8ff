package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var _ = register(10, func() Op { return new(Affine) })

// Affine is a scale and shift per channel: out = in·Scale[c] + Shift[c]. Batch normalisation and Caffe's
// Scale and Power layers are imported as this, and the simplifier folds it into a convolution where it can.
type Affine struct{ Scale, Shift []float32 }

func (*Affine) Kind() string { return "Affine" }

func (a *Affine) infer(in []Shape, _ *Limits) (Shape, error) {
	s, err := one(in)
	if err == nil && (len(a.Scale) != s.C || len(a.Shift) != s.C) {
		err = errorf("%d scales and %d shifts for %d channels: %w", len(a.Scale), len(a.Shift), s.C, ErrShape)
	}
	return s, err
}

func (*Affine) outType(in []*Value) (DType, Quant, error) { return floats(in) }

func (a *Affine) cost(_ []Shape, out Shape) Cost {
	n := len(a.Scale) + len(a.Shift)
	return each(out, 2).holding(n, 4*n)
}

func (*Affine) traits() traits { return traits{onSpot, pixels, tierBits, FloatOnly} }

func (a *Affine) fields(f *fields) {
	array(f, &a.Scale)
	array(f, &a.Shift)
}

func (a *Affine) lower(_ *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewAffineF32(a.Scale, a.Shift, isa)
}

// pointwise is with one scale and one shift for all channels.
func (a *Affine) pointwise() func([]float32) {
	scale, shift, ok := a.uniform()
	if !ok {
		return nil
	}
	return func(v []float32) {
		for i, x := range v {
			v[i] = float32(x*scale) + shift
		}
	}
}

// uniform returns the scale and the shift of all channels; ok is false if they differ.
func (a *Affine) uniform() (scale, shift float32, ok bool) {
	for i, s := range a.Scale {
		if s != a.Scale[0] || a.Shift[i] != a.Shift[0] {
			return 0, 0, false
		}
	}
	return a.Scale[0], a.Shift[0], true
}
