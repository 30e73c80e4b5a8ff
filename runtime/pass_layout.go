package runtime

import "slices"

// layout says where each value of a plan lives: in storage of its own, or in a part of another value's. Concatenation
// is done by its inputs, written straight into their slice of its output; a slice of channels is read where it lies;
// operations that may work in place write over their input.
type layout struct {
	within map[*Value]slice
	joined []joined // concatenations, in order
	slices []sliced // what nobody computes, in order
}

// joined is a value that nobody computes as a whole: its parts lie side by side.
type joined struct {
	out   *Value
	parts []*Value
}

// sliced is a value that is a range of channels of one before it.
type sliced struct{ out, whole *Value }

// slice is a range of channels of another value of the same height and width.
type slice struct {
	of *Value
	at int // first channel
}

// root returns the value whose storage holds v, and v's first channel in it. It shortens the way for the next time:
// chains of operations in place may be as long as the network.
func (l *layout) root(v *Value) (*Value, int) {
	root, at := v, 0
	for s, ok := l.within[root]; ok; s, ok = l.within[root] {
		root, at = s.of, at+s.at
	}
	for left := at; v != root; {
		s := l.within[v]
		l.within[v] = slice{root, left}
		v, left = s.of, left-s.at
	}
	return root, at
}

// arrange decides the layout and returns the steps that are left: concatenations are gone, except for copies of
// inputs that cannot be written in place: an input or output of the graph, a value that is in another concatenation
// already, or one that a fully connected layer needs without gaps. A concatenation that begins with all of one before
// has that as its first part. Gone too are slices of channels of what a step makes, for whoever reads them with gaps.
// An operation works in place where it is the last to read its input, of which nobody reads a part later either.
func arrange(g *Graph, steps []*step) (*layout, []*step) {
	l := &layout{within: map[*Value]slice{}}
	fixed := map[*Value]bool{} // dense, with storage of its own
	for _, v := range g.Inputs {
		fixed[v] = true
	}
	for _, v := range g.Outputs {
		fixed[v] = true
	}
	for _, s := range steps {
		for _, v := range s.in {
			if needsDense(s.nodes[0].Op) && v.Shape.N*v.Shape.H*v.Shape.W > 1 {
				fixed[v] = true
			}
		}
	}
	l.together(steps, fixed)
	var left []*step
	begins := map[*Value]*step{} // the last concatenation that begins with a value
	made := map[*Value]bool{}    // no input of the graph
	for _, s := range steps {
		for _, v := range s.out {
			made[v] = true
		}
		if _, ok := s.nodes[0].Op.(*Concat); !ok {
			if fixed[s.out[0]] || !l.slice(s, made) {
				left = append(left, s)
			}
			continue
		}
		in := s.in
		if before := begins[in[0]]; before != nil && l.extends(in, before, fixed) {
			in = append([]*Value{before.out[0]}, in[len(before.in):]...)
		}
		begins[s.in[0]] = s
		j := joined{out: s.out[0]}
		at := 0
		for _, v := range in {
			_, taken := l.within[v]
			if taken || fixed[v] {
				part := &Value{Name: v.Name, Shape: v.Shape, DType: v.DType, Quant: v.Quant}
				left = append(left, &step{nodes: []*Node{{Name: s.nodes[0].Name, Op: &Identity{}}}, in: []*Value{v},
					out: []*Value{part}})
				v = part
			}
			l.within[v] = slice{j.out, at}
			j.parts = append(j.parts, v)
			at += v.Shape.C
		}
		l.joined = append(l.joined, j)
	}
	last := l.lastReads(left)
	for i, s := range left {
		if !inPlace(s.nodes[0].Op) {
			continue
		}
		out := s.out[0]
		for _, v := range s.in {
			_, taken := l.within[v]
			if !taken && !fixed[v] && last[v] == i && v.DType == out.DType && v.Shape == out.Shape && l.alone(v, s.in) {
				l.within[v] = slice{out, 0}
				break
			}
		}
	}
	return l, left
}

// together lets steps of several convolutions write one value, of which their outputs are slices, where that leaves out
// blocks of filters that would be mostly empty: the heads of a detector have a few filters each.
func (l *layout) together(steps []*step, fixed map[*Value]bool) {
	const block = 16
	apart := map[*Value]bool{} // what is part of something else
	for _, s := range steps {
		if _, ok := s.nodes[0].Op.(*Concat); ok {
			for _, v := range s.in {
				apart[v] = true
			}
		}
	}
	for _, s := range steps {
		if _, ok := s.nodes[0].Op.(*Conv); !ok || len(s.out) < 2 || s.finishing != nil {
			continue
		}
		all, blocks := &Value{Name: s.name(), Shape: s.out[0].Shape, DType: s.out[0].DType}, 0
		all.Shape.C = 0
		for _, v := range s.out {
			all.Shape.C += v.Shape.C
			blocks += (v.Shape.C + block - 1) / block
		}
		if (all.Shape.C+block-1)/block == blocks ||
			slices.ContainsFunc(s.out, func(v *Value) bool { return fixed[v] || apart[v] }) {
			continue
		}
		at := 0
		for _, v := range s.out {
			l.within[v] = slice{all, at}
			l.slices = append(l.slices, sliced{v, all})
			at += v.Shape.C
		}
		s.out = []*Value{all}
	}
}

// slice lays a slice of channels within what it is of, if that is what a step makes.
func (l *layout) slice(s *step, made map[*Value]bool) bool {
	take, ok := s.nodes[0].Op.(*Take)
	if !ok || len(s.stages) > 0 || !made[s.in[0]] {
		return false
	}
	at := take.slice()
	if at < 0 {
		return false
	}
	l.within[s.out[0]] = slice{s.in[0], at}
	l.slices = append(l.slices, sliced{s.out[0], s.in[0]})
	return true
}

// extends reports whether a concatenation of these values can take the one before as its first part: dense blocks
// (Huang and others, arXiv 1608.06993) join all that there was before with what is new, again and again.
func (l *layout) extends(in []*Value, before *step, fixed map[*Value]bool) bool {
	_, taken := l.within[before.out[0]]
	n := len(before.in)
	return n < len(in) && !taken && !fixed[before.out[0]] && slices.Equal(in[:n], before.in)
}

// alone reports whether none of these values but v itself is a part of v.
func (l *layout) alone(v *Value, all []*Value) bool {
	return !slices.ContainsFunc(all, func(w *Value) bool {
		root, _ := l.root(w)
		return w != v && root == v
	})
}

// lastReads returns for each value the last step that reads it or any part of it.
func (l *layout) lastReads(steps []*step) map[*Value]int {
	last := map[*Value]int{}
	for i, s := range steps {
		for _, v := range s.in {
			last[v] = i
		}
	}
	for _, s := range slices.Backward(l.slices) {
		last[s.whole] = max(last[s.whole], last[s.out])
	}
	for _, j := range l.joined { // parts that are joined themselves come before what they are part of
		for _, v := range j.parts {
			last[j.out] = max(last[j.out], last[v])
		}
	}
	return last
}
