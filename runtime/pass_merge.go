package runtime

import "strings"

// step is an operation on its way to a kernel: a node of the simplified graph, or several 1×1 convolutions that read
// the same value, computed as one with an output each.
type step struct {
	nodes []*Node
	in    []*Value
	out   []*Value

	stages []*step // of a chain computed in bands of rows; see fuse
	share  float64 // of what lies between them, in a band
	label  string  // of several nodes; see nameSteps
	*finishing
}

func (s *step) name() string {
	if s.label != "" {
		return s.label
	}
	return s.nodes[0].Name
}

// nameSteps names the steps of several nodes by all of those, as in "a + b", with a prime for each other step of that
// name: packed filters and tuned choices are known by it.
func nameSteps(taken map[string]bool, steps []*step) {
	for _, s := range steps {
		if len(s.nodes) < 2 {
			continue
		}
		names := make([]string, len(s.nodes))
		for i, n := range s.nodes {
			names[i] = n.Name
		}
		s.label = strings.Join(names, " + ")
		for taken[s.label] {
			s.label += "'"
		}
		taken[s.label] = true
	}
}

// mergeSiblings makes a step of each node, and one of all 1×1 convolutions that read the same value with the same
// activation: the branches of an Inception module start with three. The merged step stands where the first of them
// stood, so that all that read its outputs come after it.
func mergeSiblings(nodes []*Node) []*step {
	type key struct {
		in        *Value
		act       Clamp
		quantised bool
		half      bool
	}
	var steps []*step
	firsts := map[key]*step{}
	for _, n := range nodes {
		var k key
		mergeable := false
		switch op := n.Op.(type) {
		case *Conv:
			k.act, mergeable = op.Act, pointwise(op.Window, op.Groups)
		case *HConv:
			k.act, k.half, mergeable = op.Act, true, pointwise(op.Window, op.Groups)
		case *QConv:
			k.quantised, mergeable = true, pointwise(op.Window, op.Groups)
		}
		if mergeable {
			k.in = n.In[0]
			if s := firsts[k]; s != nil {
				s.nodes = append(s.nodes, n)
				s.out = append(s.out, n.Out)
				continue
			}
		}
		s := &step{nodes: []*Node{n}, in: n.In, out: []*Value{n.Out}}
		if mergeable {
			firsts[k] = s
		}
		steps = append(steps, s)
	}
	return steps
}

// pointwise reports whether a window is 1×1, stride 1, unpadded and ungrouped.
func pointwise(w Window, groups int) bool {
	return w.Norm() == Window{R: 1, S: 1, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1} && groups <= 1
}

// join concatenates what the nodes of a step hold, in order; with a single node it is that node's own slice.
func join[T any](nodes []*Node, of func(Op) []T) []T {
	if len(nodes) == 1 {
		return of(nodes[0].Op)
	}
	var all []T
	for _, n := range nodes {
		all = append(all, of(n.Op)...)
	}
	return all
}
