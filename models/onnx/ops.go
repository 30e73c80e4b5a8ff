package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

// handler imports a node and returns the value of its first output. A nil value without an error means that it is not
// known: something unsupported has been noted.
type handler func(c *call) (*value, error)

// handlers are all operators that can be imported.
var handlers map[string]handler

func init() {
	handlers = map[string]handler{
		"Add":                arithmetic,
		"AveragePool":        pool,
		"BatchNormalization": batchNorm,
		"Cast":               cast,
		"Clip":               clip,
		"Concat":             concat,
		"Constant":           constantNode,
		"Conv":               conv,
		"DequantizeLinear":   dequantizeLinear,
		"Div":                arithmetic,
		"Dropout":            dropout,
		"Flatten":            flatten,
		"Gather":             gather,
		"Gemm":               gemm,
		"GlobalAveragePool":  globalPool,
		"GlobalMaxPool":      globalPool,
		"HardSigmoid":        hard,
		"HardSwish":          hard,
		"Identity":           identity,
		"LRN":                lrn,
		"LeakyRelu":          leaky,
		"MatMul":             matMul,
		"Max":                bound,
		"MaxPool":            pool,
		"Mean":               sum,
		"Min":                bound,
		"Mul":                arithmetic,
		"PRelu":              leaky,
		"Pad":                pad,
		"QLinearConv":        qlinearConv,
		"QLinearMatMul":      qlinearMatMul,
		"QuantizeLinear":     quantizeLinear,
		"ReduceMean":         reduceMean,
		"Relu":               relu,
		"Reshape":            reshape,
		"Shape":              shape,
		"Sigmoid":            curve,
		"Slice":              slice,
		"Softmax":            softmax,
		"Squeeze":            squeeze,
		"Sub":                arithmetic,
		"Sum":                sum,
		"Tanh":               curve,
		"Transpose":          transpose,
		"Unsqueeze":          unsqueeze,
	}
}

// sameShape are unsupported operators whose output is shaped as their first input, so that the import can look further.
var sameShape = []string{"Elu", "Selu", "Celu", "Gelu", "Mish", "Softplus",
	"Softsign", "Erf", "Exp", "Log", "Sqrt", "Abs", "Neg", "Floor", "LogSoftmax", "InstanceNormalization", "LayerNormalization", "LpNormalization"}

// reasons tell the way round an unsupported operator, where there is one.
var reasons = map[string]string{
	"Elu":                   "no such activation; train with ReLU or ReLU6",
	"Gelu":                  "no such activation; train with ReLU or ReLU6",
	"LogSoftmax":            "take its input with WithOutputs, or export the model with Softmax",
	"ArgMax":                "take its input with WithOutputs and use TopK on the result",
	"TopK":                  "take its input with WithOutputs and use TopK on the result",
	"ConvTranspose":         "transposed convolution is not supported",
	"ConvInteger":           dynamic,
	"MatMulInteger":         dynamic,
	"DynamicQuantizeLinear": dynamic,
	"Loop":                  "control flow is not supported; export the model traced, not scripted",
	"If":                    "control flow is not supported; export the model traced, not scripted",
	"Scan":                  "control flow is not supported; export the model traced, not scripted",
}

const dynamic = "integers of 32 bits are no activations here; quantise statically (onnxruntime.quantization.quantize_static), or import the float model and quantise it with gneiss quantize"

