package caffe

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

// handler adds a layer to the graph and returns its top. in has the bottoms, nil where the shape is not known. A nil
// tensor without an error means that the top is not known either: something unsupported has been noted.
type handler func(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error)

// handlers are all layer types that can be imported, besides those that feed the network.
var handlers map[string]handler

func init() {
	handlers = map[string]handler{
		"Convolution":          convolution,
		"ConvolutionDepthwise": depthwise,
		"DepthwiseConvolution": depthwise,
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
		"Eltwise":              eltwise,
		"BatchNorm":            batchNorm,
		"Scale":                scale,
		"Bias":                 bias,
		"Power":                power,
		"Flatten":              flatten,
		"Reshape":              reshape,
		"Sigmoid":              sigmoid,
		"TanH":                 tanh,
	}
}

// weighted are the layers that always have weights.
var weighted = map[string]bool{"Convolution": true, "ConvolutionDepthwise": true, "DepthwiseConvolution": true, "InnerProduct": true, "BatchNorm": true}

// sameShape are unsupported layers whose tops are shaped as their bottoms, so that the import can look further.
var sameShape = []string{"PReLU", "ELU", "AbsVal", "Exp", "Log", "BNLL", "Threshold", "MVN", "Normalize", "Swish", "Mish"}

// reasons tell the way round an unsupported layer, where there is one.
var reasons = map[string]string{
	"Deconvolution": "transposed convolution is not supported; classify with the network up to here (WithOutputs)",
	"PReLU":         "no such activation; train with ReLU",
	"ELU":           "no such activation; train with ReLU",
	"ArgMax":        "take its input with WithOutputs and use TopK on the result",
	"Slice":         "slicing is not supported; use a Convolution with group instead",
	"Python":        "Python layers cannot be run; take what is before it with WithOutputs",
}

func convolution(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("convolution_param")
	return im.conv(l, in, r, r.size("group", 1))
}

func depthwise(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("convolution_param")
	return im.conv(l, in, r, r.size("num_output", 1))
}

func (im *importer) conv(l *layer, in []*axes.Tensor, r *reader, groups int) (*axes.Tensor, error) {
	k := r.size("num_output", 0)
	w := window(r, true)
	hasBias := r.bool("bias_term", true)
	axis := r.int("axis", 1)
	if r.err != nil {
		return nil, r.err
	}
	if k < 1 || groups < 1 || k%groups != 0 {
		return nil, fmt.Errorf("%d filters in %d groups: %w", k, groups, runtime.ErrShape)
	}
	t, err := one(in)
	if t == nil || err != nil {
		return nil, err
	}
	if len(t.Dims) != 4 || axis != 1 && axis != -3 {
		return nil, fmt.Errorf("a 2-D convolution over an input of %d dimensions: %w", len(t.Dims), runtime.ErrShape)
	}
	c := t.Channels()
	if c%groups != 0 {
		return nil, fmt.Errorf("%d channels in %d groups: %w", c, groups, runtime.ErrShape)
	}
	ws, err := im.weights(l, 0, kernelOf, k, c/groups, w.R, w.S)
	if ws == nil || err != nil {
		return nil, err
	}
	op := &runtime.Conv{Window: w, K: k, Groups: groups}
	if op.Weights, err = im.b.ConvWeights(ws, k, c/groups, w.R*w.S); err != nil {
		return nil, err
	}
	if hasBias {
		if op.Bias, err = im.vector(l, 1, shiftOf, k); op.Bias == nil || err != nil {
			return nil, err
		}
	}
	return im.b.Add(l.name, op, t)
}

