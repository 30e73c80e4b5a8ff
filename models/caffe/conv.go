package caffe

import (
	"fmt"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

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
	if r.err == nil && needed && (w.R < 1 || w.S < 1 || w.StrideH < 1 || w.StrideW < 1 || w.DilationH < 1 ||
		w.DilationW < 1) {
		r.fail(fmt.Errorf("kernel %d×%d, stride %d×%d, dilation %d×%d: %w", w.R, w.S, w.StrideH, w.StrideW, w.DilationH,
			w.DilationW, runtime.ErrShape))
	}
	const most = 1 << 14
	if r.err == nil && max(w.R, w.S, w.StrideH, w.StrideW, w.PadTop, w.PadLeft, w.DilationH, w.DilationW) > most {
		r.fail(fmt.Errorf("kernel, stride, padding or dilation above %d: %w", most, runtime.ErrShape))
	}
	return w
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
