package runtime

import (
	"fmt"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var _ = register(19, func() Op { return new(Binary) })

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

func (*Binary) outType(in []*Value) (DType, Quant, error) { return floats(in) }

func (*Binary) cost(_ []Shape, out Shape) Cost { return each(out, binaryWork) }

func (*Binary) traits() traits { return traits{apart, pixels, sameBits, FloatOnly} }

func (b *Binary) fields(f *fields) { f.byte((*byte)(&b.How)) }

func (b *Binary) lower(_ *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewBinaryF32(b.How, isa)
}