// window reads kernel, stride, padding and dilation, each given once, per dimension, or as _h and _w.
func window(r *reader, needed bool) runtime.Window {
	get := func(name, h, w string, def int) (int, int) {
		vs := r.sizes(name)
		if r.has(h) || r.has(w) {
			return r.size(h, def), r.size(w, def)
		}
		switch len(vs) {
		case 0:
			return def, def
		case 1:
			return vs[0], vs[0]
		case 2:
			return vs[0], vs[1]
		}
		r.fail(fmt.Errorf("%s: %d dimensions, only 2 are supported: %w", name, len(vs), runtime.ErrShape))
		return def, def
	}
	var w runtime.Window
	w.R, w.S = get("kernel_size", "kernel_h", "kernel_w", 0)
	w.StrideH, w.StrideW = get("stride", "stride_h", "stride_w", 1)
	w.PadTop, w.PadLeft = get("pad", "pad_h", "pad_w", 0)
	w.DilationH, w.DilationW = get("dilation", "", "", 1)
	w.PadBottom, w.PadRight = w.PadTop, w.PadLeft
	if r.err == nil && needed && (w.R < 1 || w.S < 1 || w.StrideH < 1 || w.StrideW < 1 || w.DilationH < 1 || w.DilationW < 1) {
		r.fail(fmt.Errorf("kernel %d×%d, stride %d×%d, dilation %d×%d: %w", w.R, w.S, w.StrideH, w.StrideW, w.DilationH, w.DilationW, runtime.ErrShape))
	}
	const most = 1 << 14
	if r.err == nil && max(w.R, w.S, w.StrideH, w.StrideW, w.PadTop, w.PadLeft, w.DilationH, w.DilationW) > most {
		r.fail(fmt.Errorf("kernel, stride, padding or dilation above %d: %w", most, runtime.ErrShape))
	}
	return w
}

func pooling(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("pooling_param")
	kind := runtime.MaxPool
	switch method := r.str("pool", "MAX"); method {
	case "MAX", "0":
	case "AVE", "1":
		kind = runtime.AvgPool
	default:
		im.b.Unsupported(l.typ, l.name, "%s pooling; only MAX and AVE", method)
		return nil, r.err
	}
	global := r.bool("global_pooling", false)
	w := window(r, !global)
	ceil := roundsUp(r)
	t, err := one(in)
	switch {
	case r.err != nil:
		return nil, r.err
	case t == nil || err != nil:
		return nil, err
	case len(t.Dims) != 4:
		return nil, fmt.Errorf("pooling over an input of %d dimensions: %w", len(t.Dims), runtime.ErrShape)
	case global:
		return im.b.Add(l.name, &runtime.GlobalPool{Type: kind}, t)
	}
	// Caffe divides an average by the window clipped to the padded input.
	op := &runtime.Pool{Window: w, Type: kind, Ceil: ceil, CountIncludePad: kind == runtime.AvgPool}
	if r.has(rounding) {
		up, down := *op, *op
		up.Ceil, down.Ceil = true, false
		v, err := im.b.Value(t)
		if err != nil {
			return nil, err
		}
		if u, d := up.Shape(v.Shape), down.Shape(v.Shape); u.OutH != d.OutH || u.OutW != d.OutW {
			return nil, fmt.Errorf("field 13 of pooling_param is round_mode or ceil_mode, of opposite meaning; "+
				"give the network's prototxt, which says which: %w", runtime.ErrGraph)
		}
	}
	return im.b.Add(l.name, op, t)
}

// roundsUp reports whether a pooling rounds its output size up: Caffe does, unless round_mode, or in other branches of
// it ceil_mode, says otherwise.
func roundsUp(r *reader) bool {
	up := true
	switch mode := r.str("round_mode", "CEIL"); mode {
	case "CEIL", "0":
	case "FLOOR", "1":
		up = false
	default:
		r.fail(fmt.Errorf("round_mode %s: %w", mode, runtime.ErrCorrupt))
	}
	if ceil := r.bool("ceil_mode", up); ceil != up {
		if up = ceil; r.has("round_mode") {
			r.fail(fmt.Errorf("round_mode and ceil_mode contradict each other: %w", runtime.ErrCorrupt))
		}
	}
	return up
}

