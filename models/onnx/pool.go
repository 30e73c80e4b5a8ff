package onnx

import (
	"fmt"
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerPool() {
	register("AveragePool", operator{handle: pool,
		heeds: "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides", takes: onQuanta})
	register("BatchNormalization", operator{handle: batchNorm,
		heeds: "epsilon spatial training_mode | momentum"})
	register("GlobalAveragePool", operator{handle: globalPool, takes: onQuanta})
	register("GlobalMaxPool", operator{handle: globalPool, takes: onQuanta, integers: true})
	register("LRN", operator{handle: lrn, heeds: "alpha beta bias size", takes: onQuanta})
	register("MaxPool", operator{handle: pool,
		heeds: "auto_pad ceil_mode dilations kernel_shape pads strides | storage_order", // of its second output
		takes: onQuanta, integers: true})
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
	op.Window, ok, err = c.window(c.ints("kernel_shape"), t.Dims[2]+pending.Top+pending.Bottom,
		t.Dims[3]+pending.Left+pending.Right, pending)
	if !ok || err != nil {
		return nil, err
	}
	return c.add(op, t)
}

// poolPad takes over zeros that were put around a pool's input, where they mean the same as the pool's own padding: to
// an average that counts them, and to a maximum over what is not negative. Otherwise they are made real.
func (c *call) poolPad(t *axes.Tensor, op *runtime.Pool) (*axes.Tensor, axes.Pad, error) {
	bare, p := c.im.b.Unpad(t)
	if p == (axes.Pad{}) {
		return t, p, nil
	}
	own := slices.ContainsFunc(c.ints("pads"), func(n int) bool { return n != 0 }) ||
		c.str("auto_pad", "NOTSET") != "NOTSET"
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

func lrn(c *call) (*value, error) {
	op := &runtime.LRN{Size: c.int("size", 0), Alpha: c.float("alpha", 1e-4), Beta: c.float("beta", 0.75),
		Bias: c.float("bias", 1)}
	if op.Size%2 == 0 && c.err == nil {
		c.unsupported("size %d; only odd sizes", op.Size)
	}
	t, err := c.tensor(0)
	if t == nil || err != nil || op.Size < 1 {
		return nil, err
	}
	return c.add(op, t)
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
