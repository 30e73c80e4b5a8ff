package tflite

import (
	"fmt"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

const (
	opConv2D          = 3
	opDepthwiseConv2D = 4
	opFullyConnected  = 9
)

func registerConv() {
	register(opConv2D, form{handle: conv, options: 1, fields: 6})
	register(opDepthwiseConv2D, form{handle: depthwise, options: 2, fields: 7})
	// …, asymmetric_quantize_inputs of hybrid kernels
	register(opFullyConnected, form{handle: fullyConnected, options: 8,
		fields: 4})
}

// activation is the schema's ActivationFunctionType as a clamp.
func activation(a int) (runtime.Clamp, error) {
	switch a {
	case 0:
		return runtime.Clamp{}, nil
	case 1:
		return runtime.ReLU, nil
	case 2:
		return runtime.Clamp{On: true, Lo: -1, Hi: 1}, nil
	case 3:
		return runtime.Clamp{On: true, Lo: 0, Hi: 6}, nil
	}
	return runtime.Clamp{}, fmt.Errorf("fused activation %d: %w", a, runtime.ErrGraph)
}

// window is that of a convolution or pooling of r×s over h×w: padding 0 is SAME, which gives ⌈size/stride⌉ outputs
// with the odd zero at the end; 1 is VALID, which has none.
func window(padding, h, w, r, s, strideH, strideW, dilationH, dilationW int) (runtime.Window, error) {
	win := runtime.Window{R: r, S: s, StrideH: strideH, StrideW: strideW, DilationH: dilationH, DilationW: dilationW}
	for _, v := range []int{r, s, strideH, strideW, dilationH, dilationW} {
		if v < 1 || v > 1<<14 {
			return win, fmt.Errorf("window %d×%d, stride %d×%d, dilation %d×%d: %w",
				r, s, strideH, strideW, dilationH, dilationW, runtime.ErrShape)
		}
	}
	same := func(in, taps, stride, dilation int) (before, after int) {
		out := (in + stride - 1) / stride
		total := max(0, (out-1)*stride+(taps-1)*dilation+1-in)
		return total / 2, total - total/2
	}
	switch padding {
	case 0:
		win.PadTop, win.PadBottom = same(h, r, strideH, dilationH)
		win.PadLeft, win.PadRight = same(w, s, strideW, dilationW)
	case 1:
	default:
		return win, fmt.Errorf("padding %d: %w", padding, runtime.ErrGraph)
	}
	return win, nil
}

func conv(n *node) error {
	o := n.options
	return n.convolution(o.byte(0), o.int(2, 1), o.int(1, 1), o.int(5, 1), o.int(4, 1), o.byte(3), false)
}

func depthwise(n *node) error {
	o := n.options
	return n.convolution(o.byte(0), o.int(2, 1), o.int(1, 1), o.int(6, 1), o.int(5, 1), o.byte(4), true)
}

// convolution imports both kinds. Filters are [K][R][S][C], depthwise [1][R][S][K].
func (n *node) convolution(padding, strideH, strideW, dilationH, dilationW, act int, depthwise bool) error {
	x, err := n.image(0)
	if err != nil {
		return err
	}
	w := n.tensor(1)
	if w == nil || len(w.shape) != 4 {
		return fmt.Errorf("no filters: %w", runtime.ErrGraph)
	}
	var around axes.Pad
	if d := n.dilated; d != nil {
		dilationH, dilationW, around = d.h, d.w, d.pads
	}
	win, err := window(padding, x.Dims[1], x.Dims[2], w.shape[1], w.shape[2], strideH, strideW, dilationH, dilationW)
	if err != nil {
		return err
	}
	win.PadTop, win.PadLeft, win.PadBottom, win.PadRight = win.PadTop+around.Top, win.PadLeft+around.Left,
		win.PadBottom+around.Bottom, win.PadRight+around.Right
	x, zeros := n.b.Unpad(x)
	win.PadTop, win.PadLeft = win.PadTop+zeros.Top, win.PadLeft+zeros.Left
	win.PadBottom, win.PadRight = win.PadBottom+zeros.Bottom, win.PadRight+zeros.Right
	clamp, err := activation(act)
	if err != nil {
		return err
	}
	k := w.shape[0]
	var groups int
	switch c := x.Dims[3]; {
	case depthwise && w.shape[0] != 1:
		return fmt.Errorf("depthwise filters of shape %v: %w", w.shape, runtime.ErrShape)
	case depthwise:
		k, groups = w.shape[3], c
	case w.shape[3] < 1 || c%w.shape[3] != 0:
		return fmt.Errorf("filters of shape %v over %d channels: %w", w.shape, c, runtime.ErrShape)
	default:
		groups = c / w.shape[3]
	}
	op, err := n.weighted(x, win, k, groups, depthwise, clamp)
	if err != nil {
		return err
	}
	return n.emit(op, x)
}

func fullyConnected(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	w := n.tensor(1)
	if w == nil || len(w.shape) != 2 || n.options.byte(1) != 0 {
		return fmt.Errorf("no plain matrix of weights: %w", runtime.ErrGraph)
	}
	clamp, err := activation(n.options.byte(0))
	if err != nil {
		return err
	}
	if computed := n.values[w.number]; computed != nil {
		return n.computedWeights(x, computed, n.options.byte(2) != 0, clamp)
	}
	k, per := w.shape[0], w.shape[1]
	rank := len(x.Dims)
	if per < 1 || rank == 0 || axes.Elements(x.Dims)%per != 0 {
		return fmt.Errorf("%d weights for each output of %v: %w", per, x.Dims, runtime.ErrShape)
	}
	rows := axes.Elements(x.Dims) / per
	dims := []int{rows, k}
	if n.options.byte(2) != 0 { // keep_num_dims
		if x.Dims[rank-1] != per {
			return fmt.Errorf("%d weights for each output of %v: %w", per, x.Dims, runtime.ErrShape)
		}
		dims = append(append([]int{}, x.Dims[:rank-1]...), k)
	}
	if s := x.Shape(); s.N != rows {
		if x, err = n.b.Rearrange(n.name+"/rows", x, nil, []int{rows, per}); err != nil {
			return err
		}
	}
	// A window as large as the map: the output is quantised by the rule for convolutions.
	s := x.Shape()
	op, err := n.weighted(x, runtime.Window{R: s.H, S: s.W}, k, 1, false, clamp)
	if err != nil {
		return err
	}
	y, err := n.b.Add(n.name, op, x)
	if err != nil {
		return err
	}
	return n.is(n.b.Rearrange(n.name+"/shaped", y, nil, dims))
}

// weighted is a convolution over x, float or quantised.
func (n *node) weighted(x *axes.Tensor, win runtime.Window, k, groups int, depthwise bool,
	act runtime.Clamp) (runtime.Op, error) {
	w, b := n.tensor(1), n.tensor(2)
	if k < 1 || k > 1<<24 {
		return nil, fmt.Errorf("%d filters: %w", k, runtime.ErrShape)
	}
	if x.DType == runtime.F32 {
		weights, err := n.floatWeights(w)
		if err != nil {
			return nil, err
		}
		if depthwise {
			weights = transposed(weights, k)
		}
		var bias []float32
		if b != nil {
			if bias, err = n.floatWeights(b); err != nil {
				return nil, err
			}
		}
		return &runtime.Conv{Window: win, K: k, Groups: groups, Weights: weights, Bias: bias, Act: act}, nil
	}
	to, err := n.quantised()
	if err != nil {
		return nil, err
	}
	var bias []int32
	if b != nil {
		if bias, err = n.int32s(b); err != nil {
			return nil, err
		}
		if len(bias) != k {
			return nil, fmt.Errorf("%d biases for %d filters: %w", len(bias), k, runtime.ErrShape)
		}
	}
	if w == nil {
		return nil, fmt.Errorf("weights are missing: %w", runtime.ErrGraph)
	}
	weights, scales, err := n.intWeights(w, k, depthwise)
	if err != nil {
		return nil, err
	}
	for i, s := range scales {
		scales[i] = factorScale(x.Quant().Scale, s, to.Scale)
	}
	c := runtime.QConv{Window: win, K: k, Groups: groups, WScale: scales, Bias: bias, Out: to}
	c.Lo, c.Hi = act.Levels(to)
	return runtime.WideQConv(c, weights), nil
}
