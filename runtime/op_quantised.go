package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

// The quantised operations. A quantised graph is an ordinary graph in which some values have DType U8 and a Quant;
// its results are the same bytes on every CPU (docs/NUMERICS.md).
//
//	Quantize → QConv, QFC, Quantised{Wrapped}, operations that move elements → Dequantize
//
// Those that move elements work on uint8 as they are: they keep their input's Quant.

const opQuantised opCode = 17

var _ = register(opQuantised, func() Op { return new(Quantised) })

// wrapped is implemented by the operations that [Quantised] takes, and by no others.
type wrapped interface {
	lowerWrapped(in []*Value, to Quant, isa arch.ISA) (kernels.Op, error)
}

// Quantised is a float operation carried out on quantised inputs, its output quantised by Out: one whose [Form] is
// Wrapped or Kept. The order of the IEEE operations is written in docs/NUMERICS.md.
type Quantised struct {
	Op  Op // *Pool, *GlobalPool, *LRN, *Add, *Reduce, *Softmax, …
	Out Quant
}

func (q *Quantised) Kind() string { return "Q" + q.Op.Kind() }

func (q *Quantised) infer(in []Shape, l *Limits) (Shape, error) {
	switch FormOf(q.Op) {
	case Wrapped, Kept:
		return q.Op.infer(in, l)
	case Moves:
		return Shape{}, errorf("a quantised %s keeps its input's scale, it is a plain one: %w", q.Op.Kind(), ErrGraph)
	}
	return Shape{}, errorf("%s has no quantised form: %w", q.Op.Kind(), ErrGraph)
}

func (q *Quantised) outType(in []*Value) (DType, Quant, error) {
	if err := wantType(in, U8); err != nil {
		return 0, Quant{}, err
	}
	return U8, q.Out, q.Out.check()
}

func (q *Quantised) cost(in []Shape, out Shape) Cost { return q.Op.cost(in, out) }

func (q *Quantised) traits() traits {
	t := q.Op.traits()
	return traits{t.aliasing, t.reads, sameBits, Native}
}

func (q *Quantised) fields(f *fields) {
	f.quant(&q.Out)
	f.op(&q.Op)
}

func (q *Quantised) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return q.Op.(wrapped).lowerWrapped(s.in, s.out[0].Quant, isa)
}

// checkWeights wants weights in −127…127, sums that an int32 holds, and scales that are numbers.
func checkWeights(w []int8, bias []int32, scales []float32, l *Limits) error {
	if !l.trusted {
		if !kernels.ValidWeights(w) {
			return errorf("weight −128: %w", ErrShape)
		}
		if k := kernels.Overflows(w, bias, len(scales)); k >= 0 {
			return errorf("channel %d: its sums may leave int32: %w", k, ErrShape)
		}
	}
	for k, s := range scales {
		if err := (Quant{Scale: s}).check(); err != nil {
			return errorf("channel %d: %w", k, err)
		}
	}
	return nil
}

// multiplier is a requantisation factor, in·weight/out in binary64, rounded once.
func multiplier(in, weight, out float32) float32 {
	return float32(float64(in) * float64(weight) / float64(out))
}
