package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

// finishing is what is done to the outputs of a step while they are in the cache; see finish.
type finishing struct {
	of    *step   // the step without it
	after []*step // what becomes of each output
}

// finish makes one step of a convolution and of the functions of one element that alone read its outputs. The results
// are the same; what lies between is never there as a whole.
func finish(g *Graph, steps []*step) []*step {
	readers, by := map[*Value]int{}, map[*Value]*step{}
	for _, s := range steps {
		for _, v := range s.in {
			readers[v]++
			by[v] = s
		}
	}
	for _, v := range g.Outputs {
		readers[v]++
	}
	gone := map[*step]bool{}
	left := make([]*step, 0, len(steps))
	for _, s := range steps {
		if gone[s] {
			continue
		}
		if !isConv(s) {
			left = append(left, s)
			continue
		}
		all := &step{nodes: s.nodes, in: s.in, label: s.label, finishing: &finishing{of: s}}
		for _, v := range s.out {
			if f := by[v]; readers[v] == 1 && isFunction(f) && f.out[0].DType == v.DType {
				all.after, all.out = append(all.after, f), append(all.out, f.out[0])
			}
		}
		if len(all.after) == len(s.out) {
			for _, f := range all.after {
				gone[f] = true
			}
			s = all
		}
		left = append(left, s)
	}
	return left
}

// isConv reports whether [kernels.Finish] takes a step's operation.
func isConv(s *step) bool {
	if s.stages != nil {
		return false
	}
	switch op := s.nodes[0].Op.(type) {
	case *Conv, *QConv, *QConvParts:
		return true
	case *HConv: // by the rows of each channel the function would be apart from the sum
		return op.Groups <= 1
	}
	return false
}

// isFunction reports whether there is a step and it is a function of one element, of floats or of bytes, that stays one
// when lowered.
func isFunction(s *step) bool {
	if s == nil || s.stages != nil || len(s.nodes) != 1 {
		return false
	}
	op := s.nodes[0].Op
	switch of := op.(type) {
	case *Quantised:
		op = of.Op
	case *Half:
		op = of.Op
	}
	switch op := op.(type) {
	case *Curve, *Activation:
		return true
	case *Table:
		return len(op.Of) == 256
	}
	return false
}

func (s *step) lowerFinishing(isa arch.ISA, p *packer) (kernels.Op, error) {
	op, err := lower(s.of, isa, p)
	if err != nil {
		return nil, err
	}
	var after []kernels.Op
	for _, f := range s.after {
		of := f.nodes[0].Op
		if h, ok := of.(*Half); ok { // the function of the sum, before it is rounded
			of = h.Op
		}
		to, err := of.lower(f, isa, p)
		if err != nil {
			return nil, f.fault(err)
		}
		after = append(after, to)
	}
	return kernels.Finish(op, after)
}
