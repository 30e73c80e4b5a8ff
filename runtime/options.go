package runtime

import (
	"context"
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

// Option changes how a graph is compiled.
type Option func(*options)

type options struct {
	isa     arch.ISA
	isaSet  bool
	threads int
	memory  Memory
	half    func(*Graph) (*Graph, error) // nil, or ToHalf: which only programs that ask for it link
	// nil, or recognise: files have functions as one operation, and programs that only load need not link it
	recognise func(*Graph) (*Graph, error)
	choose    func(step string, choices []Choice) int
	limits    Limits                                // of Load and ReadGraph
	arena     int                                   // Limits.MaxArena of a plan; 0: that of the graph
	signed    func(message, signature []byte) error // of Load and ReadGraph; nil asks for no signature
	ended     func() error                          // the context's Err
	relief    relief

	minVersion   int    // of what is signed
	signedTarget string // the same
}

// never is the Err of a context that cannot end. A program that has no context need not link theirs, whose deadlines
// bring all that prints times.
func never() error { return nil }

func newOptions(opts []Option) options {
	o := options{threads: 1, limits: DefaultLimits, ended: never}
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// WithLimits replaces [DefaultLimits] in [Load] and [ReadGraph], and the graph's MaxArena in [Compile]; all else of a
// graph that is compiled has been checked already.
func WithLimits(l Limits) Option { return func(o *options) { o.limits, o.arena = l, l.arena() } }

// WithISA caps the tier kernels are chosen from; the CPU and GNEISS_ISA may lower it further.
func WithISA(isa arch.ISA) Option { return func(o *options) { o.isa, o.isaSet = isa, true } }

// WithThreads is a hard cap on the threads of a session: the caller's own and n−1 workers, which sleep when no Run is
// in progress. 1, the default, starts none; 0 means one per processor. The result does not depend on n.
func WithThreads(n int) Option { return func(o *options) { o.threads = n } }

// WithContext has [Compile], [Load], [Tune] and [WithPacked] give up once the context is done; they then return its
// error.
func WithContext(ctx context.Context) Option { return func(o *options) { o.ended = ctx.Err } }

// Choice is a way to compute a step that can be computed in several.
type Choice = kernels.Choice

// WithChooser has choose pick the way to compute each step, by its name, of those that there are. The first is what
// Compile takes by itself; an index that there is not stands for it. What convolutions of quantised graphs compute does
// not depend on the choice; of float ones the last bits may.
func WithChooser(choose func(step string, choices []Choice) int) Option {
	return func(o *options) { o.choose = choose }
}

// WithoutWinograd makes a plan whose filters take no more memory than the graph's, up to padding: a float GoogLeNet's
// then take half as much, and a run half as long again.
func WithoutWinograd() Option {
	return WithChooser(func(_ string, choices []Choice) int {
		return slices.IndexFunc(choices, func(c Choice) bool { return !strings.HasPrefix(c.Algorithm, "winograd") })
	})
}

// maxThreads bounds what a caller may ask for by mistake.
const maxThreads = 256

// tier is the best tier of this CPU that options and environment allow.
func (o *options) tier() (arch.ISA, error) {
	isa, err := arch.Default()
	if err == nil && o.isaSet && o.isa < isa {
		isa = arch.Capped(o.isa)
	}
	return isa, err
}

// Memory says what to spend less of: time or memory.
type Memory int

const (
	// Fast computes one operation after the other. On ARM, where caches are small, chains of depthwise and 1×1
	// convolutions between which more lies than stays there are computed a few rows at a time; results are the same.
	Fast Memory = iota
	// Small computes chains of operations a few rows at a time, so that the large tensors between them are never
	// there as a whole.
	Small
)

// String returns fast or small.
func (m Memory) String() string { return [...]string{"fast", "small"}[m&1] }

// ParseMemory is the inverse of String.
func ParseMemory(s string) (Memory, error) {
	for _, m := range []Memory{Fast, Small} {
		if s == m.String() {
			return m, nil
		}
	}
	return Fast, errorf("memory %q: there is fast and small", s)
}

// WithMemory chooses between the fastest plan and one of less memory; Fast is the default. Quantised results do not
// depend on it; float results may, in their last bits.
func WithMemory(m Memory) Option { return func(o *options) { o.memory = m } }
