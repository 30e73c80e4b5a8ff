package runtime

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/kernels"
)

// WithHalf compiles a float graph in half precision: what [ToHalf] makes of it. It takes about half the memory. ARM
// cores of the tier fp16 compute convolutions in float16, sums by blocks, in about half the time of float32. On other
// CPUs sums are float32, and converting takes time. Results are not those of float32 (docs/NUMERICS.md).
func WithHalf() Option { return func(o *options) { o.half = ToHalf } }

// ToHalf returns a simplified float graph in half precision: weights of convolutions and fully connected layers and
// what flows between operations are float16, in memory and in a file, on every machine. Inputs and outputs stay as they
// are.
//
// Convolutions and fully connected layers take float16 whatever they read; pooling, LRN, functions and arithmetic on
// single elements, and operations that move elements, where an input is float16 already. All others stay as they are,
// and so does a layer that has a weight beyond 65504: between them values are converted. A quantised graph is an error,
// one in half precision is left as it is.
func ToHalf(g *Graph) (*Graph, error) {
	g, err := Simplify(g)
	if err != nil {
		return nil, err
	}
	for _, n := range g.Nodes {
		switch n.Out.DType {
		case F16:
			return g, nil
		case U8:
			return nil, n.Fault(fmt.Errorf("a quantised graph is not to be in half precision: %w", ErrGraph))
		}
	}
	h := &halving{out: NewGraphLike(g), wide: map[*Value]*Value{}, narrow: map[*Value]*Value{}, taken: map[string]bool{},
		ends: map[*Value]bool{}}
	h.out.limits = g.limits
	h.out.limits.trusted = true // there are no quantised weights
	for _, v := range g.Inputs {
		if v.DType == U8 {
			return nil, fmt.Errorf("input %q is quantised, not to be in half precision: %w", v.Name, ErrGraph)
		}
		h.taken[v.Name] = true
		if h.wide[v], err = h.out.InputLike(v); err != nil {
			return nil, err
		}
	}
	for _, n := range g.Nodes {
		h.taken[n.Name] = true
	}
	for _, v := range g.Outputs {
		h.ends[v] = true
	}
	for _, n := range g.Nodes {
		if err := h.node(n); err != nil {
			return nil, err
		}
	}
	for _, v := range g.Outputs {
		if _, err := h.as(v, F32); err != nil {
			return nil, err
		}
	}
	return h.out, h.out.outputsLike(g, func(v *Value) *Value { return h.wide[v] })
}

// inHalf reports whether a graph is in half precision.
func (g *Graph) inHalf() bool {
	return slices.ContainsFunc(g.Nodes, func(n *Node) bool { return n.Out.DType == F16 })
}

// halving is a graph on the way to half precision: what has become of the old one's values, as they are and as float16.
type halving struct {
	out          *Graph
	wide, narrow map[*Value]*Value
	taken        map[string]bool
	ends         map[*Value]bool // outputs of the graph
}

// node adds what becomes of a node.
func (h *halving) node(n *Node) error {
	op, half := n.Op, h.halved(n)
	if half {
		op = inHalf(n)
	}
	in := make([]*Value, len(n.In))
	for i, v := range n.In {
		dt := v.DType
		if half {
			dt = F16
		}
		var err error
		if in[i], err = h.as(v, dt); err != nil {
			return err
		}
	}
	name := n.Name
	if half && h.ends[n.Out] { // its name is that of the output
		name = h.name(n.Name + " in half precision")
	}
	v, err := h.out.Add(name, op, in...)
	if err != nil {
		return err
	}
	if half {
		h.narrow[n.Out] = v
	} else {
		h.wide[n.Out] = v
	}
	return nil
}

// halved reports whether a node becomes one on float16.
func (h *halving) halved(n *Node) bool {
	if n.Out.DType != F32 || len(n.In) == 0 {
		return false
	}
	shapes, some := make([]Shape, len(n.In)), false
	for i, v := range n.In {
		shapes[i] = v.Shape
		some = some || h.narrow[v] != nil && h.wide[v] == nil
		if v.DType != F32 {
			return false
		}
	}
	switch op := n.Op.(type) {
	case *Conv:
		return fitsHalf(op.Weights)
	case *FC:
		return fitsHalf(op.Weights)
	case *Concat, *DepthToSpace, *Flatten, *Identity, *Rearrange, *SpaceToDepth, *Take:
		return some
	}
	_, ok := halfShape(n.Op, shapes, n.Out.Shape)
	return ok && some
}

// fitsHalf reports whether all are finite as float16.
func fitsHalf(weights []float32) bool {
	for _, w := range weights {
		if h := kernels.ToHalf(w); h&0x7c00 == 0x7c00 {
			return false
		}
	}
	return true
}

// inHalf is the operation on float16 that a node becomes.
func inHalf(n *Node) Op {
	narrow := func(w []float32) []kernels.Half {
		h := make([]kernels.Half, len(w))
		for i, x := range w {
			h[i] = kernels.ToHalf(x)
		}
		return h
	}
	switch op := n.Op.(type) {
	case *Conv:
		return &HConv{Window: op.Window, K: op.K, Groups: op.Groups, Weights: narrow(op.Weights), Bias: op.Bias, Act: op.Act}
	case *FC:
		return &HFC{K: op.K, Weights: narrow(op.Weights), Bias: op.Bias, Act: op.Act}
	case *Concat, *DepthToSpace, *Flatten, *Identity, *Rearrange, *SpaceToDepth, *Take:
		return op
	}
	return &Half{Op: n.Op}
}

// as returns what has become of a value, converted if it is not of that type.
func (h *halving) as(v *Value, dt DType) (*Value, error) {
	has, other, op := h.wide, h.narrow, Op(&Widen{})
	if dt == F16 {
		has, other, op = other, has, &Narrow{}
	}
	if has[v] != nil {
		return has[v], nil
	}
	name := v.Name
	if dt == F16 || !h.ends[v] {
		name = h.name(fmt.Sprintf("%s as %v", v.Name, dt))
	}
	c, err := h.out.Add(name, op, other[v])
	has[v] = c
	return c, err
}

// name returns a name that nothing has, or will have.
func (h *halving) name(name string) string {
	for h.taken[name] {
		name += "'"
	}
	h.taken[name] = true
	return name
}