// window reads kernel, strides, pads and dilations over an input of h×w. ok is false if something was unsupported.
func (c *call) window(kernel []int, h, w int, pending axes.Pad) (win runtime.Window, ok bool, err error) {
	pair := func(name string, vs []int, def int) (int, int) {
		switch len(vs) {
		case 0:
			return def, def
		case 2:
			if min(vs[0], vs[1]) >= 1 && max(vs[0], vs[1]) <= maxWindow {
				return vs[0], vs[1]
			}
		}
		if err == nil {
			err = fmt.Errorf("%s %v, want two numbers from 1 to %d: %w", name, vs, maxWindow, runtime.ErrShape)
		}
		return 1, 1
	}
	win.R, win.S = pair("kernel_shape", kernel, 0)
	win.StrideH, win.StrideW = pair("strides", c.ints("strides"), 1)
	win.DilationH, win.DilationW = pair("dilations", c.ints("dilations"), 1)
	if err == nil && win.R == 0 {
		err = fmt.Errorf("no kernel_shape: %w", runtime.ErrShape)
	}
	if err != nil {
		return win, false, err
	}
	pads := []int{0, 0, 0, 0}
	switch mode := c.str("auto_pad", "NOTSET"); mode {
	case "NOTSET", "":
		if p := c.ints("pads"); len(p) == 4 {
			pads = p
		} else if len(p) != 0 {
			return win, false, fmt.Errorf("pads %v, want four numbers: %w", p, runtime.ErrShape)
		}
	case "VALID":
	case "SAME_UPPER", "SAME_LOWER":
		pads[0], pads[2] = same(h, win.R, win.StrideH, win.DilationH, mode == "SAME_LOWER")
		pads[1], pads[3] = same(w, win.S, win.StrideW, win.DilationW, mode == "SAME_LOWER")
	default:
		return win, false, fmt.Errorf("auto_pad %q: %w", mode, runtime.ErrCorrupt)
	}
	for i, p := range []int{pending.Top, pending.Left, pending.Bottom, pending.Right} {
		if pads[i] < 0 {
			c.unsupported("negative padding %v", pads)
			return win, false, nil
		}
		if pads[i] > maxWindow {
			return win, false, fmt.Errorf("pads %v above %d: %w", pads, maxWindow, runtime.ErrShape)
		}
		pads[i] += p
	}
	win.PadTop, win.PadLeft, win.PadBottom, win.PadRight = pads[0], pads[1], pads[2], pads[3]
	return win, true, nil
}

const maxWindow = 1 << 14

// same returns the padding that makes the output ⌈in/stride⌉ long.
func same(in, taps, stride, dilation int, lower bool) (before, after int) {
	out := (in + stride - 1) / stride
	total := max((out-1)*stride+(taps-1)*dilation+1-in, 0)
	before, after = total/2, total-total/2
	if lower {
		before, after = after, before
	}
	return before, after
}

// square returns input 0 if it is an image: of rank 4.
func (c *call) square() (*axes.Tensor, error) {
	t, err := c.tensor(0)
	if t != nil && len(t.Dims) != 4 {
		c.unsupported("an input of %d dimensions; only 2-D images, [N C H W]", len(t.Dims))
		return nil, err
	}
	return t, err
}

func conv(c *call) (*value, error) {
	w, err := c.real(1)
	if err != nil {
		return nil, err
	}
	groups := c.int("group", 1)
	t, err := c.square()
	if w == nil || t == nil || err != nil {
		return nil, err
	}
	d := w.c.dims
	if len(d) != 4 || groups < 1 || t.Channels() != d[1]*groups || d[0]%groups != 0 {
		return nil, fmt.Errorf("filters %v in %d groups over %v: %w", d, groups, t.Dims, runtime.ErrShape)
	}
	if ks := c.ints("kernel_shape"); ks != nil && !slices.Equal(ks, d[2:]) {
		return nil, fmt.Errorf("kernel_shape %v, but filters %v: %w", ks, d, runtime.ErrShape)
	}
	t, pending := c.im.b.Unpad(t)
	win, ok, err := c.window(d[2:], t.Dims[2]+pending.Top+pending.Bottom, t.Dims[3]+pending.Left+pending.Right, pending)
	if !ok || err != nil {
		return nil, err
	}
	var bias *value
	if c.has(2) {
		if bias, err = c.real(2); bias == nil || err != nil {
			return nil, err
		}
		if n := bias.c.elements(); n != d[0] {
			return nil, fmt.Errorf("%d biases for %d filters: %w", n, d[0], runtime.ErrShape)
		}
	}
	float := func(act runtime.Clamp, _ ...*axes.Tensor) (runtime.Op, error) {
		op := &runtime.Conv{Window: win, K: d[0], Groups: groups, Act: act}
		var err error
		if op.Weights, err = c.im.b.ConvWeights(w.src, d[0], d[1], d[2]*d[3]); err == nil && bias != nil {
			op.Bias, err = c.im.b.Floats(bias.src)
		}
		return op, err
	}
	if c.quanta {
		return c.put(float, func(to runtime.Quant, act runtime.Clamp) (runtime.Op, error) {
			l, err := c.levels(w, bias, order{k: d[0], c: d[1], rs: d[2] * d[3]}, t.Quant().Scale)
			if l == nil || err != nil || !l.fits(t.Quant(), to) {
				return nil, err
			}
			op := &runtime.QConv{Window: win, K: d[0], Groups: groups, Weights: l.weights, WScale: l.scale, Bias: l.bias, Out: to}
			op.Lo, op.Hi = act.Levels(to)
			return op, nil
		}, t), nil
	}
	op, err := float(runtime.Clamp{})
	if err != nil {
		return nil, err
	}
	v, err := c.done(c.im.b.Add(c.name(), op, t))
	if v != nil {
		v.fresh = bias == nil
	}
	return v, err
}

