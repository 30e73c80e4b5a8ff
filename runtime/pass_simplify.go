package runtime

import "slices"

// Simplify returns a graph that means the same with less: what feeds no output is gone, identities (dropout),
// flattenings of 1×1 maps and what rearranges nothing are passed through, rearrangements one after the other are one,
// scales and shifts (batch normalisation) are folded into the convolution or fully connected layer before them, and
// activations are fused into the operation before them. Functions that a model spells out become one operation, and so
// does what a quantised graph does in float to single elements. The graph itself is not changed; weights that do not
// change are shared.
//
// It is portable: nothing in it depends on the machine. Node names survive, those of folded nodes under the node that
// absorbed them.
func Simplify(g *Graph) (*Graph, error) {
	if err := g.usable(); err != nil {
		return nil, err
	}
	g, err := recognise(g)
	if err != nil {
		return nil, err
	}
	return simplify(g)
}

// simplify is [Simplify] of a graph in which functions are recognised, as they are in files.
func simplify(g *Graph) (*Graph, error) {
	g, err := fold(g)
	if err != nil {
		return nil, err
	}
	return joinQuantised(g)
}

// fold is the part of [Simplify] that folds nodes into others.
func fold(g *Graph) (*Graph, error) {
	r := &rewriter{uses: countUses(g), to: map[*Value]*Value{}, makes: map[*Value]*Node{}, shared: map[*Value]bool{},
		affines: map[*Node][]*Affine{}, gone: map[*Node]bool{}}
	r.out = NewGraphLike(g)
	r.out.limits = g.limits
	r.out.limits.trusted = true // what is folded is float
	for _, v := range g.Inputs {
		in, err := r.out.InputLike(v)
		if err != nil {
			return nil, err
		}
		r.becomes(v, in)
	}
	for _, n := range g.Nodes {
		if r.uses[n.Out] == 0 {
			continue
		}
		if err := r.node(n); err != nil {
			return nil, err
		}
	}
	r.out.Nodes = slices.DeleteFunc(r.out.Nodes, func(n *Node) bool { return r.gone[n] })
	for _, n := range r.scaled {
		n.Op = foldAffines(n.Op, r.affines[n])
	}
	return r.out, r.out.outputsLike(g, func(v *Value) *Value { return r.to[v] })
}

// countUses counts the live nodes and outputs that read each value; a value nobody needs has none.
func countUses(g *Graph) map[*Value]int {
	uses := map[*Value]int{}
	for _, v := range g.Outputs {
		uses[v]++
	}
	for _, n := range g.Nodes {
		if keeps(n) {
			uses[n.Out]++
		}
	}
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		if n := g.Nodes[i]; uses[n.Out] > 0 {
			for _, v := range n.In {
				uses[v]++
			}
		}
	}
	return uses
}

// rewriter copies a graph node by node. A node that folds into its producer replaces the producer's operation in the
// new graph, which is possible as long as nobody else reads what the producer made.
type rewriter struct {
	out    *Graph
	uses   map[*Value]int
	to     map[*Value]*Value // old value → new value
	makes  map[*Value]*Node  // new value → the new node that makes it
	shared map[*Value]bool   // new values that have several readers, under one old name or another

	gone    map[*Node]bool      // new nodes that nobody reads any more
	scaled  []*Node             // new nodes with scales and shifts to fold into them, in order
	affines map[*Node][]*Affine // those, in order; weights are gone over once for all of them
}

// becomes notes that a new value stands for an old one. Values that are passed through have several old names.
func (r *rewriter) becomes(old, now *Value) {
	r.to[old] = now
	if r.uses[old] > 1 {
		r.shared[now] = true
	}
}

