package caffe

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

// handler adds a layer to the graph and returns its top. in has the bottoms, nil where the shape is not known. A nil
// tensor without an error means that the top is not known either: something unsupported has been noted.
type handler func(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error)

// handlers are all layer types that can be imported, besides those that feed the network. They are made before the
// first model is imported and not when the program starts: the linker leaves what nobody calls out of programs that
// import no model.
var handlers map[string]handler

func registerAll() { registered.Do(makeHandlers) }

var registered sync.Once

func makeHandlers() {
	handlers = map[string]handler{
		"Convolution":          convolution,
		"ConvolutionDepthwise": depthwise,
		"DepthwiseConvolution": depthwise,
		"Deconvolution":        deconvolution,
		"Pooling":              pooling,
		"InnerProduct":         innerProduct,
		"ReLU":                 relu,
		"ReLU6":                relu6,
		"Clip":                 clip,
		"LRN":                  lrn,
		"Concat":               concat,
		"Softmax":              softmax,
		"SoftmaxWithLoss":      softmax,
		"Dropout":              pass,
		"Split":                pass,
		"Slice":                slice,
		"Eltwise":              eltwise,
		"BatchNorm":            batchNorm,
		"Scale":                scale,
		"Bias":                 bias,
		"Power":                power,
		"Flatten":              flatten,
		"Reshape":              reshape,
		"MVN":                  meanVariance,
		"Normalize":            normalize,
		"Sigmoid":              sigmoid,
		"TanH":                 tanh,
		"AbsVal":               curveOf(kernels.Abs),
		"BNLL":                 curveOf(kernels.Softplus),
		"ELU":                  elu,
		"Exp":                  exponential,
		"Log":                  logarithm,
		"PReLU":                prelu,
		"Swish":                swish,
	}
}

// weighted are the layers that always have weights.
var weighted = map[string]bool{"Convolution": true, "ConvolutionDepthwise": true, "DepthwiseConvolution": true,
	"Deconvolution": true, "InnerProduct": true, "BatchNorm": true, "PReLU": true, "Normalize": true}

// sameShape are unsupported layers whose tops are shaped as their bottoms, so that the import can look further.
var sameShape = []string{"Threshold", "Mish"}

// reasons tell the way round an unsupported layer, where there is one.
var reasons = map[string]string{
	"ArgMax": "take its input with WithOutputs and use TopK on the result",
	"Slice":  "slicing is not supported; use a Convolution with group instead",
	"Python": "Python layers cannot be run; take what is before it with WithOutputs",
}

func lrn(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("lrn_param")
	op := &runtime.LRN{Size: r.size("local_size", 5), Alpha: r.float("alpha", 1), Beta: r.float("beta", 0.75),
		Bias: r.float("k", 1)}
	if region := r.str("norm_region", "ACROSS_CHANNELS"); region != "ACROSS_CHANNELS" && region != "0" {
		im.b.Unsupported(l.typ, l.name, "norm_region %s; only ACROSS_CHANNELS", region)
	} else if r.err == nil && op.Size%2 == 0 {
		r.fail(fmt.Errorf("local_size %d is even: %w", op.Size, runtime.ErrShape))
	}
	t, err := one(in)
	if r.err != nil {
		return nil, r.err
	}
	if t == nil || err != nil {
		return nil, err
	}
	return im.b.Add(l.name, op, t)
}

func pass(_ *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	if r := l.params("dropout_param"); r.err != nil {
		return nil, r.err
	}
	return one(in)
}

// params returns a reader of a layer's parameter message.
func (l *layer) params(name string) *reader {
	r := &reader{message: l.msg.sub(name)}
	if len(l.msg.subs(name)) > 1 {
		r.fail(fmt.Errorf("%s twice: %w", name, runtime.ErrCorrupt))
	}
	r.strange(name)
	return r
}

func one(in []*axes.Tensor) (*axes.Tensor, error) {
	if len(in) != 1 {
		return nil, fmt.Errorf("%d bottoms, want 1: %w", len(in), runtime.ErrShape)
	}
	return in[0], nil
}

var errNoBottom = fmt.Errorf("no bottom: %w", runtime.ErrShape)

// layer adds one layer and returns its top; it turns errors into NodeErrors.
func (im *importer) layer(l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	h := handlers[l.typ]
	if h == nil {
		im.b.Unsupported(l.typ, l.name, "%s", reasons[l.typ])
		if slices.Contains(sameShape, l.typ) && len(in) == 1 {
			return in[0], nil
		}
		return nil, nil
	}
	t, err := h(im, l, in)
	if err != nil {
		var ne *runtime.NodeError
		if errors.As(err, &ne) { // the graph's own: keep the reason, name the layer
			err = ne.Err
		}
		return nil, l.fault(err)
	}
	return t, nil
}
