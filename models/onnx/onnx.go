// Package onnx imports ONNX models of convolutional networks, float or quantised, operator sets 1 to 25.
//
//	graph, err := onnx.Open("googlenet.onnx")
//
// The graph is NHWC: an input of [N C H W] lies channels last in memory, in float32, and keeps the model's dimensions
// ([runtime.Value.Dims]), in whose order a session's tensors copy. Constants (initializers, Constant nodes and what
// is computed of them) are resolved, functions and choices by constants put in their places, nodes put in order; those
// on which no output depends are left out.
//
// # Shapes
//
// Values have up to four dimensions, and more while they are only reshaped, transposed or treated element by element.
// Memory is moved only where it must be: a transposition from [N H W C] to [N C H W] or back is another reading of the
// same memory, so that a model of Keras, which begins and ends with one, stays NHWC for its user. Two activations, or
// an activation and a constant, are broadcast by their shapes, as NumPy does; the constant may not be the larger.
//
// What a graph cannot express is reported as [runtime.UnsupportedError]: all of it at once, with node names. So is an
// attribute that no handler heeds. An open first dimension becomes 1, or what [WithBatch] says; other open dimensions
// need [WithInputDims] or [WithInputShape]. An option that the model leaves no room for is an error.
//
// # Card
//
// What metadata_props and the doc_string say is in the graph's card. docs/CARD.md lists the keys.
//
// # Types
//
// Models of float16, bfloat16 and float64 are computed in float32.
//
// # Quantised models
//
// A model quantised by another tool, in the QDQ or the QOperator format of ONNX Runtime, becomes a quantised graph and
// runs on integers. An operator whose inputs come from DequantizeLinear and whose output goes to QuantizeLinear (a Relu
// or Clip may be between) is computed on uint8:
//
//	Conv                                        → QConv, the activation in its bounds
//	MaxPool, GlobalMaxPool, Concat, Flatten, …  → themselves, on bytes
//	AveragePool, GlobalAveragePool, LRN, Add    → Quantised
//	Gemm, MatMul                                → QFC, whose result is float
//
// What has no such form is computed in float between Dequantize and Quantize, and so is a layer whose weights are not
// exact as int8 in −127…127 with one scale for all or for each output channel. A float bias is rounded to units of the
// accumulator. int8 activations are shifted to uint8: level q is byte q + 128, in outputs too. Results follow gneiss's
// rule of requantisation (docs/NUMERICS.md), which may differ from ONNX Runtime's by one level.
//
// An input of uint8 or int8 that is dequantised in one way is a quantised input; any other is a float input of whole
// numbers, unless something computes with it as such. Levels of other widths are refused, as are scales by block, and
// scales per channel of an activation. What is quantised dynamically (DynamicQuantizeLinear, MatMulInteger,
// ConvInteger) is computed in float, by the weights that its levels stand for: activations are not rounded.
//
// [WriteQDQ] goes the other way.
//
// # Trust
//
// Model files may be hostile: every dimension is checked against the data that is there before memory is taken for it.
// Errors are [runtime.FileError]s around [runtime.NodeError], [runtime.UnsupportedError] or a plain reason.
//
// # How to add an operator
//
// Write a file with its handler, which ends with call.add, and a function that registers the operator: its attributes,
// and whether it can work on quantised tensors and integers. List the function in ops.go.
package onnx

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/gneiss-go/gneiss/internal/sniff"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/models/internal/modelfile"
	"github.com/gneiss-go/gneiss/runtime"
)

// The operator sets whose semantics this package knows. Models of older ones are taken if all their operators meant the
// same before.
const (
	MinOpset = 1
	MaxOpset = 25
)

// Option changes how a model is imported.
type Option func(*config)

type config struct {
	batch   int
	asked   bool  // batch is from WithBatch
	shape   []int // C, H, W
	sizes   axes.Sizes
	outputs []string
	nodes   []string
	limits  runtime.Limits
	inits   map[string][]byte
}

