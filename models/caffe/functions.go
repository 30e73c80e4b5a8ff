package caffe

import (
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

// curveOf is a layer without parameters.
func curveOf(of kernels.Curve) handler {
	return func(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
		return im.curve(l, in, &reader{}, of)
	}
}

func elu(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("elu_param")
	return im.function(l, in, r, &runtime.Curve{Of: kernels.Elu, A: r.float("alpha", 1)})
}

// function appends a function of single elements.
func (im *importer) function(l *layer, in []*axes.Tensor, r *reader, op *runtime.Curve) (*axes.Tensor, error) {
	t, err := one(in)
	if r.err != nil {
		return nil, r.err
	}
	if t == nil || err != nil {
		return nil, err
	}
	return im.b.Each(l.name, op, t)
}

// line appends in·scale + shift, if that is another number; the result is named for what follows.
func (im *importer) line(l *layer, t *axes.Tensor, scale, shift float32) (*axes.Tensor, error) {
	if scale == 1 && shift == 0 {
		return t, nil
	}
	return im.b.Affine(l.name+"/line", t, []float32{scale}, []float32{shift})
}

// base returns the natural logarithm of a layer's base; −1 stands for e.
func (r *reader) base() float64 {
	b := r.float("base", -1)
	if b == -1 {
		return 1
	}
	if !(b > 0) && r.err == nil {
		r.fail(fmt.Errorf("base %v: %w", b, runtime.ErrShape))
	}
	return math.Log(float64(b))
}

// exponential is base^(shift + scale·x).
func exponential(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("exp_param")
	ln, mul, add := r.base(), float64(r.float("scale", 1)), float64(r.float("shift", 0))
	t, err := one(in)
	if r.err != nil {
		return nil, r.err
	}
	if t == nil || err != nil {
		return nil, err
	}
	if t, err = im.line(l, t, float32(mul*ln), float32(add*ln)); err != nil {
		return nil, err
	}
	return im.b.Each(l.name, &runtime.Curve{Of: kernels.Exp}, t)
}

// logarithm is the logarithm of shift + scale·x to a base.
func logarithm(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("log_param")
	ln, mul, add := r.base(), r.float("scale", 1), r.float("shift", 0)
	t, err := one(in)
	if r.err != nil {
		return nil, r.err
	}
	if t == nil || err != nil {
		return nil, err
	}
	if t, err = im.line(l, t, mul, add); err != nil {
		return nil, err
	}
	if ln == 1 {
		return im.b.Each(l.name, &runtime.Curve{Of: kernels.Log}, t)
	}
	if t, err = im.b.Each(l.name+"/natural", &runtime.Curve{Of: kernels.Log}, t); err != nil {
		return nil, err
	}
	return im.b.Affine(l.name, t, []float32{float32(1 / ln)}, nil)
}

// power is (shift + scale·x)^power.
func power(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("power_param")
	p, mul, add := r.float("power", 1), r.float("scale", 1), r.float("shift", 0)
	t, err := one(in)
	if r.err != nil {
		return nil, r.err
	}
	if t == nil || err != nil {
		return nil, err
	}
	if p == 1 {
		return im.b.Affine(l.name, t, []float32{mul}, []float32{add})
	}
	if t, err = im.line(l, t, mul, add); err != nil {
		return nil, err
	}
	curves := map[float32]kernels.Curve{2: kernels.Square, 0.5: kernels.Sqrt, -1: kernels.Reciprocal, -0.5: kernels.Rsqrt}
	if of, ok := curves[p]; ok {
		return im.b.Each(l.name, &runtime.Curve{Of: of}, t)
	}
	return im.b.Each(l.name, &runtime.Binary{How: kernels.Power, Of: []float32{p},
		Shape: runtime.Shape{N: 1, H: 1, W: 1, C: 1}}, t)
}

// prelu has a slope for each channel, or one for all.
func prelu(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("prelu_param")
	shared := r.bool("channel_shared", false)
	t, err := one(in)
	if r.err != nil {
		return nil, r.err
	}
	if t == nil || err != nil {
		return nil, err
	}
	n := t.Channels()
	if shared {
		n = 1
	}
	slope, err := im.vector(l, 0, shiftOf, n)
	if slope == nil || err != nil {
		return nil, err
	}
	op := &runtime.Binary{How: kernels.Sloped, Of: slope, Shape: runtime.Shape{N: 1, H: 1, W: 1, C: n}}
	return im.b.Add(l.name, op, t)
}

// swish is x·sigmoid(β·x).
func swish(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("swish_param")
	beta := r.float("beta", 1)
	if beta == 1 || r.err != nil {
		return im.curve(l, in, r, kernels.SiLU)
	}
	t, err := one(in)
	if t == nil || err != nil {
		return nil, err
	}
	gate, err := im.line(l, t, beta, 0)
	if err == nil {
		gate, err = im.b.Each(l.name+"/gate", &runtime.Curve{Of: kernels.Sigmoid}, gate)
	}
	if err != nil {
		return nil, err
	}
	return im.b.Binary(l.name, runtime.Binary{How: kernels.Times}, t, gate)
}

// eltwise is the sum, product or maximum of any number of bottoms of one shape.
func eltwise(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("eltwise_param")
	hows := map[string]kernels.Arithmetic{"PROD": kernels.Times, "0": kernels.Times, "SUM": kernels.Plus, "1": kernels.Plus,
		"MAX": kernels.Larger, "2": kernels.Larger}
	word := r.str("operation", "SUM")
	how, ok := hows[word]
	if !ok && r.err == nil {
		r.fail(fmt.Errorf("operation %s: %w", word, runtime.ErrCorrupt))
	}
	coeffs := r.all("coeff")
	switch {
	case len(coeffs) > 0 && how != kernels.Plus:
		r.fail(fmt.Errorf("coefficients of a product or maximum: %w", runtime.ErrCorrupt))
	case len(coeffs) > 0 && len(coeffs) != len(in):
		r.fail(fmt.Errorf("%d coefficients for %d bottoms: %w", len(coeffs), len(in), runtime.ErrShape))
	case len(in) == 0:
		r.fail(errNoBottom)
	}
	if r.err != nil {
		return nil, r.err
	}
	var acc *axes.Tensor
	for i, t := range in {
		if t == nil {
			return nil, nil
		}
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
		if acc == nil {
			acc = t
			continue
		}
		name := l.name
		if i < len(in)-1 {
			name = fmt.Sprintf("%s/%d", l.name, i)
		}
		var op runtime.Op = &runtime.Add{}
		if how != kernels.Plus {
			if op = &(runtime.Binary{How: how}); acc.Shape() != t.Shape() {
				return nil, fmt.Errorf("bottoms of %v and %v: %w", acc.Dims, t.Dims, runtime.ErrShape)
			}
		}
		var err error
		if acc, err = im.b.Add(name, op, acc, t); err != nil {
			return nil, err
		}
	}
	return acc, nil
}
