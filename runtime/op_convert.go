package runtime

import (
	"math"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var (
	_ = register(13, func() Op { return new(Quantize) })
	_ = register(14, func() Op { return new(Dequantize) })
)

// check wants a positive, finite, normal scale.
func (q Quant) check() error {
	if !(q.Scale >= math.SmallestNonzeroFloat32*(1<<23)) || q.Scale > math.MaxFloat32 {
		return errorf("scale %v is not a positive normal number: %w", q.Scale, ErrShape)
	}
	return nil
}

// Level returns the level of a number, as [Quantize] does.
func (q Quant) Level(x float32) uint8 {
	v, lo, hi := x/q.Scale, -float32(q.Zero), 255-float32(q.Zero)
	if !(v > lo) {
		v = lo
	}
	return uint8(int(math.RoundToEven(float64(min(v, hi)))) + int(q.Zero))
}

// Quantize makes uint8 of a float value: clamp(To.Zero + roundEven(x/To.Scale), 0, 255) in IEEE binary32.
// A NaN becomes 0.
type Quantize struct{ To Quant }

func (*Quantize) Kind() string { return "Quantize" }

func (q *Quantize) infer(in []Shape, _ *Limits) (Shape, error) { return one(in) }

func (q *Quantize) outType(in []*Value) (DType, Quant, error) {
	if err := wantType(in, F32); err != nil {
		return 0, Quant{}, err
	}
	return U8, q.To, q.To.check()
}

func (*Quantize) cost(_ []Shape, out Shape) Cost { return each(out, 4) }

func (*Quantize) traits() traits { return traits{apart, pixels, sameBits, Native} }

func (q *Quantize) fields(f *fields) { f.quant(&q.To) }

func (q *Quantize) lower(_ *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewQuantize(q.To.Scale, q.To.Zero, isa)
}

// Dequantize makes a float of a quantised value: float32(q − Zero)·Scale.
type Dequantize struct{}

func (*Dequantize) Kind() string { return "Dequantize" }

func (*Dequantize) infer(in []Shape, _ *Limits) (Shape, error) { return one(in) }

func (*Dequantize) outType(in []*Value) (DType, Quant, error) { return F32, Quant{}, wantType(in, U8) }

func (*Dequantize) cost(_ []Shape, out Shape) Cost { return each(out, 2) }

func (*Dequantize) traits() traits { return traits{apart, pixels, sameBits, Native} }

func (*Dequantize) fields(*fields) {}

func (*Dequantize) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewDequantize(s.in[0].Quant.Scale, s.in[0].Quant.Zero, isa)
}
