package runtime

import (
	"math"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

// Clamp bounds an operation's output: the fused activation. The zero value means no activation.
type Clamp struct {
	On     bool
	Lo, Hi float32
}

// ReLU is max(0, x).
var ReLU = Clamp{On: true, Lo: 0, Hi: float32(math.Inf(1))}

// Kernel returns the clamp as kernels take it.
func (c Clamp) Kernel() kernels.Clamp {
	if !c.On {
		return kernels.Clamp{Lo: float32(math.Inf(-1)), Hi: float32(math.Inf(1))}
	}
	return kernels.Clamp{Lo: c.Lo, Hi: c.Hi}
}

// check refuses bounds that are not numbers. Where Lo > Hi, every element becomes Hi.
func (c Clamp) check() error {
	if c.On && (c.Lo != c.Lo || c.Hi != c.Hi) {
		return errorf("activation bound [%v, %v]: %w", c.Lo, c.Hi, ErrShape)
	}
	return nil
}

// Then is the clamp that does c and then d.
func (c Clamp) Then(d Clamp) Clamp {
	switch {
	case !c.On:
		return d
	case !d.On:
		return c
	}
	bound := func(x float32) float32 { return min(max(x, d.Lo), d.Hi) }
	return Clamp{On: true, Lo: bound(c.Lo), Hi: bound(c.Hi)}
}

// Levels returns the levels of the bounds: those between which a quantised output lies.
func (c Clamp) Levels(q Quant) (lo, hi uint8) {
	if !c.On {
		return 0, 255
	}
	return q.Level(c.Lo), q.Level(c.Hi)
}

// levels is the quantised output of q, clamped.
func (c Clamp) levels(q Quant) kernels.OutU8 {
	lo, hi := c.Levels(q)
	return kernels.OutU8{Zero: q.Zero, Lo: lo, Hi: hi}
}

var _ = register(7, func() Op { return new(Activation) })

// Activation clamps each element.
type Activation struct{ Act Clamp }

func (*Activation) Kind() string { return "Activation" }

func (a *Activation) infer(in []Shape, _ *Limits) (Shape, error) {
	s, err := one(in)
	if err == nil {
		err = a.Act.check()
	}
	return s, err
}

func (*Activation) outType(in []*Value) (DType, Quant, error) { return floats(in) }

func (*Activation) cost(_ []Shape, out Shape) Cost { return each(out, 1) }

func (*Activation) traits() traits { return traits{onSpot, pixels, sameBits, Wrapped} }

func (a *Activation) fields(f *fields) { f.clamp(&a.Act) }

func (a *Activation) lower(_ *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewClampF32(a.Act.Kernel(), isa)
}

func (a *Activation) lowerWrapped(in []*Value, to Quant, isa arch.ISA) (kernels.Op, error) {
	return kernels.NewTableU8(tableOf(in[0].Quant, to, a), isa)
}

func (a *Activation) pointwise() func([]float32) {
	c := a.Act.Kernel()
	return func(v []float32) {
		for i, x := range v {
			v[i] = min(max(x, c.Lo), c.Hi)
		}
	}
}
