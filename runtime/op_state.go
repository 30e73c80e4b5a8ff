package runtime

import (
	"slices"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var (
	_ = register(37, func() Op { return new(State) })
	_ = register(38, func() Op { return new(Keep) })
)

// State has no inputs: its output is what [Keep] kept of the run before, in the same session. In the first run, and in
// the first after [Session.Reset], it is what the state begins with. Streaming models have states.
type State struct {
	Shape Shape
	DType DType
	Quant Quant // with DType U8

	// What it begins with, N, H, W, C: in the field of its type; nil stands for zeros.
	Floats []float32
	Ints   []int32
	Levels []uint8
}

func (*State) Kind() string { return "State" }

func (s *State) infer(in []Shape, l *Limits) (Shape, error) {
	n, ok := product(l.MaxElements, s.Shape.N, s.Shape.H, s.Shape.W, s.Shape.C)
	if len(in) != 0 || !ok {
		return s.Shape, errorf("a state of shape %v and %d inputs: %w", s.Shape, len(in), ErrShape)
	}
	for dt, have := range map[DType]int{F32: len(s.Floats), I32: len(s.Ints), U8: len(s.Levels)} {
		if have != 0 && (dt != s.DType || have != n) {
			return s.Shape, errorf("a state of %d %v begins with %d %v: %w", n, s.DType, have, dt, ErrShape)
		}
	}
	return s.Shape, nil
}

func (s *State) outType([]*Value) (DType, Quant, error) {
	switch s.DType {
	case F32, I32:
		return s.DType, Quant{}, nil
	case U8:
		return U8, s.Quant, s.Quant.check()
	}
	return 0, Quant{}, errorf("a state of type %d: %w", s.DType, ErrGraph)
}

func (s *State) cost(_ []Shape, out Shape) Cost {
	n := len(s.Floats) + len(s.Ints) + len(s.Levels)
	return each(out, 1).holding(n, n*s.DType.Size())
}

func (*State) traits() traits { return traits{apart, pixels, sameBits, FloatOnly} }

// fields: the shape, the type, the quantisation of bytes, and what it begins with.
func (s *State) fields(f *fields) {
	f.ints(&s.Shape.N, &s.Shape.H, &s.Shape.W, &s.Shape.C)
	if f.byte((*byte)(&s.DType)); s.DType == U8 {
		f.quant(&s.Quant)
	}
	array(f, &s.Floats)
	array(f, &s.Ints)
	array(f, &s.Levels)
}

func (s *State) lower(*step, arch.ISA, *packer) (kernels.Op, error) {
	return nil, errorf("a state is no step: %w", ErrGraph)
}

// begin is what the state begins with, as bytes in memory.
func (s *State) begin() []byte {
	raw := func(p unsafe.Pointer, n int) []byte { return unsafe.Slice((*byte)(p), n*s.DType.Size()) }
	switch n := s.Shape.Elements(); {
	case s.Floats != nil:
		return raw(unsafe.Pointer(&s.Floats[0]), n)
	case s.Ints != nil:
		return raw(unsafe.Pointer(&s.Ints[0]), n)
	case s.Levels != nil:
		return s.Levels
	case s.DType == U8:
		return slices.Repeat([]byte{s.Quant.Zero}, n)
	default:
		return make([]byte, n*s.DType.Size())
	}
}

// Keep has two inputs: a state, and what that is to be in the next run of the session, which is also its output. A
// state has one at most. A run that is interrupted keeps nothing.
type Keep struct{}

func (*Keep) Kind() string { return "Keep" }

func (*Keep) infer(in []Shape, _ *Limits) (Shape, error) {
	if len(in) != 2 || in[0] != in[1] {
		return Shape{}, errorf("a state and what it becomes are %v: %w", in, ErrShape)
	}
	return in[1], nil
}

func (*Keep) outType(in []*Value) (DType, Quant, error) {
	if in[0].state != fresh {
		return 0, Quant{}, errorf("%q is no state, or one that is kept already: %w", in[0].Name, ErrGraph)
	}
	if in[0].DType != in[1].DType || in[0].Quant != in[1].Quant {
		return 0, Quant{}, errorf("a state of %v becomes %v, or of other levels: %w", in[0].DType, in[1].DType, ErrShape)
	}
	return in[1].DType, in[1].Quant, nil
}

func (*Keep) cost(_ []Shape, out Shape) Cost { return each(out, 1) }

func (*Keep) traits() traits { return traits{apart, pixels, sameBits, FloatOnly} }

func (*Keep) fields(*fields) {}

func (*Keep) lower(*step, arch.ISA, *packer) (kernels.Op, error) {
	return nil, errorf("what is kept is no step: %w", ErrGraph)
}

// stateful says what a value has to do with states.
type stateful uint8

const (
	stateless stateful = iota
	fresh              // a state's, not kept yet
	kept               // a state's, kept
)

// noteState notes what a new node does to states.
func (n *Node) noteState() {
	switch n.Op.(type) {
	case *State:
		n.Out.state = fresh
	case *Keep:
		n.In[0].state = kept
	}
}

// keeps reports whether a node does something that no other node shows.
func keeps(n *Node) bool {
	_, ok := n.Op.(*Keep)
	return ok
}

// planState is a state of a plan: a tensor like an input that the session fills, and one like an output that it keeps.
type planState struct {
	in    TensorInfo
	out   TensorInfo // its value is −1 if nothing is kept
	begin []byte
}

// openStates makes inputs of a graph's states, and outputs, of copies, of what is kept, behind those that there are. It
// returns the other nodes, and how the states pair.
func openStates(g *Graph) (nodes []*Node, pairs []openState) {
	at := map[*Value]int{}
	for _, n := range g.Nodes {
		switch op := n.Op.(type) {
		case *State:
			at[n.Out] = len(pairs)
			pairs = append(pairs, openState{op, n.Out, nil})
			continue
		case *Keep:
			pairs[at[n.In[0]]].out = n.Out
			n = &Node{Name: n.Name, Op: &Identity{}, In: n.In[1:], Out: n.Out}
		}
		nodes = append(nodes, n)
	}
	g.Inputs, g.Outputs = slices.Clone(g.Inputs), slices.Clone(g.Outputs)
	for _, s := range pairs {
		g.Inputs = append(g.Inputs, s.in)
		if s.out != nil {
			g.Outputs = append(g.Outputs, s.out)
		}
	}
	return nodes, pairs
}

type openState struct {
	op      *State
	in, out *Value
}

// closeStates takes the states' tensors from the plan's inputs and outputs, which have them last.
func (p *Plan) closeStates(pairs []openState) {
	ins := len(p.inputs) - len(pairs)
	outs := len(p.outputs)
	for _, s := range pairs {
		if s.out != nil {
			outs--
		}
	}
	next := outs
	for i, s := range pairs {
		st := planState{in: p.inputs[ins+i], out: TensorInfo{value: -1}, begin: s.op.begin()}
		if s.out != nil {
			st.out = p.outputs[next]
			next++
		}
		p.states = append(p.states, st)
	}
	p.inputs, p.outputs = p.inputs[:ins:ins], p.outputs[:outs:outs]
}

// keptState is a state of a session.
type keptState struct {
	memory  []byte // between runs
	begin   []byte
	in, out []byte // in the arena; out is nil if nothing is kept
}

func (s *Session) newStates() {
	raw := func(v viewSpec) []byte { return s.arena[v.offset:][:v.extent()] }
	for _, st := range s.plan.states {
		k := keptState{memory: slices.Clone(st.begin), begin: st.begin, in: raw(st.in.view)}
		if st.out.value >= 0 {
			k.out = raw(st.out.view)
		}
		s.states = append(s.states, k)
	}
}

// giveStates fills the states' tensors before a run, keepStates keeps what they became after it.
func (s *Session) giveStates() {
	for i := range s.states {
		copy(s.states[i].in, s.states[i].memory)
	}
}

func (s *Session) keepStates() {
	for i := range s.states {
		copy(s.states[i].memory, s.states[i].out)
	}
}

// Reset makes the next run the first: states of the model are what they begin with. Models without states need none. It
// allocates nothing. It returns [ErrBusy] during a run, and [ErrClosed] after Close.
func (s *Session) Reset() error {
	if !s.active.TryLock() {
		if s.state.Load() >= closing {
			return ErrClosed
		}
		return ErrBusy
	}
	defer s.active.Unlock()
	if s.state.Load() != idle {
		return ErrClosed
	}
	for i := range s.states {
		copy(s.states[i].memory, s.states[i].begin)
	}
	return nil
}

// Stateful reports whether sessions keep something from one run to the next.
func (p *Plan) Stateful() bool { return len(p.states) > 0 }
