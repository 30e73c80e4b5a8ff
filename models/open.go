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
	"github.com/gneiss-go/gneiss/models/caffe"
	"github.com/gneiss-go/gneiss/models/internal/modelfile"
	"github.com/gneiss-go/gneiss/models/internal/sniff"
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
	own      []runtime.Option
	tflite   []tflite.Option
	signed   bool

	batch int      // 0 if it is not given
	given []string // options that some formats have no use for
}

// unheeded is an error if an option was given of which the format knows nothing: what is asked for is done or refused.
func (c *openConfig) unheeded(f format, knows ...string) error {
	for _, o := range c.given {
		if !slices.Contains(knows, o) {
			return fmt.Errorf("%s has no meaning for a .%s file: %w", o, f, runtime.ErrGraph)
		}
	}
	return nil
}

// fixed is an error if a model whose batch is fixed has another than was asked for.
func (c *openConfig) fixed(g *runtime.Graph) error {
	for _, v := range g.Inputs {
		if c.batch > 0 && v.Shape.N != c.batch {
			return fmt.Errorf("WithBatch(%d), but the model's input %q is of %d images: %w", c.batch, v.Name, v.Shape.N,
				runtime.ErrShape)
		}
	}
	return nil
}

// WithPrototxt names the description of a Caffe network; see [caffe.Open] for what is done without it.
func WithPrototxt(path string) OpenOption {
	return func(c *openConfig) { c.prototxt, c.given = path, append(c.given, "WithPrototxt") }
}

// WithBatch sets the number of images per run where the model leaves it open; the default is 1. It is an error for a
// model with another, fixed number.
func WithBatch(n int) OpenOption {
	return func(c *openConfig) {
		c.batch = n
		c.caffe, c.onnx = append(c.caffe, caffe.WithBatch(n)), append(c.onnx, onnx.WithBatch(n))
	}
}

// WithInputShape sets the size of the input images where the model leaves it open. It is an error for a model whose
// size is fixed and another.
func WithInputShape(channels, height, width int) OpenOption {
	return func(c *openConfig) {
		c.given = append(c.given, "WithInputShape")
		c.caffe = append(c.caffe, caffe.WithInputShape(channels, height, width))
		c.onnx = append(c.onnx, onnx.WithInputShape(channels, height, width))
	}
}

// WithOutputs names the tensors that the graph gives, in place of the model's own outputs.
func WithOutputs(names ...string) OpenOption {
	return func(c *openConfig) {
		c.given = append(c.given, "WithOutputs")
		c.caffe, c.onnx = append(c.caffe, caffe.WithOutputs(names...)), append(c.onnx, onnx.WithOutputs(names...))
	}
}

// WithLimits replaces [runtime.DefaultLimits].
func WithLimits(l runtime.Limits) OpenOption {
	return func(c *openConfig) {
		c.caffe, c.onnx = append(c.caffe, caffe.WithLimits(l)), append(c.onnx, onnx.WithLimits(l))
		c.own, c.tflite = append(c.own, runtime.WithLimits(l)), append(c.tflite, tflite.WithLimits(l))
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
		c.caffe, c.given = append(c.caffe, caffe.WithRandomWeights(seed)), append(c.given, "WithRandomWeights")
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
	formatUnknown  format = ""
)

// Open imports the model in a file: a .caffemodel with its .prototxt (beside it, inside it, or named by
// [WithPrototxt]), a .prototxt alone ([WithRandomWeights]), an .onnx or a .tflite file, or gneiss's own .gneiss. Under
// other extensions the content decides.
func Open(path string, opts ...OpenOption) (*runtime.Graph, error) {
	var c openConfig
	for _, o := range opts {
		o(&c)
	}
	f, err := formatOf(path)
	if err != nil {
		return nil, runtime.InFile(path, err)
	}
	if c.signed && f != formatGneiss {
		return nil, runtime.InFile(path, fmt.Errorf("only %s files are signed: %w", runtime.Ext, runtime.ErrSignature))
	}
	switch f {
	case formatONNX:
		err = c.unheeded(f, "WithInputShape", "WithOutputs")
	case formatGneiss, formatTFLite:
		err = c.unheeded(f)
	}
	if err != nil {
		return nil, runtime.InFile(path, err)
	}
	switch f {
	case formatONNX:
		return onnx.Open(path, c.onnx...)
	case formatGneiss, formatTFLite:
		var g *runtime.Graph
		if f == formatGneiss {
			g, err = openOwn(path, c.own)
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

// openOwn reads gneiss's own format.
func openOwn(path string, opts []runtime.Option) (*runtime.Graph, error) {
	data, err := modelfile.Read(path)
	if err != nil {
		return nil, err
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
	case n == 0:
		return formatUnknown, fmt.Errorf("the file is empty: %w", runtime.ErrCorrupt)
	case what != "":
		return formatUnknown, fmt.Errorf("not a model that can be imported but %s: %w", what, runtime.ErrCorrupt)
	case sniff.Text(head):
		return formatPrototxt, nil
	case head[0] == 0x08: // ModelProto begins with its ir_version, a caffemodel with a name or layers
		return formatONNX, nil
	case head[0] == 0x0a || head[0] == 0x12 || bytes.HasPrefix(head, []byte{0xa2, 0x06}):
		return formatCaffe, nil
	}
	return formatUnknown, fmt.Errorf("neither a caffemodel, a prototxt, an ONNX nor a TFLite model: %w",
		runtime.ErrCorrupt)
}