func pool(c *call) (*value, error) {
	t, err := c.square()
	op := &runtime.Pool{Type: runtime.MaxPool, Ceil: c.int("ceil_mode", 0) != 0}
	if c.n.op == "AveragePool" {
		op.Type, op.CountIncludePad = runtime.AvgPool, c.int("count_include_pad", 0) != 0
	}
	if mode := c.str("auto_pad", ""); mode == "SAME_UPPER" || mode == "SAME_LOWER" {
		op.Ceil = false // the padding has seen to it
	}
	if t == nil || err != nil {
		return nil, err
	}
	t, pending, err := c.poolPad(t, op)
	if err != nil {
		return nil, err
	}
	var ok bool
	op.Window, ok, err = c.window(c.ints("kernel_shape"), t.Dims[2]+pending.Top+pending.Bottom, t.Dims[3]+pending.Left+pending.Right, pending)
	if !ok || err != nil {
		return nil, err
	}
	return c.add(op, t)
}

// poolPad takes over zeros that were put around a pool's input, where they mean the same as the pool's own padding: to an
// average that counts them, and to a maximum over what is not negative. Otherwise they are made real.
func (c *call) poolPad(t *axes.Tensor, op *runtime.Pool) (*axes.Tensor, axes.Pad, error) {
	bare, p := c.im.b.Unpad(t)
	if p == (axes.Pad{}) {
		return t, p, nil
	}
	own := slices.ContainsFunc(c.ints("pads"), func(n int) bool { return n != 0 }) || c.str("auto_pad", "NOTSET") != "NOTSET"
	small := false
	if ks := c.ints("kernel_shape"); len(ks) == 2 {
		small = max(p.Top, p.Bottom) < ks[0] && max(p.Left, p.Right) < ks[1]
	}
	switch {
	case !small || op.Ceil || own:
	case op.Type == runtime.AvgPool:
		op.CountIncludePad = true
		return bare, p, nil
	case c.im.b.NonNegative(bare):
		return bare, p, nil
	}
	v, err := c.im.b.Value(t)
	if err != nil {
		return nil, p, err
	}
	return c.im.b.Wrap(v, len(t.Dims)), axes.Pad{}, nil
}

func globalPool(c *call) (*value, error) {
	t, err := c.tensor(0)
	if t == nil || err != nil {
		return nil, err
	}
	if len(t.Dims) < 3 {
		return nil, fmt.Errorf("an input of %d dimensions: %w", len(t.Dims), runtime.ErrShape)
	}
	kind := runtime.AvgPool
	if c.n.op == "GlobalMaxPool" {
		kind = runtime.MaxPool
	}
	return c.add(&runtime.GlobalPool{Type: kind}, t)
}

func reduceMean(c *call) (*value, error) {
	as, ok, err := c.list("axes", 1)
	keep, noop := c.int("keepdims", 1) != 0, c.int("noop_with_empty_axes", 0) != 0
	if !ok || err != nil {
		return nil, err
	}
	t, err := c.tensor(0)
	if t == nil || err != nil {
		return nil, err
	}
	if len(as) == 0 {
		if noop {
			return c.in[0], nil
		}
		for i := range t.Dims {
			as = append(as, i)
		}
	}
	over, err := flagged(as, len(t.Dims))
	if err != nil {
		return nil, err
	}
	var left []int
	legal := true
	for i, d := range t.Dims {
		if d > 1 && over[i] != (i > t.ChannelAxis()) {
			legal = false
		}
		switch {
		case !over[i]:
			left = append(left, d)
		case keep:
			left = append(left, 1)
		}
	}
	if !legal {
		return c.meanOver(t, over, left)
	}
	out, err := c.im.b.Add(c.name(), &runtime.GlobalPool{Type: runtime.AvgPool}, t)
	if err != nil {
		return nil, err
	}
	return c.reshaped(out, left)
}

