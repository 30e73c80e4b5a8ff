// Package caffe imports Caffe networks: a .prototxt that describes one, and a .caffemodel with its weights, of the
// present format (V2, "layer") or that of 2014 (V1, "layers").
//
//	graph, err := caffe.Open("bvlc_googlenet.caffemodel", "deploy.prototxt")
//
// The graph is the network as it classifies: the TEST phase, without losses, accuracies and whatever else the output
// does not depend on, such as auxiliary heads. A training network's SoftmaxWithLoss becomes a Softmax. The batch
// size in the description is a training or oversampling habit and is replaced by 1, or by WithBatch.
//
// # Input
//
// The graph's input is NHWC float32. Mean subtraction, scaling and the order of colours (BGR in most Caffe models) are
// not part of the network; the caller prepares the image.
//
// # Semantics
//
// Pooling rounds its output size up unless round_mode, or ceil_mode in other branches of Caffe, says otherwise. In a
// binary file both are field 13, in which 0 means the one or the other: without a prototxt that is refused where it
// matters. Averages divide by the window clipped to the padded input. LRN divides α by its size. BatchNorm, Scale, Bias
// and Power become [runtime.Affine]. Filters [K][C/g][R][S] are stored as [K][R][S][C/g], and the weights of an
// InnerProduct over a map as [K][H][W][C]. A parameter that is not known is refused by its name.
//
// SSD's DetectionOutput has keep_top_k rows, the best first. Rows that are left have label and score 0.
//
// # Trust
//
// Model files may be hostile: shapes are checked against the data that is there before memory is taken for them.
// Errors are [runtime.FileError]s around [runtime.NodeError], [runtime.UnsupportedError] or a plain reason. All
// unsupported layers are reported at once.
//
// # How to add a layer
//
// Write a handler, name it in handlers of layers.go, and list its parameter message in binary.go.
package caffe

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/internal/sniff"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/models/internal/modelfile"
	"github.com/gneiss-go/gneiss/runtime"
)

// ErrNoWeights is wrapped when layers have no weights in the caffemodel, or no caffemodel is given.
var ErrNoWeights = errors.New("weights missing")

// Option changes how a network is imported.
type Option func(*config)

type config struct {
	batch   int   // 0 if it is not given
	shape   []int // C, H, W
	sizes   axes.Sizes
	outputs []string
	nodes   []string
	limits  runtime.Limits
	random  bool
	seed    uint64
	pages   *modelfile.Pages // that the weights are in
}

// WithBatch sets the number of images per run; the default is 1.
func WithBatch(n int) Option {
	return func(c *config) { c.batch = cmp.Or(n, -1) } // none are refused
}

// WithInputShape sets the size of the input images, over what the description says. It is needed for a training network
// that does not crop its images.
func WithInputShape(channels, height, width int) Option {
	return func(c *config) { c.shape = []int{channels, height, width} }
}

// WithInputDims sets the dimensions of an input, in Caffe's order, over what the description says. The name may be ""
// if there is one input.
func WithInputDims(name string, dims ...int) Option {
	return func(c *config) { c.sizes.Give(name, dims) }
}

// WithOutputs names the blobs or layers that the graph gives, in place of those that no layer consumes.
func WithOutputs(names ...string) Option { return func(c *config) { c.outputs = names } }

// WithNodes names blobs or layers whose values the graph gives after its outputs, in this order.
func WithNodes(names ...string) Option {
	return func(c *config) { c.nodes = append(c.nodes, names...) }
}

// WithLimits replaces [runtime.DefaultLimits].
func WithLimits(l runtime.Limits) Option { return func(c *config) { c.limits = l } }

// WithRandomWeights gives all layers weights drawn from a generator seeded with seed and the layer's name, scaled to
// keep activations in range. They serve to test and measure a network of which only the description is at hand.
func WithRandomWeights(seed uint64) Option {
	return func(c *config) { c.random, c.seed = true, seed }
}

func configure(opts []Option) *config {
	registerAll()
	c := &config{limits: runtime.DefaultLimits}
	for _, o := range opts {
		o(c)
	}
	return c
}

