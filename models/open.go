package models

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/internal/app/wholefile"
	"github.com/gneiss-go/gneiss/internal/sniff"
	"github.com/gneiss-go/gneiss/models/caffe"
	"github.com/gneiss-go/gneiss/models/internal/alike"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/models/internal/modelfile"
	"github.com/gneiss-go/gneiss/models/ncnn"
	"github.com/gneiss-go/gneiss/models/onnx"
	"github.com/gneiss-go/gneiss/models/tflite"
	"github.com/gneiss-go/gneiss/runtime"
)

// OpenOption changes how [Open] imports a model.
type OpenOption func(*openConfig)

type openConfig struct {
	prototxt string
	caffe    []caffe.Option
	onnx     []onnx.Option
	ncnn     []ncnn.Option
	own      []runtime.Option
	tflite   []tflite.Option
	signed   bool

	batch int // 0 if it is not given
	sizes axes.Sizes
	nodes []string
	given []string // options that some formats have no use for
}

// unheeded is an error if an option was given of which the format knows nothing: what is asked for is done or refused.
func (c *openConfig) unheeded(f format, knows ...string) error {
	for _, o := range c.given {
		if !slices.Contains(knows, o) {
			return fmt.Errorf("%s given, which has no meaning for a .%s file: %w", o, f, runtime.ErrGraph)
		}
	}
	return nil
}

// What may be given that some formats have no use for, as an error says it.
const (
	givenPrototxt = "a prototxt is"
	givenShape    = "an input shape is"
	givenOutputs  = "outputs are"
	givenWeights  = "random weights are"
)

// fixed is an error if a model whose sizes are fixed has others than were asked for.
func (c *openConfig) fixed(g *runtime.Graph) error {
	for _, v := range g.Inputs {
		dims, _ := v.Dims()
		if _, err := c.sizes.Of(v.Name, dims); err != nil {
			return err
		}
		if c.batch > 0 && v.Shape.N != c.batch {
			return fmt.Errorf("a batch of %d images is asked for, but the model's input %q is of %d: %w", c.batch, v.Name,
				v.Shape.N, runtime.ErrShape)
		}
	}
	return c.sizes.Heeded()
}

// WithPrototxt names the description of a Caffe network; see [caffe.Open] for what is done without it.
func WithPrototxt(path string) OpenOption {
	return func(c *openConfig) { c.prototxt, c.given = path, append(c.given, givenPrototxt) }
}

// WithBatch sets the number of images per run where the model leaves it open; the default is 1. It is an error for a
// model with another, fixed number.
func WithBatch(n int) OpenOption {
	return func(c *openConfig) {
		c.batch = n
		c.caffe, c.onnx = append(c.caffe, caffe.WithBatch(n)), append(c.onnx, onnx.WithBatch(n))
		c.ncnn = append(c.ncnn, ncnn.WithBatch(n))
	}
}

// OpenSizeError is that of an input whose size the model leaves open: it is to be given by [WithInputDims].
type OpenSizeError = axes.OpenSizeError

// WithInputDims sets the dimensions of an input of any rank, in the model's order, where the model leaves them open
// (and of Caffe's networks, which may all be resized). The name may be "" if there is one input. It is an error for an
// input whose dimensions are fixed and others, and for one that there is not.
func WithInputDims(name string, dims ...int) OpenOption {
	return func(c *openConfig) {
		c.sizes.Give(name, dims)
		c.caffe = append(c.caffe, caffe.WithInputDims(name, dims...))
		c.onnx = append(c.onnx, onnx.WithInputDims(name, dims...))
		c.ncnn = append(c.ncnn, ncnn.WithInputDims(name, dims...))
	}
}

// WithInputShape is [WithInputDims] for models of images, of which all inputs have this size.
func WithInputShape(channels, height, width int) OpenOption {
	return func(c *openConfig) {
		c.given = append(c.given, givenShape)
		c.caffe = append(c.caffe, caffe.WithInputShape(channels, height, width))
		c.onnx = append(c.onnx, onnx.WithInputShape(channels, height, width))
		c.ncnn = append(c.ncnn, ncnn.WithInputShape(channels, height, width))
	}
}

