package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var _ = register(50, func() Op { return new(LevelPool) })

// LevelPool is average pooling of a quantised value that keeps its scale: the average of levels in whole numbers, as
// TensorFlow Lite's integer kernels have it, halves rounded away from level From, over the cells inside the input. From
// is 128 where the levels are int8 in the model, else 0.
type LevelPool struct {
	Window
	From uint8
}

func (*LevelPool) Kind() string { return "LevelPool" }

func (p *LevelPool) pool() *Pool { return &Pool{Window: p.Window, Type: AvgPool} }

func (p *LevelPool) infer(in []Shape, l *Limits) (Shape, error) {
	if p.From != 0 && p.From != 128 {
		return Shape{}, errorf("levels from %d: %w", p.From, ErrShape)
	}
	return p.pool().infer(in, l)
}

func (*LevelPool) outType(in []*Value) (DType, Quant, error) {
	return U8, in[0].Quant, wantType(in, U8)
}

func (p *LevelPool) cost(in []Shape, out Shape) Cost { return p.pool().cost(in, out) }

func (*LevelPool) traits() traits { return traits{apart, pixels, sameBits, Native} }

func (p *LevelPool) fields(f *fields) {
	f.window(&p.Window)
	f.byte(&p.From)
}

func (p *LevelPool) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewAvgPoolLevels(p.pool().Shape(s.in[0].Shape), p.From, isa)
}
