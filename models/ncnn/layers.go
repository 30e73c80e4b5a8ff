package ncnn

import (
	"fmt"
	"slices"
	"sync"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

// kind is what is known of a type of layer.
type kind struct {
	knows   []int                                 // ids of parameters
	arrays  func(r *reader) []array               // its weights; nil if it has none
	handle  func(c *call) ([]*axes.Tensor, error) // adds it to the graph; nothing without an error: noted as unsupported
	several bool                                  // other than one input
}

var kinds = map[string]kind{}

// registerAll notes the layers of all files, before the first model is imported and not when the program starts:
// the linker leaves what nobody calls out of programs that import no model.
func registerAll() { registered.Do(registerFiles) }

var registered sync.Once

func registerFiles() {
	for _, register := range []func(){
		registerArithmetic, registerConv, registerDeconv, registerEach, registerLayers, registerMore, registerPool,
		registerResize, registerShapes,
	} {
		register()
	}
}

// register adds a type of layer; a function of the file of its handler calls it.
func register(typ string, k kind) { kinds[typ] = k }

// reasons tell the way round a layer that is not supported, where there is one.
var reasons = map[string]string{
	"PriorBox":               headAdvice,
	"DetectionOutput":        headAdvice,
	"YoloDetectionOutput":    headAdvice,
	"Yolov3DetectionOutput":  headAdvice,
	"Proposal":               headAdvice,
	"PSROIPooling":           headAdvice,
	"ROIPooling":             headAdvice,
	"ROIAlign":               headAdvice,
	"Quantize":               "take the network before it was quantised",
	"Dequantize":             "take the network before it was quantised",
	"Requantize":             "take the network before it was quantised",
	"MultiHeadAttention":     "",
	"Convolution1D":          "",
	"ConvolutionDepthWise1D": "",
}

const headAdvice = "name what goes into the detection head by WithOutputs, and decode that"

// call is one layer that is being imported.
type call struct {
	*reader
	im *importer
	b  *axes.Builder
	in []*axes.Tensor
	w  []*weights
}

// ids that any layer may have: the shapes of its outputs, which follow from those of its inputs, and a mask of what
// need not be exact.
var anyLayer = []int{30, 31}

// layer imports a layer; its weights are passed over if nothing needs it.
func (im *importer) layer(l *layer, need bool) error {
	k, ok := kinds[l.typ]
	if !ok {
		im.store.lost = true
		if need {
			im.b.Unsupported(l.typ, l.name, "%s", reasons[l.typ])
		}
		return nil
	}
	c := &call{reader: &reader{layer: l}, im: im, b: im.b}
	if ids := l.strange(slices.Concat(k.knows, anyLayer)); len(ids) > 0 {
		im.store.lost = true
		if need {
			im.b.Unsupported(l.typ, l.name, "parameters %v", ids)
		}
		return nil
	}
	if k.arrays != nil && !im.store.lost {
		for _, a := range k.arrays(c.reader) {
			w, err := im.store.next(a)
			if err != nil {
				im.inBin = c.err == nil
				return l.fault(orElse(c.err, err))
			}
			c.w = append(c.w, w)
		}
	}
	if c.err != nil {
		return l.fault(c.err)
	}
	if !need {
		return nil
	}
	for _, name := range l.in {
		c.in = append(c.in, im.blobs[name])
	}
	if !k.several && len(c.in) != 1 {
		return l.fault(fmt.Errorf("%d inputs, want 1: %w", len(c.in), runtime.ErrShape))
	}
	if slices.Contains(c.in, nil) || k.arrays != nil && im.store.lost { // what was noted before
		return nil
	}
	outs, err := k.handle(c)
	if err = orElse(c.err, err); err != nil {
		return l.fault(err)
	}
	if len(outs) > 0 && len(outs) != len(l.out) {
		return l.fault(fmt.Errorf("%d outputs, want %d: %w", len(l.out), len(outs), runtime.ErrShape))
	}
	for i, t := range outs {
		im.blobs[l.out[i]] = t
	}
	return nil
}

// orElse returns the first error there is.
func orElse(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

// unsupported notes a form of the layer.
func (c *call) unsupported(format string, args ...any) ([]*axes.Tensor, error) {
	c.b.Unsupported(c.typ, c.name, format, args...)
	return nil, nil
}

// done is the one output of a handler.
func done(t *axes.Tensor, err error) ([]*axes.Tensor, error) {
	if err != nil {
		return nil, err
	}
	return []*axes.Tensor{t}, nil
}

// last returns an input so that what is slowest in ncnn's order lies last: the channels.
func (c *call) last(i int) (*axes.Tensor, error) {
	t := c.in[i]
	if len(t.Dims) > axes.MaxRank {
		return nil, fmt.Errorf("an input of %d dimensions: %w", len(t.Dims)-1, runtime.ErrShape)
	}
	return c.b.As(c.name, t, runtime.ChannelsLast)
}

// image is last for a layer over [c h w].
func (c *call) image() (*axes.Tensor, error) {
	if t := c.in[0]; len(t.Dims) != 4 {
		return nil, fmt.Errorf("an input of %d dimensions, want [w h c]: %w", len(t.Dims)-1, runtime.ErrShape)
	}
	return c.last(0)
}

// axis returns a dimension by the number of an axis, which may count from the end.
func axis(a int, t *axes.Tensor) (int, error) {
	rank := len(t.Dims) - 1
	if a < -rank || a >= rank {
		return 0, fmt.Errorf("axis %d of %d: %w", a, rank, runtime.ErrShape)
	}
	return (a+rank)%rank + 1, nil
}

// vector decodes an array of weights, of n elements.
func (c *call) vector(i, n int) ([]float32, error) {
	src, err := c.w[i].of(n)
	if err != nil {
		return nil, err
	}
	return c.b.Floats(src)
}

func registerLayers() {
	register("Input", kind{several: true, knows: []int{0, 1, 2, 11}, handle: input})
	register("MemoryData", kind{several: true, knows: []int{0, 1, 2, 11, 21}, handle: memoryData,
		arrays: func(r *reader) []array {
			n, _ := axes.Product(1<<28, r.dims()...) // 0 is refused
			return []array{{n, r.int(21, 1) == 0}}
		}})
	register("Split", kind{handle: func(c *call) ([]*axes.Tensor, error) {
		return slices.Repeat(c.in, len(c.out)), nil
	}})
	register("Noop", kind{several: true, handle: func(c *call) ([]*axes.Tensor, error) { return c.in, nil }})
}

const maxInputs = 256

// input declares an input of the graph.
func input(c *call) ([]*axes.Tensor, error) {
	if len(c.in) != 0 || len(c.out) != 1 {
		return nil, fmt.Errorf("%d inputs and %d outputs: %w", len(c.in), len(c.out), runtime.ErrShape)
	}
	if c.im.inputs++; c.im.inputs > maxInputs {
		return nil, fmt.Errorf("more than %d inputs: %w", maxInputs, runtime.ErrLimit)
	}
	name := c.out[0]
	dims, err := c.im.cfg.sizes.Of(name, nil)
	if err != nil {
		return nil, err
	}
	switch {
	case dims != nil:
	case c.im.cfg.shape != nil:
		dims = c.im.cfg.shape
	default:
		dims = c.dims()
		if len(dims) == 0 || slices.Min(dims) < 1 {
			return nil, &axes.OpenSizeError{Input: name}
		}
	}
	batch := c.im.batch
	if len(dims) == 4 { // with the number of images
		if c.im.cfg.batch > 0 && dims[0] != batch {
			return nil, fmt.Errorf("a batch of %d and dimensions %v are asked for: %w", batch, dims, runtime.ErrShape)
		}
		batch, dims = dims[0], dims[1:]
	}
	if len(dims) < 1 || len(dims) > 3 {
		return nil, fmt.Errorf("an input of %v; 1 to 3 dimensions are supported: %w", dims, runtime.ErrShape)
	}
	if c.im.inputs == 1 {
		c.im.batch = batch
	} else if batch != c.im.batch {
		return nil, fmt.Errorf("inputs of %d and of %d images: %w", c.im.batch, batch, runtime.ErrShape)
	}
	return done(c.b.Input(name, append([]int{batch}, dims...), runtime.ChannelsLast, nil))
}

// dims reads w, h, d and c, and returns those that there are, the slowest first.
func (r *reader) dims() []int {
	var dims []int
	for _, id := range []int{2, 11, 1, 0} {
		if d := r.int(id, 0); d != 0 {
			dims = append(dims, d)
		}
	}
	return dims
}

// memoryData is a constant.
func memoryData(c *call) ([]*axes.Tensor, error) {
	k, err := c.w[0].of(append([]int{1}, c.dims()...)...)
	if err != nil {
		return nil, err
	}
	return done(c.b.Constant(c.name, k, nil))
}