// WithNodes names tensors, nodes or layers whose values the graph gives after its own outputs, in this order. In a
// quantised model a value that is given is not fused with what follows, which may change others by a level.
func WithNodes(names ...string) OpenOption {
	return func(c *openConfig) {
		c.nodes = append(c.nodes, names...)
		c.caffe, c.onnx = append(c.caffe, caffe.WithNodes(names...)), append(c.onnx, onnx.WithNodes(names...))
		c.tflite, c.ncnn = append(c.tflite, tflite.WithNodes(names...)), append(c.ncnn, ncnn.WithNodes(names...))
	}
}

// WithOutputs names the tensors that the graph gives, in place of the model's own outputs.
func WithOutputs(names ...string) OpenOption {
	return func(c *openConfig) {
		c.given = append(c.given, givenOutputs)
		c.caffe, c.onnx = append(c.caffe, caffe.WithOutputs(names...)), append(c.onnx, onnx.WithOutputs(names...))
		c.ncnn = append(c.ncnn, ncnn.WithOutputs(names...))
	}
}

// WithLimits replaces [runtime.DefaultLimits].
func WithLimits(l runtime.Limits) OpenOption {
	return func(c *openConfig) {
		c.caffe, c.onnx = append(c.caffe, caffe.WithLimits(l)), append(c.onnx, onnx.WithLimits(l))
		c.own, c.tflite = append(c.own, runtime.WithLimits(l)), append(c.tflite, tflite.WithLimits(l))
		c.ncnn = append(c.ncnn, ncnn.WithLimits(l))
	}
}

// WithSignature has [Open] refuse whatever is no .gneiss file that is signed as the options ask:
// [runtime.WithSignature] and what goes with it.
func WithSignature(opts ...runtime.Option) OpenOption {
	return func(c *openConfig) { c.signed, c.own = true, append(c.own, opts...) }
}

// WithRandomWeights gives a Caffe description without weights seeded random ones; see [caffe.WithRandomWeights].
func WithRandomWeights(seed uint64) OpenOption {
	return func(c *openConfig) {
		c.caffe, c.given = append(c.caffe, caffe.WithRandomWeights(seed)), append(c.given, givenWeights)
	}
}

// format is a kind of model file.
type format string

const (
	formatCaffe    format = "caffemodel"
	formatPrototxt format = "prototxt"
	formatONNX     format = "onnx"
	formatGneiss   format = "gneiss"
	formatTFLite   format = "tflite"
	formatNCNN     format = "param"
	formatUnknown  format = ""
)

// Open imports the model in a file: a .caffemodel with its .prototxt (beside it, inside it, or named by
// [WithPrototxt]), a .prototxt alone ([WithRandomWeights]), an .onnx or a .tflite file, ncnn's .param with the .bin of
// the same name beside it, or either of them, or gneiss's own .gneiss. Under other extensions the content decides.
//
// The graph's card says what the file says of itself, has the labels that lie beside it ([labels.Find]) if it has none
// inside, and where it comes from. Where nobody says how an image becomes the input, it has a guess that says so.
func Open(path string, opts ...OpenOption) (*runtime.Graph, error) {
	var c openConfig
	for _, o := range opts {
		o(&c)
	}
	f, err := formatOf(path)
	if err != nil {
		return nil, runtime.InFile(path, err)
	}
	g, err := c.open(path, f)
	if err == nil {
		err = runtime.InFile(path, describe(g, path, f))
	}
	if err != nil {
		return nil, err
	}
	return g, nil
}

// open imports the model in a file of a format.
func (c *openConfig) open(path string, f format) (g *runtime.Graph, err error) {
	if c.signed && f != formatGneiss {
		return nil, runtime.InFile(path, fmt.Errorf("only %s files are signed: %w", runtime.Ext, runtime.ErrSignature))
	}
	switch f {
	case formatONNX, formatNCNN:
		err = c.unheeded(f, givenShape, givenOutputs)
	case formatGneiss, formatTFLite:
		err = c.unheeded(f)
	}
	if err != nil {
		return nil, runtime.InFile(path, err)
	}
	switch f {
	case formatONNX:
		return onnx.Open(path, c.onnx...)
	case formatNCNN:
		if isBin(path) {
			return ncnn.Open("", path, c.ncnn...)
		}
		return ncnn.Open(path, "", c.ncnn...)
	case formatGneiss, formatTFLite:
		if f == formatGneiss {
			if g, err = openOwn(path, c.own); err == nil {
				err = runtime.InFile(path, AddNodes(g, c.nodes...))
			}
		} else {
			g, err = tflite.Open(path, c.tflite...)
		}
		if err != nil {
			return nil, err
		}
		if err := c.fixed(g); err != nil {
			return nil, runtime.InFile(path, err)
		}
		return g, nil
	case formatPrototxt:
		if c.prototxt == "" {
			return caffe.Open("", path, c.caffe...)
		}
	}
	return caffe.Open(path, c.prototxt, c.caffe...)
}