// Open imports a caffemodel with the network that prototxt describes. If prototxt is "", the description is the
// .prototxt of the same name beside the caffemodel, or a deploy.prototxt beside it whose layers the caffemodel has
// weights for, or the one inside the caffemodel. The caffemodel may be "" with [WithRandomWeights].
func Open(caffemodel, prototxt string, opts ...Option) (*runtime.Graph, error) {
	c := configure(opts)
	if caffemodel == "" {
		return open(nil, "", prototxt, c)
	}
	var g *runtime.Graph
	err := modelfile.Use(caffemodel, func(weights []byte, p *modelfile.Pages) (err error) {
		c.pages = p
		g, err = open(weights, caffemodel, prototxt, c)
		return err
	})
	return g, err
}

// open is Open with the caffemodel's bytes.
func open(weights []byte, caffemodel, prototxt string, c *config) (*runtime.Graph, error) {
	if prototxt != "" {
		text, err := modelfile.Read(prototxt)
		if err != nil {
			return nil, err
		}
		return load(weights, text, caffemodel, prototxt, c)
	}
	ext := filepath.Ext(caffemodel)
	same := strings.TrimSuffix(caffemodel, ext) + ".prototxt"
	if text, err := modelfile.Read(same); err == nil {
		return load(weights, text, caffemodel, same, c)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	deploy := filepath.Join(filepath.Dir(caffemodel), "deploy.prototxt")
	text, err := modelfile.Read(deploy)
	if err == nil {
		g, err := load(weights, text, caffemodel, deploy, c)
		if err == nil || !errors.Is(err, ErrNoWeights) && !errors.Is(err, runtime.ErrShape) {
			return g, err
		}
		if g, err := load(weights, nil, caffemodel, "", c); err == nil {
			return g, nil
		}
		return nil, err
	}
	g, err := load(weights, nil, caffemodel, "", c)
	if errors.Is(err, errNoNet) {
		err = runtime.InFile(caffemodel, fmt.Errorf("%w; there is neither %s nor deploy.prototxt beside it", errNoNet,
			filepath.Base(same)))
	}
	return g, err
}

// Load imports a network from the bytes of a caffemodel and of a prototxt. The prototxt may be nil if the caffemodel
// holds the network, and the caffemodel with [WithRandomWeights].
func Load(weights, prototxt []byte, opts ...Option) (*runtime.Graph, error) {
	return load(weights, prototxt, "caffemodel", "prototxt", configure(opts))
}

var errNoNet = fmt.Errorf("it holds weights but does not say how its layers are connected; give the network's deploy.prototxt too: %w",
	runtime.ErrGraph)

func load(weights, prototxt []byte, wname, pname string, c *config) (*runtime.Graph, error) {
	var file, def *message // of the caffemodel; the description
	if weights != nil {
		d := decoder{}
		var err error
		if file, err = d.message(weights, netParam); err == nil && len(file.subs("layer"))+len(file.subs("layers")) == 0 {
			err = fmt.Errorf("no layers: %w", runtime.ErrCorrupt)
		}
		if err != nil {
			return nil, runtime.InFile(wname, sniff.Explain(weights, "a caffemodel", err, runtime.ErrCorrupt))
		}
	}
	from := wname
	if prototxt != nil {
		from = pname
		var err error
		if def, err = parseText(prototxt); err == nil && len(def.fields) == 0 {
			err = fmt.Errorf("empty: %w", runtime.ErrCorrupt)
		}
		if err != nil {
			return nil, runtime.InFile(pname, sniff.Explain(prototxt, "a prototxt", err, runtime.ErrCorrupt))
		}
	} else if def = file; def == nil {
		return nil, runtime.InFile(wname, fmt.Errorf("neither caffemodel nor prototxt: %w", runtime.ErrGraph))
	}
	im := &importer{cfg: c, b: axes.NewBuilder(def.str("name", ""), len(weights), c.limits),
		blobs: map[string][]*axes.Source{}, priors: map[*axes.Tensor]*priors{}}
	if c.random {
		im.b.Grant(c.limits.MaxWeights)
	}
	im.b.Forget = c.pages.Forget
	im.collect(file)
	g, err := im.run(def, prototxt == nil)
	if err != nil {
		if errors.Is(err, ErrNoWeights) && weights != nil {
			from = wname
		}
		return nil, runtime.InFile(from, err)
	}
	return g, nil
}

// importer builds one graph.
type importer struct {
	cfg     *config
	b       *axes.Builder
	blobs   map[string][]*axes.Source // weights by layer name
	missing []string                  // layers without weights

	net   *net
	tops  []*axes.Tensor // by layer: every top that is supported is the same tensor, but for inputs
	feeds map[ref]*axes.Tensor

	priors map[*axes.Tensor]*priors // of SSD
}

func (im *importer) run(def *message, embedded bool) (*runtime.Graph, error) {
	n, err := readNet(def, im.cfg.limits.MaxNodes)
	if err != nil {
		return nil, err
	}
	if embedded && !slices.ContainsFunc(n.layers, func(l *layer) bool { return len(l.in) > 0 }) {
		return nil, errNoNet
	}
	outs, err := n.outputs()
	if im.cfg.outputs != nil {
		outs, err = n.named(im.cfg.outputs)
	}
	if err != nil {
		return nil, err
	}
	also, err := n.named(im.cfg.nodes)
	if err != nil {
		return nil, err
	}
	outs = slices.Concat(outs, also)
	need, err := n.needed(outs)
	if err != nil {
		return nil, err
	}
	im.net, im.tops, im.feeds = n, make([]*axes.Tensor, len(n.layers)), map[ref]*axes.Tensor{}
	used := map[ref]bool{}
	for i, l := range n.layers {
		for _, r := range l.in {
			used[r] = used[r] || need[i]
		}
	}
	for _, o := range outs {
		used[o.ref] = true
	}
	for i, l := range n.layers {
		if !need[i] {
			continue
		}
		if isData(l.typ) {
			for t := range l.top {
				if r := (ref{i, t}); used[r] {
					if im.feeds[r], err = im.feed(n, l, r); err != nil {
						return nil, l.fault(err)
					}
				}
			}
			continue
		}
		in := make([]*axes.Tensor, len(l.in))
		for j, r := range l.in {
			in[j] = im.read(l, r)
		}
		if weighted[l.typ] && !im.cfg.random && len(im.blobs[l.name]) == 0 {
			im.missing = append(im.missing, l.name)
		}
		if im.tops[i], err = im.layer(l, in); err != nil {
			return nil, err
		}
	}
	if err := cmp.Or(im.b.Err(), im.cfg.sizes.Heeded()); err != nil {
		return nil, err
	}
	if len(im.missing) > 0 {
		return nil, fmt.Errorf("%w for %d layer(s): %s; give the .caffemodel that belongs to this network, or use WithRandomWeights",
			ErrNoWeights, len(im.missing), list(im.missing, 5))
	}
	for _, o := range outs {
		if err := im.give(o); err != nil {
			return nil, err
		}
	}
	return im.b.G, im.b.Err()
}

// read returns a blob for the layer l, nil if nothing computes it.
func (im *importer) read(l *layer, r ref) *axes.Tensor {
	p := im.net.layers[r.layer]
	if isData(p.typ) {
		return im.feeds[r]
	}
	if r.top > 0 && len(p.more) >= r.top {
		return p.more[r.top-1]
	}
	if r.top > 0 && p.typ != "Split" && im.tops[r.layer] != nil {
		im.b.Unsupported(p.typ, p.name, "its second top %q, which %q uses", p.top[r.top], l.name)
		return nil
	}
	return im.tops[r.layer]
}

// give makes a blob an output of the graph.
func (im *importer) give(o output) (err error) {
	name := im.net.layers[o.layer].top[o.top]
	t := im.read(&layer{name: "output"}, o.ref)
	if o.softmax != "" && t != nil {
		if t, err = im.layer(&layer{name: o.softmax, typ: "Softmax"}, []*axes.Tensor{t}); err != nil {
			return err
		}
	}
	if t == nil {
		return cmp.Or(im.b.Err(), fmt.Errorf("nothing computes the output %q: %w", name, runtime.ErrGraph)) // a second top
	}
	return im.b.Output(name, t)
}

func list(names []string, most int) string {
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}
