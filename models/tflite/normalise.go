package tflite

import (
	"fmt"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

const (
	opL2Normalization = 11
	opL2Pool2D        = 12
)

func registerNormalise() {
	register(opL2Normalization, form{handle: l2Normalization, options: 12, fields: 1}) // activation
	register(opL2Pool2D, form{handle: l2Pool, options: 5, fields: 6})
}

// l2Normalization divides by the norm along the last dimension, which is 10⁻⁶ at least.
func l2Normalization(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	if len(x.Dims) == 0 {
		return fmt.Errorf("of a scalar: %w", runtime.ErrShape)
	}
	if x, err = n.real(x); err != nil {
		return err
	}
	clamp, err := activation(n.options.byte(0))
	if err != nil {
		return err
	}
	over := make([]bool, len(x.Dims))
	over[len(over)-1] = true
	y, err := n.b.Normalise(n.name, x, over, kernels.NormL2, 1e-6)
	return n.clampedReal(y, err, clamp)
}

// l2Pool is the root of the mean of squares over windows.
func l2Pool(n *node) error {
	x, err := n.image(0)
	if err != nil {
		return err
	}
	o := n.options
	win, err := window(o.byte(0), x.Dims[1], x.Dims[2], o.int(4, 0), o.int(3, 0), o.int(2, 1), o.int(1, 1), 1, 1)
	if err != nil {
		return err
	}
	clamp, err := activation(o.byte(5))
	if err != nil {
		return err
	}
	if x, err = n.real(x); err == nil {
		x, err = n.b.Each(n.name+"/square", &runtime.Curve{Of: kernels.Square}, x)
	}
	if err == nil {
		x, err = n.b.Add(n.name+"/mean", &runtime.Pool{Window: win, Type: runtime.AvgPool}, x)
	}
	if err == nil {
		x, err = n.b.Each(n.name, &runtime.Curve{Of: kernels.Sqrt}, x)
	}
	return n.clampedReal(x, err, clamp)
}

// clampedReal makes a float value the output, after an activation.
func (n *node) clampedReal(x *axes.Tensor, err error, clamp runtime.Clamp) error {
	if err == nil && clamp.On {
		x, err = n.b.Each(n.name+"/clamped", &runtime.Activation{Act: clamp}, x)
	}
	return n.isReal(x, err)
}
