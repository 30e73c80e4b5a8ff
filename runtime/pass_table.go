package runtime

import "slices"

// joinQuantised makes one node of what is done in float between a Dequantize and a Quantize, where nothing else reads
// it: a table of functions of one element, and arithmetic of bytes. What only moves elements there moves bytes. A chain
// of functions behind a Dequantize that stays float is a table of numbers. The results are the same bytes.
func joinQuantised(g *Graph) (*Graph, error) {
	uses, made := countUses(g), makers(g)
	r := newRewriting()
	bytes := func(v *Value) *Value { // of which v is the dequantisation
		if n := made[v]; n != nil {
			if _, ok := n.Op.(*Dequantize); ok {
				return n.In[0]
			}
		}
		return nil
	}
	// chain is what is done to single elements on the way to v, of at most so many operations, and where that begins.
	chain := func(v *Value, most int) (ops []Op, from *Value) {
		for len(ops) < most && bytes(v) == nil && uses[v] == 1 && made[v] != nil && Pointwise(made[v].Op) {
			ops, v = append(ops, made[v].Op), made[v].In[0]
		}
		slices.Reverse(ops)
		return ops, v
	}
	for _, n := range g.Nodes {
		if movesMemory(n.Op) && uses[n.Out] > 0 {
			if u := bytes(n.In[0]); u != nil && !g.names[n.Name+"/bytes"] {
				m := &Node{Name: n.Name + "/bytes", Op: n.Op, In: []*Value{u}, Out: &Value{Quant: u.Quant}}
				r.more[n] = m
				r.become(n, &Dequantize{}, m.Out)
				made[n.Out] = r.to[n]
			}
			continue
		}
		if Pointwise(n.Op) {
			ops, v := chain(n.In[0], maxLookup-1)
			if u := bytes(v); u != nil {
				r.become(n, &Lookup{Of: append(ops, n.Op)}, u)
			}
			continue
		}
		q, ok := n.Op.(*Quantize)
		if !ok || uses[n.Out] == 0 {
			continue
		}
		ops, v := chain(n.In[0], len(g.Nodes))
		if u := bytes(v); u != nil {
			if len(ops) == 0 && u.Quant == q.To {
				r.same[n.Out] = u
				continue
			}
			r.become(n, &Table{Of: tableOf(u.Quant, q.To, ops...)[:], Out: q.To}, u)
			continue
		}
		b := made[v]
		if len(ops) > 0 || b == nil || uses[v] != 1 {
			continue
		}
		if _, ok := b.Op.(*Binary); !ok {
			continue
		}
		in := make([]*Value, 0, len(b.In))
		for _, v := range b.In {
			if u := bytes(v); u != nil {
				in = append(in, u)
			}
		}
		if len(in) == len(b.In) {
			r.become(n, &Quantised{Op: b.Op, Out: q.To}, in...)
		}
	}
	return r.apply(g)
}

// movesMemory reports whether an operation does nothing but give the elements of one value another order.
func movesMemory(op Op) bool {
	switch op.(type) {
	case *Rearrange, *Flatten, *Identity, *DepthToSpace, *SpaceToDepth:
		return true
	}
	return false
}
