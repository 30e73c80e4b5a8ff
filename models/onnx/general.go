package onnx

import (
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
