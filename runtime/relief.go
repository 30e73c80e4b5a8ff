package runtime

import (
	"runtime/debug"
)

// WithSpentGraph has [Compile] use the graph up: the weights of a step are let go once they are packed, and the memory
// is given back to the system, so that the graph's weights and the plan's are never there as a whole together. The
// graph keeps its inputs, outputs, names and card, and is [ErrGraph] to whoever compiles, rewrites or writes it. Graphs
// whose weights are parts of its own must be done with too. Each 8 MB take a cycle of the collector.
func WithSpentGraph() Option { return func(o *options) { o.relief.spend = true } }

// WithRelief has [Load] call forget each time it has read some 8 MB of the file that it does not need at once: of one
// that is mapped, the pages may go until they are touched again.
func WithRelief(forget func()) Option { return func(o *options) { o.relief.forget = forget } }

// relief is how memory that is done with is given back while a plan is made.
type relief struct {
	spend  bool
	forget func()
	bytes  int // done with since
}

// reliefEach is how many bytes are let come together.
const reliefEach = 8 << 20

// done notes that so many bytes will not be read again soon.
func (r *relief) done(bytes int) {
	if r.bytes += bytes; r.bytes >= reliefEach {
		r.give()
	}
}

// give gives back what is done with.
func (r *relief) give() {
	r.bytes = 0
	if r.forget != nil {
		r.forget()
	}
	if r.spend {
		debug.FreeOSMemory()
	}
}

// holder is implemented by operations whose weights are most of a model. emptied is one without them, and their bytes.
type holder interface {
	emptied() (Op, int)
}

func (c *Conv) emptied() (Op, int) {
	e := *c
	e.Weights = nil
	return &e, 4 * len(c.Weights)
}

func (c *QConv) emptied() (Op, int) {
	e := *c
	e.Weights = nil
	return &e, len(c.Weights)
}

func (c *QConvParts) emptied() (Op, int) {
	e := *c
	e.Weights = nil
	return &e, len(c.Weights)
}

func (f *FC) emptied() (Op, int) {
	e := *f
	e.Weights = nil
	return &e, 4 * len(f.Weights)
}

func (f *QFC) emptied() (Op, int) {
	e := *f
	e.Weights = nil
	return &e, len(f.Weights)
}

func (c *HConv) emptied() (Op, int) {
	e := *c
	e.Weights = nil
	return &e, 2 * len(c.Weights)
}

func (f *HFC) emptied() (Op, int) {
	e := *f
	e.Weights = nil
	return &e, 2 * len(f.Weights)
}

// spendGraph empties a graph of which another has been made.
func (r *relief) spendGraph(g *Graph) {
	if !r.spend {
		return
	}
	g.spent = true
	for _, n := range g.Nodes {
		if h, ok := n.Op.(holder); ok {
			n.Op, _ = h.emptied()
		}
	}
}

// spendStep notes that a step's weights are packed, and lets them go.
func (r *relief) spendStep(s *step) {
	for _, stage := range s.stages {
		r.spendStep(stage)
	}
	for _, n := range s.nodes {
		if h, ok := n.Op.(holder); ok {
			e, bytes := h.emptied()
			if r.spend {
				n.Op = e
			}
			r.done(bytes)
		}
	}
}

// usable is an error if there is no graph, or none with outputs and weights.
func (g *Graph) usable() error {
	switch {
	case g == nil:
		return errorf("no graph: %w", ErrGraph)
	case len(g.Outputs) == 0:
		return errorf("graph %q has no output: %w", g.Name, ErrGraph)
	case g.spent:
		return errorf("graph %q has been compiled with WithSpentGraph, its weights are gone: %w", g.Name, ErrGraph)
	}
	return nil
}
