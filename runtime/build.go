package runtime

import "fmt"

// build fills the plan: simplify → merge siblings → lay out → choose kernels and pack → lifetimes → offsets.
func (p *Plan) build(g *Graph) error {
	if len(g.Outputs) == 0 {
		return fmt.Errorf("graph %q has no output: %w", g.Name, ErrGraph)
	}
	g, err := Simplify(g)
	if err != nil {
		return err
	}
	nodes := g.Nodes
	outputs := append([]*Value(nil), g.Outputs...)
	for i, v := range outputs { // an output that is an input is a copy of it
		for _, in := range g.Inputs {
			if v == in {
				c := &Value{Name: v.Name, Shape: v.Shape, DType: v.DType, Quant: v.Quant}
				nodes = append(nodes, &Node{Name: v.Name, Op: &Identity{}, In: []*Value{v}, Out: c})
				outputs[i] = c
			}
		}
	}
	g.Outputs = outputs
	lay, steps := arrange(g, mergeSiblings(nodes))
	p.steps = make([]planStep, len(steps))
	for i, s := range steps {
		op, err := lower(s, p.isa)
		if err != nil {
			return &NodeError{Node: s.name(), Op: s.nodes[0].Op.Kind(), Err: err}
		}
		p.steps[i] = planStep{name: s.name(), kind: s.nodes[0].Op.Kind(), op: op, macs: macs(s), inPlace: inPlace(s.nodes[0].Op)}
	}
	p.locate(g, lay, steps)
	return nil
}

// locate computes lifetimes, places all storage in the arena and turns values into views.
func (p *Plan) locate(g *Graph, lay *layout, steps []*step) {
	index := map[*Value]int{}
	var bufs []buffer
	live := func(v *Value, at int) {
		root, _ := lay.root(v)
		i, ok := index[root]
		if !ok {
			i = len(bufs)
			index[root] = i
			bufs = append(bufs, buffer{size: root.Shape.Elements() * root.DType.Size(), first: at, last: at})
			p.storage = append(p.storage, storage{Name: root.Name})
		}
		bufs[i].first, bufs[i].last = min(bufs[i].first, at), max(bufs[i].last, at)
	}
	for _, v := range g.Inputs {
		live(v, 0)
	}
	for i, s := range steps {
		for _, v := range s.in {
			live(v, i)
		}
		for _, v := range s.out {
			live(v, i)
		}
	}
	for _, v := range g.Outputs {
		live(v, max(len(steps)-1, 0))
	}
	scratch := map[int]int{}
	for i := range p.steps {
		if n := p.steps[i].op.Scratch(p.threads); n > 0 {
			scratch[i] = len(bufs)
			bufs = append(bufs, buffer{size: n, first: i, last: i})
			p.storage = append(p.storage, storage{Name: "scratch of " + p.steps[i].name})
		}
	}
	var offsets []int
	offsets, p.arena = planMemory(bufs)
	p.bound = memoryBound(bufs)
	for i, b := range bufs {
		s := &p.storage[i]
		s.Offset, s.Bytes, s.First, s.Last = offsets[i], b.size, b.first, b.last
	}
	view := func(v *Value) viewSpec {
		root, at := lay.root(v)
		return viewSpec{offset: offsets[index[root]] + at*v.DType.Size(), dtype: v.DType, shape: v.Shape, stride: root.Shape.C}
	}
	for i, s := range steps {
		for _, v := range s.in {
			p.steps[i].in = append(p.steps[i].in, view(v))
		}
		for _, v := range s.out {
			p.steps[i].out = append(p.steps[i].out, view(v))
		}
		if j, ok := scratch[i]; ok {
			p.steps[i].scratch = p.storage[j]
		}
	}
	for _, v := range g.Inputs {
		p.inputs = append(p.inputs, TensorInfo{Name: v.Name, Shape: v.Shape, DType: v.DType, Quant: v.Quant, view: view(v)})
	}
	for _, v := range g.Outputs {
		p.outputs = append(p.outputs, TensorInfo{Name: v.Name, Shape: v.Shape, DType: v.DType, Quant: v.Quant, view: view(v)})
	}
}

// macs counts a step's multiply-accumulates.
func macs(s *step) (n int64) {
	for _, node := range s.nodes {
		if len(node.In) == 0 { // a copy that arrange put in
			continue
		}
		n += opMACs(node.Op, node.In[0].Shape, node.Out.Shape)
	}
	return n
}

// opMACs counts an operation's multiply-accumulates, as direct convolution does them.
func opMACs(op Op, in, out Shape) int64 {
	switch op := op.(type) {
	case *Conv:
		return int64(out.Elements()) * int64(op.R) * int64(op.S) * int64(in.C/max(op.Groups, 1))
	case *QConv:
		return int64(out.Elements()) * int64(op.R) * int64(op.S) * int64(in.C/max(op.Groups, 1))
	case *FC, *QFC:
		return int64(in.Elements()) * int64(out.C)
	}
	return 0
}
