package onnx

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

// Operators in the generality that ONNX gives them: along any axis, with any broadcasting. Where a graph has a faster
// way to say the same, the handlers take that first and come here otherwise.

// onChannels gives t the three dimensions [outer, n, inner] with n those from axis a up to, and not including, b: what
// works on channels then works on those axes.
func (c *call) onChannels(t *axes.Tensor, a, b int) (*axes.Tensor, error) {
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
func (c *call) softmaxAlong(t *axes.Tensor, a, b int) (*value, error) {
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
func (c *call) concatAlong(ts []*axes.Tensor, a int) (*value, error) {
	dims := slices.Clone(ts[0].Dims)
	flat := make([]*axes.Tensor, len(ts))
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
func (c *call) meanOver(t *axes.Tensor, over []bool, left []int) (*value, error) {
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
