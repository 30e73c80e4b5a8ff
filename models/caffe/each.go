package caffe

import (
	"math"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func relu(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("relu_param")
	if slope := r.float("negative_slope", 0); slope != 0 {
		return im.function(l, in, r, &runtime.Curve{Of: kernels.LeakyRelu, A: slope})
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
	return im.function(l, in, r, &runtime.Curve{Of: of})
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
