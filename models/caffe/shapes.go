package caffe

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func concat(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("concat_param")
	axis := r.int("axis", r.size("concat_dim", 1))
	if len(in) == 0 {
		r.fail(errNoBottom)
	}
	if r.err != nil || slices.Contains(in, nil) {
		return nil, r.err
	}
	axis, err := dimension(axis, in[0])
	if err != nil {
		return nil, err
	}
	t, err := im.b.Concat(l.name, axis, in...)
	if err == nil {
		im.joinPriors(t, axis, in)
	}
	return t, err
}

// dimension is an axis, which may count from the end, as an index of t's dimensions.
func dimension(axis int, t *axes.Tensor) (int, error) {
	if axis < 0 {
		axis += len(t.Dims)
	}
	if axis < 0 || axis >= len(t.Dims) {
		return 0, fmt.Errorf("axis %d of %v: %w", axis, t.Dims, runtime.ErrShape)
	}
	return axis, nil
}

// slice gives each top a part of an axis: to the next slice point, or equal parts.
func slice(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("slice_param")
	axis, points := r.int("axis", r.size("slice_dim", 1)), r.sizes("slice_point")
	t, err := one(in)
	if r.err != nil || t == nil || err != nil {
		return nil, cmp.Or(r.err, err)
	}
	if axis, err = dimension(axis, t); err != nil {
		return nil, err
	}
	n, parts := t.Dims[axis], len(l.top)
	if len(points) == 0 && parts > 0 && n%parts == 0 {
		for i := 1; i < parts; i++ {
			points = append(points, i*n/parts)
		}
	}
	if parts == 0 || len(points) != parts-1 {
		return nil, fmt.Errorf("%d tops of %v, with %d slice points: %w", parts, t.Dims, len(points), runtime.ErrShape)
	}
	tops := make([]*axes.Tensor, parts)
	from := 0
	for i, to := range append(points, n) {
		ranges := make([]axes.Range, len(t.Dims))
		if ranges[axis] = (axes.Range{From: from, Step: 1, Count: to - from}); to <= from {
			return nil, fmt.Errorf("slice points %v of %d: %w", points, n, runtime.ErrShape)
		}
		if tops[i], err = im.b.Slice(l.top[i], t, ranges); err != nil {
			return nil, err
		}
		from = to
	}
	l.more = tops[1:]
	return tops[0], nil
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
	over := make([]bool, len(in[0].Dims))
	if axis < -len(over) || axis >= len(over) {
		return nil, fmt.Errorf("axis %d of %d: %w", axis, len(over), runtime.ErrShape)
	}
	over[(axis+len(over))%len(over)] = true
	return im.b.Softmax(l.name, in[0], over, kernels.SoftmaxPlain)
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
	if out, ok := im.b.Reshape(t, dims); ok {
		return out, nil
	}
	t, err := im.b.As(l.name+"/written", t, runtime.AsWritten)
	if err != nil {
		return nil, err
	}
	return im.b.Rearrange(l.name, t, nil, dims)
}

// permute orders dimensions: those that are named, and the others behind them.
func permute(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("permute_param")
	order := r.sizes("order")
	t, err := one(in)
	if r.err != nil || t == nil || err != nil {
		return nil, cmp.Or(r.err, err)
	}
	for d := range t.Dims {
		if !slices.Contains(order, d) {
			order = append(order, d)
		}
	}
	if len(order) != len(t.Dims) || slices.Max(order) >= len(t.Dims) {
		return nil, fmt.Errorf("order %v of %v: %w", order, t.Dims, runtime.ErrShape)
	}
	return im.b.Transpose(l.name, t, order)
}
