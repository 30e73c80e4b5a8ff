package runtime

import (
	"fmt"
	"math"
	"reflect"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

// Op is an operation: one of the types of the files op_*.go, each of which holds all that the package knows of its
// operation. Only rewriting passes (pass_*.go) look at the type.
type Op interface {
	// Kind returns the operation's word, for reports and errors.
	Kind() string

	// infer checks every parameter and the inputs' shapes, and returns the output's shape.
	infer(in []Shape, l *Limits) (Shape, error)
	// outType checks the inputs' types and returns the output's.
	outType(in []*Value) (DType, Quant, error)
	// cost returns what it takes over inputs and output that infer let pass. Of the bytes it counts the parameters'.
	cost(in []Shape, out Shape) Cost
	// lower chooses the kernel of a step whose first node is this operation, and packs its weights.
	lower(s *step, isa arch.ISA, p *packer) (kernels.Op, error)
	// traits answers what passes ask.
	traits() traits
	// fields visits the parameters in their order in the file, to write or to read them.
	fields(f *fields)
}

// traits are what passes ask of an operation. They are written without names, so that one that is left out, or stands
// in another's place, does not compile.
type traits struct {
	aliasing aliasing
	reads    reads
	bits     bits
	form     Form
}

// aliasing says whether an operation's kernels allow its output to be its input.
type aliasing uint8

const (
	apart  aliasing = iota // the output touches no input
	onSpot                 // the output may be an input of the same shape and type
)

// reads says how an operation reads its inputs.
type reads uint8

const (
	pixels reads = iota // pixel by pixel, each with a stride
	rows                // each image as one row of numbers without gaps
)

// bits says who gets the same bits of the same inputs.
type bits uint8

const (
	sameBits bits = iota // every machine
	tierBits             // every machine of one tier: a kernel adds floats in an order of its own
)

// Form says how an operation works in a quantised graph.
type Form uint8

const (
	FloatOnly Form = iota // not at all: it works on float between a Dequantize and a Quantize
	Wrapped               // as [Quantised], to a scale of its own
	Kept                  // likewise where a model has it so; package quant leaves it on float
	Rewritten             // as an operation of its own: [QConv], [QFC]
	Moves                 // as it is: it moves or compares elements of any type, and the output has the inputs' scale
	Native                // it belongs to quantised graphs
)

// FormOf returns how an operation works in a quantised graph.
func FormOf(op Op) Form { return op.traits().form }

// SameBits reports whether the graph gives the same bytes on every machine: nothing in it adds floats in an order that
// is a kernel's own.
func (g *Graph) SameBits() bool {
	for _, n := range g.Nodes {
		if n.Op.traits().bits != sameBits {
			return false
		}
	}
	return true
}

// inPlace reports whether an operation's kernels allow its output to be its input.
func inPlace(op Op) bool { return op.traits().aliasing == onSpot }

// needsDense reports whether an operation reads its input as one row of numbers.
func needsDense(op Op) bool { return op.traits().reads == rows }

// opCode is an operation's number in the file. Never renumber.
type opCode byte

// The operations: what makes one to be filled by reading, and the number of each type.
var (
	registry = map[opCode]func() Op{}
	codes    = map[reflect.Type]opCode{}
)

// register notes an operation; an operation's file calls it, in the declaration of a variable.
func register(code opCode, make func() Op) opCode {
	if registry[code] != nil {
		panic(fmt.Sprintf("runtime: two operations of code %d", code))
	}
	registry[code], codes[reflect.TypeOf(make())] = make, code
	return code
}

// known refuses what is no operation of this package: nothing, or a type that embeds one.
func known(op Op) error {
	if op == nil {
		return errorf("no operation: %w", ErrGraph)
	}
	if _, ok := codes[reflect.TypeOf(op)]; !ok {
		return errorf("%T is no operation of this package: %w", op, ErrGraph)
	}
	if reflect.ValueOf(op).IsNil() {
		return errorf("no operation: %w", ErrGraph)
	}
	switch op := op.(type) {
	case *Quantised:
		return known(op.Op)
	case *Half:
		return known(op.Op)
	case *Lookup:
		for _, o := range op.Of {
			if err := known(o); err != nil {
				return err
			}
		}
	}
	return nil
}

// Cost is what an operation takes.
type Cost struct {
	MACs   int64 // multiply-accumulates of convolutions and fully connected layers, as direct convolution does them
	Work   int64 // the time of a run, in multiply-accumulates of the portable kernels, about a nanosecond each: [Limits]
	Params int64 // weights, biases, scales and shifts
	Bytes  int64 // inputs, output and parameters, each moved once
}

// Cost returns what the node takes in one run.
func (n *Node) Cost() Cost {
	shapes := make([]Shape, len(n.In))
	for i, v := range n.In {
		shapes[i] = v.Shape
	}
	c := n.Op.cost(shapes, n.Out.Shape)
	c.Bytes += valueBytes(n.Out)
	for _, v := range n.In {
		c.Bytes += valueBytes(v)
	}
	return c
}

// Cost adds up the graph's nodes.
func (g *Graph) Cost() (c Cost) {
	for _, n := range g.Nodes {
		c.add(n.Cost())
	}
	return c
}

func valueBytes(v *Value) int64 { return times(int64(v.Shape.Elements()), v.DType.Size()) }

func (c *Cost) add(d Cost) {
	c.MACs, c.Work, c.Params, c.Bytes = plus(c.MACs, d.MACs), plus(c.Work, d.Work), plus(c.Params, d.Params),
		plus(c.Bytes, d.Bytes)
}

// each is the cost of an operation without parameters that takes so much work for each element of its output.
func each(out Shape, work int) Cost { return Cost{Work: times(int64(out.Elements()), work)} }

// holding is the cost with so many parameters, of so many bytes.
func (c Cost) holding(params, bytes int) Cost {
	c.Params, c.Bytes = int64(params), int64(bytes)
	return c
}

// Work for each element or pixel, as the portable kernels take it on a slow machine.
const (
	pixelWork  = 4  // a pixel of a window is found, for all its channels
	moveWork   = 8  // an element's place is computed
	binaryWork = 16 // likewise, of one channel
	expWork    = 32 // an exponential function
	powerWork  = 64 // a power
)

// times is a product of numbers that are not negative; the largest number where it would be more.
//
//go:noinline
func times(p int64, factors ...int) int64 {
	for _, f := range factors {
		if f > 0 && p > math.MaxInt64/int64(f) {
			return math.MaxInt64
		}
		p *= int64(f)
	}
	return p
}

// plus is a sum of numbers that are not negative; the largest number where it would be more.
func plus(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

func one(in []Shape) (Shape, error) {
	if len(in) != 1 {
		return Shape{}, errorf("%d inputs, want 1: %w", len(in), ErrShape)
	}
	return in[0], nil
}

// floats is the type of an operation's output that takes and gives float values.
func floats(in []*Value) (DType, Quant, error) { return F32, Quant{}, wantType(in, F32) }

// moved is the type of an operation's output that moves its one input's elements.
func moved(in []*Value) (DType, Quant, error) { return in[0].DType, in[0].Quant, nil }

func wantType(in []*Value, dt DType) error {
	for i, v := range in {
		if v.DType != dt {
			return errorf("input %d is %v, want %v: %w", i, v.DType, dt, ErrShape)
		}
	}
	return nil
}
