package runtime

import (
	"context"
	"errors"
	goruntime "runtime"
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

// Plan is how this CPU runs a graph: steps in order, each with its kernel chosen and its weights packed, and the place
// of every tensor in one arena. It is immutable and safe for concurrent use; sessions share it, and keep it: what it was loaded
// from may go when it is collected (package mapped), so whatever uses its weights must hold it.
type Plan struct {
	name    string
	isa     arch.ISA
	threads int
	memory  Memory
	steps   []planStep
	inputs  []TensorInfo
	outputs []TensorInfo
	arena   int // bytes
	bound   int // the most bytes alive at once
	storage []Storage
	values  []planValue

	tensorBound int // the most bytes of tensors alive at once, without scratch

	golden *golden // of the file that it was loaded from, or nil
}

// TensorInfo describes an input or output.
type TensorInfo struct {
	Name  string `json:"name"`
	Shape Shape  `json:"shape"`
	DType DType  `json:"-"`
	Quant Quant  `json:"quant"`

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
	macs    int64

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

// Option changes how a graph is compiled.
type Option func(*options)

type options struct {
	isa     arch.ISA
	isaSet  bool
	threads int
	memory  Memory
	choose  func(step string, choices []Choice) int
	limits  Limits                                // of Load and ReadGraph
	arena   int                                   // Limits.MaxArena of a plan; 0: that of the graph
	signed  func(message, signature []byte) error // of Load and ReadGraph; nil asks for no signature
	ctx     context.Context

	minVersion   int    // of what is signed
	signedTarget string // the same
}

func newOptions(opts []Option) options {
	o := options{threads: 1, limits: DefaultLimits, ctx: context.Background()}
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// WithLimits replaces [DefaultLimits] in [Load] and [ReadGraph], and the graph's MaxArena in [Compile]; all else of a graph that is
// compiled has been checked already.
func WithLimits(l Limits) Option { return func(o *options) { o.limits, o.arena = l, l.arena() } }

// WithISA caps the tier kernels are chosen from; the CPU and GNEISS_ISA may lower it further.
func WithISA(isa arch.ISA) Option { return func(o *options) { o.isa, o.isaSet = isa, true } }

// WithThreads is a hard cap on the threads of a session: the caller's own and n−1 workers, which sleep when no Run is
// in progress. 1, the default, starts none; 0 means one per processor. The result does not depend on n.
func WithThreads(n int) Option { return func(o *options) { o.threads = n } }

// WithContext has [Compile], [Load], [Tune] and [WithPacked] give up once the context is done; they then return its error.
func WithContext(ctx context.Context) Option { return func(o *options) { o.ctx = ctx } }

// Choice is a way to compute a step that can be computed in several.
type Choice = kernels.Choice

// WithChooser has choose pick the way to compute each step, by its name, of those that there are. The first is what Compile takes
// by itself; an index that there is not stands for it. What convolutions of quantised graphs compute does not depend on the choice;
// of float ones the last bits may.
func WithChooser(choose func(step string, choices []Choice) int) Option {
	return func(o *options) { o.choose = choose }
}

// WithoutWinograd makes a plan whose filters take no more memory than the graph's, up to padding: a float GoogLeNet's then take half
// as much, and a run half as long again.
func WithoutWinograd() Option {
	return WithChooser(func(_ string, choices []Choice) int {
		return slices.IndexFunc(choices, func(c Choice) bool { return !strings.HasPrefix(c.Algorithm, "winograd") })
	})
}

// maxThreads bounds what a caller may ask for by mistake.
const maxThreads = 256

// Compile makes a plan for this machine. It returns a [NodeError] for an operation that no kernel computes, an error
// wrapping [ErrGraph] for a graph without outputs, [ErrLimit] for an arena beyond [Limits], and
// arch's errors if GNEISS_ISA or GNEISS_REQUIRE cannot be met.
//
// A session's inputs are consumed: their memory is used again during Run, so they are to be filled before each.
func Compile(g *Graph, opts ...Option) (*Plan, error) {
	o := newOptions(opts)
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

// tier is the best tier of this CPU that options and environment allow.
func (o *options) tier() (arch.ISA, error) {
	isa, err := arch.Default()
	if err == nil && o.isaSet && o.isa < isa {
		isa = arch.Capped(o.isa)
	}
	return isa, err
}

// compile is Compile once options and tier are known. Weights are packed through packing, which may be nil.
func compile(g *Graph, o *options, isa arch.ISA, packing *kernels.Packing) (*Plan, error) {
	if err := o.ctx.Err(); err != nil {
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
	if err := errors.Join(packing.Finish(), o.ctx.Err()); err != nil {
		return nil, err
	}
	if err := p.verify(); err != nil {
		return nil, err
	}
	return p, nil
}

// Name returns the graph's name.
func (p *Plan) Name() string { return p.name }

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
