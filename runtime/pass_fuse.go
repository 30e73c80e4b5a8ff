package runtime

import (
	"container/list"
	"fmt"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

const (
	// bandShare is about how much of what lies between the operations of a chain is there at once. Less would stay in
	// smaller caches, but the rows that bands share are computed twice.
	bandShare = 1. / 3
	// Of what lies around a depthwise convolution it is so many bytes or less, and an eighth or less: threads share bands.
	bandBytes = 192 << 10
	bandParts = 8
	// bandsFrom is from how many bytes between them on such a chain is worth that: few caches have room for them.
	bandsFrom = 512 << 10
)

// maxStages bounds a chain: each stage is cut for every number of bands that is tried.
const maxStages = 8

// fuse makes one step of each chain of operations that is better computed in bands of rows. In half precision that is a
// depthwise convolution with the one before it and a 1×1 one after it, where what lies between is large. To have a small
// plan it is also a convolution whose output is pooled to fewer rows, with normalisations before or after the pooling;
// and a pooling that only a 1×1 convolution reads. Nobody else may read what is between, and it is not an output.
func fuse(g *Graph, steps []*step, taken map[string]bool, small bool) []*step {
	readers := map[*Value]int{}
	by := map[*Value]int{} // the last step that reads it
	for i, s := range steps {
		for _, v := range s.in {
			readers[v]++
			by[v] = i
		}
	}
	for _, v := range g.Outputs {
		readers[v]++
	}
	gone := make([]bool, len(steps))
	var fused []*step
	for i, s := range steps {
		if gone[i] {
			continue
		}
		chain := []*step{s}
		at := []int{i}
		for single(s) && len(chain) < maxStages { // extend while the next is the only reader
			v := chain[len(chain)-1].out[0]
			if readers[v] != 1 {
				break
			}
			next, ok := by[v]
			if !ok || !single(steps[next]) || !follows(chain, steps[next], small) {
				break
			}
			chain = append(chain, steps[next])
			at = append(at, next)
		}
		if n := worthwhile(chain); n > 1 {
			for _, k := range at[1:n] {
				gone[k] = true
			}
			s = &step{in: s.in, out: chain[n-1].out, stages: chain[:n]}
			for _, c := range s.stages {
				s.nodes = append(s.nodes, c.nodes...)
			}
			nameSteps(taken, []*step{s})
		}
		fused = append(fused, s)
	}
	return poolsFirst(fused)
}

// poolsFirst moves each pooling that was fused with its projection before the other readers of its input: it needs
// little memory, while the others leave tensors for steps that need scratch of their own, when the input may be gone.
func poolsFirst(steps []*step) []*step {
	order := list.New()
	first := map[*Value]*list.Element{}
	for _, s := range steps {
		if _, pool := poolOf(s.nodes[0].Op); pool && s.stages != nil {
			if reader, ok := first[s.in[0]]; ok {
				first[s.in[0]] = order.InsertBefore(s, reader)
				continue
			}
		}
		e := order.PushBack(s)
		for _, v := range s.in {
			if _, ok := first[v]; !ok {
				first[v] = e
			}
		}
	}
	ordered := make([]*step, 0, len(steps))
	for e := order.Front(); e != nil; e = e.Next() {
		ordered = append(ordered, e.Value.(*step))
	}
	return ordered
}

// single reports whether a step is one operation with one input and one output, of one image.
func single(s *step) bool {
	return len(s.nodes) == 1 && len(s.in) == 1 && len(s.out) == 1 && s.in[0].Shape.N == 1
}

// follows reports whether the operation of a step may go on with a chain.
func follows(chain []*step, next *step, small bool) bool {
	w, conv := convWindow(next.nodes[0].Op)
	if conv {
		_, pool := poolOf(chain[0].nodes[0].Op)
		return (small && pool && len(chain) == 1 || depthwiseHalf(chain[len(chain)-1])) && pointwise(w, 1)
	}
	_, first := convWindow(chain[0].nodes[0].Op)
	if len(chain) == 1 && first && depthwiseHalf(next) {
		return true
	}
	_, pool := poolOf(next.nodes[0].Op)
	return small && first && (pool || isLRN(next.nodes[0].Op))
}

// worthwhile returns how many steps of a chain to fuse: all or only the first.
func worthwhile(chain []*step) int {
	if len(chain) == 1 {
		return 1
	}
	for _, s := range chain {
		if !s.rowWindow().Meets(s.out[0].Shape.H) { // a window in the padding alone
			return 1
		}
	}
	if _, pool := poolOf(chain[0].nodes[0].Op); pool {
		return len(chain)
	}
	for i, s := range chain {
		if p, ok := poolOf(s.nodes[0].Op); ok && p.Norm().StrideH > 1 {
			return len(chain)
		}
		if i < 2 && depthwiseHalf(s) && between(chain) >= bandsFrom {
			return len(chain)
		}
	}
	return 1
}

// between is the bytes of what the steps of a chain but the last one give.
func between(chain []*step) (n int) {
	for _, s := range chain[:len(chain)-1] {
		n += s.out[0].Shape.Elements() * s.out[0].DType.Size()
	}
	return n
}

// depthwiseHalf reports whether a step is a depthwise convolution of float16.
func depthwiseHalf(s *step) bool {
	c, ok := s.nodes[0].Op.(*HConv)
	return ok && c.Groups > 1 && c.Groups == c.K && c.Groups == s.in[0].Shape.C
}

// rowWindow says how the rows of a step's output depend on those of its input.
func (s *step) rowWindow() kernels.RowWindow {
	rows := kernels.RowWindow{Taps: 1, Stride: 1, Dilation: 1, H: s.in[0].Shape.H}
	w, ok := convWindow(s.nodes[0].Op)
	if depthwiseHalf(s) {
		w, ok = s.nodes[0].Op.(*HConv).Window, true
	}
	if p, pool := poolOf(s.nodes[0].Op); pool {
		w, ok = p.Window, true
	}
	if ok {
		w = w.Norm()
		rows.Taps, rows.Stride, rows.Dilation, rows.PadTop = w.R, w.StrideH, w.DilationH, w.PadTop
	}
	return rows
}

func convWindow(op Op) (Window, bool) {
	switch op := op.(type) {
	case *Conv:
		return op.Window, op.Groups <= 1
	case *QConv:
		return op.Window, op.Groups <= 1
	case *HConv:
		return op.Window, op.Groups <= 1
	case *QConvParts:
		return op.Window, op.Groups <= 1
	}
	return Window{}, false
}

func poolOf(op Op) (*Pool, bool) {
	if h, ok := op.(*Half); ok {
		op = h.Op
	}
	p, ok := op.(*Pool)
	return p, ok
}

func isLRN(op Op) bool {
	switch of := op.(type) {
	case *Quantised:
		op = of.Op
	case *Half:
		op = of.Op
	}
	_, ok := op.(*LRN)
	return ok
}

// lowerChain lowers the stages of a fused step and joins them. Stages that cannot be cut into rows are an error: fuse
// puts none into a chain.
func lowerChain(s *step, isa arch.ISA, p *packer) (kernels.Op, error) {
	var stages []kernels.Stage
	for _, c := range s.stages {
		op, err := lower(c, isa, p)
		if err != nil {
			return nil, c.fault(err)
		}
		out := c.out[0]
		stages = append(stages, kernels.Stage{Op: op, Rows: c.rowWindow(), H: out.Shape.H, W: out.Shape.W, C: out.Shape.C,
			DType: out.DType, InPlace: inPlace(c.nodes[0].Op)})
	}
	share := bandShare
	for _, c := range s.stages {
		if depthwiseHalf(c) {
			share = min(share, 1./bandParts, bandBytes/float64(between(s.stages)))
		}
	}
	op := kernels.NewBands(stages, share)
	if op == nil {
		return nil, fmt.Errorf("a chain that cannot be cut into rows: %w", ErrGraph)
	}
	return op, nil
}
