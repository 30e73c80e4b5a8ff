// Package axes builds a [runtime.Graph] from a model whose values have dimensions of their own, in whatever order:
// Caffe's and ONNX's [N C H W], TensorFlow's [N H W C].
//
// A [Tensor] is a value of the graph with its dimensions in the file's order, and the way in which they lie in memory:
// as written, or channels last. Dimensions may be missing behind, so [N C] is a batch of vectors and a lone [C] is one
// vector. Memory is moved only where it must be: a reshape or transposition that another reading of the same memory
// says, is free. What costs nothing when it is done by the consumer is put off until a consumer asks for the value:
// flattening (folded into a fully connected layer's weight order) and zero padding (folded into a convolution or pool).
//
// A [Source] is a constant of the file, decoded and re-ordered when a layer wants it.
package axes

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/gneiss-go/gneiss/runtime"
)

// Builder collects a graph, and what could not be put into it.
type Builder struct {
	G *runtime.Graph

	TakeNames bool   // an output gets its name even if a value on the way has it, which then gets another
	Forget    func() // nil, or called once a good deal of the file has been decoded: its pages may go

	limits runtime.Limits
	unread int            // elements decoded since
	budget int            // elements that constants may still take
	names  map[string]int // how often a name was asked for
	made   map[*runtime.Value]*runtime.Node
	bad    []runtime.Unsupported
	done   map[pending]*runtime.Value
	moved  map[moved]*Tensor
	unzips map[unzipped]*runtime.Value
}

// pending is a flattening or, if pad is not zero, a padding that was put off.
type pending struct {
	v   *runtime.Value
	pad Pad
}

// unzipped names a value of which each n-th channel is wanted.
type unzipped struct {
	v *runtime.Value
	n int
}

// NewBuilder returns a builder for a model file of fileSize bytes. All constants together may take two elements per
// byte of the file and 16 M more: enough for any honest model, and a bound on what a hostile one can make us allocate.
func NewBuilder(name string, fileSize int, l runtime.Limits) *Builder {
	g := runtime.NewGraph(name)
	g.SetLimits(l)
	return &Builder{G: g, limits: l, budget: 2*min(fileSize, 1<<28) + 1<<24,
		names: map[string]int{}, made: map[*runtime.Value]*runtime.Node{}, done: map[pending]*runtime.Value{},
		moved: map[moved]*Tensor{}, unzips: map[unzipped]*runtime.Value{}}
}

// Grant allows constants to take n more elements: for weights that are invented, not read.
func (b *Builder) Grant(n int) { b.budget += n }

// Unsupported notes an operation that cannot be imported. Import goes on, to find the others.
func (b *Builder) Unsupported(op, node, format string, args ...any) {
	b.bad = append(b.bad, runtime.Unsupported{Op: op, Node: node, Reason: fmt.Sprintf(format, args...)})
}

// Err returns all that was noted as one [runtime.UnsupportedError], or nil.
func (b *Builder) Err() error {
	if len(b.bad) == 0 {
		return nil
	}
	return &runtime.UnsupportedError{Ops: b.bad}
}

// Name returns name, or name with a number after it if it is taken.
func (b *Builder) Name(name string) string {
	if name == "" {
		name = "node"
	}
	unique := name
	for b.names[unique] > 0 {
		b.names[name]++
		unique = name + "#" + strconv.Itoa(b.names[name])
	}
	b.names[unique]++
	return unique
}

// Input declares an input of the graph with these dimensions, float if q is nil.
func (b *Builder) Input(name string, dims []int, l runtime.Layout, q *runtime.Quant) (*Tensor, error) {
	if q == nil {
		return b.input(name, dims, l, b.G.Input)
	}
	return b.input(name, dims, l, func(name string, s runtime.Shape) (*runtime.Value, error) {
		return b.G.QuantisedInput(name, s, *q)
	})
}

// IntInput declares an input of whole numbers, which the model has as e.
func (b *Builder) IntInput(name string, dims []int, l runtime.Layout, e runtime.Elem) (*Tensor, error) {
	return b.input(name, dims, l, func(name string, s runtime.Shape) (*runtime.Value, error) {
		v, err := b.G.IntInput(name, s)
		if err == nil {
			err = b.G.SetElem(v, e)
		}
		return v, err
	})
}

func (b *Builder) input(name string, dims []int, l runtime.Layout,
	declare func(string, runtime.Shape) (*runtime.Value, error)) (*Tensor, error) {
	err := b.Fits(dims)
	if most := runtime.MaxRank; err == nil && (len(dims) > most || l == runtime.ChannelsLast && len(dims) > MaxRank) {
		err = fmt.Errorf("%d dimensions %v: %w", len(dims), dims, runtime.ErrShape)
	}
	if err != nil {
		return nil, fmt.Errorf("input %q: %w", name, err)
	}
	v, err := declare(b.Name(name), runtime.ShapeOf(dims, l))
	if err == nil {
		err = b.G.SetDims(v, dims, l)
	}
	if err != nil {
		return nil, err
	}
	return over(v, dims, l), nil
}

// Unflat returns the graph value behind t and reports whether it is still to be flattened in channel-major order.
// A value still to be padded is padded first.
func (b *Builder) Unflat(t *Tensor) (v *runtime.Value, flat bool, err error) {
	if t.pad != (Pad{}) {
		v, err = b.Value(t)
		return v, false, err
	}
	return t.v, t.flat, nil
}

