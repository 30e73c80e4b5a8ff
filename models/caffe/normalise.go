package caffe

import (
	"fmt"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

// normalize is SSD's: a pixel, or the whole image, is divided by the root of its squares and ε, and scaled by a weight,
// or one for each channel.
func normalize(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("norm_param")
	whole, shared, epsilon := r.bool("across_spatial", true), r.bool("channel_shared", true), r.float("eps", 1e-10)
	t, err := image(r, in)
	if t == nil || err != nil {
		return nil, err
	}
	n := t.Channels()
	if shared {
		n = 1
	}
	scale, err := im.vector(l, 0, scaleOf, n)
	if scale == nil || err != nil {
		return nil, err
	}
	y, err := im.b.Normalise(l.name+"/normal", t, []bool{false, true, whole, whole}, kernels.NormL2Sum, epsilon)
	if err != nil {
		return nil, err
	}
	return im.b.Affine(l.name, y, scale, nil)
}

// meanVariance takes the mean of each channel, or of the whole image, away, and divides by the deviation and ε.
func meanVariance(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("mvn_param")
	divides, across, epsilon := r.bool("normalize_variance", true), r.bool("across_channels", false), r.float("eps", 1e-9)
	t, err := image(r, in)
	if t == nil || err != nil {
		return nil, err
	}
	over := []bool{false, across, true, true}
	if divides {
		return im.b.Normalise(l.name, t, over, kernels.NormDeviation, epsilon)
	}
	mean, err := im.b.Reduce(l.name+"/mean", t, over, true, func(a kernels.Axes) runtime.Op {
		return axes.Reduction(kernels.Mean, a)
	})
	if err != nil {
		return nil, err
	}
	return im.b.Binary(l.name, runtime.Binary{How: kernels.Minus}, t, mean)
}

// image is the only bottom of a layer whose parameters are read: of four dimensions, nil if it is unknown.
func image(r *reader, in []*axes.Tensor) (*axes.Tensor, error) {
	if r.err != nil {
		return nil, r.err
	}
	t, err := one(in)
	if t != nil && len(t.Dims) != 4 {
		return nil, fmt.Errorf("an input of %d dimensions: %w", len(t.Dims), runtime.ErrShape)
	}
	return t, err
}