// WithBatch sets the number of images per run where the model leaves it open; the default is 1. It is an error for a
// model with another, fixed number.
func WithBatch(n int) Option { return func(c *config) { c.batch, c.asked = n, true } }

// WithInputShape sets the size of the input images where the model leaves it open. It is an error for a model whose
// size is fixed and another.
func WithInputShape(channels, height, width int) Option {
	return func(c *config) { c.shape = []int{channels, height, width} }
}

// WithInputDims sets the dimensions of an input, in the model's order, where the model leaves them open. The name may
// be "" if there is one input. It may be that of a dimension, whose size is then one number; dimensions of one name
// have one size in all inputs. It is an error for an input whose dimensions are fixed and others, and for one that
// there is not.
func WithInputDims(name string, dims ...int) Option {
	return func(c *config) { c.sizes.Give(name, dims) }
}

// WithOutputs names the tensors that the graph gives, in place of the model's outputs.
func WithOutputs(names ...string) Option { return func(c *config) { c.outputs = names } }

// WithNodes names tensors, or nodes, whose values the graph gives after its outputs, in this order.
func WithNodes(names ...string) Option {
	return func(c *config) { c.nodes = append(c.nodes, names...) }
}

// WithLimits replaces [runtime.DefaultLimits].
func WithLimits(l runtime.Limits) Option { return func(c *config) { c.limits = l } }

// WithInitializer makes an input of the model a constant, given as an encoded TensorProto.
func WithInitializer(name string, tensorProto []byte) Option {
	return func(c *config) { c.inits[name] = tensorProto }
}

// Open imports the ONNX model in a file. Weights may be in other files beside it or in folders below.
func Open(path string, opts ...Option) (*runtime.Graph, error) {
	var g *runtime.Graph
	err := modelfile.Use(path, func(b []byte, p *modelfile.Pages) (err error) {
		g, err = load(b, p, path, filepath.Dir(path), opts)
		return err
	})
	return g, err
}

// Load imports an ONNX model. The graph does not keep b. Models whose weights are in other files must be opened by
// path.
func Load(b []byte, opts ...Option) (*runtime.Graph, error) {
	return load(b, nil, "ONNX model", "", opts)
}

// load imports the model in b, which are those pages of a file, if they are not nil.
func load(b []byte, p *modelfile.Pages, file, dir string, opts []Option) (*runtime.Graph, error) {
	registerAll()
	c := &config{batch: 1, limits: runtime.DefaultLimits, inits: map[string][]byte{}}
	for _, o := range opts {
		o(c)
	}
	fail := func(err error) (*runtime.Graph, error) { return nil, runtime.InFile(file, err) }
	m, err := decodeModel(b, c.limits)
	if err != nil {
		return fail(sniff.Explain(b, "an ONNX model", err, runtime.ErrCorrupt))
	}
	if err := m.knownOpset(); err != nil {
		return fail(err)
	}
	parts, err := m.fetch(dir)
	defer parts.close()
	if err != nil {
		return fail(err)
	}
	size := len(b) + parts.total
	for name, raw := range c.inits {
		t, err := decodeTensor(raw)
		if err == nil && t.ext != nil {
			err = t.ext.missing()
		}
		if err != nil {
			return fail(fmt.Errorf("initializer %q: %w", name, err))
		}
		m.graph.inits[name] = t
		size += len(raw)
	}
	im := newImporter(c, m, size)
	im.b.Forget = func() {
		p.Forget()
		parts.forget()
	}
	g, err := im.run()
	if err != nil {
		return fail(err)
	}
	return m.described(g), nil
}

// value is what a name stands for while importing: a constant, or a tensor of the graph. If all are nil it is neither
// known nor computable: an unsupported operator makes it.
type value struct {
	c   *tensor
	src *axes.Source // of c, for decoding
	t   *axes.Tensor
	typ elem // of int8 or uint8: t is uint8 (int8 with 128 added), or float with the integers in it if it is of an input

	lazy *lazy    // in place of t
	dyn  *dynamic // in place of t

	fresh bool // t is the output of a Conv or FC without bias, under no other name
	made  int  // what a constant that was computed here took from the budget
}

