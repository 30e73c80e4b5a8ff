package onnx

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerDeconv() {
	register("ConvTranspose", operator{handle: convTranspose,
		heeds: "auto_pad dilations group kernel_shape output_padding output_shape pads strides", takes: onQuanta, old: true})
}

// convTranspose is of images, and of rows as images one pixel wide. Its filters are [C][K of a group][R][S].
func convTranspose(c *call) (*value, error) {
	w, err := c.real(1)
	if err != nil {
		return nil, err
	}
	t, err := c.tensor(0)
	if w == nil || t == nil || err != nil {
		return nil, err
	}
	f := w.c.dims
	flat := len(t.Dims) == 3
	switch {
	case len(t.Dims) != 4 && !flat:
		c.unsupported("an input of %d dimensions; only [N C H W] and [N C L]", len(t.Dims))
		return nil, nil
	case len(f) != len(t.Dims):
		return nil, fmt.Errorf("filters %v over %v: %w", f, t.Dims, runtime.ErrShape)
	case flat:
		f = append(slices.Clone(f), 1)
		if t, err = c.im.b.Rearrange(c.name()+"/image", t, nil, append(slices.Clone(t.Dims), 1)); err != nil {
			return nil, err
		}
	}
	d, ok, err := c.deconv(t, f, flat)
	if !ok || err != nil {
		return nil, err
	}
	var bias *value
	if c.has(2) {
		if bias, err = c.real(2); bias == nil || err != nil {
			return nil, err
		}
		if n := bias.c.elements(); n != d.K {
			return nil, fmt.Errorf("%d biases for %d filters: %w", n, d.K, runtime.ErrShape)
		}
	}
	l := &deconvLayer{Deconv: *d, c: c, cg: f[0] / d.Groups, w: w, bias: bias}
	make := func(t *axes.Tensor, of func(runtime.Window, int) (runtime.Op, error)) (*axes.Tensor, error) {
		y, err := c.im.b.Deconv(c.name(), t, d, of)
		if err != nil || !flat {
			return y, err
		}
		return c.im.b.Rearrange(c.name()+"/row", y, nil, y.Dims[:3])
	}
	if !c.quanta {
		return c.done(make(t, l.float(runtime.Clamp{})))
	}
	return c.putOff(t, func(x *axes.Tensor, act runtime.Clamp) (*axes.Tensor, error) {
		return make(x, l.float(act))
	}, func(to runtime.Quant, act runtime.Clamp) (*axes.Tensor, error) {
		levels, err := l.levels(t.Quant().Scale)
		if levels == nil || err != nil || !levels.fits(t.Quant(), to) {
			return nil, err
		}
		return make(t, func(win runtime.Window, k int) (runtime.Op, error) {
			op := &runtime.QConv{Window: win, K: k, Groups: d.Groups, Weights: levels.weights, WScale: levels.scale,
				Bias: levels.bias, Out: to}
			op.Lo, op.Hi = act.Levels(to)
			return op, nil
		})
	}), nil
}

// sides reads an attribute of one number for rows and one for columns; of one axis only the first is given. An
// output_shape may be that of the whole tensor.
func (c *call) sides(name string, axes, def int) ([2]int, error) {
	out, v := [2]int{def, def}, c.ints(name)
	if name == "output_shape" && len(v) == axes+2 {
		v = v[2:]
	}
	if v != nil && len(v) != axes {
		return out, fmt.Errorf("%s %v of %d dimensions: %w", name, v, axes, runtime.ErrShape)
	}
	copy(out[:], v)
	return out, nil
}