func (r *rewriter) node(n *Node) error {
	switch op := n.Op.(type) {
	case *Identity:
		r.becomes(n.Out, r.to[n.In[0]])
		return nil
	case *Flatten:
		if s := n.In[0].Shape; s.H == 1 && s.W == 1 {
			r.becomes(n.Out, r.to[n.In[0]])
			return nil
		}
	case *Rearrange:
		if r.rearrange(n, op) {
			return nil
		}
	case *Affine:
		if p := r.soleProducer(n.In[0]); p != nil {
			if takesAffine(p.Op) {
				r.fold(p, op)
				r.becomes(n.Out, p.Out)
				return nil
			}
		}
	case *Activation:
		if p := r.soleProducer(n.In[0]); p != nil {
			if fused := fuseActivation(p.Op, op.Act); fused != nil {
				p.Op = fused
				r.becomes(n.Out, p.Out)
				return nil
			}
		}
	}
	in := make([]*Value, len(n.In))
	for i, v := range n.In {
		in[i] = r.to[v]
	}
	out, err := r.out.Add(n.Name, n.Op, in...)
	if err != nil {
		return err
	}
	r.makes[out] = r.out.Nodes[len(r.out.Nodes)-1]
	r.becomes(n.Out, out)
	return nil
}

// soleProducer is the new node that makes old value v if v has one reader only; nil if others read it too, or if it is
// an input of the graph.
func (r *rewriter) soleProducer(v *Value) *Node {
	made := r.to[v]
	if r.shared[made] {
		return nil
	}
	return r.makes[made]
}

// takesAffine reports whether a scale and shift of an operation's output can be folded into it.
func takesAffine(op Op) bool {
	switch c := op.(type) {
	case *Conv:
		return !c.Act.On
	case *FC:
		return !c.Act.On
	case *Affine:
		return true
	}
	return false
}

// fold adds a scale and shift to those of a node. Beyond a few they become one, lest weights be multiplied any number
// of times.
func (r *rewriter) fold(n *Node, a *Affine) {
	const most = 4
	all := r.affines[n]
	switch len(all) {
	case 0:
		r.scaled = append(r.scaled, n)
	case most:
		last := all[most-1]
		scale, shift := scaleRows(last.Scale, last.Shift, a)
		all[most-1] = &Affine{Scale: scale, Shift: shift}
		return
	}
	r.affines[n] = append(all, a)
}

// foldAffines returns op with scales and shifts of its output folded in: w'[k] = w[k]·scale[k],
// b'[k] = b[k]·scale[k] + shift[k] for each of them in turn.
func foldAffines(op Op, all []*Affine) Op {
	switch c := op.(type) {
	case *Conv:
		folded := *c
		folded.Weights, folded.Bias = scaleRows(c.Weights, c.Bias, all...)
		return &folded
	case *FC:
		folded := *c
		folded.Weights, folded.Bias = scaleRows(c.Weights, c.Bias, all...)
		return &folded
	case *Affine:
		scale, shift := scaleRows(c.Scale, c.Shift, all...)
		return &Affine{Scale: scale, Shift: shift}
	}
	return op
}

// scaleRows multiplies the weights of each row, and scales and shifts its bias.
func scaleRows(weights, bias []float32, all ...*Affine) (w, b []float32) {
	k := len(all[0].Scale)
	w, b = slices.Clone(weights), make([]float32, k)
	copy(b, bias)
	each := len(weights) / k
	for i := range k {
		row := w[i*each:][:each]
		for _, a := range all {
			for j := range row {
				row[j] *= a.Scale[i]
			}
			b[i] = float32(b[i]*a.Scale[i]) + a.Shift[i]
		}
	}
	return w, b
}

// fuseActivation returns op with its output clamped, or nil.
func fuseActivation(op Op, act Clamp) Op {
	switch c := op.(type) {
	case *Conv:
		fused := *c
		fused.Act = c.Act.Then(act)
		return &fused
	case *FC:
		fused := *c
		fused.Act = c.Act.Then(act)
		return &fused
	case *Add:
		return &Add{Act: c.Act.Then(act)}
	case *Activation:
		return &Activation{Act: c.Act.Then(act)}
	case *Binary:
		fused := *c
		fused.Act = c.Act.Then(act)
		return &fused
	}
	return nil
}