// constant returns the value of a constant.
func constant(t *tensor) *value {
	return &value{c: t, typ: t.typ, src: &axes.Source{Dims: t.dims, Decode: t.decode}}
}

// importer builds one graph.
type importer struct {
	cfg *config
	m   *model
	b   *axes.Builder
	*scope
	faults         []error
	depth, entered int // of graphs in attributes, and functions

	batched, sized bool                  // an input has the batch, or the size, that was asked for
	params         map[string]int        // sizes that are given to dimensions with names
	open           []*axes.OpenSizeError // inputs

	work int // elements that the computation of constants may still look at

	quantised bool                          // there are quantised nodes
	floats    map[*axes.Tensor]*axes.Tensor // of uint8 tensors, dequantised
	bytes     map[coded]*axes.Tensor        // of integers given as floats, as uint8
}

// newImporter returns an importer of a model whose files have so many bytes.
func newImporter(c *config, m *model, size int) *importer {
	im := &importer{cfg: c, m: m, b: axes.NewBuilder(m.graph.name, size, c.limits), scope: newScope(),
		work:   1<<25 + 16*min(size, 1<<30),
		floats: map[*axes.Tensor]*axes.Tensor{}, bytes: map[coded]*axes.Tensor{}}
	im.b.TakeNames = true
	return im
}

func (im *importer) run() (*runtime.Graph, error) {
	g := im.m.graph
	outs := im.cfg.outputs
	if outs == nil {
		outs = g.given()
	}
	if len(outs) == 0 {
		return nil, fmt.Errorf("the model has no output: %w", runtime.ErrGraph)
	}
	also, err := im.m.graph.tensors(im.cfg.nodes)
	if err != nil {
		return nil, err
	}
	outs = slices.Concat(outs, also)
	order, err := g.ordered(outs)
	if err != nil {
		return nil, err
	}
	im.count(order, outs)
	if err := im.begin(g); err != nil {
		return nil, err
	}
	for _, n := range order {
		if err := im.follow(n); err != nil {
			return nil, err
		}
	}
	if err := im.give(outs); err != nil {
		return nil, err
	}
	if err := im.refused(); err != nil {
		return nil, err
	}
	if len(im.b.G.Outputs) != len(outs) {
		return nil, fmt.Errorf("nothing computes all of the outputs %q: %w", outs, runtime.ErrGraph)
	}
	return im.b.G, nil
}

// refused is all that was noted against the model: what is unsupported, and what does not fit its nodes.
func (im *importer) refused() error {
	bad := im.b.Err()
	if bad == nil && len(im.faults) == 1 {
		return im.faults[0]
	}
	if len(im.faults) == 0 {
		return bad
	}
	return errors.Join(append([]error{bad}, im.faults...)...)
}

// begin gives the constants and inputs that are used their values.
func (im *importer) begin(g *graph) error {
	for _, n := range g.nodes {
		for _, o := range n.out {
			im.own[o] = true
		}
	}
	for name, t := range g.inits {
		im.own[name] = true
		if im.uses[name] > 0 {
			im.vals[name] = constant(t)
		}
	}
	var ports []*port
	for _, p := range g.inputs {
		if im.own[p.name] = true; g.inits[p.name] == nil && im.uses[p.name] > 0 {
			ports = append(ports, p)
		}
	}
	im.bind(ports)
	for _, p := range ports {
		v, err := im.input(p)
		if err != nil {
			return err
		}
		im.vals[p.name] = v
	}
	if len(im.open) > 0 {
		first := im.open[0]
		first.Also = im.open[1:]
		return first
	}
	return im.heeded()
}