// Value returns t as a value of the graph, flattened and padded where that was put off.
func (b *Builder) Value(t *Tensor) (*runtime.Value, error) {
	if !t.flat && t.pad == (Pad{}) {
		return t.v, nil
	}
	key := pending{t.v, t.pad}
	if v := b.done[key]; v != nil {
		return v, nil
	}
	var v *runtime.Value
	var err error
	if t.flat {
		v, err = b.add(t.v.Name+"/flatten", &runtime.Flatten{}, t.v)
	} else {
		v, err = b.padded(t.v, t.pad)
	}
	if err == nil {
		b.done[key] = v
	}
	return v, err
}

// Add appends a node over the values of ts. The result has the rank and layout of the first of them.
func (b *Builder) Add(name string, op runtime.Op, ts ...*Tensor) (*Tensor, error) {
	t := ts[0]
	in := make([]*runtime.Value, len(ts))
	for i, x := range ts {
		x, err := b.As(name, x, t.Layout)
		if err == nil {
			in[i], err = b.Value(x)
		}
		if err != nil {
			return nil, err
		}
	}
	v, err := b.add(name, op, in...)
	if err != nil {
		return nil, err
	}
	if len(t.Dims) <= MaxRank {
		return over(v, dimsOf(v.Shape, len(t.Dims), t.Layout), t.Layout), nil
	}
	dims := slices.Clone(t.Dims)
	if t.Layout == runtime.AsWritten && v.Shape.N == in[0].Shape.N {
		copy(dims[len(dims)-3:], []int{v.Shape.H, v.Shape.W, v.Shape.C})
	}
	if runtime.ShapeOf(dims, t.Layout) != v.Shape {
		return nil, &runtime.NodeError{Node: name, Op: op.Kind(),
			Err: fmt.Errorf("over %d dimensions %v, at most %d are supported: %w",
				len(t.Dims), t.Dims, MaxRank, runtime.ErrShape)}
	}
	return over(v, dims, t.Layout), nil
}

// AddValues appends a node over values; the result has the given rank and lies channels last.
func (b *Builder) AddValues(name string, op runtime.Op, rank int, in ...*runtime.Value) (*Tensor, error) {
	v, err := b.add(name, op, in...)
	if err != nil {
		return nil, err
	}
	return b.Wrap(v, rank), nil
}

func (b *Builder) add(name string, op runtime.Op, in ...*runtime.Value) (*runtime.Value, error) {
	op, in, err := b.shortened(name, op, in)
	if err != nil {
		return nil, err
	}
	v, err := b.G.Add(b.Name(name), op, in...)
	if err != nil {
		return nil, err
	}
	b.made[v] = b.G.Nodes[len(b.G.Nodes)-1]
	return v, nil
}

// Each appends an operation that treats all elements alike, so that pending flattening can stay pending.
func (b *Builder) Each(name string, op runtime.Op, t *Tensor) (*Tensor, error) {
	if !t.flat {
		return b.Add(name, op, t)
	}
	v, err := b.add(name, op, t.v)
	if err != nil {
		return nil, err
	}
	out := over(v, t.Dims, t.Layout)
	out.flat = true
	return out, nil
}

// Node returns the node that makes t directly, or nil.
func (b *Builder) Node(t *Tensor) *runtime.Node {
	if t.flat || t.pad != (Pad{}) {
		return nil
	}
	return b.made[t.v]
}

// NonNegative reports whether no element of t can be negative: it comes from a ReLU, directly or by way of
// operations that keep the sign.
func (b *Builder) NonNegative(t *Tensor) bool {
	v := t.v
	for range 32 {
		n := b.made[v]
		if n == nil {
			return false
		}
		switch op := n.Op.(type) {
		case *runtime.Activation:
			return op.Act.On && op.Act.Lo >= 0
		case *runtime.Softmax:
			return true
		case *runtime.Pool, *runtime.GlobalPool, *runtime.LRN, *runtime.Identity, *runtime.Flatten:
			v = n.In[0]
		default:
			return false
		}
	}
	return false
}

// rename gives an output its name if it is free, or may be taken.
func (b *Builder) rename(v *runtime.Value, name string) error {
	if name == "" || v.Name == name {
		return nil
	}
	if b.names[name] > 0 {
		at := slices.IndexFunc(b.G.Nodes, func(n *runtime.Node) bool { return n.Out.Name == name })
		if at < 0 || !b.TakeNames || slices.Contains(b.G.Outputs, b.G.Nodes[at].Out) {
			return nil
		}
		if err := b.G.Rename(b.G.Nodes[at].Out, b.Name(name)); err != nil {
			return err
		}
	}
	b.names[name]++
	return b.G.Rename(v, name)
}

// Output declares a tensor as an output, of this name if no other value has it. One that is an input or an output
// already is passed through an Identity.
func (b *Builder) Output(name string, t *Tensor) error { return b.OutputOf(name, t, runtime.ElemSame) }

// OutputOf is Output for a tensor whose elements the model has as e.
func (b *Builder) OutputOf(name string, t *Tensor, e runtime.Elem) error {
	v, err := b.Value(t)
	if err != nil {
		return err
	}
	if slices.Contains(b.G.Inputs, v) || slices.Contains(b.G.Outputs, v) {
		if v, err = b.add(name, &runtime.Identity{}, v); err != nil {
			return err
		}
	} else if err := b.rename(v, name); err != nil {
		return err
	}
	if len(t.Dims) <= runtime.MaxRank {
		if err := b.G.SetDims(v, t.Dims, t.Layout); err != nil {
			return err
		}
	}
	if err := b.G.SetElem(v, e); err != nil {
		return err
	}
	return b.G.Output(v)
}
