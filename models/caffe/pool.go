package caffe

import (
	"fmt"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

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