// follow imports one node and gives its outputs their values. What does not fit the node is noted as what is
// unsupported is, so that all of it is said at once.
func (im *importer) follow(n *node) error {
	vs, err := im.node(n)
	if err != nil {
		if ne, ok := err.(*runtime.NodeError); ok { // the graph's own: keep the reason, name the node
			err = ne.Err
		}
		err = n.fault(err)
		if len(im.faults) >= maxFaults || !errors.Is(err, runtime.ErrShape) || errors.Is(err, runtime.ErrLimit) {
			return err
		}
		im.faults = append(im.faults, err)
		vs = nil
	}
	for j, name := range n.out {
		if name == "" {
			continue
		}
		switch {
		case j < len(vs) && vs[j] != nil:
			im.vals[name] = vs[j]
			continue
		case len(vs) > 0 && vs[0] != nil && im.uses[name] > 0:
			im.b.Unsupported(n.op, n.label(), "its output %d, %q", j+1, name)
		}
		im.vals[name] = &value{}
	}
	return nil
}

// give makes the values of those names the graph's outputs.
func (im *importer) give(outs []string) error {
	for _, name := range outs {
		v := im.vals[name]
		if v == nil {
			return fmt.Errorf("no node makes the output %q: %w", name, runtime.ErrGraph)
		}
		if v.dyn != nil {
			im.b.Unsupported("output", name, "levels, a scale or sums of dynamic quantisation; "+dynamicAdvice)
			continue
		}
		v, err := im.plain(v)
		if err == nil && v.c != nil {
			v = &value{typ: v.c.typ}
			v.t, err = im.given(name, im.vals[name])
		}
		if err == nil && v.t != nil {
			err = im.b.OutputOf(name, v.t, v.outElem())
		}
		if err == nil && v.typ == elemInt8 && v.t != nil && v.t.DType == runtime.U8 {
			err = im.b.G.SetSigned(im.b.G.Outputs[len(im.b.G.Outputs)-1])
		}
		if err != nil {
			return fmt.Errorf("output %q: %w", name, err)
		}
	}
	return nil
}

// node imports one node and returns the values of its outputs, nil where one is unsupported.
func (im *importer) node(n *node) ([]*value, error) {
	c := &call{im: im, n: n}
	for _, name := range n.in {
		v, ok := im.vals[name]
		if name != "" && !ok {
			return nil, fmt.Errorf("its input %q is no input or initializer and no node makes it: %w", name, runtime.ErrGraph)
		}
		c.in = append(c.in, v)
	}
	if !slices.ContainsFunc(n.out, func(name string) bool { return name != "" }) {
		return nil, fmt.Errorf("no output: %w", runtime.ErrGraph)
	}
	v, err := c.first()
	if v == nil || err != nil {
		return nil, err
	}
	return append([]*value{v}, c.more...), nil
}

// first imports the node and returns the value of its first output, nil if that is unsupported.
func (c *call) first() (*value, error) {
	n := c.n
	if fn := c.im.m.functions[n.domain+":"+n.op]; fn != nil {
		return c.function(fn)
	}
	if c.im.m.opset < 7 && standard(n.domain) {
		if ok, err := c.modern(); !ok || err != nil {
			return nil, err
		}
		n = c.n
	}
	if c.foldable() {
		if ok, err := c.plainForm(folders[n.op].heeds); !ok || err != nil {
			return nil, err
		}
		return c.fold()
	}
	if c.isDynamic() {
		return c.overDynamic()
	}
	op := c.operator()
	known := op.handle != nil && op.contrib.in(n.domain)
	if !known && !standard(n.domain) {
		c.unsupported("an operator of the domain %s", n.domain)
		return nil, nil
	}
	if !known {
		c.unsupported("%s", reasons[n.op])
		if slices.Contains(sameShape, n.op) && len(c.in) > 0 && c.in[0] != nil {
			x, err := c.im.plain(c.in[0])
			if err != nil {
				return nil, err
			}
			return &value{t: x.t, typ: x.typ}, nil // to look further
		}
		return nil, nil
	}
	if ok, err := c.plainForm(op.heeds); !ok || err != nil {
		return nil, err
	}
	return c.run(op.handle)
}

// run calls a handler with its inputs as it wants them.
func (c *call) run(h handler) (*value, error) {
	if ok, err := c.prepare(); !ok || err != nil {
		return nil, err
	}
	v, err := h(c)
	if c.err != nil { // an attribute that cannot be read comes first
		err = c.err
	}
	return v, err
}
