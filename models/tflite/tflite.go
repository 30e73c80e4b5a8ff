// Package tflite imports TensorFlow Lite models of convolutional networks, for classification, detection and the like:
// float32, float32 with float16 or int8 weights, and fully quantised, in int8 (weights per channel or per tensor) or
// the older uint8. docs/TFLITE.md lists the operations.
//
//	graph, err := tflite.Open("mobilenet_v2_1.0_224_quant.tflite")
//
// # Inputs and outputs
//
// TFLite is NHWC, and so is the graph: values lie in memory as they are written, and keep the file's own dimensions,
// one to six. A quantised input is bytes, [runtime.Tensor.CopyFrom] takes the file's own levels (uint8 or int8) or real
// numbers. So is a quantised output: [runtime.Tensor.CopyTo] gives the file's own levels or real numbers, and
// [runtime.Tensor.TopK] real numbers.
//
// Reshaping keeps the elements in their order and moves nothing where only the shape is read otherwise. Softmax,
// concatenation, arithmetic and constants work along the axes that the file gives its values, however they lie.
//
// # Card
//
// A model's metadata, and the files packed behind it, make the graph's card: class names, licence, and how an image
// becomes the input. docs/CARD.md says which fields.
//
// # Semantics
//
// Quantised models stay quantised. A TFLite int8 value q with zero point z is the uint8 value q + 128 with zero point
// z + 128, so nothing is rounded on the way in. Requantisation is gneiss's own rule (docs/NUMERICS.md), one IEEE
// multiplication rounded half to even; TFLite's kernels multiply by a 31-bit fixed-point number, and differ among
// themselves in rounding. The two differ by at most one level, where the exact quotient is next to a half.
//
// Weights of the older uint8 models have a zero point of their own and may take nine bits without it. They are taken as
// they are: [runtime.QConvParts].
//
// # Trust
//
// Files may be hostile. Every offset is checked by the flatbuffers library or here; the library answers a bad one with
// a panic, which does not leave this package. All that is not supported is reported at once: operations that are not
// known, and forms of known ones that are refused. Of several subgraphs the first is the model; the others are bodies
// of control flow, or other entries.
//
// # How to add an operation
//
// Write a file with its handler, and a function that registers it by its number in the schema, with the number of its
// options and how many of their fields it heeds. List the function in handlers.go.
package tflite

import (
	"fmt"

	"github.com/gneiss-go/gneiss/internal/sniff"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/models/internal/modelfile"
	"github.com/gneiss-go/gneiss/runtime"
)

// Option changes how a model is imported.
type Option func(*config)

type config struct {
	limits runtime.Limits
	nodes  []string
}

// WithLimits replaces [runtime.DefaultLimits].
func WithLimits(l runtime.Limits) Option { return func(c *config) { c.limits = l } }

// WithNodes names tensors whose values the graph gives after its outputs, in this order.
func WithNodes(names ...string) Option {
	return func(c *config) { c.nodes = append(c.nodes, names...) }
}

// Is reports whether bytes, of which a few are enough, begin as a TFLite file does: with the schema's identifier.
func Is(head []byte) bool { return len(head) >= 8 && string(head[4:8]) == identifier }

// Open reads a file. Its errors are [*runtime.FileError].
func Open(path string, opts ...Option) (*runtime.Graph, error) {
	var g *runtime.Graph
	err := modelfile.Use(path, func(data []byte, p *modelfile.Pages) (err error) {
		g, err = load(data, p, opts)
		return runtime.InFile(path, err)
	})
	return g, err
}

// Load imports a model from the bytes of a file.
func Load(data []byte, opts ...Option) (*runtime.Graph, error) { return load(data, nil, opts) }

// load imports the model in data, which are those pages of a file, if they are not nil.
func load(data []byte, p *modelfile.Pages, opts []Option) (g *runtime.Graph, err error) {
	registerAll()
	c := config{limits: runtime.DefaultLimits}
	for _, o := range opts {
		o(&c)
	}
	if !Is(data) {
		return nil, sniff.Explain(data, "a TFLite model", corrupt("it does not begin as one"), runtime.ErrCorrupt)
	}
	defer func() { // offsets and lengths that lead out of the file
		if r := recover(); r != nil {
			g, err = nil, corrupt("the file refers to what is not in it (%v)", r)
		}
	}()
	m := readModel(data)
	if len(m.subgraphs) == 0 {
		return nil, corrupt("no subgraph")
	}
	im := &importer{model: m, sub: m.subgraphs[0], b: axes.NewBuilder("tflite", len(data), c.limits),
		values: map[int]*axes.Tensor{}, lost: map[int]bool{}, also: c.nodes,
		handles: map[int]variableKey{}, states: map[variableKey]*variable{},
		left: 4*len(data) + 1<<16, limits: c.limits}
	im.b.Forget = p.Forget
	if g, err = im.run(); err == nil {
		describe(g, data)
	}
	return g, err
}

func corrupt(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, runtime.ErrCorrupt)...)
}
