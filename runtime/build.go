package runtime

import (
	"cmp"
	"errors"
	"maps"

	"github.com/gneiss-go/gneiss/kernels"
)

// build fills the plan: recognise, unless the graph is a file's → simplify → merge siblings → finish in the cache → lay
// out → choose kernels and pack → lifetimes → offsets.
func (p *Plan) build(o *options, g *Graph, packing *kernels.Packing) (err error) {
	if err := g.usable(); err != nil {
		return err
	}
	p.name = g.Name
	names := g.Outputs // simplified, an output may be what another node makes
	if g, err = o.rewritten(g); err != nil {
		return err
	}
	nodes, states := openStates(g)
	isInput := map[*Value]bool{}
	for _, v := range g.Inputs {
		isInput[v] = true
	}
	outputs := append([]*Value(nil), g.Outputs...)
	for i, v := range outputs { // an output that is an input is a copy of it
		if isInput[v] {
			c := &Value{Name: v.Name, Shape: v.Shape, DType: v.DType, Quant: v.Quant}
			nodes = append(nodes, &Node{Name: v.Name, Op: &Identity{}, In: []*Value{v}, Out: c})
			outputs[i] = c
		}
	}
	g.Outputs = outputs
	merged := mergeSiblings(nodes)
	taken := make(map[string]bool, len(g.names))
	maps.Copy(taken, g.names)
	nameSteps(taken, merged)
	merged = finish(g, merged)
	merged = p.fuse(g, merged, taken)
	lay, steps := arrange(g, merged)
	p.steps = make([]planStep, len(steps))
	pack := newPacker(packing, steps)
	for i, s := range steps {
		if err := o.ended(); err != nil {
			return err
		}
		pieces := packing.Pieces()
		op, err := lower(s, p.isa, pack)
		if err != nil {
			if errors.Is(err, kernels.ErrShape) {
				err = errorf("%w: %w", err, ErrShape)
			}
			return s.fault(err)
		}
		p.steps[i] = planStep{name: s.name(), kind: s.nodes[0].Op.Kind(), op: op, inPlace: inPlace(s.nodes[0].Op),
			packs: packing.Pieces() > pieces}
		c := s.cost()
		p.steps[i].macs, p.steps[i].work, p.steps[i].bytes = c.MACs, c.Work, c.Bytes
		for _, stage := range s.stages {
			of := stage.cost()
			p.steps[i].stages = append(p.steps[i].stages, StepReport{Index: i, Name: stage.name(),
				Op: stage.nodes[0].Op.Kind(), In: []Shape{stage.in[0].Shape}, Out: []Shape{stage.out[0].Shape},
				MACs: of.MACs, Work: of.Work, Bytes: of.Bytes})
		}
		o.relief.spendStep(s)
	}
	o.relief.give()
	if err := p.locate(o, g, lay, steps); err != nil {
		return err
	}
	p.closeStates(states)
	for i := range p.outputs {
		p.outputs[i].Name = names[i].Name
	}
	return nil
}

// locate computes lifetimes, places all storage in the arena and turns values into views.
func (p *Plan) locate(o *options, g *Graph, lay *layout, steps []*step) error {
	t := tabulate(g, lay, steps)
	bufs := p.store(t, lay, len(steps))
	if err := checkSizes(bufs); err != nil {
		return err
	}
	if err := p.place(o, g, bufs); err != nil {
		return err
	}
	for i := range t.values {
		v, w := t.of[i], &t.values[i]
		root, at := lay.root(v)
		w.view = viewSpec{offset: p.storage[w.storage].Offset + at*v.DType.Size(), dtype: v.DType, shape: v.Shape,
			stride: root.Shape.C}
	}
	p.values = t.values
	p.connect(t, steps)
	info := func(v *Value) TensorInfo {
		return TensorInfo{Name: v.Name, Shape: v.Shape, DType: v.DType, Quant: v.Quant, view: p.values[t.index[v]].view,
			value: t.index[v]}
	}
	for _, v := range g.Inputs {
		p.inputs = append(p.inputs, info(v))
	}
	for _, v := range g.Outputs {
		p.outputs = append(p.outputs, info(v))
	}
	return nil
}

