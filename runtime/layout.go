package runtime

// layout says where each value of a plan lives: in storage of its own, or in a part of another value's. Concatenation
// is done by its inputs, written straight into their slice of its output; operations that may work in place write
// over their input.
type layout struct {
	within map[*Value]slice
}

// slice is a range of channels of another value of the same height and width.
type slice struct {
	of *Value
	at int // first channel
}

// root returns the value whose storage holds v, and v's first channel in it.
func (l *layout) root(v *Value) (*Value, int) {
	at := 0
	for {
		s, ok := l.within[v]
		if !ok {
			return v, at
		}
		v, at = s.of, at+s.at
	}
}

// arrange decides the layout and returns the steps that are left: concatenations are gone, except for copies of
// inputs that cannot be written in place: an input or output of the graph, a value that is in another concatenation
// already, or one that a fully connected layer needs without gaps.
func arrange(g *Graph, steps []*step) (*layout, []*step) {
	l := &layout{within: map[*Value]slice{}}
	uses := map[*Value]int{}
	fixed := map[*Value]bool{} // dense, with storage of its own
	for _, v := range g.Inputs {
		fixed[v] = true
	}
	for _, v := range g.Outputs {
		fixed[v] = true
		uses[v]++
	}
	for _, s := range steps {
		for _, v := range s.in {
			uses[v]++
			if needsDense(s.nodes[0].Op) && v.Shape.N*v.Shape.H*v.Shape.W > 1 {
				fixed[v] = true
			}
		}
	}
	var left []*step
	for _, s := range steps {
		if _, ok := s.nodes[0].Op.(*Concat); !ok {
			left = append(left, s)
			continue
		}
		out, at := s.out[0], 0
		for _, v := range s.in {
			_, taken := l.within[v]
			if taken || fixed[v] {
				part := &Value{Name: v.Name, Shape: v.Shape, DType: v.DType, Quant: v.Quant}
				l.within[part] = slice{out, at}
				left = append(left, &step{nodes: []*Node{{Name: s.nodes[0].Name, Op: &Identity{}}}, in: []*Value{v}, out: []*Value{part}})
			} else {
				l.within[v] = slice{out, at}
			}
			at += v.Shape.C
		}
	}
	for _, s := range left {
		if !inPlace(s.nodes[0].Op) {
			continue
		}
		out := s.out[0]
		for _, v := range s.in {
			_, taken := l.within[v]
			if !taken && !fixed[v] && uses[v] == 1 && v.DType == out.DType && v.Shape == out.Shape {
				l.within[v] = slice{out, 0}
				break
			}
		}
	}
	return l, left
}

// inPlace reports whether an operation's kernels allow its output to be its input.
func inPlace(op Op) bool {
	switch op := op.(type) {
	case *Activation, *LRN, *Affine, *Add, *Softmax:
		return true
	case *Quantised:
		return inPlace(op.Op)
	}
	return false
}

// needsDense reports whether an operation reads its input as one row of numbers.
func needsDense(op Op) bool {
	switch op.(type) {
	case *FC, *QFC:
		return true
	}
	return false
}
