package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var _ = register(55, func() Op { return new(LevelAdd) })

// LevelAdd is the sum of two quantised values in whole numbers, as TensorFlow Lite has it: levels times scales of 21
// bits, shifted, halves up. Scales of the inputs over the output's are from 2⁻¹⁰ to 2⁸ ([kernels.FixedSum]).
type LevelAdd struct {
	Act Clamp
	Out Quant
}

func (*LevelAdd) Kind() string { return "LevelAdd" }

func (a *LevelAdd) infer(in []Shape, l *Limits) (Shape, error) {
	return (&Add{Act: a.Act}).infer(in, l)
}

func (a *LevelAdd) outType(in []*Value) (DType, Quant, error) {
	if err := wantType(in, U8); err != nil {
		return 0, Quant{}, err
	}
	if x, y := in[0].Quant.Scale, in[1].Quant.Scale; !kernels.FixedSum(x, y, a.Out.Scale) {
		return 0, Quant{}, errorf("scales %v and %v for one of %v: %w", x, y, a.Out.Scale, ErrShape)
	}
	return U8, a.Out, a.Out.check()
}

func (*LevelAdd) cost(_ []Shape, out Shape) Cost { return each(out, 2) }

func (*LevelAdd) traits() traits { return traits{onSpot, pixels, sameBits, Native} }

func (a *LevelAdd) fields(f *fields) {
	f.clamp(&a.Act)
	f.quant(&a.Out)
}

func (a *LevelAdd) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewAddU8(addLevels(s.in, a.Act, a.Out, true), isa)
}
