package caffe

import (
	"fmt"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

// maxSide bounds the rows and columns of a resized map.
const maxSide = 1 << 14

// interpolate resizes by two neighbours along each dimension, the corners on the corners: to a size, or by factors, as
// DeepLab's and PSPNet's branches of Caffe do.
func interpolate(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("interp_param")
	high, wide := r.size("height", 0), r.size("width", 0)
	zoom, shrink := r.size("zoom_factor", 0), r.size("shrink_factor", 0)
	if r.int("pad_beg", 0) != 0 || r.int("pad_end", 0) != 0 {
		im.b.Unsupported(l.typ, l.name, "pad_beg and pad_end")
		return nil, nil
	}
	t, err := image(r, in)
	if t == nil || err != nil {
		return nil, err
	}
	h, w := t.Dims[2], t.Dims[3]
	of := func(n, size int) int {
		switch {
		case zoom == 0 && shrink == 0:
			return size
		case shrink > 0:
			n = (n-1)/shrink + 1
		}
		if zoom > 0 && zoom <= maxSide {
			n += (n - 1) * (zoom - 1)
		}
		return n
	}
	outH, outW := of(h, high), of(w, wide)
	if outH < 1 || outW < 1 || outH > maxSide || outW > maxSide || zoom > maxSide {
		return nil, fmt.Errorf("%d×%d to %d×%d: %w", h, w, outH, outW, runtime.ErrShape)
	}
	if err := im.b.Take(8 * (outH + outW)); err != nil {
		return nil, err
	}
	taps := []kernels.Taps{{}, {}, axes.Linear(h, outH, true), axes.Linear(w, outW, true)}
	y, op, err := im.b.Rows(l.name, t, taps, 0)
	if err != nil {
		return nil, err
	}
	return im.b.Add(l.name, op, y)
}

// upsample repeats each pixel, as forks for YOLO do. One with the places of a pooling's maxima is refused.
func upsample(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("upsample_param")
	scale := r.size("scale", 2)
	if len(in) == 2 {
		im.b.Unsupported(l.typ, l.name, "places of a pooling's maxima, a second bottom")
		return nil, r.err
	}
	t, err := image(r, in)
	if t == nil || err != nil {
		return nil, err
	}
	if scale < 1 || scale > maxSide || t.Dims[2]*scale > maxSide || t.Dims[3]*scale > maxSide {
		return nil, fmt.Errorf("%v by %d: %w", t.Dims, scale, runtime.ErrShape)
	}
	lists := make([][]int32, 4)
	for d := 2; d < 4; d++ {
		if err := im.b.Take(t.Dims[d] * scale); err != nil {
			return nil, err
		}
		for i := range t.Dims[d] * scale {
			lists[d] = append(lists[d], int32(i/scale))
		}
	}
	return im.b.Select(l.name, t, lists, 0)
}
