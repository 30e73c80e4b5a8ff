package runtime

import "slices"

// rewriting is a graph in which some nodes have become others.
type rewriting struct {
	to   map[*Node]*Node   // the node that stands for another, with that one's name and values of the old graph
	same map[*Value]*Value // the old value that stands for another
	more map[*Node]*Node   // a node that comes before another
}

func newRewriting() *rewriting {
	return &rewriting{map[*Node]*Node{}, map[*Value]*Value{}, map[*Node]*Node{}}
}

// become notes that a node computes op of values before it.
func (r *rewriting) become(n *Node, op Op, in ...*Value) {
	r.to[n] = &Node{Name: n.Name, Op: op, In: in, Out: n.Out}
}

// apply returns the graph as it has become, without what feeds no output any more; g itself if nothing has changed.
func (r *rewriting) apply(g *Graph) (*Graph, error) {
	if len(r.to)+len(r.same) == 0 {
		return g, nil
	}
	nodes := make([]*Node, 0, len(g.Nodes)+len(r.more))
	for _, n := range g.Nodes {
		if m := r.more[n]; m != nil {
			nodes = append(nodes, m)
		}
		if to := r.to[n]; to != nil {
			n = to
		}
		nodes = append(nodes, n)
	}
	old := func(v *Value) *Value {
		for r.same[v] != nil {
			v = r.same[v]
		}
		return v
	}
	live := map[*Value]bool{}
	for _, v := range g.Outputs {
		live[old(v)] = true
	}
	for i := len(nodes) - 1; i >= 0; i-- {
		if live[nodes[i].Out] = live[nodes[i].Out] || keeps(nodes[i]); live[nodes[i].Out] {
			for _, v := range nodes[i].In {
				live[old(v)] = true
			}
		}
	}
	out, to := NewGraphLike(g), map[*Value]*Value{}
	out.limits = g.limits
	out.limits.trusted = true // weights are what they were
	for _, v := range g.Inputs {
		in, err := out.InputLike(v)
		if err != nil {
			return nil, err
		}
		to[v] = in
	}
	for _, n := range nodes {
		if !live[n.Out] {
			continue
		}
		in := make([]*Value, len(n.In))
		for i, v := range n.In {
			in[i] = to[old(v)]
		}
		v, err := out.Add(n.Name, n.Op, in...)
		if err != nil {
			return nil, err
		}
		to[n.Out] = v
	}
	return out, out.outputsLike(g, func(v *Value) *Value { return to[old(v)] })
}

// outputsLike declares the outputs of a graph that was made of another: what became of the other's, with their
// dimensions and, unless the name is taken, their names. An input that is an output too stays as it is.
func (g *Graph) outputsLike(other *Graph, became func(*Value) *Value) error {
	for _, v := range other.Outputs {
		out := became(v)
		if err := g.Output(out); err != nil {
			return err
		}
		if slices.Contains(g.Inputs, out) {
			continue
		}
		out.likeIn(v)
		if out.Name != v.Name && !g.names[v.Name] {
			if err := g.Rename(out, v.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// makers returns the node that makes each value.
func makers(g *Graph) map[*Value]*Node {
	m := make(map[*Value]*Node, len(g.Nodes))
	for _, n := range g.Nodes {
		m[n.Out] = n
	}
	return m
}
