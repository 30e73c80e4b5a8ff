package quant

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/gneiss-go/gneiss/runtime"
)

// Source gives inputs one at a time: it fills input, which is the graph's inputs in NHWC order one after the other, and
// returns io.EOF instead when there are no more.
type Source func(input []float32) error

// Option changes how [Calibrate], [Quantize] and [Compare] work; each uses what concerns it.
type Option func(*options)

type options struct {
	observer Observer
	float    []string
	alike    bool
	correct  *inputs
	choose   *inputs
	progress func(done int)
	compile  []runtime.Option
}

// DefaultObserver is what measured best on GoogLeNet; see docs/NUMERICS.md.
func DefaultObserver() Observer { return MSE() }

func newOptions(opts []Option) (o options, err error) {
	o = options{observer: DefaultObserver(), progress: func(int) {}}
	for _, opt := range opts {
		opt(&o)
	}
	for _, p := range o.float {
		if _, err := path.Match(p, ""); err != nil {
			return o, fmt.Errorf("pattern %q: %w", p, err)
		}
	}
	return o, nil
}

// WithObserver chooses how a value's range follows from its histogram; the default is [DefaultObserver].
func WithObserver(ob Observer) Option { return func(o *options) { o.observer = ob } }

// WithFloat leaves layers in float: those whose name matches one of the patterns (as in path.Match, except that *
// also matches slashes) or whose kind is one of them, such as LRN.
func WithFloat(patterns ...string) Option {
	return func(o *options) { o.float = append(o.float, patterns...) }
}

// WithoutEqualising gives all channels of a value one scale: for formats that have no tables by channel, such as that
// of onnx.WriteQDQ. Where channels differ much in size it is less accurate.
func WithoutEqualising() Option { return func(o *options) { o.alike = true } }

// WithCorrection has [Quantize] run both graphs over the inputs of a source, at most 64, and bring the means of the
// channels of convolutions back to float's by their biases. More take longer, and more memory: all that the graph
// computes of them is held for as long as it is needed. Graphs that keep states stay as they are.
func WithCorrection(ctx context.Context, next Source) Option {
	return func(o *options) { o.correct = &inputs{ctx: ctx, next: next} }
}

// WithChoice has [Quantize] make the graph in several ways, [MaxTrials] at most, and take the one whose outputs are
// nearest to float's over the inputs of a source, at most 64. They should be none that scales or corrections came of.
// The ways differ in which channels are thought so unlike in size that they need factors of their own; the report says
// what each gave. Formats of [WithoutEqualising] leave no choice.
func WithChoice(ctx context.Context, next Source) Option {
	return func(o *options) { o.choose = &inputs{ctx: ctx, next: next} }
}

// WithProgress has f called after every input with the number of inputs done; by [Quantize], which has progress to tell
// of with [WithCorrection] only, after every convolution with their number over all trials.
func WithProgress(f func(done int)) Option { return func(o *options) { o.progress = f } }

// WithCompile passes options, such as runtime.WithThreads, to the compilation of the graphs that are run.
func WithCompile(opts ...runtime.Option) Option {
	return func(o *options) { o.compile = append(o.compile, opts...) }
}

// staysFloat reports whether the options keep a node in float.
func (o *options) staysFloat(n *runtime.Node) bool {
	flat := func(s string) string { return strings.ReplaceAll(s, "/", "\x00") } // * matches slashes
	for _, p := range o.float {
		if strings.EqualFold(p, n.Op.Kind()) {
			return true
		}
		if ok, _ := path.Match(flat(p), flat(n.Name)); ok {
			return true
		}
	}
	return false
}
