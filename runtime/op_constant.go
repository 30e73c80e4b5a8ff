package runtime

import (
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var _ = register(51, func() Op { return new(Constant) })

// Constant has no inputs: its output is the same in each run. What other operations have as parameters they need none
// for.
type Constant struct {
	Shape  Shape
	Floats []float32 // N, H, W, C; nil if the elements are whole numbers
	Ints   []int32
}

func (*Constant) Kind() string { return "Constant" }

func (c *Constant) infer(in []Shape, l *Limits) (Shape, error) {
	s := c.Shape
	if len(in) != 0 || c.Floats != nil && c.Ints != nil {
		return s, errorf("a constant of %d inputs: %w", len(in), ErrShape)
	}
	if n, ok := product(l.MaxWeights, s.N, s.H, s.W, s.C); !ok || n != len(c.Floats)+len(c.Ints) {
		return s, errorf("%d constants of shape %v: %w", len(c.Floats)+len(c.Ints), s, ErrShape)
	}
	return s, nil
}

func (c *Constant) outType([]*Value) (DType, Quant, error) {
	if c.Ints != nil {
		return I32, Quant{}, nil
	}
	return F32, Quant{}, nil
}

func (*Constant) cost(_ []Shape, out Shape) Cost {
	return each(out, 1).holding(out.Elements(), 4*out.Elements())
}

func (*Constant) traits() traits { return traits{apart, pixels, sameBits, FloatOnly} }

func (c *Constant) fields(f *fields) {
	f.ints(&c.Shape.N, &c.Shape.H, &c.Shape.W, &c.Shape.C)
	array(f, &c.Floats)
	array(f, &c.Ints)
}

func (c *Constant) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	v := kernels.View{DType: s.out[0].DType, N: c.Shape.N, H: c.Shape.H, W: c.Shape.W, C: c.Shape.C, Stride: c.Shape.C}
	if v.Data = unsafe.Pointer(unsafe.SliceData(c.Floats)); c.Ints != nil {
		v.Data = unsafe.Pointer(unsafe.SliceData(c.Ints))
	}
	return kernels.NewConstant(v, isa)
}
