package tflite

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

const opTransposeConv = 67

func registerDeconv() {
	register(opTransposeConv, form{handle: transposeConv, options: 49,
		fields: 4}) // padding, stride_w, stride_h, activation
}

// padding, stride_w, stride_h, activation

// transposeConv is TRANSPOSE_CONV of the output's shape, filters [K][R][S][C], an image and perhaps a bias. What is
// dropped at the top and the left is the padding of the convolution that leads from the output to the input.
func transposeConv(n *node) error {
	if len(n.inputs) < 3 || len(n.inputs) > 4 {
		return fmt.Errorf("%d inputs: %w", len(n.inputs), runtime.ErrGraph)
	}
	x, err := n.image(2)
	if err != nil {
		return err
	}
	size, w := n.tensor(0), n.tensor(1)
	if size == nil || w == nil || len(w.shape) != 4 {
		return fmt.Errorf("no output shape or no filters: %w", runtime.ErrGraph)
	}
	shape, err := n.int32s(size)
	if err != nil {
		return err
	}
	k, r, s := w.shape[0], w.shape[1], w.shape[2]
	if len(shape) != 4 || w.shape[3] != x.Dims[3] || int(shape[0]) != x.Dims[0] || int(shape[3]) != k ||
		min(shape[1], shape[2]) < 1 || max(shape[1], shape[2]) > 1<<14 {
		return fmt.Errorf("filters of shape %v over %v to %v: %w", w.shape, x.Dims, shape, runtime.ErrShape)
	}
	o := n.options
	win, err := window(o.byte(0), int(shape[1]), int(shape[2]), r, s, o.int(2, 0), o.int(1, 0), 1, 1)
	if err != nil {
		return err
	}
	clamp, err := activation(o.byte(3))
	if err != nil {
		return err
	}
	d := &axes.Deconv{K: k, Groups: 1, R: r, S: s, StrideH: win.StrideH, StrideW: win.StrideW, DilationH: 1, DilationW: 1,
		DropTop: win.PadTop, DropLeft: win.PadLeft, OutH: int(shape[1]), OutW: int(shape[2])}
	layer := *n // with the inputs in the order of a convolution's
	layer.inputs = append([]int{n.inputs[2], n.inputs[1]}, n.inputs[3:]...)
	return n.is(n.b.Deconv(n.name, x, d, func(win runtime.Window, filters int) (runtime.Op, error) {
		op, err := layer.weighted(x, win, k, 1, false, clamp)
		if err != nil {
			return nil, err
		}
		return phased(n.b, d, op, x.Dims[3], filters)
	}))
}

// phased is the convolution of a transposed one whose weights are [K][R][S][C].
func phased(b *axes.Builder, d *axes.Deconv, op runtime.Op, c, filters int) (runtime.Op, error) {
	at := func(k, r, s, ch int) int { return ((k*d.R+r)*d.S+s)*c + ch }
	var err error
	fits := func(weights, bias int) {
		if err == nil && (weights != d.K*d.R*d.S*c || bias != 0 && bias != d.K) {
			err = fmt.Errorf("%d weights and %d biases for %d filters of %d×%d×%d: %w", weights, bias, d.K, d.R, d.S, c,
				runtime.ErrShape)
		}
	}
	switch op := op.(type) {
	case *runtime.Conv:
		if fits(len(op.Weights), len(op.Bias)); err != nil {
			return nil, err
		}
		op.K, op.Bias = filters, axes.Repeated(d, op.Bias)
		op.Weights, err = axes.Filters(b, d, c, op.Weights, at)
		return op, err
	case *runtime.QConv:
		if fits(len(op.Weights), len(op.Bias)); err != nil {
			return nil, err
		}
		op.K, op.Bias, op.WScale = filters, axes.Repeated(d, slices.Clone(op.Bias)), axes.Repeated(d, op.WScale)
		op.Weights, err = axes.Filters(b, d, c, op.Weights, at)
		return op, err
	}
	return nil, fmt.Errorf("as a %s: %w", op.Kind(), runtime.ErrGraph)
}
