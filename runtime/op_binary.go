package runtime

import (
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var _ = register(19, func() Op { return new(Binary) })

// Binary is arithmetic between two values, or between a value and a constant, element by element, clamped. Where N, H,
// W or C of one is 1 and of the other is not, its elements are repeated along that dimension.
type Binary struct {
	How   kernels.Arithmetic
	Act   Clamp
	Of    []float32 // the constant; nil if there are two values
	Shape Shape     // the constant's
	First bool      // the constant is the first operand
}

func (*Binary) Kind() string { return "Binary" }

func (b *Binary) infer(in []Shape, l *Limits) (Shape, error) {
	if err := b.How.Check(); err != nil {
		return Shape{}, errorf("%w: %w", err, ErrShape)
	}
	if err := b.Act.check(); err != nil {
		return Shape{}, err
	}
	if b.Of != nil {
		s := b.Shape
		if n, ok := product(l.MaxWeights, s.N, s.H, s.W, s.C); !ok || n != len(b.Of) {
			return s, errorf("%d constants of shape %v: %w", len(b.Of), s, ErrShape)
		}
		in = append(in[:len(in):len(in)], s)
	} else if b.Shape != (Shape{}) || b.First {
		return Shape{}, errorf("a constant of shape %v is missing: %w", b.Shape, ErrShape)
	}
	if len(in) != 2 {
		return Shape{}, errorf("%d operands, want 2: %w", len(in), ErrShape)
	}
	x, y := in[0], in[1]
	out := Shape{N: max(x.N, y.N), H: max(x.H, y.H), W: max(x.W, y.W), C: max(x.C, y.C)}
	for _, s := range in {
		if s.N != 1 && s.N != out.N || s.H != 1 && s.H != out.H || s.W != 1 && s.W != out.W || s.C != 1 && s.C != out.C {
			return out, errorf("%v and %v: %w", x, y, ErrShape)
		}
	}
	return out, nil
}

func (*Binary) outType(in []*Value) (DType, Quant, error) { return floats(in) }

func (b *Binary) cost(_ []Shape, out Shape) Cost {
	work := binaryWork
	switch b.How {
	case kernels.Power, kernels.Remainder, kernels.FloorRemainder, kernels.Angle:
		work = powerWork
	}
	return each(out, work).holding(len(b.Of), 4*len(b.Of))
}

func (*Binary) traits() traits { return traits{apart, pixels, sameBits, Wrapped} }

// Bits of the byte of fields.
const (
	binaryClamped  = 0x80
	binaryConstant = 0x40
	binaryFirst    = 0x20
)

// fields: the operation's number with bits that say what follows: bounds, or a constant and its shape.
func (b *Binary) fields(f *fields) {
	code := byte(b.How)
	for bit, on := range map[byte]bool{binaryClamped: b.Act.On, binaryConstant: b.Of != nil, binaryFirst: b.First} {
		if on {
			code |= bit
		}
	}
	if f.byte(&code); f.in != nil {
		b.How = kernels.Arithmetic(code &^ (binaryClamped | binaryConstant | binaryFirst))
		b.Act.On, b.First = code&binaryClamped != 0, code&binaryFirst != 0
	}
	if b.Act.On {
		f.float(&b.Act.Lo)
		f.float(&b.Act.Hi)
	}
	if code&binaryConstant != 0 {
		f.ints(&b.Shape.N, &b.Shape.H, &b.Shape.W, &b.Shape.C)
		if array(f, &b.Of); f.in != nil && b.Of == nil {
			b.Of = []float32{} // refused
		}
	}
}

// kernel returns what both forms have in common.
func (b *Binary) kernel() kernels.Binary {
	k := kernels.Binary{How: b.How, Act: b.Act.Kernel(), First: b.First}
	if b.Of != nil {
		k.Constant = &kernels.View{Data: unsafe.Pointer(&b.Of[0]), DType: F32, N: b.Shape.N, H: b.Shape.H, W: b.Shape.W,
			C: b.Shape.C, Stride: b.Shape.C}
	}
	return k
}

func (b *Binary) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	if b.byChannel(F32, s.in) {
		return kernels.NewScale(F32, b.kernel(), isa)
	}
	return kernels.NewBinary(F32, b.kernel(), isa)
}

// byChannel reports whether [kernels.NewScale] does it: a product of which one operand has all pixels and the other one
// number for each channel, or slopes. For less than 8 channels it would not pay.
func (b *Binary) byChannel(dt DType, in []*Value) bool {
	full, gate := in[0].Shape, b.Shape
	if b.Of == nil {
		gate = in[1].Shape
	}
	if b.How == kernels.Times && full.H*full.W == 1 {
		full, gate = gate, full
	}
	slopes := b.How == kernels.Sloped && dt == F32 && b.Of != nil && !b.First
	return (b.How == kernels.Times || slopes) && !b.Act.On && gate.H*gate.W == 1 && full.H*full.W > 1 &&
		gate.C == full.C && full.C >= 8 && (gate.N == 1 || gate.N == full.N)
}

func (b *Binary) lowerWrapped(in []*Value, to Quant, isa arch.ISA) (kernels.Op, error) {
	if f := b.pointwise(); f != nil {
		return kernels.NewTableU8(tableOf(in[0].Quant, to, b), isa)
	}
	k := b.kernel()
	for _, v := range in {
		k.Scale, k.Zero = append(k.Scale, v.Quant.Scale), append(k.Zero, v.Quant.Zero)
	}
	k.OutScale, k.Out = to.Scale, kernels.OutU8{Zero: to.Zero}
	if b.byChannel(U8, in) {
		return kernels.NewScale(U8, k, isa)
	}
	return kernels.NewBinary(U8, k, isa)
}

// pointwise is with one constant for all.
func (b *Binary) pointwise() func([]float32) {
	if len(b.Of) != 1 {
		return nil
	}
	return func(v []float32) {
		b.How.Apply(v, v, b.Of, b.First)
		c := b.Act.Kernel()
		for i, x := range v {
			v[i] = min(max(x, c.Lo), c.Hi)
		}
	}
}
