// Package ncnn imports ncnn's networks: a .param, which describes one in text, and a .bin with its weights, of float32,
// float16, int8 or indices of a table.
//
//	graph, err := ncnn.Open("nanodet.param", "nanodet.bin")
//
// # Shapes
//
// ncnn knows no batch: its blobs are [w], [w h] or [w h c], of which c, or what stands last, changes slowest. Here they
// have one dimension more, of the images of a run, and the slowest first: [N c h w], [N h w], [N w]. Axis 0 of a layer
// is c, or what stands for it. Where a .param leaves the size of its input open, [WithInputDims] gives it.
//
// # int8
//
// A layer whose weights are int8 is computed in float with the numbers that they stand for. ncnn rounds the layer's
// input to int8 too; its results differ from these by that rounding.
//
// # Trust
//
// Model files may be hostile: sizes are checked against the data that is there before memory is taken for them. Errors
// are [runtime.FileError]s around [runtime.NodeError], [runtime.UnsupportedError] or a plain reason. All layers,
// parameters and forms that are not known are reported at once.
//
// # How to add a layer
//
// Write a handler in a file of its own, or beside one like it, and register it in the function there, which layers.go
// lists.
package ncnn

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/internal/sniff"
	"github.com/gneiss-go/gneiss/models/internal/alike"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/models/internal/modelfile"
	"github.com/gneiss-go/gneiss/runtime"
)

// Option changes how a network is imported.
type Option func(*config)

type config struct {
	batch   int // 0 if it is not given
	shape   []int
	sizes   axes.Sizes
	outputs []string
	nodes   []string
	limits  runtime.Limits
}

// WithBatch sets the number of images per run; the default is 1.
func WithBatch(n int) Option {
	return func(c *config) { c.batch = cmp.Or(n, -1) } // none are refused
}

// WithInputShape is [WithInputDims] for all inputs.
func WithInputShape(channels, height, width int) Option {
	return func(c *config) { c.shape = []int{channels, height, width} }
}

// WithInputDims sets the dimensions of an input, c h w, or h w, or w, over what the .param says; N may stand before
// c h w. The name may be "" if there is one input.
func WithInputDims(name string, dims ...int) Option {
	return func(c *config) { c.sizes.Give(name, dims) }
}

// WithOutputs names the blobs or layers that the graph gives, in place of the blobs that no layer takes.
func WithOutputs(names ...string) Option { return func(c *config) { c.outputs = names } }

// WithNodes names blobs or layers whose values the graph gives after its outputs, in this order.
func WithNodes(names ...string) Option {
	return func(c *config) { c.nodes = append(c.nodes, names...) }
}

// WithLimits replaces [runtime.DefaultLimits].
func WithLimits(l runtime.Limits) Option { return func(c *config) { c.limits = l } }

// Open imports the network of a .param and a .bin. Either may be "": then it is the file of the same name beside the
// other.
func Open(param, bin string, opts ...Option) (*runtime.Graph, error) {
	if param == "" {
		param = strings.TrimSuffix(bin, filepath.Ext(bin)) + ".param"
	}
	if bin == "" {
		bin = strings.TrimSuffix(param, filepath.Ext(param)) + ".bin"
	}
	text, err := modelfile.Read(param)
	if err != nil {
		return nil, err
	}
	if !Is(text) { // before a .bin that is not there is missed
		_, err := parse(text, 0)
		return nil, runtime.InFile(param, explain(text, err))
	}
	var g *runtime.Graph
	err = modelfile.Use(bin, func(data []byte, p *modelfile.Pages) (err error) {
		g, err = load(text, data, p, param, bin, opts)
		return err
	})
	return g, err
}

// Load imports a network from the bytes of a .param and of its .bin.
func Load(param, bin []byte, opts ...Option) (*runtime.Graph, error) {
	return load(param, bin, nil, "param", "bin", opts)
}

// explain is the error of a .param, which says what the file is if it is none.
func explain(text []byte, err error) error {
	if Is(text) || IsBinary(text) || sniff.Text(text) && sniff.What(text) == "" {
		return err
	}
	return sniff.Explain(text, "an ncnn .param", err, runtime.ErrCorrupt)
}

