package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var _ = register(8, func() Op { return new(Add) })

// Add is the elementwise sum of two values of one shape, clamped.
type Add struct{ Act Clamp }

func (*Add) Kind() string { return "Add" }

func (a *Add) infer(in []Shape, _ *Limits) (Shape, error) {
	if len(in) != 2 || in[0] != in[1] {
		return Shape{}, errorf("want two inputs of one shape, have %v: %w", in, ErrShape)
	}
	return in[0], a.Act.check()
}

func (*Add) outType(in []*Value) (DType, Quant, error) { return floats(in) }

func (*Add) cost(_ []Shape, out Shape) Cost { return each(out, 2) }

func (*Add) traits() traits { return traits{onSpot, pixels, sameBits, Wrapped} }

func (a *Add) fields(f *fields) { f.clamp(&a.Act) }

func (a *Add) lower(_ *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewAddF32(a.Act.Kernel(), isa)
}

func (a *Add) lowerWrapped(in []*Value, to Quant, isa arch.ISA) (kernels.Op, error) {
	return kernels.NewAddU8(addLevels(in, a.Act, to, false), isa)
}

// addLevels is the sum of two quantised values.
func addLevels(in []*Value, act Clamp, to Quant, fixed bool) kernels.AddU8 {
	x, y := in[0].Quant, in[1].Quant
	return kernels.AddU8{AScale: x.Scale, AZero: x.Zero, BScale: y.Scale, BZero: y.Zero,
		OutScale: to.Scale, Out: act.levels(to), Fixed: fixed}
}
