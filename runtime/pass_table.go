package runtime

import "slices"

// joinQuantised makes one node of what is done in float between a Dequantize and a Quantize, where nothing else reads
// it: a table of functions of one element, and arithmetic of bytes. What only moves elements there moves bytes. A chain
// of functions behind a Dequantize that stays float is a table of numbers. The results are the same bytes. Functions of
// one byte after each other, and arithmetic between them, are one table: what exporters of quantised models make of
// SiLU, with a quantisation after each operation.
func joinQuantised(g *Graph) (*Graph, error) {
	uses, made := countUses(g), makers(g)
	r, known := newRewriting(), functions{}
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
		if t, u := known.note(n); t != nil {
			r.become(n, t, u)
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
			f := known.of(u).then(tableOf(u.Quant, q.To, ops...))
			known[n.Out] = f
			r.become(n, &Table{Of: f.table[:], Out: q.To}, f.x)
			continue
		}
		b := made[v]
		if len(ops) > 0 || b == nil || uses[v] != 1 {
			continue
		}
		arithmetic, ok := b.Op.(*Binary)
		if !ok {
			continue
		}
		in := make([]*Value, 0, len(b.In))
		for _, v := range b.In {
			if u := bytes(v); u != nil {
				in = append(in, u)
			}
		}
		if len(in) != len(b.In) {
			continue
		}
		if f, ok := known.between(arithmetic, q.To, in); ok {
			known[n.Out] = f
			r.become(n, &Table{Of: f.table[:], Out: q.To}, f.x)
			continue
		}
		r.become(n, &Quantised{Op: b.Op, Out: q.To}, in...)
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

// function is a value of bytes as a table of another's.
type function struct {
	x     *Value
	table [256]uint8
}

// functions are the values that are such.
type functions map[*Value]function

// of returns a value as a function, if only of itself.
func (k functions) of(v *Value) function {
	f, ok := k[v]
	if !ok {
		f.x = v
		for i := range f.table {
			f.table[i] = uint8(i)
		}
	}
	return f
}

// then is the function that does f and looks the result up.
func (f function) then(table *[256]uint8) function {
	for i, q := range f.table {
		f.table[i] = table[q]
	}
	return f
}

// between is arithmetic between two functions of the same value, element by element; false if they are of others.
func (k functions) between(b *Binary, to Quant, in []*Value) (f function, ok bool) {
	if len(in) != 2 || in[0].Shape != in[1].Shape {
		return f, false
	}
	p, q := k.of(in[0]), k.of(in[1])
	if p.x != q.x {
		return f, false
	}
	f.x = p.x
	c := b.Act.Kernel()
	for i := range f.table {
		var v [3]float32
		for j, level := range []uint8{p.table[i], q.table[i]} {
			v[j] = float32(int(level)-int(in[j].Quant.Zero)) * in[j].Quant.Scale
		}
		b.How.Apply(v[2:], v[:1], v[1:2], false)
		f.table[i] = to.Level(min(max(v[2], c.Lo), c.Hi))
	}
	return f, true
}

// note notes a node that is a function of bytes as it stands. If it is one of what its input is a function of, it
// returns the table of that.
func (k functions) note(n *Node) (*Table, *Value) {
	var f function
	switch op := n.Op.(type) {
	case *Table:
		if len(op.Of) != 256 {
			return nil, nil
		}
		f = k.of(n.In[0]).then((*[256]uint8)(op.Of))
	case *Quantised:
		if len(n.In) == 1 && Pointwise(op.Op) {
			f = k.of(n.In[0]).then(tableOf(n.In[0].Quant, op.Out, op.Op))
			break
		}
		b, ok := op.Op.(*Binary)
		if !ok {
			return nil, nil
		}
		if f, ok = k.between(b, op.Out, n.In); !ok {
			return nil, nil
		}
	default:
		return nil, nil
	}
	k[n.Out] = f
	if len(n.In) == 1 && f.x == n.In[0] {
		return nil, nil
	}
	return &Table{Of: f.table[:], Out: n.Out.Quant}, f.x
}
