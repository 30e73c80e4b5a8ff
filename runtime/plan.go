package runtime

import (
	"bytes"
	"context"
	"errors"
	goruntime "runtime"
	"slices"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

// Plan is how this CPU runs a graph: steps in order, each with its kernel chosen and its weights packed, and the place
// of every tensor in one arena. It is immutable and safe for concurrent use; sessions share it, and keep it: what it
// was loaded from may go when it is collected (package mapped), so whatever uses its weights must hold it.
type Plan struct {
	name    string
	isa     arch.ISA
	threads int
	memory  Memory
	steps   []planStep
	inputs  []TensorInfo
	outputs []TensorInfo
	states  []planState
	arena   int // bytes
	bound   int // the most bytes alive at once
	storage []Storage
	values  []planValue

	tensorBound int // the most bytes of tensors alive at once, without scratch

	card   []byte  // of the graph
	golden *golden // of the file that it was loaded from, or nil
}

// TensorInfo describes an input or output.
type TensorInfo struct {
	Name  string `json:"name"`
	Shape Shape  `json:"shape"`
	DType DType  `json:"-"`
	Quant Quant  `json:"quant"`

	Dims   []int  `json:"dims"` // of the model, in its order; not to be written to
	Layout Layout `json:"-"`    // how they lie in memory
	Signed bool   `json:"-"`    // the model has its bytes as int8: level q is byte q + 128
	Elem   Elem   `json:"-"`    // what the model has the elements as

	view  viewSpec
	value int // index in Plan.values
}

// viewSpec is a kernels.View whose address is an offset in the arena.
type viewSpec struct {
	offset int // bytes
	dtype  DType
	shape  Shape
	stride int // elements
}

// extent is the bytes from the offset to the last element's end.
func (v viewSpec) extent() int {
	return ((v.shape.N*v.shape.H*v.shape.W-1)*v.stride + v.shape.C) * v.dtype.Size()
}

type planStep struct {
	name    string
	kind    string
	op      kernels.Op
	in, out []viewSpec
	scratch Storage
	inPlace bool
	packs   bool // what it has packed can be kept in a file
	macs    int64
	work    int64 // as Cost counts
	bytes   int64
	stages  []StepReport // of a chain, but for what its operation says

	reads, writes []int // indices in Plan.values, of in and out
	scratchAt     int   // index in Plan.storage, or −1
}

// Storage is a buffer of the arena and the steps during which it is in use, both included.
type Storage struct {
	Offset int    `json:"offset"`
	Bytes  int    `json:"bytes"`
	First  int    `json:"first"`
	Last   int    `json:"last"`
	Name   string `json:"name"`
}

// Compile makes a plan for this machine. It returns a [NodeError] for an operation that no kernel computes, an error
// wrapping [ErrGraph] for a graph without outputs, [ErrLimit] for an arena beyond [Limits], and
// arch's errors if GNEISS_ISA or GNEISS_REQUIRE cannot be met.
//
// A session's inputs are consumed: their memory is used again during Run, so they are to be filled before each.
func Compile(g *Graph, opts ...Option) (*Plan, error) {
	o := newOptions(opts)
	o.recognise = recognise
	isa, err := o.tier()
	if err != nil {
		return nil, err
	}
	return compile(g, &o, isa, nil)
}

// CompileContext is Compile that gives up once the context is done: between two passes, between two steps whose
// weights it packs, or while it looks for places in the arena. It then returns the context's error.
func CompileContext(ctx context.Context, g *Graph, opts ...Option) (*Plan, error) {
	return Compile(g, append(slices.Clone(opts), WithContext(ctx))...)
}

// compile is Compile once options and tier are known. Weights are packed through packing, which may be nil.
func compile(g *Graph, o *options, isa arch.ISA, packing *kernels.Packing) (*Plan, error) {
	if err := o.ended(); err != nil {
		return nil, err
	}
	threads := o.threads
	if threads <= 0 {
		threads = goruntime.GOMAXPROCS(0)
	}
	p := &Plan{isa: isa, threads: min(threads, maxThreads), memory: o.memory}
	if o.choose != nil {
		if packing == nil {
			packing = &kernels.Packing{}
		}
		packing.Choose = o.choose
	}
	if err := p.build(o, g, packing); err != nil {
		return nil, err
	}
	p.card = g.Card
	for i, v := range g.Inputs {
		p.inputs[i].axes(v)
	}
	for i, v := range g.Outputs {
		p.outputs[i].axes(v)
	}
	if err := errors.Join(packing.Finish(), o.ended()); err != nil {
		return nil, err
	}
	if err := p.prove(); err != nil {
		return nil, err
	}
	return p, nil
}

// Name returns the graph's name.
func (p *Plan) Name() string { return p.name }

// Card returns a copy of the graph's card, nil if it has none: bytes that models/card reads.
func (p *Plan) Card() []byte { return bytes.Clone(p.card) }

// ISA returns the tier the plan was compiled for; single steps may use kernels of lower tiers.
func (p *Plan) ISA() arch.ISA { return p.isa }

// Threads returns the number of threads a session runs on.
func (p *Plan) Threads() int { return p.threads }

// ArenaSize returns the bytes of a session's arena: all memory that activations, inputs, outputs and scratch take.
func (p *Plan) ArenaSize() int { return p.arena }

// ArenaLowerBound returns the most bytes that are alive at once: no placement is smaller.
func (p *Plan) ArenaLowerBound() int { return p.bound }

// Inputs describes the inputs, in the graph's order.
func (p *Plan) Inputs() []TensorInfo { return append([]TensorInfo(nil), p.inputs...) }

// Outputs describes the outputs, in the graph's order.
func (p *Plan) Outputs() []TensorInfo { return append([]TensorInfo(nil), p.outputs...) }

// MACs returns the multiply-accumulates of one run, as direct convolution would do them.
func (p *Plan) MACs() (n int64) {
	for i := range p.steps {
		n += p.steps[i].macs
	}
	return n
}

// WeightBytes returns the size of all packed weights.
func (p *Plan) WeightBytes() (n int) {
	for i := range p.steps {
		n += p.steps[i].op.PackedBytes()
	}
	return n
}