func relu(c *call) (*value, error) { return c.activation(runtime.ReLU) }

func (c *call) activation(clamp runtime.Clamp) (*value, error) {
	if c.has(0) && c.in[0].lazy != nil {
		if v := c.clamped(c.in[0], clamp); v != nil {
			return v, nil
		}
		x, err := c.im.plain(c.in[0])
		if err != nil {
			return nil, err
		}
		c.in[0] = x
	}
	t, err := c.any(0)
	if t == nil || err != nil {
		return nil, err
	}
	if !c.in[0].typ.real() {
		c.unsupported("of %v elements; only floating point, or dequantised", c.in[0].typ)
		return nil, nil
	}
	return c.done(c.im.b.Each(c.name(), &runtime.Activation{Act: clamp}, t))
}

func clip(c *call) (*value, error) {
	clamp := runtime.Clamp{On: true, Lo: c.float("min", float32(math.Inf(-1))), Hi: c.float("max", float32(math.Inf(1)))}
	for i, bound := range []*float32{&clamp.Lo, &clamp.Hi} {
		if !c.has(i + 1) {
			continue
		}
		f, err := c.vector(i+1, 1)
		if f == nil || err != nil {
			return nil, err
		}
		*bound = f[0]
	}
	clamp.Lo = min(clamp.Lo, clamp.Hi) // as ONNX has it: the upper bound wins
	return c.activation(clamp)
}

// bound is Max and Min: of two activations, or of one and a number, another way to say Clip.
func bound(c *call) (*value, error) {
	for _, v := range c.in {
		if v != nil && v.c == nil && v.t == nil {
			return nil, nil // unknown
		}
	}
	if len(c.in) == 2 && c.has(0) && c.has(1) && c.in[0].t != nil && c.in[1].t != nil {
		how := kernels.Larger
		if c.n.op == "Min" {
			how = kernels.Smaller
		}
		return c.done(c.im.b.Binary(c.name(), how, c.in[0].t, c.in[1].t))
	}
	if len(c.in) != 2 || !c.has(0) || !c.has(1) || (c.in[0].c == nil) == (c.in[1].c == nil) {
		c.unsupported("only of two activations, or of one and a constant number")
		return nil, nil
	}
	if c.in[0].c != nil { // the constant comes second
		swapped := *c.n
		swapped.in = []string{c.n.in[1], c.n.in[0]}
		c.n, c.in = &swapped, []*value{c.in[1], c.in[0]}
	}
	if c.in[1].c.elements() != 1 {
		c.unsupported("a constant of %v; only one number", c.in[1].c.dims)
		return nil, nil
	}
	f, err := c.vector(1, 1)
	if f == nil || err != nil {
		return nil, err
	}
	clamp := runtime.Clamp{On: true, Lo: f[0], Hi: float32(math.Inf(1))}
	if c.n.op == "Min" {
		clamp = runtime.Clamp{On: true, Lo: float32(math.Inf(-1)), Hi: f[0]}
	}
	return c.activation(clamp)
}

func lrn(c *call) (*value, error) {
	op := &runtime.LRN{Size: c.int("size", 0), Alpha: c.float("alpha", 1e-4), Beta: c.float("beta", 0.75), Bias: c.float("bias", 1)}
	if op.Size%2 == 0 && c.err == nil {
		c.unsupported("size %d; only odd sizes", op.Size)
	}
	t, err := c.tensor(0)
	if t == nil || err != nil || op.Size < 1 {
		return nil, err
	}
	return c.add(op, t)
}