// deconv reads the attributes of a transposed convolution over t with filters f; of a row only the first of two numbers
// is given. ok is false if something was unsupported.
func (c *call) deconv(t *axes.Tensor, f []int, flat bool) (d *axes.Deconv, ok bool, err error) {
	axis := 2
	if flat {
		axis = 1
	}
	list := func(name string, def int) [2]int {
		v, e := c.sides(name, axis, def)
		err = errors.Join(err, e)
		return v
	}
	stride, dilation := list("strides", 1), list("dilations", 1)
	more, shape := list("output_padding", 0), list("output_shape", -1)
	kernel := list("kernel_shape", -1)
	groups, pads, mode := c.int("group", 1), c.ints("pads"), c.str("auto_pad", "NOTSET")
	const most = maxWindow
	for i := range 2 {
		switch n := f[2+i]; {
		case err != nil:
		case kernel[i] != -1 && kernel[i] != n:
			err = fmt.Errorf("kernel_shape %v, but filters %v: %w", kernel, f, runtime.ErrShape)
		case min(stride[i], dilation[i], n) < 1 || max(stride[i], dilation[i], n) > most || more[i] < 0 || more[i] > most ||
			shape[i] < -1 || shape[i] > most:
			err = fmt.Errorf("filters %v, strides %v, dilations %v, output_padding %v, output_shape %v: %w", f, stride,
				dilation, more, shape, runtime.ErrShape)
		}
	}
	if err == nil && (groups < 1 || f[0] != t.Channels() || f[0]%groups != 0 || f[1] < 1 || f[1] > 1<<24/groups) {
		err = fmt.Errorf("filters %v in %d groups over %v: %w", f, groups, t.Dims, runtime.ErrShape)
	}
	if err == nil && pads != nil && len(pads) != 2*axis {
		err = fmt.Errorf("pads %v, want %d numbers: %w", pads, 2*axis, runtime.ErrShape)
	}
	if err == nil && !slices.Contains([]string{"NOTSET", "", "VALID", "SAME_UPPER", "SAME_LOWER"}, mode) {
		err = fmt.Errorf("auto_pad %q: %w", mode, runtime.ErrCorrupt)
	}
	if err != nil {
		return nil, false, err
	}
	for _, p := range pads {
		switch {
		case p < 0:
			c.unsupported("negative padding %v", pads)
			return nil, false, nil
		case p > most:
			return nil, false, fmt.Errorf("pads %v above %d: %w", pads, most, runtime.ErrShape)
		}
	}
	d = &axes.Deconv{K: f[1] * groups, Groups: groups, R: f[2], S: f[3], StrideH: stride[0], StrideW: stride[1],
		DilationH: dilation[0], DilationW: dilation[1]}
	for i := range 2 {
		whole := (t.Dims[2+i]-1)*stride[i] + (f[2+i]-1)*dilation[i] + 1 + more[i]
		drop, out := &d.DropTop, &d.OutH
		if i == 1 {
			drop, out = &d.DropLeft, &d.OutW
		}
		switch {
		case flat && i == 1:
			*out = 1
		case shape[i] >= 0:
			*drop, *out = dropped(whole, shape[i], mode), shape[i]
		case mode == "SAME_UPPER" || mode == "SAME_LOWER":
			*out = t.Dims[2+i] * stride[i]
			*drop = dropped(whole, *out, mode)
		case mode == "VALID" || pads == nil:
			*out = whole
		default:
			*drop, *out = pads[i], whole-pads[i]-pads[axis+i]
		}
	}
	return d, true, nil
}

// dropped is how many rows of the whole result are before the output, where only their size is given.
func dropped(whole, out int, mode string) int {
	n := max(whole-out, 0)
	if mode == "SAME_UPPER" {
		return n / 2
	}
	return n - n/2
}

// deconvLayer makes the convolution of a transposed one.
type deconvLayer struct {
	axes.Deconv
	c       *call
	cg      int // channels of a group
	w, bias *value
}

// at is the index of a weight in the file.
func (l *deconvLayer) at(k, r, s, c int) int {
	kg := l.K / l.Groups
	return (((k/kg*l.cg+c)*kg+k%kg)*l.R+r)*l.S + s
}

func (l *deconvLayer) float(act runtime.Clamp) func(runtime.Window, int) (runtime.Op, error) {
	return func(win runtime.Window, k int) (runtime.Op, error) {
		b := l.c.im.b
		op := &runtime.Conv{Window: win, K: k, Groups: l.Groups, Act: act}
		w, err := b.Floats(l.w.src)
		if err == nil {
			op.Weights, err = axes.Filters(b, &l.Deconv, l.cg, w, l.at)
		}
		if err == nil && l.bias != nil {
			if w, err = b.Floats(l.bias.src); err == nil {
				op.Bias = axes.Repeated(&l.Deconv, w)
			}
		}
		return op, err
	}
}

// levels are the integers of the convolution; nil as those of [call.levels].
func (l *deconvLayer) levels(in float32) (*levels, error) {
	q, c, kg := l.w.c.q, l.c, l.K/l.Groups
	if q == nil || q.typ == elemInt32 || len(q.scale) != 1 && (len(q.scale) != kg || q.inner != l.R*l.S) {
		return nil, nil
	}
	n := l.w.c.elements()
	if err := c.im.b.Take(n + 2*l.K); err != nil {
		return nil, err
	}
	out, w := &levels{scale: make([]float32, l.K)}, make([]int8, n)
	for k := range out.scale {
		if out.scale[k] = q.scale[k%kg%len(q.scale)]; !normal(out.scale[k]) {
			return nil, nil
		}
	}
	for i := range w {
		v, _ := q.at(l.w.c.raw, i)
		if v < -127 || v > 127 {
			return nil, nil
		}
		w[i] = int8(v)
	}
	var err error
	if l.bias != nil {
		if out.bias, err = c.biasLevels(l.bias, out.scale, in); out.bias == nil || err != nil {
			return nil, err
		}
	}
	out.scale, out.bias = axes.Repeated(&l.Deconv, out.scale), axes.Repeated(&l.Deconv, out.bias)
	if out.weights, err = axes.Filters(c.im.b, &l.Deconv, l.cg, w, l.at); err != nil ||
		kernels.Overflows(out.weights, out.bias, len(out.scale)) >= 0 {
		return nil, err
	}
	return out, nil
}
