package runtime

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/gneiss-go/gneiss/kernels"
)

// DType is the type of a value's elements.
type DType = kernels.DType

// The element types of values.
const (
	F32 = kernels.F32
	U8  = kernels.U8
	I32 = kernels.S32 // whole numbers: see [Elem]
	F16 = kernels.F16 // within graphs in half precision: see [ToHalf]
)

// Shape is that of an activation: N images of H rows × W columns × C channels, NHWC.
// A vector of length n is {1, 1, 1, n}.
type Shape struct{ N, H, W, C int }

// Elements returns N·H·W·C.
//
//go:noinline
func (s Shape) Elements() int { return s.N * s.H * s.W * s.C }

// String returns, for example, 1×28×28×256.
func (s Shape) String() string { return fmt.Sprintf("%d×%d×%d×%d", s.N, s.H, s.W, s.C) }

// Quant maps uint8 to real numbers: real = Scale·(q − Zero). It is the zero value for float values.
type Quant struct {
	Scale float32
	Zero  uint8
}

// Value is a tensor that flows between nodes. Its fields are set by the graph and must not be changed.
type Value struct {
	Name  string
	Shape Shape
	DType DType
	Quant Quant // only with DType U8

	dims   []int // of the model; nil for N, H, W, C
	layout Layout
	elem   Elem // of the model
	graph  *Graph
	id     int
	state  stateful
}

// Node is one operation of a graph.
type Node struct {
	Name string
	Op   Op
	In   []*Value
	Out  *Value
}

// Graph is what a model means, whatever the machine: operations in topological order, float or quantised,
// weights included. It is built by Input, Add and Output, each of which checks what it is given, so that a
// graph which exists is consistent. A graph may be read by several goroutines, and changed by none while read.
type Graph struct {
	Name    string
	Nodes   []*Node // an order in which they can run
	Inputs  []*Value
	Outputs []*Value

	// Card is what programs must know of the model beside its graph, in bytes that only they read (models/card says
	// how): files, plans and graphs made of this one carry it. It is not to be written to.
	Card []byte

	limits  Limits
	names   map[string]bool
	nvalues int
	work    int64
	reads   int  // operands of all nodes
	spent   bool // its weights are gone: WithSpentGraph
}

// Limits bound what a graph may ask for, so that a hostile model is refused before anything is allocated for it.
type Limits struct {
	MaxNodes    int // nodes in a graph
	MaxElements int // elements of one activation
	MaxWeights  int // elements of one node's weights

	// MaxMACs bounds the work of one run, in multiply-accumulates. What other operations do counts as the
	// multiply-accumulates that take as long by the portable kernels: the window of a pooling or LRN for each output,
	// and for each element of others between 1 and 64 ([Cost]). A nanosecond of one slow core each is about right, so
	// [DefaultLimits] allow a run of some twenty minutes there, and of half a minute where the fastest kernels run.
	MaxMACs int64

	// Of those that follow, 0 stands for what DefaultLimits has.
	MaxArena    int // bytes of a session's arena
	MaxValues   int // inputs, nodes, and what nodes read, once for each reader: it bounds the steps of a plan
	MaxOperands int // inputs of one node
	MaxPorts    int // inputs of a graph, and outputs
	MaxCard     int // bytes of [Graph.Card]

	trusted bool // the values of quantised weights were looked at before, or will be by kernels
}

// DefaultLimits suit every network of the image-classification kind.
var DefaultLimits = Limits{MaxNodes: 20_000, MaxElements: 1 << 28, MaxWeights: 1 << 29, MaxMACs: 1 << 40,
	MaxArena: 1 << (29 + strconv.IntSize/64), MaxValues: 100_000, MaxOperands: 4096, MaxPorts: 4096,
	MaxCard: 1 << 20}