func concat(c *call) (*value, error) {
	if len(c.in) == 0 || slices.Contains(c.in, nil) {
		return nil, fmt.Errorf("an input is missing: %w", runtime.ErrGraph)
	}
	constants := 0
	for _, v := range c.in {
		if v.c != nil {
			constants++
		}
	}
	if constants == len(c.in) {
		return c.concatInts()
	}
	ts := make([]*axes.Tensor, len(c.in))
	for i := range c.in {
		var err error
		if ts[i], err = c.tensor(i); ts[i] == nil || err != nil {
			return nil, err
		}
		if len(ts[i].Dims) != len(ts[0].Dims) {
			return nil, fmt.Errorf("%v beside %v: %w", ts[i].Dims, ts[0].Dims, runtime.ErrShape)
		}
	}
	a, err := axis(c.int("axis", 1), len(ts[0].Dims))
	if err != nil {
		return nil, err
	}
	if len(ts) == 1 {
		return c.done(ts[0], nil)
	}
	if a != ts[0].ChannelAxis() {
		return c.concatAlong(ts, a)
	}
	return c.add(&runtime.Concat{}, ts...)
}

func softmax(c *call) (*value, error) {
	t, err := c.tensor(0)
	if t == nil || err != nil {
		return nil, err
	}
	def, last := -1, false // before opset 13, all axes from that on are one
	if c.im.m.opset < 13 {
		def, last = 1, true
	}
	rank := len(t.Dims)
	a, err := axis(c.int("axis", def), rank)
	if err != nil {
		return nil, err
	}
	for i, d := range t.Dims {
		if over := i == a || last && i > a; d > 1 && over != (i == t.ChannelAxis()) {
			end := a + 1
			if last {
				end = rank
			}
			return c.softmaxAlong(t, a, end)
		}
	}
	return c.done(c.im.b.Add(c.name(), &runtime.Softmax{}, t))
}

func identity(c *call) (*value, error) {
	if !c.has(0) {
		return nil, fmt.Errorf("input 1 is missing: %w", runtime.ErrGraph)
	}
	v := *c.in[0]
	v.fresh = false // it has two names now
	return &v, nil
}

func dropout(c *call) (*value, error) {
	if c.has(2) {
		v, err := c.constant(2)
		if v == nil || err != nil {
			return nil, err
		}
		if is, ok := v.c.ints(1); !ok || len(is) != 1 || is[0] != 0 {
			c.unsupported("training_mode; export the model for inference")
			return nil, nil
		}
	}
	return identity(c)
}

func cast(c *call) (*value, error) {
	to := elem(c.int("to", 0))
	v, err := identity(c)
	switch {
	case err != nil:
		return nil, err
	case v.t != nil && v.t.DType == runtime.U8:
		c.unsupported("of quantised elements; only DequantizeLinear")
		return nil, nil
	case v.t != nil && to.real():
		v.typ = to
		return v, nil
	case v.c != nil && to == v.c.typ:
		return v, nil
	case v.c != nil && (to == elemInt64 || to == elemInt32):
		if is, ok := v.c.ints(2 * maxRank); ok {
			return constant(intTensor(v.c.dims, is)), nil
		}
	}
	if v.t != nil || v.c != nil {
		c.unsupported("from %v to %v", v.typ, to)
	}
	return nil, nil
}

// product makes a fully connected layer of activation a and matrix w, of [in][out] or, transposed, [out][in]. own is the
// constant that bias comes from, if it comes from it unchanged.
func (c *call) product(a *axes.Tensor, w *value, transposed bool, alpha float32, bias []float32, own *value) (*value, error) {
	d := w.c.dims
	v, _, err := c.im.b.Unflat(a)
	if err != nil {
		return nil, err
	}
	in, out := d[0], d[1]
	if transposed {
		in, out = out, in
	}
	ch, hw := v.Shape.C, v.Shape.H*v.Shape.W
	if in != ch*hw || in != a.Dims[len(a.Dims)-1] {
		return nil, fmt.Errorf("a matrix %v over %v: %w", d, a.Dims, runtime.ErrShape)
	}
	if c.quanta {
		l, err := c.levels(w, own, order{k: out, c: ch, rs: hw, transposed: !transposed}, v.Quant.Scale)
		if err != nil {
			return nil, err
		}
		if l != nil && l.fits(v.Quant, runtime.Quant{Scale: 1}) && alpha == 1 && (bias == nil || own != nil) {
			c.quanta = false // from here on it is float
			val, err := c.done(c.im.b.AddValues(c.name(), &runtime.QFC{K: out, Weights: l.weights, WScale: l.scale, Bias: l.bias}, len(a.Dims), v))
			if val != nil {
				val.fresh = bias == nil
			}
			return val, err
		}
		c.quanta = false
		if a, err = c.im.dequantise(a.Name()+"/dequantized", a); err != nil {
			return nil, err
		}
		if v, _, err = c.im.b.Unflat(a); err != nil {
			return nil, err
		}
	}
	op := &runtime.FC{K: out, Bias: bias}
	if op.Weights, err = c.im.b.FCWeights(w.src, out, ch, hw, !transposed); err != nil {
		return nil, err
	}
	if op.Weights, err = c.im.b.Scaled(op.Weights, alpha); err != nil {
		return nil, err
	}
	val, err := c.done(c.im.b.AddValues(c.name(), op, len(a.Dims), v))
	if val != nil {
		val.fresh = bias == nil
	}
	return val, err
}

