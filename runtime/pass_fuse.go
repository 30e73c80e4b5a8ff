package runtime

import (
	"container/list"
	"slices"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

// wideBand is about how many bytes of what lies between the operations of a chain of depthwise convolutions are there
// at once. As each band goes on from the one before, short ones compute nothing twice.
const wideBand = 3 << 16

// bandShare is about how much of what lies between the operations of a chain is there at once. Less would stay in
// smaller caches, but the rows that bands share are computed twice.
const bandShare = 1. / 3

// maxStages bounds a chain: each stage is cut for every number of bands that is tried.
const maxStages = 8

// What small caches hold. Tensors between the operations of a chain go to memory and back on boards whose cores have
// caches of 512 KiB if they are larger than streamed bytes: bands that stay in the cache are faster there, whatever
// memory they save. A band of stayingBand bytes and the filters, stayingFilters at most, which it reads again, fill it.
// Chains without depthwise convolutions take little time beside, and are worth it from twice as much on. Their bands
// are fineShare of it at most: something for every worker.
const (
	streamed       = 1 << 18
	stayingBand    = 7 << 15
	stayingFilters = 9 << 15
	fineShare      = 1. / 8
)

// fuses reports whether a plan computes a chain in bands: each that takes less memory by that, or, where speed is
// asked for, those that wait for memory: of depthwise convolutions, or begun by a pooling or a normalisation. Kernels
// for ARM are for boards; elsewhere caches are larger. A first 3×3 convolution would begin Winograd's squares anew in
// each band.
func (p *Plan) fuses(chain []*step) bool {
	if p.memory == Small {
		return true
	}
	if p.isa.Tier() < arch.NEON {
		return false
	}
	between := bytesBetween(chain)
	w, groups := anyWindow(chain[0].nodes[0].Op)
	if groups == 0 {
		return between >= 2*streamed
	}
	return between >= streamed && slices.ContainsFunc(chain, byChannel) &&
		(groups > 1 || pointwise(w, 1) || chain[0].in[0].Shape.C <= 4)
}

// bytesBetween are those of all tensors between the operations of a chain.
func bytesBetween(chain []*step) (n int64) {
	for _, s := range chain[1:] {
		n = plus(n, valueBytes(s.in[0]))
	}
	return n
}

// extends reports whether a plan's chain may go on with a step. For the sake of time its least band and its filters
// must stay in small caches, and a projection, after which there is little to go to memory, ends it.
func (p *Plan) extends(chain []*step, next *step) bool {
	if !follows(chain, next) {
		return false
	}
	if p.memory == Small {
		return true
	}
	last := chain[len(chain)-1]
	if len(chain) > 1 && last.out[0].Shape.C < last.in[0].Shape.C {
		return false
	}
	filters, band, rows := filterBytes(chain[0]), int64(0), 1
	for i := len(chain); i > 0; i-- {
		s := next
		if i < len(chain) {
			s = chain[i]
		}
		v, w := s.in[0], s.rowWindow()
		rows = min((rows-1)*w.Stride+(w.Taps-1)*w.Dilation+1, v.Shape.H)
		filters = plus(filters, filterBytes(s))
		band = plus(band, times(int64(rows), v.Shape.W, v.Shape.C, v.DType.Size()))
	}
	return filters <= stayingFilters && band <= stayingBand
}

// filterBytes are those of the parameters of a step of one operation.
func filterBytes(s *step) int64 {
	return max(s.nodes[0].Cost().Bytes-valueBytes(s.in[0])-valueBytes(s.nodes[0].Out), 0)
}

// fuse makes one step of each chain of operations that takes less memory in bands of rows, or less time: a
// convolution whose output is pooled to fewer rows, with normalisations before or after the pooling; a pooling, with
// normalisations, that only a 1×1 convolution reads; and a convolution with the depthwise and 1×1 ones after it. Nobody
// else may read what is between, and it is not an output.
func (p *Plan) fuse(g *Graph, steps []*step, taken map[string]bool) []*step {
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
			if !ok || !single(steps[next]) || !p.extends(chain, steps[next]) {
				break
			}
			chain = append(chain, steps[next])
			at = append(at, next)
		}
		if n := worthwhile(chain); n > 1 && p.fuses(chain[:n]) {
			for _, k := range at[1:n] {
				gone[k] = true
			}
			s = &step{in: s.in, out: chain[n-1].out, stages: chain[:n], share: p.share(chain[:n])}
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
func follows(chain []*step, next *step) bool {
	if slidesOn(chain, next) {
		return true
	}
	_, first := convWindow(chain[0].nodes[0].Op)
	pooled := poolsOrNorms(chain[len(chain)-1])
	if w, conv := convWindow(next.nodes[0].Op); conv {
		return pooled && !first && pointwise(w, 1)
	}
	return (pooled || first) && poolsOrNorms(next)
}

// poolsOrNorms reports whether a step is a pooling or a normalisation. Programs have its body once.
//
//go:noinline
func poolsOrNorms(s *step) bool {
	op := s.nodes[0].Op
	switch of := op.(type) {
	case *Quantised:
		_, norm := of.Op.(*LRN)
		return norm
	case *Half:
		op = of.Op
	}
	switch op.(type) {
	case *Pool, *LRN:
		return true
	}
	return false
}

// slidesOn reports whether a chain of convolutions goes on with a depthwise one, or a 1×1 one after that, from a tensor
// that is worth it: filters are read again for each band.
func slidesOn(chain []*step, next *step) bool {
	if v := next.in[0]; v.Shape.Elements()*v.DType.Size() < wideBand/2 {
		return false
	}
	for _, s := range chain {
		if _, groups := anyWindow(s.nodes[0].Op); groups != 1 && !byChannel(s) {
			return false
		}
	}
	w, conv := convWindow(next.nodes[0].Op)
	return byChannel(next) || conv && pointwise(w, 1) && slices.ContainsFunc(chain, byChannel)
}

// byChannel reports whether a step is a depthwise convolution of a usual window.
func byChannel(s *step) bool {
	w, groups := anyWindow(s.nodes[0].Op)
	in, out := s.in[0].Shape.C, s.out[0].Shape.C
	return groups > 1 && groups == in && in == out && in <= maxByChannel && max(w.R, w.S) <= 7
}

const maxByChannel = 1 << 12 // channels

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
	if _, pool := poolOf(chain[0].nodes[0].Op); pool || slices.ContainsFunc(chain, byChannel) {
		return len(chain)
	}
	for _, s := range chain[1:] {
		if p, ok := poolOf(s.nodes[0].Op); ok && p.Norm().StrideH > 1 {
			return len(chain)
		}
	}
	return 1
}

// rowWindow says how the rows of a step's output depend on those of its input.
func (s *step) rowWindow() kernels.RowWindow {
	rows := kernels.RowWindow{Taps: 1, Stride: 1, Dilation: 1, H: s.in[0].Shape.H}
	w, groups := anyWindow(s.nodes[0].Op)
	ok := groups > 0
	if p, pool := poolOf(s.nodes[0].Op); pool {
		w, ok = p.Window, true
	}
	if ok {
		w = w.Norm()
		rows.Taps, rows.Stride, rows.Dilation, rows.PadTop = w.R, w.StrideH, w.DilationH, w.PadTop
	}
	return rows
}

// convWindow is the window of a convolution that is not grouped.
func convWindow(op Op) (Window, bool) {
	w, groups := anyWindow(op)
	return w, groups == 1
}

// anyWindow is the window of a convolution and its groups; none if it is something else.
func anyWindow(op Op) (w Window, groups int) {
	switch op := op.(type) {
	case *Conv:
		return op.Window, max(op.Groups, 1)
	case *QConv:
		return op.Window, max(op.Groups, 1)
	case *QConvParts:
		return op.Window, max(op.Groups, 1)
	case *HConv:
		return op.Window, max(op.Groups, 1)
	}
	return w, 0
}

func poolOf(op Op) (*Pool, bool) {
	if h, ok := op.(*Half); ok {
		op = h.Op
	}
	p, ok := op.(*Pool)
	return p, ok
}

// share is how much of what lies between the operations of a chain is to be there at once.
func (p *Plan) share(chain []*step) float64 {
	between := float64(bytesBetween(chain))
	slides := slices.ContainsFunc(chain, byChannel)
	switch {
	case p.memory == Fast && !slides:
		return min(fineShare, stayingBand/between)
	case p.memory == Fast:
		return stayingBand / between
	case slides:
		return min(bandShare, wideBand/between)
	}
	return bandShare
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
	op := kernels.NewBands(stages, s.share)
	if op == nil {
		return nil, errorf("a chain that cannot be cut into rows: %w", ErrGraph)
	}
	return op, nil
}
