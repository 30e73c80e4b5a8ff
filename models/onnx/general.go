package onnx

import (
	"fmt"
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/nchw"
	"github.com/gneiss-go/gneiss/runtime"
)

// Operators in the generality that ONNX gives them: along any axis, with any broadcasting. Where a graph has a faster way
// to say the same, the handlers take that first and come here otherwise.

// onChannels gives t the three dimensions [outer, n, inner] with n those from axis a up to, and not including, b: what works
// on channels then works on those axes.
func (c *call) onChannels(t *nchw.Tensor, a, b int) (*nchw.Tensor, error) {
	d := []int{1, 1, 1}
	for i, n := range t.Dims {
		switch {
		case i < a:
			d[0] *= n
		case i < b:
			d[1] *= n
		default:
			d[2] *= n
		}
	}
	return c.im.b.Rearrange(c.name()+"/channels", t, nil, d)
}

// softmaxAlong is softmax over axes a ≤ i < b together.
func (c *call) softmaxAlong(t *nchw.Tensor, a, b int) (*value, error) {
	flat, err := c.onChannels(t, a, b)
	if err != nil {
		return nil, err
	}
	if flat, err = c.im.b.Add(c.name()+"/softmax", &runtime.Softmax{}, flat); err != nil {
		return nil, err
	}
	return c.done(c.im.b.Rearrange(c.name(), flat, nil, t.Dims))
}

// concatAlong joins tensors of one rank along axis a.
func (c *call) concatAlong(ts []*nchw.Tensor, a int) (*value, error) {
	dims := slices.Clone(ts[0].Dims)
	flat := make([]*nchw.Tensor, len(ts))
	for i, t := range ts {
		for j, n := range t.Dims {
			if j != a && n != dims[j] {
				return nil, fmt.Errorf("%v beside %v along axis %d: %w", t.Dims, ts[0].Dims, a, runtime.ErrShape)
			}
		}
		if i > 0 {
			dims[a] += t.Dims[a]
		}
		var err error
		if flat[i], err = c.onChannels(t, a, a+1); err != nil {
			return nil, err
		}
	}
	all, err := c.im.b.Add(c.name()+"/concat", &runtime.Concat{}, flat...)
	if err != nil {
		return nil, err
	}
	return c.done(c.im.b.Rearrange(c.name(), all, nil, dims))
}

// meanOver is the mean over the flagged axes; left are the dimensions of the result.
func (c *call) meanOver(t *nchw.Tensor, over []bool, left []int) (*value, error) {
	var keep, drop []int
	kept, dropped := 1, 1
	for i, n := range t.Dims {
		if over[i] {
			drop, dropped = append(drop, i), dropped*n
		} else {
			keep, kept = append(keep, i), kept*n
		}
	}
	rows, err := c.im.b.Rearrange(c.name()+"/rows", t, append(keep, drop...), []int{1, kept, dropped})
	if err != nil {
		return nil, err
	}
	if rows, err = c.im.b.Add(c.name()+"/mean", &runtime.GlobalPool{Type: runtime.AvgPool}, rows); err != nil {
		return nil, err
	}
	return c.done(c.im.b.Rearrange(c.name(), rows, nil, left))
}

// between is arithmetic between two activations whose dimensions are aligned at their ends and repeated where they are 1.
func (c *call) between(name string, how kernels.Arithmetic, x, y *nchw.Tensor) (*nchw.Tensor, error) {
	rank := max(len(x.Dims), len(y.Dims))
	dims := make([]int, rank)
	ts := [2]*nchw.Tensor{x, y}
	for i, t := range ts {
		d := slices.Concat(slices.Repeat([]int{1}, rank-len(t.Dims)), t.Dims)
		for j, n := range d {
			if i > 0 && n != dims[j] && n != 1 && dims[j] != 1 {
				return nil, fmt.Errorf("activations of %v and %v: %w", x.Dims, y.Dims, runtime.ErrShape)
			}
			dims[j] = max(dims[j], n)
		}
		var err error
		if ts[i], err = c.im.b.Rearrange(name+"/aligned", t, nil, d); err != nil {
			return nil, err
		}
	}
	if rank > nchw.MaxRank && !slices.Equal(ts[0].Dims, ts[1].Dims) {
		return nil, fmt.Errorf("activations of %v and %v: broadcasting has at most %d dimensions: %w", x.Dims, y.Dims, nchw.MaxRank, runtime.ErrShape)
	}
	return c.im.b.Add(name, &runtime.Binary{How: how}, ts[0], ts[1])
}

// curve is Sigmoid and Tanh.
func curve(c *call) (*value, error) {
	t, err := c.tensor(0)
	if t == nil || err != nil {
		return nil, err
	}
	of := kernels.Sigmoid
	if c.n.op == "Tanh" {
		of = kernels.Tanh
	}
	return c.done(c.im.b.Each(c.name(), &runtime.Curve{Of: of}, t))
}

// hard is HardSigmoid, max(0, min(1, alpha·x + beta)), and HardSwish, x times that with 1/6 and 1/2.
func hard(c *call) (*value, error) {
	t, err := c.tensor(0)
	if t == nil || err != nil {
		return nil, err
	}
	alpha, beta, name := c.float("alpha", 0.2), c.float("beta", 0.5), c.name()
	swish := c.n.op == "HardSwish"
	if swish {
		alpha, beta, name = 1./6, 0.5, name+"/gate"
	}
	gate, err := c.im.b.Affine(c.name()+"/line", t, []float32{alpha}, []float32{beta})
	if err != nil {
		return nil, err
	}
	if gate, err = c.im.b.Each(name, &runtime.Activation{Act: runtime.Clamp{On: true, Lo: 0, Hi: 1}}, gate); err != nil || !swish {
		return c.done(gate, err)
	}
	return c.done(c.between(c.name(), kernels.Times, t, gate))
}

// leaky is LeakyRelu and PRelu: max(x, 0) + slope·min(x, 0).
func leaky(c *call) (*value, error) {
	t, err := c.tensor(0)
	if t == nil || err != nil {
		return nil, err
	}
	inf := float32(math.Inf(1))
	half := func(name string, lo, hi float32) (*nchw.Tensor, error) {
		return c.im.b.Add(c.name()+name, &runtime.Activation{Act: runtime.Clamp{On: true, Lo: lo, Hi: hi}}, t)
	}
	up, err := half("/positive", 0, inf)
	if err != nil {
		return nil, err
	}
	down, err := half("/negative", -inf, 0)
	if err != nil {
		return nil, err
	}
	slope := []float32{c.float("alpha", 0.01)}
	if c.n.op == "PRelu" {
		if !c.has(1) {
			return nil, fmt.Errorf("no slope: %w", runtime.ErrGraph)
		}
		if c.in[1].t != nil {
			if down, err = c.between(c.name()+"/sloped", kernels.Times, down, c.in[1].t); err != nil {
				return nil, err
			}
			return c.done(c.im.b.Add(c.name(), &runtime.Add{}, up, down))
		}
		k, err := c.real(1)
		if k == nil || err != nil {
			return nil, err
		}
		var ok bool
		if slope, ok, err = c.perChannel(k, t.Dims); !ok || err != nil {
			return nil, err
		}
	}
	if down, err = c.im.b.Affine(c.name()+"/sloped", down, slope, nil); err != nil {
		return nil, err
	}
	return c.done(c.im.b.Add(c.name(), &runtime.Add{}, up, down))
}