func matMul(c *call) (*value, error) {
	if c.has(0) && c.has(1) && c.in[0].c != nil {
		c.unsupported("a constant first factor; only activation × constant")
		return nil, nil
	}
	w, err := c.real(1)
	if err != nil {
		return nil, err
	}
	a, err := c.tensor(0)
	if w == nil || a == nil || err != nil {
		return nil, err
	}
	if len(w.c.dims) != 2 || len(a.Dims) < 1 || len(a.Dims) > 2 {
		c.unsupported("%v × %v; only rows [N C] × a matrix", a.Dims, w.c.dims)
		return nil, nil
	}
	return c.product(a, w, false, 1, nil, nil)
}

func gemm(c *call) (*value, error) {
	alpha, beta := c.float("alpha", 1), c.float("beta", 1)
	transB := c.int("transB", 0) != 0
	w, err := c.real(1)
	if err != nil {
		return nil, err
	}
	a, err := c.tensor(0)
	if w == nil || a == nil || err != nil {
		return nil, err
	}
	if len(w.c.dims) != 2 || len(a.Dims) != 2 {
		return nil, fmt.Errorf("%v × %v, want matrices: %w", a.Dims, w.c.dims, runtime.ErrShape)
	}
	if c.int("transA", 0) != 0 {
		if a, err = c.im.b.Rearrange(c.name()+"/transposed", a, []int{1, 0}, []int{a.Dims[1], a.Dims[0]}); err != nil {
			return nil, err
		}
	}
	out := w.c.dims[1]
	if transB {
		out = w.c.dims[0]
	}
	var bias []float32
	var b *value
	if c.has(2) {
		b, err = c.real(2)
		if b == nil || err != nil {
			return nil, err
		}
		f, ok, err := c.perChannel(b, []int{a.Dims[0], out})
		if !ok || err != nil {
			return nil, err
		}
		if bias, err = c.im.b.Spread(f, out, 0); err != nil {
			return nil, err
		}
		if bias, err = c.im.b.Scaled(bias, beta); err != nil {
			return nil, err
		}
	}
	if b != nil && (beta != 1 || b.c.elements() != out) {
		b = nil
	}
	return c.product(a, w, transB, alpha, bias, b)
}

// perChannel returns a constant that is broadcast to dims as one number per channel, or as one number. ok is false if it
// is neither, which is noted.
func (c *call) perChannel(k *value, dims []int) (f []float32, ok bool, err error) {
	d := k.c.dims
	for len(d) > len(dims) && d[0] == 1 {
		d = d[1:]
	}
	channel := min(1, len(dims)-1)
	ok = len(d) <= len(dims)
	for i := range d {
		at := i + len(dims) - len(d)
		ok = ok && (d[i] == 1 || at == channel && d[i] == dims[at])
	}
	if !ok {
		c.unsupported("a constant of %v over %v; only one number per channel", k.c.dims, dims)
		return nil, false, nil
	}
	f, err = c.im.b.Floats(k.src)
	return f, true, err
}

