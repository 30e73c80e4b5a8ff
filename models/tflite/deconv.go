package tflite

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

const opTransposeConv = 67

func registerDeconv() {
	register(opTransposeConv, form{handle: transposeConv, options: 49,
		fields: 4}) // padding, stride_w, stride_h, activation
	registerCustom("Convolution2DTransposeBias", transposeConvBias)
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
	return layer.deconv(x, d, clamp)
}

// deconv is a transposed convolution of x, whose inputs are in the order of a convolution's.
func (n *node) deconv(x *axes.Tensor, d *axes.Deconv, clamp runtime.Clamp) error {
	return n.is(n.b.Deconv(n.name, x, d, func(win runtime.Window, filters int) (runtime.Op, error) {
		op, err := n.weighted(x, win, d.K, 1, false, clamp)
		if err != nil {
			return nil, err
		}
		return phased(n.b, d, op, x.Dims[3], filters)
	}))
}

// transposeConvBias is MediaPipe's Convolution2DTransposeBias, in float: an image, filters [K][R][S][C], a bias. Of a
// side's stride·(in − 1) + taps outputs SAME drops max(0, taps − (in − 1) mod stride − 1), the smaller half of them
// before the first: mediapipe/util/tflite/operations/transpose_conv_bias.cc.
func transposeConvBias(n *node) error {
	x, err := n.image(0)
	if err != nil {
		return err
	}
	w, b := n.tensor(1), n.tensor(2)
	out, err := n.output()
	if err != nil {
		return err
	}
	if w == nil || b == nil || len(n.inputs) != 3 || x.DType != runtime.F32 || w.dtype != typeFloat32 ||
		b.dtype != typeFloat32 {
		return fmt.Errorf("it is not of an image, filters and a bias in float32: %w", runtime.ErrGraph)
	}
	if len(w.shape) != 4 || w.shape[3] != x.Dims[3] || !slices.Equal(b.shape, w.shape[:1]) {
		return fmt.Errorf("filters of shape %v and a bias of %v over %v: %w", w.shape, b.shape, x.Dims, runtime.ErrShape)
	}
	same, strideH, strideW, err := n.transposeOptions()
	if err != nil {
		return err
	}
	d := &axes.Deconv{K: w.shape[0], Groups: 1, R: w.shape[1], S: w.shape[2], StrideH: strideH, StrideW: strideW,
		DilationH: 1, DilationW: 1}
	const most = 1 << 14
	if max(x.Dims[1], x.Dims[2], d.R, d.S, strideH, strideW) > most || min(d.K, d.R, d.S, strideH, strideW) < 1 {
		return fmt.Errorf("filters of shape %v, stride %d×%d, over %v: %w", w.shape, strideH, strideW, x.Dims,
			runtime.ErrShape)
	}
	side := func(in, taps, stride int) (out, before int) {
		drop := 0
		if same {
			drop = max(0, taps-(in-1)%stride-1)
		}
		return stride*(in-1) + taps - drop, drop / 2
	}
	d.OutH, d.DropTop = side(x.Dims[1], d.R, strideH)
	d.OutW, d.DropLeft = side(x.Dims[2], d.S, strideW)
	if len(out.shape) == 0 { // as converters leave those of custom operations
		out.shape = []int{x.Dims[0], d.OutH, d.OutW, d.K}
	}
	return n.deconv(x, d, runtime.Clamp{})
}

// transposeOptions reads the bytes of a TfLiteTransposeConvParams: padding, stride_width and stride_height, and since
// later versions an activation and the type of a quantised bias, which must be none.
func (n *node) transposeOptions() (same bool, strideH, strideW int, err error) {
	raw := n.customOptions
	if len(raw) != 12 && len(raw) != 16 && len(raw) != 20 {
		return false, 0, 0, corrupt("%d bytes of options", len(raw))
	}
	var v [5]int
	for i := range len(raw) / 4 {
		v[i] = int(int32(binary.LittleEndian.Uint32(raw[4*i:])))
	}
	if v[0] != 1 && v[0] != 2 || v[3] != 0 || v[4] != 0 {
		return false, 0, 0, fmt.Errorf("padding %d, activation %d, type of bias %d: %w", v[0], v[3], v[4], runtime.ErrGraph)
	}
	return v[0] == 1, v[2], v[1], nil
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
