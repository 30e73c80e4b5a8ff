package runtime

import "slices"

// joinQuantised makes one node of what is done in float between a Dequantize and a Quantize, where nothing else reads
// it: a table of functions of one element, and arithmetic of bytes. What only moves elements there moves bytes. A chain
// of functions behind a Dequantize that stays float is a table of numbers. The results are the same bytes. Functions of
// one byte after each other, and arithmetic between them, are one table: what exporters of quantised models make of
// SiLU, with a quantisation after each operation.
func joinQuantised(g *Graph) (*Graph, error) {
	j := joining{uses: countUses(g), made: makers(g), rewriting: newRewriting(), known: functions{}, nodes: len(g.Nodes)}
	for _, n := range g.Nodes {
		switch {
		case movesMemory(n.Op) && j.uses[n.Out] > 0:
			if u := j.bytes(n.In[0]); u != nil && !g.names[n.Name+"/bytes"] {
				m := &Node{Name: n.Name + "/bytes", Op: n.Op, In: []*Value{u}, Out: &Value{Quant: u.Quant}}
				j.more[n] = m
				j.become(n, &Dequantize{}, m.Out)
				j.made[n.Out] = j.to[n]
			}
			continue
		case Pointwise(n.Op):
			ops, v := j.chain(n.In[0], maxLookup-1)
			if u := j.bytes(v); u != nil {
				j.become(n, &Lookup{Of: append(ops, n.Op)}, u)
			}
			continue
		}
		if t, u := j.known.note(n); t != nil {
			j.become(n, t, u)
			continue
		}
		if q, ok := n.Op.(*Quantize); ok && j.uses[n.Out] > 0 {
			j.quantise(n, q.To)
		}
	}
	return j.apply(g)
}

// joining is the state of joinQuantised.
type joining struct {
	*rewriting
	uses  map[*Value]int
	made  map[*Value]*Node
	known functions
	nodes int
}

// bytes is the value of which v is the dequantisation, or nil.
func (j *joining) bytes(v *Value) *Value {
	if n := j.made[v]; n != nil {
		if _, ok := n.Op.(*Dequantize); ok {
			return n.In[0]
		}
	}
	return nil
}

// chain is what is done to single elements on the way to v, of at most so many operations, and where that begins.
func (j *joining) chain(v *Value, most int) (ops []Op, from *Value) {
	for len(ops) < most && j.bytes(v) == nil && j.uses[v] == 1 && j.made[v] != nil && Pointwise(j.made[v].Op) {
		ops, v = append(ops, j.made[v].Op), j.made[v].In[0]
	}
	slices.Reverse(ops)
	return ops, v
}

// quantise joins a quantisation with what is done in float before it.
func (j *joining) quantise(n *Node, to Quant) {
	ops, v := j.chain(n.In[0], j.nodes)
	if u := j.bytes(v); u != nil {
		if len(ops) == 0 && u.Quant == to {
			j.same[n.Out] = u
			return
		}
		f := j.known.of(u).then(tableOf(u.Quant, to, ops...))
		j.known[n.Out] = f
		j.become(n, &Table{Of: f.table[:], Out: to}, f.x)
		return
	}
	b := j.made[v]
	if len(ops) > 0 || b == nil || j.uses[v] != 1 {
		return
	}
	arithmetic, ok := b.Op.(*Binary)
	if !ok {
		return
	}
	in := make([]*Value, 0, len(b.In))
	for _, v := range b.In {
		if u := j.bytes(v); u != nil {
			in = append(in, u)
		}
	}
	if len(in) != len(b.In) {
		return
	}
	if f, ok := j.known.between(arithmetic, to, in); ok {
		j.known[n.Out] = f
		j.become(n, &Table{Of: f.table[:], Out: to}, f.x)
		return
	}
	j.become(n, &Quantised{Op: b.Op, Out: to}, in...)
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