// rewritten returns what is computed in place of a graph, which is used up if the options say so.
func (o *options) rewritten(whole *Graph) (g *Graph, err error) {
	g = whole
	if o.recognise != nil {
		if g, err = o.recognise(g); err != nil {
			return nil, err
		}
	}
	if g, err = simplify(g); err != nil {
		return nil, err
	}
	o.relief.spendGraph(whole)
	if o.half != nil {
		if g, err = o.half(g); err != nil {
			return nil, err
		}
	}
	return g, o.ended()
}

// store lists the storage that values and scratch need, and when.
func (p *Plan) store(t *valueTable, lay *layout, steps int) (bufs []buffer) {
	stored := map[*Value]int{} // by root
	for i := range t.values {
		v := &t.values[i]
		root, _ := lay.root(t.of[i])
		at, ok := stored[root]
		first, last := max(v.made, 0), min(v.until, steps-1)
		if !ok {
			at = len(bufs)
			stored[root] = at
			bufs = append(bufs, buffer{size: root.Shape.Elements() * root.DType.Size(), first: first, last: last})
			p.storage = append(p.storage, Storage{Name: root.Name})
		}
		bufs[at].first, bufs[at].last = min(bufs[at].first, first), max(bufs[at].last, last)
		v.storage = at
	}
	p.tensorBound = memoryBound(bufs)
	for i := range p.steps {
		p.steps[i].scratchAt = -1
		if n := p.steps[i].op.Scratch(p.threads); n > 0 {
			p.steps[i].scratchAt = len(bufs)
			bufs = append(bufs, buffer{size: n, first: i, last: i})
			p.storage = append(p.storage, Storage{Name: "scratch of " + p.steps[i].name})
		}
	}
	return bufs
}

// place gives all storage its offset in the arena.
func (p *Plan) place(o *options, g *Graph, bufs []buffer) error {
	p.bound = memoryBound(bufs)
	most := cmp.Or(o.arena, g.limits.arena())
	tooLarge := func(size int) error {
		return errorf("graph %q: an arena of %d bytes, more than %d: %w", p.name, size, most, ErrLimit)
	}
	if p.bound > most {
		return tooLarge(p.bound)
	}
	offsets, arena, err := planMemory(o.ended, bufs)
	if err != nil {
		return err
	}
	if arena > most {
		return tooLarge(arena)
	}
	p.arena = arena
	for i, b := range bufs {
		s := &p.storage[i]
		s.Offset, s.Bytes, s.First, s.Last = offsets[i], b.size, b.first, b.last
	}
	return nil
}

// connect tells each step the values that it reads and writes, as views, and its scratch.
func (p *Plan) connect(t *valueTable, steps []*step) {
	for i, s := range steps {
		st := &p.steps[i]
		for _, v := range s.in {
			st.reads = append(st.reads, t.index[v])
			st.in = append(st.in, p.values[t.index[v]].view)
		}
		for _, v := range s.out {
			st.writes = append(st.writes, t.index[v])
			st.out = append(st.out, p.values[t.index[v]].view)
		}
		if st.scratchAt >= 0 {
			st.scratch = p.storage[st.scratchAt]
		}
	}
}

// fault is the error of a step of a plan, for a reason.
func (s *planStep) fault(reason error) error { return nodeFault(s.name, s.kind, reason) }

// fault is the error of a step, for a reason.
func (s *step) fault(reason error) error { return nodeFault(s.name(), s.nodes[0].Op.Kind(), reason) }

// cost adds up a step's nodes.
func (s *step) cost() (c Cost) {
	for _, n := range s.nodes {
		if n.Out != nil { // not a copy that arrange put in
			c.add(n.Cost())
		}
	}
	for i, stage := range s.stages {
		if i > 0 { // what is between is written and read in a cache
			c.Bytes -= 2 * valueBytes(stage.in[0])
		}
	}
	for _, stage := range append([]*step{s}, s.stages...) {
		if stage.finishing == nil {
			continue
		}
		for _, f := range stage.after {
			of := f.cost()
			of.Bytes = 0 // they are in the cache
			c.add(of)
		}
	}
	return c
}