func arithmetic(c *call) (*value, error) {
	if !c.has(0) || !c.has(1) {
		return nil, fmt.Errorf("an input is missing: %w", runtime.ErrGraph)
	}
	x, y := c.in[0], c.in[1]
	switch {
	case x.c != nil && y.c != nil:
		c.unsupported("arithmetic between constants; fold them before export")
		return nil, nil
	case x.t != nil && y.t != nil:
		return c.residual(x.t, y.t)
	case x.c == nil && x.t == nil || y.c == nil && y.t == nil:
		return nil, nil
	}
	ki, xi := 1, 0
	if x.c != nil {
		ki, xi = 0, 1
	}
	k, err := c.real(ki)
	if k == nil || err != nil {
		return nil, err
	}
	t := c.in[xi].t
	if extra := len(k.c.dims) - len(t.Dims); extra > 0 { // the result has the constant's rank
		wide, ok := c.im.b.Reshape(t, slices.Concat(slices.Repeat([]int{1}, extra), t.Dims))
		if !ok {
			c.unsupported("a constant of %v over %v, of fewer dimensions", k.c.dims, t.Dims)
			return nil, nil
		}
		t = wide
	}
	side, err := c.beside(t, k)
	if side == nil || err != nil {
		return nil, err
	}
	f := side.Of
	switch c.n.op {
	case "Add":
		if !side.Whole() {
			if v, done, err := c.addBias(c.in[xi], t, c.n.in[xi], f); done || err != nil {
				return v, err
			}
		}
		return c.done(side.Affine(c.im.b, c.name(), nil, f))
	case "Mul":
		return c.done(side.Affine(c.im.b, c.name(), f, nil))
	case "Sub":
		if ki == 0 {
			return c.done(side.Affine(c.im.b, c.name(), []float32{-1}, f))
		}
		if f, err = c.im.b.Scaled(f, -1); err != nil {
			return nil, err
		}
		return c.done(side.Affine(c.im.b, c.name(), nil, f))
	}
	if ki == 0 {
		c.unsupported("a constant divided by an activation")
		return nil, nil
	}
	inv, err := c.im.b.Fill(len(f), 0)
	if err != nil {
		return nil, err
	}
	for i := range inv {
		inv[i] = 1 / f[i]
	}
	return c.done(side.Affine(c.im.b, c.name(), inv, nil))
}

// beside aligns a constant with t; nil if it does not broadcast to t's dimensions, which is noted.
func (c *call) beside(t *axes.Tensor, k *value) (*axes.Spreading, error) {
	s, err := c.im.b.Beside(c.name(), t, k.src)
	if errors.Is(err, runtime.ErrShape) {
		c.unsupported("%v; only what broadcasts to the activation's dimensions", err)
		return nil, nil
	}
	return s, err
}

// addBias makes a constant sum the bias of the convolution or product before it, if nothing else uses that.
func (c *call) addBias(x *value, t *axes.Tensor, name string, f []float32) (*value, bool, error) {
	n := c.im.b.Node(t)
	if !x.fresh || n == nil || c.im.uses[name] != 1 {
		return nil, false, nil
	}
	switch op := n.Op.(type) {
	case *runtime.Conv:
		b, err := c.im.b.Spread(f, op.K, 0)
		op.Bias = b
		return &value{t: t, typ: elemFloat}, true, err
	case *runtime.FC:
		b, err := c.im.b.Spread(f, op.K, 0)
		op.Bias = b
		return &value{t: t, typ: elemFloat}, true, err
	case *runtime.QFC:
		b, err := c.im.b.Spread(f, op.K, 0)
		if err != nil {
			return nil, true, err
		}
		whole := roundBias(b, op.WScale, n.In[0].Quant.Scale)
		if whole == nil || !exact(op.Weights, whole, op.K) {
			return nil, false, nil
		}
		op.Bias = whole
		return &value{t: t, typ: elemFloat}, true, nil
	}
	return nil, false, nil
}

// residual is arithmetic between two activations.
func (c *call) residual(x, y *axes.Tensor) (*value, error) {
	if op := c.n.op; slices.Equal(x.Dims, y.Dims) && (op == "Add" || op == "Sub") { // of which there are fast kernels
		if op == "Sub" {
			var err error
			if y, err = c.im.b.Affine(c.name()+"/negated", y, []float32{-1}, nil); err != nil {
				return nil, err
			}
		}
		return c.add(&runtime.Add{}, x, y)
	}
	how := map[string]kernels.Arithmetic{"Add": kernels.Plus, "Sub": kernels.Minus, "Mul": kernels.Times, "Div": kernels.Over}[c.n.op]
	return c.done(c.im.b.Binary(c.name(), how, x, y))
}

