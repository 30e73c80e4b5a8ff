package caffe

import (
	"fmt"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

// deconvolution has filters [C][K of a group][R][S]. The padding is dropped from the result.
func deconvolution(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("convolution_param")
	k, groups, w := r.size("num_output", 0), r.size("group", 1), window(r, true)
	hasBias, axis := r.bool("bias_term", true), r.int("axis", 1)
	if r.err != nil {
		return nil, r.err
	}
	t, err := one(in)
	if t == nil || err != nil {
		return nil, err
	}
	if len(t.Dims) != 4 || axis != 1 && axis != -3 {
		return nil, fmt.Errorf("a 2-D deconvolution over an input of %d dimensions: %w", len(t.Dims), runtime.ErrShape)
	}
	c := t.Channels()
	if k < 1 || groups < 1 || k%groups != 0 || c%groups != 0 {
		return nil, fmt.Errorf("%d filters in %d groups over %d channels: %w", k, groups, c, runtime.ErrShape)
	}
	cg, kg := c/groups, k/groups
	ws, err := im.weights(l, 0, kernelOf, c, kg, w.R, w.S)
	if ws == nil || err != nil {
		return nil, err
	}
	var bias []float32
	if hasBias {
		if bias, err = im.vector(l, 1, shiftOf, k); bias == nil || err != nil {
			return nil, err
		}
	}
	side := func(in, taps, stride, dilation, pad int) int { return (in-1)*stride + (taps-1)*dilation + 1 - 2*pad }
	d := &axes.Deconv{K: k, Groups: groups, R: w.R, S: w.S, StrideH: w.StrideH, StrideW: w.StrideW,
		DilationH: w.DilationH, DilationW: w.DilationW, DropTop: w.PadTop, DropLeft: w.PadLeft,
		OutH: side(t.Dims[2], w.R, w.StrideH, w.DilationH, w.PadTop),
		OutW: side(t.Dims[3], w.S, w.StrideW, w.DilationW, w.PadLeft)}
	return im.b.Deconv(l.name, t, d, func(win runtime.Window, filters int) (runtime.Op, error) {
		op := &runtime.Conv{Window: win, K: filters, Groups: groups}
		f, err := im.b.Floats(ws)
		if err != nil {
			return nil, err
		}
		if op.Weights, err = axes.Filters(im.b, d, cg, f, func(k, r, s, c int) int {
			return (((k/kg*cg+c)*kg+k%kg)*d.R+r)*d.S + s
		}); err != nil {
			return nil, err
		}
		op.Bias = axes.Repeated(d, bias)
		return op, nil
	})
}
