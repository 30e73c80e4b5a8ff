package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

const opLookup opCode = 44

var _ = register(opLookup, func() Op { return new(Lookup) })

// maxLookup bounds the operations of a [Lookup].
const maxLookup = 16

// Lookup is what operations, done in turn, make of the number that a level stands for: the same bits as those
// operations give behind a [Dequantize], by a table of 256 numbers. Functions behind a network's last layer with
// weights lose nothing by it.
type Lookup struct {
	Of []Op // such that [Pointwise] holds for all
}

// Pointwise reports whether an operation does the same to every element of its one input, whatever its place.
func Pointwise(op Op) bool {
	e, ok := op.(elementwise)
	return ok && e.pointwise() != nil
}

// Apply does an operation for which [Pointwise] holds to each number of a list.
func Apply(op Op, v []float32) { op.(elementwise).pointwise()(v) }

func (*Lookup) Kind() string { return "Lookup" }

func (l *Lookup) infer(in []Shape, limits *Limits) (Shape, error) {
	s, err := one(in)
	if err == nil && (len(l.Of) == 0 || len(l.Of) > maxLookup) {
		err = errorf("%d operations in a table, want 1 to %d: %w", len(l.Of), maxLookup, ErrShape)
	}
	for _, op := range l.Of {
		if err != nil {
			break
		}
		if _, err = op.infer(in, limits); err == nil && !Pointwise(op) {
			err = errorf("%s is not the same for every element: %w", op.Kind(), ErrGraph)
		}
	}
	return s, err
}

func (*Lookup) outType(in []*Value) (DType, Quant, error) { return F32, Quant{}, wantType(in, U8) }

func (l *Lookup) cost(_ []Shape, out Shape) Cost {
	c := each(out, 2)
	c.Work = plus(c.Work, int64(256*powerWork*len(l.Of)))
	return c
}

func (*Lookup) traits() traits { return traits{apart, pixels, sameBits, Native} }

// fields: how many operations, and each.
func (l *Lookup) fields(f *fields) {
	n := byte(len(l.Of))
	if f.byte(&n); f.in != nil {
		l.Of = make([]Op, n)
	}
	for i := range l.Of {
		f.op(&l.Of[i])
	}
}

func (l *Lookup) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewLookup(numbersOf(s.in[0].Quant, l.Of...), isa)
}
