package tflite

import (
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/runtime"
)

// The numbers of the schema's BuiltinOperator.
const (
	opAdd             = 0
	opAveragePool2D   = 1
	opConcatenation   = 2
	opConv2D          = 3
	opDepthwiseConv2D = 4
	opDequantize      = 6
	opFullyConnected  = 9
	opLRN             = 13
	opMaxPool2D       = 17
	opMul             = 18
	opReLU            = 19
	opReLUN1To1       = 20
	opReLU6           = 21
	opReshape         = 22
	opSoftmax         = 25
	opPad             = 34
	opMean            = 40
	opSub             = 41
	opSqueeze         = 43
	opQuantize        = 114
)

// handlers import one operation each. Filled in init, for they refer to it.
var handlers map[int]func(*node) error

func init() {
	handlers = map[int]func(*node) error{
		opAdd: add, opAveragePool2D: averagePool, opConcatenation: concatenation, opConv2D: conv, opDepthwiseConv2D: depthwise,
		opDequantize: dequantize, opFullyConnected: fullyConnected, opLRN: lrn, opMaxPool2D: maxPool, opMul: mul,
		opReLU: relu, opReLUN1To1: relu, opReLU6: relu, opReshape: reshape, opSoftmax: softmax, opPad: pad, opMean: mean,
		opSub: sub, opSqueeze: reshape, opQuantize: quantize,
	}
}

// names of operations, for messages; the schema has some two hundred.
var names = map[int]string{
	opAdd: "ADD", opAveragePool2D: "AVERAGE_POOL_2D", opConcatenation: "CONCATENATION", opConv2D: "CONV_2D",
	opDepthwiseConv2D: "DEPTHWISE_CONV_2D", opDequantize: "DEQUANTIZE", opFullyConnected: "FULLY_CONNECTED",
	opLRN: "LOCAL_RESPONSE_NORMALIZATION", opMaxPool2D: "MAX_POOL_2D", opMul: "MUL", opReLU: "RELU", opReLUN1To1: "RELU_N1_TO_1",
	opReLU6: "RELU6", opReshape: "RESHAPE", opSoftmax: "SOFTMAX", opPad: "PAD", opMean: "MEAN", opSub: "SUB", opSqueeze: "SQUEEZE",
	opQuantize: "QUANTIZE", 14: "LOGISTIC", 23: "RESIZE_BILINEAR", 28: "TANH", 39: "TRANSPOSE", 45: "STRIDED_SLICE", 49: "SPLIT",
	67: "TRANSPOSE_CONV", 97: "RESIZE_NEAREST_NEIGHBOR", 98: "LEAKY_RELU", 54: "PRELU", 117: "HARD_SWISH",
}