func innerProduct(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("inner_product_param")
	k := r.size("num_output", 0)
	hasBias := r.bool("bias_term", true)
	transposed := r.bool("transpose", false)
	axis := r.int("axis", 1)
	if r.err == nil && k < 1 {
		r.fail(fmt.Errorf("num_output %d: %w", k, runtime.ErrShape))
	}
	t, err := one(in)
	switch {
	case r.err != nil:
		return nil, r.err
	case t == nil || err != nil:
		return nil, err
	case axis < 0:
		axis += len(t.Dims)
	}
	if axis != 1 {
		im.b.Unsupported(l.typ, l.name, "axis %d of %d; only axis 1", axis, len(t.Dims))
		return nil, nil
	}
	v, _, err := im.b.Unflat(t) // flattened or not, the weights are over C·H·W
	if err != nil {
		return nil, err
	}
	c, hw := v.Shape.C, v.Shape.H*v.Shape.W
	shape := []int{k, c * hw}
	if transposed {
		shape = []int{c * hw, k}
	}
	ws, err := im.weights(l, 0, kernelOf, shape...)
	if ws == nil || err != nil {
		return nil, err
	}
	op := &runtime.FC{K: k}
	if op.Weights, err = im.b.FCWeights(ws, k, c, hw, transposed); err != nil {
		return nil, err
	}
	if hasBias {
		if op.Bias, err = im.vector(l, 1, shiftOf, k); op.Bias == nil || err != nil {
			return nil, err
		}
	}
	return im.b.AddValues(l.name, op, 2, v)
}

func relu(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("relu_param")
	if slope := r.float("negative_slope", 0); slope != 0 {
		im.b.Unsupported(l.typ, l.name, "negative_slope %v; only 0", slope)
	}
	return im.activation(l, in, r, runtime.ReLU)
}

func relu6(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	return im.activation(l, in, l.params("relu_param"), runtime.Clamp{On: true, Lo: 0, Hi: 6})
}

func clip(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("clip_param")
	inf := float32(math.Inf(1))
	return im.activation(l, in, r, runtime.Clamp{On: true, Lo: r.float("min", -inf), Hi: r.float("max", inf)})
}

func (im *importer) activation(l *layer, in []*axes.Tensor, r *reader, c runtime.Clamp) (*axes.Tensor, error) {
	t, err := one(in)
	if r.err != nil {
		return nil, r.err
	}
	if t == nil || err != nil {
		return nil, err
	}
	return im.b.Each(l.name, &runtime.Activation{Act: c}, t)
}

func sigmoid(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	return im.curve(l, in, l.params("sigmoid_param"), kernels.Sigmoid)
}

func tanh(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	return im.curve(l, in, l.params("tanh_param"), kernels.Tanh)
}

func (im *importer) curve(l *layer, in []*axes.Tensor, r *reader, of kernels.Curve) (*axes.Tensor, error) {
	t, err := one(in)
	if r.err != nil {
		return nil, r.err
	}
	if t == nil || err != nil {
		return nil, err
	}
	return im.b.Each(l.name, &runtime.Curve{Of: of}, t)
}

