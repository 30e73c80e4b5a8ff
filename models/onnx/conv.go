package onnx

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerConv() {
	register("Conv", operator{handle: conv, heeds: "auto_pad dilations group kernel_shape pads strides",
		takes: onQuanta})
}

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
			op := &runtime.QConv{Window: win, K: d[0], Groups: groups, Weights: l.weights, WScale: l.scale, Bias: l.bias,
				Out: to}
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

// perChannel returns a constant that is broadcast to dims as one number per channel, or as one number. ok is false if
// it is neither, which is noted.
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
		if whole == nil || kernels.Overflows(op.Weights, whole, op.K) >= 0 {
			return nil, false, nil
		}
		op.Bias = whole
		return &value{t: t, typ: elemFloat}, true, nil
	}
	return nil, false, nil
}