func (l *Limits) arena() int    { return cmp.Or(l.MaxArena, DefaultLimits.MaxArena) }
func (l *Limits) values() int   { return cmp.Or(l.MaxValues, DefaultLimits.MaxValues) }
func (l *Limits) operands() int { return cmp.Or(l.MaxOperands, DefaultLimits.MaxOperands) }
func (l *Limits) ports() int    { return cmp.Or(l.MaxPorts, DefaultLimits.MaxPorts) }
func (l *Limits) card() int     { return cmp.Or(l.MaxCard, DefaultLimits.MaxCard) }

// NewGraph returns an empty graph under DefaultLimits. (The zero Graph is one whose limits allow nothing.)
func NewGraph(name string) *Graph {
	return &Graph{Name: name, limits: DefaultLimits, names: map[string]bool{}}
}

// NewGraphLike returns an empty graph under DefaultLimits with the name and the card of another, for what makes one
// graph of another.
func NewGraphLike(g *Graph) *Graph {
	like := NewGraph(g.Name)
	like.Card = g.Card
	return like
}

// SetLimits replaces the limits that later calls check.
func (g *Graph) SetLimits(l Limits) { g.limits = l }

// Input declares a float input of the graph.
func (g *Graph) Input(name string, s Shape) (*Value, error) { return g.input(name, s, F32, Quant{}) }

// QuantisedInput declares an input of bytes that stand for numbers as q says.
func (g *Graph) QuantisedInput(name string, s Shape, q Quant) (*Value, error) {
	if err := q.check(); err != nil {
		return nil, errorf("input %q: %w", name, err)
	}
	return g.input(name, s, U8, q)
}

// IntInput declares an input of whole numbers, int32. [Graph.SetElem] says what the model has them as, if not int32.
func (g *Graph) IntInput(name string, s Shape) (*Value, error) { return g.input(name, s, I32, Quant{}) }

func (g *Graph) input(name string, s Shape, dt DType, q Quant) (*Value, error) {
	if g.names[name] {
		return nil, errorf("input %q: name used twice: %w", name, ErrGraph)
	}
	err := g.checkShape(s)
	if most := g.limits.ports(); err == nil && len(g.Inputs) >= most {
		err = errorf("more than %d inputs: %w", most, ErrLimit)
	}
	if err != nil {
		return nil, errorf("input %q: %w", name, err)
	}
	v := g.newValue(name, s)
	v.DType, v.Quant = dt, q
	g.Inputs = append(g.Inputs, v)
	return v, nil
}

// Add appends a node and returns its output, which bears the node's name. It infers and checks the output's
// shape and type and returns a [NodeError] if the operation does not fit its inputs.
func (g *Graph) Add(name string, op Op, in ...*Value) (*Value, error) {
	if err := known(op); err != nil {
		return nil, nodeFault(name, "none", err)
	}
	v, err := g.add(name, op, in)
	if err != nil {
		return nil, nodeFault(name, op.Kind(), err)
	}
	return v, nil
}

// Check returns the error that Add would, but for a name that is taken, and adds nothing.
func (g *Graph) Check(name string, op Op, in ...*Value) error {
	if err := known(op); err != nil {
		return nodeFault(name, "none", err)
	}
	if _, err := g.result(op, in); err != nil {
		return nodeFault(name, op.Kind(), err)
	}
	return nil
}

// add is Add of an operation that is known; its errors do not say which node is at fault.
func (g *Graph) add(name string, op Op, in []*Value) (*Value, error) {
	if g.names[name] {
		return nil, errorf("name used twice: %w", ErrGraph)
	}
	r, err := g.result(op, in)
	if err != nil {
		return nil, err
	}
	n := &Node{Name: name, Op: op, In: append([]*Value(nil), in...), Out: g.newValue(name, r.Shape)}
	n.Out.DType, n.Out.Quant = r.DType, r.Quant
	g.work += r.work
	g.reads += len(in)
	g.Nodes = append(g.Nodes, n)
	n.noteState()
	return n.Out, nil
}

// result is what an operation makes of its inputs, and at which price.
type result struct {
	Shape
	DType
	Quant
	work int64
}