// AddNodes makes the values of nodes of these names outputs of a graph, after those that it has.
func AddNodes(g *runtime.Graph, names ...string) error {
	if len(names) == 0 {
		return nil
	}
	var have []string
	of := map[string]*runtime.Value{}
	for _, n := range g.Nodes {
		have, of[n.Name] = append(have, n.Name), n.Out
	}
	for _, name := range names {
		v := of[name]
		if v == nil {
			return fmt.Errorf("the model has no node %q%s: %w", name, alike.Hint(name, have), runtime.ErrGraph)
		}
		if slices.Contains(g.Outputs, v) {
			again, err := g.Add(fmt.Sprintf("%s/again %d", name, len(g.Outputs)), &runtime.Identity{}, v)
			if err != nil {
				return err
			}
			dims, layout := v.Dims()
			if err := g.SetDims(again, dims, layout); err != nil {
				return err
			}
			v = again
		}
		if err := g.Output(v); err != nil {
			return err
		}
	}
	return nil
}

// openOwn reads gneiss's own format.
func openOwn(path string, opts []runtime.Option) (*runtime.Graph, error) {
	data, err := modelfile.Read(path)
	if err != nil {
		return nil, err
	}
	if !runtime.IsFile(data) {
		return nil, runtime.InFile(path, sniff.Explain(data, "a gneiss model", runtime.ErrCorrupt, runtime.ErrCorrupt))
	}
	g, err := runtime.ReadGraph(data, opts...)
	return g, runtime.InFile(path, err)
}

// Save writes a graph to a .gneiss file, which appears whole or not at all. Its errors are [*runtime.FileError].
func Save(path string, g *runtime.Graph, opts ...runtime.WriteOption) error {
	var b bytes.Buffer
	err := runtime.Write(&b, g, opts...)
	if err == nil {
		err = wholefile.Write(path, b.Bytes())
	}
	var fe *runtime.FileError
	if err != nil && !errors.As(err, &fe) {
		err = runtime.InFile(path, err)
	}
	return err
}

// formatOf tells a file's format by its extension or, failing that, by its first bytes.
func formatOf(path string) (format, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".caffemodel":
		return formatCaffe, nil
	case ".prototxt", ".pbtxt":
		return formatPrototxt, nil
	case ".onnx":
		return formatONNX, nil
	case runtime.Ext:
		return formatGneiss, nil
	case ".tflite":
		return formatTFLite, nil
	case ".param":
		return formatNCNN, nil
	}
	if isBin(path) {
		return formatNCNN, nil
	}
	head := make([]byte, 4096)
	file, err := os.Open(path)
	if err != nil {
		return formatUnknown, err
	}
	defer file.Close()
	n, err := io.ReadFull(file, head)
	if head = head[:n]; err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return formatUnknown, err
	}
	switch what := sniff.What(head); {
	case runtime.IsFile(head):
		return formatGneiss, nil
	case tflite.Is(head):
		return formatTFLite, nil
	case ncnn.Is(head) || ncnn.IsBinary(head): // of which the importer says what to give in its place
		return formatNCNN, nil
	case n == 0:
		return formatUnknown, fmt.Errorf("the file is empty: %w", runtime.ErrCorrupt)
	case what != "":
		return formatUnknown, fmt.Errorf("not a model that can be imported but %s: %w", what, runtime.ErrCorrupt)
	case sniff.Text(head):
		return formatPrototxt, nil
	case sniff.ONNX(head): // a caffemodel begins with a name or layers
		return formatONNX, nil
	case head[0] == 0x0a || head[0] == 0x12 || bytes.HasPrefix(head, []byte{0xa2, 0x06}):
		return formatCaffe, nil
	}
	return formatUnknown, fmt.Errorf("neither a caffemodel, a prototxt, an ONNX, a TFLite nor an ncnn model: %w",
		runtime.ErrCorrupt)
}

// isBin reports whether a file is the .bin of a .param beside it.
func isBin(path string) bool {
	ext := filepath.Ext(path)
	if strings.ToLower(ext) != ".bin" {
		return false
	}
	_, err := os.Stat(strings.TrimSuffix(path, ext) + ".param")
	return err == nil
}
