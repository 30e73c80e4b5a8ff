package quant

import (
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/runtime"
)

// unlimited is for copies of graphs, which were within their limits.
var unlimited = runtime.Limits{MaxNodes: math.MaxInt, MaxElements: math.MaxInt, MaxWeights: math.MaxInt,
	MaxMACs:  math.MaxInt64,
	MaxArena: math.MaxInt, MaxValues: math.MaxInt, MaxOperands: math.MaxInt, MaxPorts: math.MaxInt}

// prepare simplifies a float graph and brings it into a form that quantises well, with the same meaning: what is left
// of scales and shifts becomes convolutions, and activations behind a maximum go before it, where they fuse.
func prepare(g *runtime.Graph) (*runtime.Graph, error) {
	if len(g.Outputs) == 0 {
		return nil, errNoOutputs
	}
	for _, v := range g.Inputs {
		if v.DType == runtime.U8 {
			return nil, fmt.Errorf("input %q: %w", v.Name, ErrQuantised)
		}
	}
	for _, n := range g.Nodes {
		if n.Out.DType == runtime.U8 {
			return nil, n.Fault(ErrQuantised)
		}
	}
	g, err := runtime.Simplify(g)
	if err != nil {
		return nil, err
	}
	if g, err = reshape(g); err != nil {
		return nil, err
	}
	return runtime.Simplify(g)
}

// reshape copies a graph, with depthwise 1×1 convolutions for the scales and shifts of computed values and
// max(act(x)) for act(max(x)): clamps are monotonic.
func reshape(g *runtime.Graph) (*runtime.Graph, error) {
	uses, maker := map[*runtime.Value]int{}, map[*runtime.Value]*runtime.Node{}
	for _, n := range g.Nodes {
		maker[n.Out] = n
		for _, v := range n.In {
			uses[v]++
		}
	}
	for _, v := range g.Outputs {
		uses[v]++
	}
	// hoisted[p] is the activation that goes before the pooling p.
	hoisted, gone := map[*runtime.Node]*runtime.Node{}, map[*runtime.Node]bool{}
	for _, n := range g.Nodes {
		if _, ok := n.Op.(*runtime.Activation); !ok {
			continue
		}
		if p := maker[n.In[0]]; p != nil && uses[p.Out] == 1 && maximum(p.Op) && hoisted[p] == nil {
			hoisted[p], gone[n] = n, true
		}
	}
	c := runtime.NewGraphLike(g)
	c.SetLimits(unlimited)
	to := map[*runtime.Value]*runtime.Value{}
	for _, v := range g.Inputs {
		in, err := c.InputLike(v)
		if err != nil {
			return nil, err
		}
		to[v] = in
	}
	for _, n := range g.Nodes {
		if gone[n] {
			to[n.Out] = to[n.In[0]]
			continue
		}
		in := make([]*runtime.Value, len(n.In))
		for i, v := range n.In {
			in[i] = to[v]
		}
		op := n.Op
		if a, ok := op.(*runtime.Affine); ok && maker[n.In[0]] != nil {
			op = depthwise(a)
		}
		if a := hoisted[n]; a != nil {
			before, err := c.Add(a.Name, a.Op, in...)
			if err != nil {
				return nil, err
			}
			in = []*runtime.Value{before}
		}
		out, err := c.Add(n.Name, op, in...)
		if err != nil {
			return nil, err
		}
		to[n.Out] = out
	}
	for _, v := range g.Outputs {
		if err := c.OutputLike(to[v], v); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// maximum reports whether an operation is a maximum over windows none of which is empty.
func maximum(op runtime.Op) bool {
	switch op := op.(type) {
	case *runtime.Pool:
		return op.Type == runtime.MaxPool && max(op.DilationH, op.DilationW) <= 1
	case *runtime.GlobalPool:
		return op.Type == runtime.MaxPool
	}
	return false
}

// depthwise is a scale and shift as a convolution.
func depthwise(a *runtime.Affine) *runtime.Conv {
	return &runtime.Conv{Window: runtime.Window{R: 1, S: 1}, K: len(a.Scale), Groups: len(a.Scale), Weights: a.Scale,
		Bias: a.Shift}
}