func lrn(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("lrn_param")
	op := &runtime.LRN{Size: r.size("local_size", 5), Alpha: r.float("alpha", 1), Beta: r.float("beta", 0.75), Bias: r.float("k", 1)}
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

func concat(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("concat_param")
	axis := r.int("axis", r.size("concat_dim", 1))
	if len(in) == 0 {
		r.fail(errNoBottom)
	}
	if r.err != nil || slices.Contains(in, nil) {
		return nil, r.err
	}
	if !im.channelAxis(l, axis, in[0]) {
		return nil, nil
	}
	if len(in) == 1 {
		return in[0], nil
	}
	return im.b.Add(l.name, &runtime.Concat{}, in...)
}

func softmax(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("softmax_param")
	axis := r.int("axis", 1)
	if len(in) == 0 {
		r.fail(errNoBottom)
	}
	if r.err != nil || in[0] == nil {
		return nil, r.err
	}
	if !im.channelAxis(l, axis, in[0]) {
		return nil, nil
	}
	return im.b.Add(l.name, &runtime.Softmax{}, in[0])
}

// channelAxis reports whether axis is that of t's channels, and notes the layer as unsupported if it is not.
func (im *importer) channelAxis(l *layer, axis int, t *axes.Tensor) bool {
	a := axis
	if a < 0 {
		a += len(t.Dims)
	}
	if a == t.ChannelAxis() {
		return true
	}
	im.b.Unsupported(l.typ, l.name, "axis %d; only the channels, axis 1", axis)
	return false
}

func pass(_ *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	if r := l.params("dropout_param"); r.err != nil {
		return nil, r.err
	}
	return one(in)
}

func eltwise(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("eltwise_param")
	if op := r.str("operation", "SUM"); op != "SUM" && op != "1" {
		im.b.Unsupported(l.typ, l.name, "operation %s; only SUM", op)
	}
	coeffs := r.all("coeff")
	if len(coeffs) > 0 && len(coeffs) != len(in) {
		r.fail(fmt.Errorf("%d coefficients for %d bottoms: %w", len(coeffs), len(in), runtime.ErrShape))
	}
	if len(in) == 0 {
		r.fail(errNoBottom)
	}
	if r.err != nil || slices.Contains(in, nil) {
		return nil, r.err
	}
	var sum *axes.Tensor
	for i, t := range in {
		if len(coeffs) > 0 {
			c, err := coeffs[i].float("coeff")
			if err != nil {
				return nil, err
			}
			if c != 1 {
				if t, err = im.b.Affine(l.name+"/coeff", t, []float32{c}, nil); err != nil {
					return nil, err
				}
			}
		}
		if sum == nil {
			sum = t
			continue
		}
		name := l.name
		if i < len(in)-1 {
			name = fmt.Sprintf("%s/%d", l.name, i)
		}
		var err error
		if sum, err = im.b.Add(name, &runtime.Add{}, sum, t); err != nil {
			return nil, err
		}
	}
	return sum, nil
}

func batchNorm(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("batch_norm_param")
	eps := r.float("eps", 1e-5)
	if !r.bool("use_global_stats", true) {
		im.b.Unsupported(l.typ, l.name, "use_global_stats false: statistics of the batch are for training")
	}
	t, err := one(in)
	if r.err != nil {
		return nil, r.err
	}
	if t == nil || err != nil {
		return nil, err
	}
	c := t.Channels()
	mean, err := im.vector(l, 0, shiftOf, c)
	if mean == nil || err != nil {
		return nil, err
	}
	variance, err := im.vector(l, 1, scaleOf, c)
	if variance == nil || err != nil {
		return nil, err
	}
	factor, err := im.vector(l, 2, oneOf, 1)
	if factor == nil || err != nil {
		return nil, err
	}
	f := 0.0 // as Caffe has it: nothing was accumulated
	if factor[0] != 0 {
		f = 1 / float64(factor[0])
	}
	mul, err := im.b.Fill(c, 0)
	if err != nil {
		return nil, err
	}
	add, err := im.b.Fill(c, 0)
	if err != nil {
		return nil, err
	}
	for i := range mul {
		s := 1 / math.Sqrt(float64(variance[i])*f+float64(eps))
		mul[i], add[i] = float32(s), float32(-float64(mean[i])*f*s)
	}
	return im.b.Affine(l.name, t, mul, add)
}

func scale(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("scale_param")
	t, n, err := im.perChannel(l, in, r)
	if t == nil || err != nil {
		return nil, err
	}
	mul, err := im.vector(l, 0, scaleOf, n)
	if mul == nil || err != nil {
		return nil, err
	}
	var add []float32
	if r.bool("bias_term", false) {
		if add, err = im.vector(l, 1, shiftOf, n); add == nil || err != nil {
			return nil, err
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	return im.b.Affine(l.name, t, mul, add)
}

func bias(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	t, n, err := im.perChannel(l, in, l.params("bias_param"))
	if t == nil || err != nil {
		return nil, err
	}
	add, err := im.vector(l, 0, shiftOf, n)
	if add == nil || err != nil {
		return nil, err
	}
	return im.b.Affine(l.name, t, nil, add)
}

// perChannel reads what Scale and Bias share; n is the number of constants, one per channel or one in all.
func (im *importer) perChannel(l *layer, in []*axes.Tensor, r *reader) (t *axes.Tensor, n int, err error) {
	axis, count := r.int("axis", 1), r.int("num_axes", 1)
	if r.err != nil {
		return nil, 0, r.err
	}
	if len(in) == 2 {
		im.b.Unsupported(l.typ, l.name, "factors computed by the network; only learned ones")
		return nil, 0, nil
	}
	if t, err = one(in); t == nil || err != nil {
		return nil, 0, err
	}
	switch {
	case count == 0:
		return t, 1, nil
	case count != 1 || axis != 1 && axis+len(t.Dims) != 1:
		im.b.Unsupported(l.typ, l.name, "axis %d and num_axes %d; only one number per channel, or one in all", axis, count)
		return nil, 0, nil
	}
	return t, t.Channels(), nil
}

func power(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("power_param")
	p, mul, add := r.float("power", 1), r.float("scale", 1), r.float("shift", 0)
	if p != 1 {
		im.b.Unsupported(l.typ, l.name, "power %v; only 1", p)
	}
	t, err := one(in)
	if r.err != nil {
		return nil, r.err
	}
	if t == nil || err != nil {
		return nil, err
	}
	return im.b.Affine(l.name, t, []float32{mul}, []float32{add})
}

func flatten(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("flatten_param")
	from, to := r.int("axis", 1), r.int("end_axis", -1)
	t, err := one(in)
	if r.err != nil {
		return nil, r.err
	}
	if t == nil || err != nil {
		return nil, err
	}
	rank := len(t.Dims)
	if from < 0 {
		from += rank
	}
	if to < 0 {
		to += rank
	}
	if from < 0 || from > to || to >= rank {
		return nil, fmt.Errorf("axes %d to %d of %d: %w", from, to, rank, runtime.ErrShape)
	}
	dims := slices.Clone(t.Dims[:from+1])
	for _, d := range t.Dims[from+1 : to+1] {
		dims[from] *= d // a product of parts of a checked shape
	}
	return im.reshape(l, t, append(dims, t.Dims[to+1:]...))
}

func reshape(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("reshape_param")
	axis, count := r.int("axis", 0), r.int("num_axes", -1)
	var want []int
	for _, v := range r.sub("shape").all("dim") {
		d, err := v.int("dim")
		if err != nil {
			r.fail(err)
		}
		want = append(want, d)
	}
	t, err := one(in)
	if r.err != nil {
		return nil, r.err
	}
	if t == nil || err != nil {
		return nil, err
	}
	rank := len(t.Dims)
	if axis < 0 {
		axis += rank + 1
	}
	end := axis + count
	if count == -1 {
		end = rank
	}
	if axis < 0 || count < -1 || axis > rank || end > rank || end < axis {
		return nil, fmt.Errorf("axis %d and num_axes %d of %d dimensions: %w", axis, count, rank, runtime.ErrShape)
	}
	dims, err := axes.ResolveReshape(t.Dims[axis:end], want, true)
	if err != nil {
		return nil, err
	}
	return im.reshape(l, t, slices.Concat(t.Dims[:axis], dims, t.Dims[end:]))
}

func (im *importer) reshape(l *layer, t *axes.Tensor, dims []int) (*axes.Tensor, error) {
	out, ok := im.b.Reshape(t, dims)
	if !ok {
		im.b.Unsupported(l.typ, l.name, "from %v to %v; only to one row per image, or by dimensions of 1", t.Dims, dims)
	}
	return out, nil
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