// result infers that of an operation that is known, and checks that the graph has room for it.
func (g *Graph) result(op Op, in []*Value) (r result, err error) {
	switch {
	case len(g.Nodes) >= g.limits.MaxNodes:
		return r, errorf("more than %d nodes: %w", g.limits.MaxNodes, ErrLimit)
	case len(in) > g.limits.operands():
		return r, errorf("%d inputs, more than %d: %w", len(in), g.limits.operands(), ErrLimit)
	case len(in) >= g.limits.values()-g.nvalues-g.reads:
		return r, errorf("more than %d values and readers of values: %w", g.limits.values(), ErrLimit)
	}
	shapes := make([]Shape, len(in))
	for i, v := range in {
		if v == nil || v.graph != g {
			return r, errorf("input %d is not of this graph: %w", i, ErrGraph)
		}
		shapes[i] = v.Shape
	}
	if len(in) == 0 && !alone(op) {
		return r, errorf("no inputs: %w", ErrShape)
	}
	if r.Shape, err = op.infer(shapes, &g.limits); err != nil {
		return r, err
	}
	if err = g.checkShape(r.Shape); err != nil {
		return r, err
	}
	if err = checkHalves(op, in); err != nil {
		return r, err
	}
	if r.DType, r.Quant, err = op.outType(in); err != nil {
		return r, err
	}
	if r.work = op.cost(shapes, r.Shape).Work; r.work > g.limits.MaxMACs-g.work {
		return r, errorf("more work than %d multiply-accumulates in all: %w", g.limits.MaxMACs, ErrLimit)
	}
	return r, nil
}

// alone reports whether an operation has no inputs.
func alone(op Op) bool {
	switch op.(type) {
	case *Constant, *State:
		return true
	}
	return false
}

// Rename gives a value that a node makes, and the node, another name, which must be free.
func (g *Graph) Rename(v *Value, name string) error {
	if g.names[name] {
		return errorf("%q: name used twice: %w", name, ErrGraph)
	}
	for _, n := range slices.Backward(g.Nodes) {
		if n.Out == v {
			delete(g.names, v.Name)
			g.names[name] = true
			n.Name, v.Name = name, name
			return nil
		}
	}
	return errorf("%q: no node of this graph makes the value: %w", name, ErrGraph)
}

// Output declares values as outputs of the graph, in this order.
func (g *Graph) Output(vs ...*Value) error {
	for _, v := range vs {
		if v == nil || v.graph != g {
			return errorf("output is not of this graph: %w", ErrGraph)
		}
		if v.DType == F16 {
			return errorf("output %q is f16, within graphs only: %w", v.Name, ErrGraph)
		}
		if most := g.limits.ports(); len(g.Outputs) >= most {
			return errorf("output %q: more than %d outputs: %w", v.Name, most, ErrLimit)
		}
		g.Outputs = append(g.Outputs, v)
	}
	return nil
}

func (g *Graph) newValue(name string, s Shape) *Value {
	if g.names == nil {
		g.names = map[string]bool{}
	}
	g.names[name] = true
	v := &Value{Name: name, Shape: s, graph: g, id: g.nvalues}
	g.nvalues++
	return v
}

func (g *Graph) checkShape(s Shape) error {
	if s.N < 1 || s.H < 1 || s.W < 1 || s.C < 1 {
		return errorf("shape %v has an empty dimension: %w", s, ErrShape)
	}
	if _, ok := product(g.limits.MaxElements, s.N, s.H, s.W, s.C); !ok {
		return errorf("shape %v has more than %d elements: %w", s, g.limits.MaxElements, ErrLimit)
	}
	return nil
}

// product multiplies positive factors; ok is false when one is not positive or the product exceeds limit.
func product(limit int, factors ...int) (p int, ok bool) {
	p = 1
	for _, f := range factors {
		if f < 1 || p > limit/f {
			return 0, false
		}
		p *= f
	}
	return p, p <= limit
}