// sum is Sum and Mean, of activations of one shape.
func sum(c *call) (*value, error) {
	var acc *axes.Tensor
	for i := range c.in {
		t, err := c.any(i)
		if t == nil || err != nil {
			return nil, err
		}
		if acc == nil {
			acc = t
			continue
		}
		if !slices.Equal(acc.Dims, t.Dims) {
			c.unsupported("activations of %v and %v; only of one shape", acc.Dims, t.Dims)
			return nil, nil
		}
		name := c.name()
		if i < len(c.in)-1 {
			name = fmt.Sprintf("%s/%d", name, i)
		}
		if acc, err = c.im.b.Add(name, &runtime.Add{}, acc, t); err != nil {
			return nil, err
		}
	}
	if acc == nil {
		return nil, fmt.Errorf("no inputs: %w", runtime.ErrGraph)
	}
	if c.n.op == "Mean" && len(c.in) > 1 {
		return c.done(c.im.b.Affine(c.name(), acc, []float32{1 / float32(len(c.in))}, nil))
	}
	return &value{t: acc, typ: elemFloat}, nil
}

func batchNorm(c *call) (*value, error) {
	eps := c.float("epsilon", 1e-5)
	if c.int("training_mode", 0) != 0 || c.im.m.opset < 9 && c.int("spatial", 1) == 0 {
		c.unsupported("statistics of the batch or per element; export the model for inference")
		return nil, c.err
	}
	t, err := c.tensor(0)
	if t == nil || err != nil {
		return nil, err
	}
	ch := t.Channels()
	var p [4][]float32 // scale, bias, mean, variance
	for i := range p {
		if p[i], err = c.vector(i+1, ch); p[i] == nil || err != nil {
			return nil, err
		}
	}
	mul, err := c.im.b.Fill(ch, 0)
	if err != nil {
		return nil, err
	}
	add, err := c.im.b.Fill(ch, 0)
	if err != nil {
		return nil, err
	}
	for i := range mul {
		s := float64(p[0][i]) / math.Sqrt(float64(p[3][i])+float64(eps))
		mul[i], add[i] = float32(s), float32(float64(p[1][i])-float64(p[2][i])*s)
	}
	return c.done(c.im.b.Affine(c.name(), t, mul, add))
}

func pad(c *call) (*value, error) {
	if mode := c.str("mode", "constant"); mode != "constant" {
		c.unsupported("mode %s; only constant zeros", mode)
		return nil, c.err
	}
	pads, ok, err := c.list("pads", 1)
	if !ok || err != nil {
		return nil, err
	}
	value := c.float("value", 0)
	if c.has(2) {
		f, err := c.vector(2, 1)
		if f == nil || err != nil {
			return nil, err
		}
		value = f[0]
	}
	t, err := c.tensor(0)
	if t == nil || err != nil {
		return nil, err
	}
	rank := len(t.Dims)
	if c.has(3) { // only some axes
		as, ok, err := c.list("axes", 3)
		if !ok || err != nil {
			return nil, err
		}
		if len(pads) != 2*len(as) {
			return nil, fmt.Errorf("pads %v of axes %v: %w", pads, as, runtime.ErrShape)
		}
		full := make([]int, 2*rank)
		for i, a := range as {
			if a, err = axis(a, rank); err != nil {
				return nil, err
			}
			full[a], full[a+rank] = pads[i], pads[i+len(as)]
		}
		pads = full
	}
	if len(pads) != 2*rank {
		return nil, fmt.Errorf("pads %v of %d dimensions: %w", pads, rank, runtime.ErrShape)
	}
	if !slices.ContainsFunc(pads, func(n int) bool { return n != 0 }) {
		return identity(c)
	}
	if rank != 4 || pads[0] != 0 || pads[1] != 0 || pads[4] != 0 || pads[5] != 0 || slices.Min(pads) < 0 || value != 0 {
		c.unsupported("pads %v with %v; only zeros around height and width", pads, value)
		return nil, nil
	}
	out, ok := c.im.b.Pad(t, axes.Pad{Top: pads[2], Left: pads[3], Bottom: pads[6], Right: pads[7]})
	if !ok {
		return nil, fmt.Errorf("pads %v over %v: %w", pads, t.Dims, runtime.ErrLimit)
	}
	return c.done(out, nil)
}