func load(text, bin []byte, p *modelfile.Pages, pname, bname string, opts []Option) (*runtime.Graph, error) {
	registerAll()
	c := &config{limits: runtime.DefaultLimits}
	for _, o := range opts {
		o(c)
	}
	if c.batch < 0 || c.batch > 1<<16 {
		return nil, runtime.InFile(pname, fmt.Errorf("a batch of %d: %w", c.batch, runtime.ErrShape))
	}
	layers, err := parse(text, c.limits.MaxNodes)
	if err != nil {
		return nil, runtime.InFile(pname, explain(text, err))
	}
	name := strings.TrimSuffix(filepath.Base(pname), filepath.Ext(pname))
	im := &importer{cfg: c, b: axes.NewBuilder(name, len(bin), c.limits), layers: layers,
		store: store{data: bin, most: min(c.limits.MaxWeights, 1<<28)}, blobs: map[string]*axes.Tensor{},
		batch: max(c.batch, 1)}
	im.b.Forget = p.Forget
	if err := im.run(); err != nil {
		if im.inBin {
			pname = bname
		}
		return nil, runtime.InFile(pname, err)
	}
	return im.b.G, nil
}

// importer builds one graph.
type importer struct {
	cfg    *config
	b      *axes.Builder
	batch  int
	layers []*layer
	store  store
	inBin  bool // the error is that of the .bin
	maker  map[string]int
	blobs  map[string]*axes.Tensor // nil where the shape is not known
	inputs int
}

func (im *importer) run() error {
	if err := im.bind(); err != nil {
		return err
	}
	outs, err := im.outputs()
	if err != nil {
		return err
	}
	need := im.needed(outs)
	for i, l := range im.layers {
		if err := im.layer(l, need[i]); err != nil {
			return err
		}
	}
	if err := im.b.Err(); err != nil {
		return err
	}
	if left := len(im.store.data) - im.store.at; left > 0 {
		im.inBin = true
		return fmt.Errorf("%d bytes more than the layers of the .param have weights: it belongs to another one: %w", left,
			runtime.ErrCorrupt)
	}
	if err := im.cfg.sizes.Heeded(); err != nil {
		return err
	}
	for _, name := range outs {
		t := im.blobs[name]
		if t == nil {
			return fmt.Errorf("nothing computes the output %q: %w", name, runtime.ErrGraph)
		}
		if err := im.b.Output(name, t); err != nil {
			return err
		}
	}
	return nil
}

// bind checks that every blob is made once, and before it is taken.
func (im *importer) bind() error {
	im.maker = map[string]int{}
	for i, l := range im.layers {
		for _, name := range l.in {
			if _, ok := im.maker[name]; !ok {
				return l.fault(fmt.Errorf("no layer before it makes its input %q: %w", clip(name), runtime.ErrGraph))
			}
		}
		for _, name := range l.out {
			if _, ok := im.maker[name]; ok {
				return l.fault(fmt.Errorf("its output %q is made before: %w", clip(name), runtime.ErrGraph))
			}
			im.maker[name] = i
		}
	}
	return nil
}

// outputs names the blobs that the graph gives: those that no layer takes, or those of the options.
func (im *importer) outputs() ([]string, error) {
	taken := map[string]bool{}
	for _, l := range im.layers {
		for _, name := range l.in {
			taken[name] = true
		}
	}
	var outs []string
	for _, l := range im.layers {
		for _, name := range l.out {
			if !taken[name] && l.typ != "Input" && im.cfg.outputs == nil {
				outs = append(outs, name)
			}
		}
	}
	for _, name := range slices.Concat(im.cfg.outputs, im.cfg.nodes) {
		blob, err := im.named(name)
		if err != nil {
			return nil, err
		}
		outs = append(outs, blob)
	}
	if len(outs) == 0 {
		return nil, fmt.Errorf("no output: %w", runtime.ErrGraph)
	}
	return outs, nil
}

// named finds a blob by its name, or by that of the layer that makes it.
func (im *importer) named(name string) (string, error) {
	if _, ok := im.maker[name]; ok {
		return name, nil
	}
	var have []string
	for _, l := range im.layers {
		if l.name == name && len(l.out) > 0 {
			return l.out[0], nil
		}
		have = append(have, l.out...)
	}
	return "", fmt.Errorf("no blob or layer %q%s: %w", name, alike.Hint(name, have), runtime.ErrGraph)
}

// needed says which layers the outputs depend on.
func (im *importer) needed(outs []string) []bool {
	need := make([]bool, len(im.layers))
	for _, name := range outs {
		need[im.maker[name]] = true
	}
	for i := len(im.layers) - 1; i >= 0; i-- {
		for _, name := range im.layers[i].in {
			need[im.maker[name]] = need[im.maker[name]] || need[i]
		}
	}
	return need
}

// fault is the error of a layer, for a reason. The graph's own keeps its reason, and gets the layer's name.
func (l *layer) fault(reason error) error {
	var ne *runtime.NodeError
	if errors.As(reason, &ne) {
		reason = ne.Err
	}
	return &runtime.NodeError{Node: l.name, Op: l.typ, Err: reason}
}
