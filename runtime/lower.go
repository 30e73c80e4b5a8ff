package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

// packer packs the filters of one plan after another step's. It has room to join those of siblings, taken once.
type packer struct {
	*kernels.Packing // may be nil
	floats           []float32
	bytes            []int8
	halves           []kernels.Half
}

func newPacker(p *kernels.Packing, steps []*step) *packer {
	k := &packer{Packing: p}
	if p.Loading() {
		return k
	}
	floats, bytes, halves := 0, 0, 0
	for _, s := range steps {
		if len(s.nodes) < 2 {
			continue
		}
		f, b, h := 0, 0, 0
		for _, n := range s.nodes {
			if c, ok := n.Op.(sibling); ok {
				of := c.siblings()
				f, b, h = f+len(of.floats), b+len(of.bytes), h+len(of.halves)
			}
		}
		floats, bytes, halves = max(floats, f), max(bytes, b), max(halves, h)
	}
	k.floats, k.bytes, k.halves = make([]float32, 0, floats), make([]int8, 0, bytes), make([]kernels.Half, 0, halves)
	return k
}

// sibling is implemented by operations of which [mergeSiblings] may make one step: these are their filters.
type sibling interface{ siblings() siblingFilters }

// siblingFilters are an operation's filters, of one type.
type siblingFilters struct {
	floats []float32
	bytes  []int8
	halves []kernels.Half
}

// filters joins the nodes' filters, unless they come packed and stay unread. They are to be used before the next call.
func filters[T any](nodes []*Node, p *packer, room []T, of func(Op) []T) []T {
	switch {
	case p.Loading():
		return nil
	case len(nodes) == 1:
		return of(nodes[0].Op)
	}
	for _, n := range nodes {
		room = append(room, of(n.Op)...)
	}
	return room
}

// lower chooses the kernel of a step and packs its weights.
func lower(s *step, isa arch.ISA, p *packer) (kernels.Op, error) {
	if s.stages != nil {
		return lowerChain(s, isa, p)
	}
	if s.finishing != nil {
		return s.lowerFinishing(isa, p)
	}
	p.Step(s.name())
	return s.nodes[0].Op.lower(s, isa, p)
}

// rescale is how an operation goes from one quantisation to another.
func rescale(from, to Quant, out kernels.OutU8) kernels.RescaleU8 {
	return kernels.RescaleU8{InScale: from.Scale, InZero: from.Zero, OutScale: to.Scale, Out: out}
}