func opName(op operator) string {
	switch name := names[op.code]; {
	case op.custom != "":
		return "custom operation " + op.custom
	case name != "":
		return name
	}
	return fmt.Sprintf("builtin operation %d", op.code)
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

// bounds are a clamp's in levels.
func bounds(c runtime.Clamp, q runtime.Quant) (lo, hi uint8) {
	if !c.On {
		return 0, 255
	}
	level := func(x float32) uint8 {
		v := math.RoundToEven(float64(x)/float64(q.Scale)) + float64(q.Zero)
		return uint8(min(max(v, 0), 255))
	}
	return level(c.Lo), level(c.Hi)
}

// window is that of a convolution or pooling of r×s over h×w: padding 0 is SAME, which gives ⌈size/stride⌉ outputs
// with the odd zero at the end; 1 is VALID, which has none.
func window(padding, h, w, r, s, strideH, strideW, dilationH, dilationW int) (runtime.Window, error) {
	win := runtime.Window{R: r, S: s, StrideH: strideH, StrideW: strideW, DilationH: dilationH, DilationW: dilationW}
	for _, v := range []int{r, s, strideH, strideW, dilationH, dilationW} {
		if v < 1 || v > 1<<14 {
			return win, fmt.Errorf("window %d×%d, stride %d×%d, dilation %d×%d: %w", r, s, strideH, strideW, dilationH, dilationW, runtime.ErrShape)
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
	x, err := n.padded(0)
	if err != nil {
		return err
	}
	if x.re != nil {
		return fmt.Errorf("its input was reshaped to %v: %w", x.re, runtime.ErrGraph)
	}
	w := n.tensor(1)
	if w == nil || len(w.shape) != 4 {
		return fmt.Errorf("no filters: %w", runtime.ErrGraph)
	}
	win, err := window(padding, x.v.Shape.H, x.v.Shape.W, w.shape[1], w.shape[2], strideH, strideW, dilationH, dilationW)
	if err != nil {
		return err
	}
	if x.pad != [4]int{} {
		if padding != 1 {
			return fmt.Errorf("padding before a convolution that pads itself: %w", runtime.ErrGraph)
		}
		win.PadTop, win.PadLeft, win.PadBottom, win.PadRight = x.pad[0], x.pad[1], x.pad[2], x.pad[3]
	}
	clamp, err := activation(act)
	if err != nil {
		return err
	}
	k, groups := w.shape[0], 1
	if depthwise {
		if w.shape[0] != 1 {
			return fmt.Errorf("depthwise filters of shape %v: %w", w.shape, runtime.ErrShape)
		}
		k, groups = w.shape[3], x.v.Shape.C
	}
	return n.weighted(x.v, win, k, groups, depthwise, clamp)
}

func fullyConnected(n *node) error {
	x, err := n.loose(0)
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
	if x.Shape.N*w.shape[1] != x.Shape.Elements() {
		return fmt.Errorf("%d weights for each output of %v: %w", w.shape[1], x.Shape, runtime.ErrShape)
	}
	// A window as large as the map: the output is quantised by the rule for convolutions.
	return n.weighted(x, runtime.Window{R: x.Shape.H, S: x.Shape.W}, w.shape[0], 1, false, clamp)
}

// weighted adds a convolution, float or quantised.
func (n *node) weighted(x *runtime.Value, win runtime.Window, k, groups int, depthwise bool, act runtime.Clamp) error {
	w, b := n.tensor(1), n.tensor(2)
	if k < 1 || k > 1<<24 {
		return fmt.Errorf("%d filters: %w", k, runtime.ErrShape)
	}
	if x.DType == runtime.F32 {
		weights, err := n.floatWeights(w)
		if err != nil {
			return err
		}
		if depthwise {
			weights = transposed(weights, k)
		}
		var bias []float32
		if b != nil {
			if bias, err = n.floatWeights(b); err != nil {
				return err
			}
		}
		return n.emit(&runtime.Conv{Window: win, K: k, Groups: groups, Weights: weights, Bias: bias, Act: act}, x)
	}
	out, err := n.output()
	if err != nil {
		return err
	}
	to, err := out.quant()
	if err != nil {
		return err
	}
	var bias []int32
	if b != nil {
		if bias, err = n.int32s(b); err != nil {
			return err
		}
		if len(bias) != k {
			return fmt.Errorf("%d biases for %d filters: %w", len(bias), k, runtime.ErrShape)
		}
	}
	weights, scales, err := n.intWeights(w, k, depthwise, bias)
	if err != nil {
		return err
	}
	c := &runtime.QConv{Window: win, K: k, Groups: groups, Weights: weights, WScale: scales, Bias: bias, Out: to}
	c.Lo, c.Hi = bounds(act, to)
	return n.emit(c, x)
}

// floatWeights are constants, or half-precision ones that a DEQUANTIZE made float.
func (n *node) floatWeights(t *tensor) ([]float32, error) {
	if t == nil {
		return nil, fmt.Errorf("weights are missing: %w", runtime.ErrGraph)
	}
	for _, op := range n.sub.operators {
		if op.code == opDequantize && len(op.outputs) == 1 && op.outputs[0] == t.number && len(op.inputs) == 1 && op.inputs[0] >= 0 {
			return n.floats(&n.sub.tensors[op.inputs[0]])
		}
	}
	return n.floats(t)
}

// intWeights are the weights as int8 in −127…127 with zero point 0, and a scale for each filter. Biases of filters that
// had to be rounded anew are adapted in place.
func (n *node) intWeights(t *tensor, k int, depthwise bool, bias []int32) ([]int8, []float32, error) {
	raw, err := n.raw(t, 1)
	if err != nil {
		return nil, nil, err
	}
	if len(raw)%k != 0 || len(t.scale) != 1 && len(t.scale) != k {
		return nil, nil, fmt.Errorf("%d weights and %d scales for %d filters: %w", len(raw), len(t.scale), k, runtime.ErrShape)
	}
	axis := 0
	if depthwise {
		axis = 3
	}
	if len(t.scale) > 1 && t.axis != axis {
		return nil, nil, fmt.Errorf("weights quantised along axis %d, want %d: %w", t.axis, axis, runtime.ErrGraph)
	}
	zeroOf := func(i int) int { return 0 }
	switch {
	case t.dtype == typeInt8:
		for _, z := range t.zero {
			if z != 0 {
				return nil, nil, fmt.Errorf("int8 weights with zero point %d: %w", z, runtime.ErrGraph)
			}
		}
	case t.dtype == typeUint8 && len(t.zero) == 1 && t.zero[0] >= 0 && t.zero[0] <= 255:
		zeroOf = func(int) int { return int(t.zero[0]) }
	default:
		return nil, nil, fmt.Errorf("weights of %v with %d zero points: %w", t.dtype, len(t.zero), runtime.ErrGraph)
	}
	wide := make([]int, len(raw))
	for i, b := range raw {
		if t.dtype == typeInt8 {
			wide[i] = int(int8(b))
		} else {
			wide[i] = int(b) - zeroOf(i)
		}
	}
	if depthwise {
		wide = transposed(wide, k)
	}
	weights, scales := make([]int8, len(wide)), make([]float32, k)
	depth := len(wide) / k
	for f := range k {
		scales[f] = t.scale[f%len(t.scale)]
		filter, out := wide[f*depth:][:depth], weights[f*depth:][:depth]
		largest := 0
		for _, w := range filter {
			largest = max(largest, w, -w)
		}
		if largest <= 127 {
			for i, w := range filter {
				out[i] = int8(w)
			}
			continue
		}
		scales[f] *= float32(largest) / 127
		for i, w := range filter {
			out[i] = int8(math.RoundToEven(float64(w) * 127 / float64(largest)))
		}
		if bias != nil {
			bias[f] = int32(math.RoundToEven(float64(bias[f]) * 127 / float64(largest)))
		}
	}
	return weights, scales, nil
}

// transposed turns [taps][k] into [k][taps].
func transposed[T any](v []T, k int) []T {
	taps := len(v) / k
	out := make([]T, taps*k)
	for t := range taps {
		for f := range k {
			out[f*taps+t] = v[t*k+f]
		}
	}
	return out
}

func maxPool(n *node) error { return n.pool(runtime.MaxPool) }

func averagePool(n *node) error { return n.pool(runtime.AvgPool) }

func (n *node) pool(kind runtime.PoolKind) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	o := n.options
	win, err := window(o.byte(0), x.Shape.H, x.Shape.W, o.int(4, 0), o.int(3, 0), o.int(2, 1), o.int(1, 1), 1, 1)
	if err != nil {
		return err
	}
	p := &runtime.Pool{Window: win, Type: kind}
	if kind == runtime.AvgPool {
		return n.averaged(p, x, o.byte(5))
	}
	return n.clamped(p, x, o.byte(5))
}

// mean is a global average pool, if it goes over rows and columns.
func mean(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	axes := n.tensor(1)
	if axes == nil {
		return fmt.Errorf("no axes: %w", runtime.ErrGraph)
	}
	a, err := n.int32s(axes)
	if err != nil {
		return err
	}
	over := map[int32]bool{}
	for _, v := range a {
		over[(v+4)%4] = true
	}
	if len(over) != 2 || !over[1] || !over[2] {
		return fmt.Errorf("a mean over axes %v, not rows and columns: %w", a, runtime.ErrGraph)
	}
	return n.averaged(&runtime.GlobalPool{Type: runtime.AvgPool}, x, 0)
}

func (n *node) averaged(p runtime.Op, x *runtime.Value, act int) error {
	if x.DType == runtime.F32 {
		return n.clamped(p, x, act)
	}
	out, err := n.output()
	if err != nil {
		return err
	}
	to, err := out.quant()
	if err != nil {
		return err
	}
	return n.clamped(&runtime.Quantised{Op: p, Out: to}, x, act)
}

// clamped adds a node and the activation after it.
func (n *node) clamped(op runtime.Op, x *runtime.Value, act int) error {
	clamp, err := activation(act)
	if err != nil {
		return err
	}
	if !clamp.On {
		return n.emit(op, x)
	}
	v, err := n.add(n.name+"/before", op, x)
	if err != nil {
		return err
	}
	return n.activate(v, clamp)
}

// activate makes the clamped value the output.
func (n *node) activate(v *runtime.Value, clamp runtime.Clamp) error {
	v, err := n.real(v)
	if err != nil {
		return err
	}
	if v, err = n.add(n.name, &runtime.Activation{Act: clamp}, v); err != nil {
		return err
	}
	return n.isQuantised(v)
}

func relu(n *node) error {
	x, err := n.loose(0)
	if err != nil {
		return err
	}
	clamp, err := activation(map[int]int{opReLU: 1, opReLUN1To1: 2, opReLU6: 3}[n.code])
	if err != nil {
		return err
	}
	return n.activate(x, clamp)
}

func lrn(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	o := n.options
	radius := o.int(0, 0)
	if radius < 0 || radius > 1<<10 {
		return fmt.Errorf("radius %d: %w", radius, runtime.ErrShape)
	}
	size := 2*radius + 1 // TFLite's α is for the sum, not the mean
	return n.emit(&runtime.LRN{Size: size, Alpha: o.float(2, 0) * float32(size), Beta: o.float(3, 0), Bias: o.float(1, 0)}, x)
}

func softmax(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	beta := n.options.float(0, 0)
	if x, err = n.real(x); err != nil {
		return err
	}
	if beta != 1 {
		scale := make([]float32, x.Shape.C)
		for i := range scale {
			scale[i] = beta
		}
		if x, err = n.add(n.name+"/beta", &runtime.Affine{Scale: scale, Shift: make([]float32, len(scale))}, x); err != nil {
			return err
		}
	}
	v, err := n.add(n.name, &runtime.Softmax{}, x)
	if err != nil {
		return err
	}
	return n.isQuantised(v)
}

func concatenation(n *node) error {
	out, err := n.output()
	if err != nil {
		return err
	}
	axis := n.options.int(0, 0)
	if rank := len(out.shape); axis != rank-1 && axis != -1 {
		return fmt.Errorf("axis %d of %d; only channels are joined: %w", axis, rank, runtime.ErrGraph)
	}
	if n.options.byte(1) != 0 {
		return fmt.Errorf("fused activation: %w", runtime.ErrGraph)
	}
	var in []*runtime.Value
	for i := range n.inputs {
		x, err := n.input(i)
		if err != nil {
			return err
		}
		if x.DType == runtime.U8 { // all in the output's scale
			to, err := out.quant()
			if err != nil {
				return err
			}
			if x, err = n.requantised(x, to); err != nil {
				return err
			}
		}
		in = append(in, x)
	}
	return n.emit(&runtime.Concat{}, in...)
}

// requantised is a quantised value in another scale.
func (n *node) requantised(x *runtime.Value, to runtime.Quant) (*runtime.Value, error) {
	if x.Quant == to {
		return x, nil
	}
	v, err := n.real(x)
	if err != nil {
		return nil, err
	}
	return n.add(n.name+"/rescaled", &runtime.Quantize{To: to}, v)
}

func quantize(n *node) error {
	x, err := n.loose(0)
	if err != nil {
		return err
	}
	out, err := n.output()
	if err != nil {
		return err
	}
	to, err := out.quant()
	if err != nil {
		return err
	}
	if x.DType == runtime.U8 {
		v, err := n.requantised(x, to)
		if err != nil {
			return err
		}
		return n.is(v)
	}
	return n.emit(&runtime.Quantize{To: to}, x)
}

func dequantize(n *node) error {
	if t := n.tensor(0); t != nil && t.constant() {
		return nil // weights in half precision; see floatWeights
	}
	x, err := n.loose(0)
	if err != nil {
		return err
	}
	if x.DType == runtime.F32 {
		return n.is(x)
	}
	return n.emit(&runtime.Dequantize{}, x)
}

// reshape is for flattening: the elements stay in their order, and so does the graph's value.
func reshape(n *node) error {
	x, err := n.loose(0)
	if err != nil {
		return err
	}
	out, err := n.output()
	if err != nil {
		return err
	}
	if len(out.shape) == 4 {
		if s, err := nhwc(out.shape); err != nil || s != x.Shape {
			return fmt.Errorf("to shape %v; only flattening is supported: %w", out.shape, runtime.ErrGraph)
		}
	}
	return n.is(x)
}

// pad keeps zeros around rows and columns for the convolution that follows.
func pad(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	t := n.tensor(1)
	if t == nil || len(t.shape) != 2 || t.shape[0] != 4 || t.shape[1] != 2 {
		return fmt.Errorf("paddings are not a 4×2 constant: %w", runtime.ErrGraph)
	}
	p, err := n.int32s(t)
	if err != nil {
		return err
	}
	for i, v := range p {
		if v < 0 || v > 1<<13 || v != 0 && (i < 2 || i > 5) {
			return fmt.Errorf("paddings %v; only rows and columns are padded: %w", p, runtime.ErrGraph)
		}
	}
	out, err := n.output()
	if err != nil {
		return err
	}
	n.values[out.number] = tensorValue{v: x, pad: [4]int{int(p[2]), int(p[4]), int(p[3]), int(p[5])}}
	return nil
}

func add(n *node) error { return n.arithmetic(1) }
func sub(n *node) error { return n.arithmetic(-1) }

// arithmetic adds two values, or a value and a constant per channel; sign −1 subtracts the second.
func (n *node) arithmetic(sign float32) error {
	clamp, err := activation(n.options.byte(0))
	if err != nil {
		return err
	}
	if t := n.tensor(1); t != nil && t.constant() {
		return n.affine(t, clamp, func(c float32) (scale, shift float32) { return 1, sign * c })
	}
	a, err := n.input(0)
	if err != nil {
		return err
	}
	b, err := n.input(1)
	if err != nil {
		return err
	}
	if sign != 1 {
		return fmt.Errorf("only constants are subtracted: %w", runtime.ErrGraph)
	}
	if a.DType == runtime.F32 {
		return n.emit(&runtime.Add{Act: clamp}, a, b)
	}
	out, err := n.output()
	if err != nil {
		return err
	}
	to, err := out.quant()
	if err != nil {
		return err
	}
	return n.emit(&runtime.Quantised{Op: &runtime.Add{Act: clamp}, Out: to}, a, b)
}

func mul(n *node) error {
	clamp, err := activation(n.options.byte(0))
	if err != nil {
		return err
	}
	t := n.tensor(1)
	if t == nil || !t.constant() {
		return fmt.Errorf("only constants are multiplied by: %w", runtime.ErrGraph)
	}
	return n.affine(t, clamp, func(c float32) (scale, shift float32) { return c, 0 })
}

// affine adds a scale and shift made of a constant, one number or one per channel.
func (n *node) affine(t *tensor, clamp runtime.Clamp, of func(float32) (scale, shift float32)) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	if x.DType != runtime.F32 {
		return fmt.Errorf("a constant operand of a quantised operation: %w", runtime.ErrGraph)
	}
	c, err := n.floats(t)
	if err != nil {
		return err
	}
	for i, d := range t.shape {
		if d != 1 && i != len(t.shape)-1 {
			return fmt.Errorf("a constant of shape %v; only one number per channel: %w", t.shape, runtime.ErrShape)
		}
	}
	if len(c) != 1 && len(c) != x.Shape.C {
		return fmt.Errorf("%d constants for %d channels: %w", len(c), x.Shape.C, runtime.ErrShape)
	}
	a := &runtime.Affine{Scale: make([]float32, x.Shape.C), Shift: make([]float32, x.Shape.C)}
	for i := range a.Scale {
		a.Scale[i], a.Shift[i] = of(c[i%len(c)])
	}
	if !clamp.On {
		return n.emit(a, x)
	}
	v, err := n.add(n.name+"/before", a, x)
	if err != nil {
		return err
	}
	return n.emit(&runtime.Activation{Act: clamp}, v)
}
