package tflite

import (
	"fmt"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

const (
	opAveragePool2D = 1
	opLRN           = 13
	opMaxPool2D     = 17
)

func registerPool() {
	register(opAveragePool2D, form{handle: averagePool, options: 5, fields: 6})
	register(opLRN, form{handle: lrn, options: 13, fields: 4})
	register(opMaxPool2D, form{handle: maxPool, options: 5, fields: 6})
}

func maxPool(n *node) error { return n.pool(runtime.MaxPool) }

func averagePool(n *node) error { return n.pool(runtime.AvgPool) }

func (n *node) pool(kind runtime.PoolKind) error {
	x, err := n.image(0)
	if err != nil {
		return err
	}
	o := n.options
	win, err := window(o.byte(0), x.Dims[1], x.Dims[2], o.int(4, 0), o.int(3, 0), o.int(2, 1), o.int(1, 1), 1, 1)
	if err != nil {
		return err
	}
	op, err := n.pooling(&runtime.Pool{Window: win, Type: kind}, x)
	if err != nil {
		return err
	}
	y, err := n.b.Add(n.name, op, x)
	if err != nil {
		return err
	}
	return n.clamped(y, o.byte(5))
}

// pooling is a pooling over x. An average of quantised values in one scale is that of levels, as the integer kernels
// have it; in another it is rounded by the rule of quantised operations.
func (n *node) pooling(p *runtime.Pool, x *axes.Tensor) (runtime.Op, error) {
	if x.DType != runtime.U8 || p.Type != runtime.AvgPool {
		return p, nil
	}
	out, err := n.output()
	if err != nil {
		return nil, err
	}
	to, err := out.quant()
	switch {
	case err != nil:
		return nil, err
	case to != x.Quant():
		return &runtime.Quantised{Op: p, Out: to}, nil
	case out.dtype == typeInt8:
		return &runtime.LevelPool{Window: p.Window, From: 128}, nil
	}
	return &runtime.LevelPool{Window: p.Window}, nil
}

// clamped makes x the output, after an activation.
func (n *node) clamped(x *axes.Tensor, act int) error {
	clamp, err := activation(act)
	if err != nil {
		return err
	}
	if !clamp.On {
		return n.is(x, nil)
	}
	return n.activate(x, clamp)
}

// activate makes the clamped value the output.
func (n *node) activate(x *axes.Tensor, clamp runtime.Clamp) error {
	x, err := n.real(x)
	if err != nil {
		return err
	}
	return n.isReal(n.b.Add(n.name+"/clamped", &runtime.Activation{Act: clamp}, x))
}

func lrn(n *node) error {
	x, err := n.image(0)
	if err != nil {
		return err
	}
	o := n.options
	radius := o.int(0, 0)
	if radius < 0 || radius > 1<<10 {
		return fmt.Errorf("radius %d: %w", radius, runtime.ErrShape)
	}
	size := 2*radius + 1 // TFLite's α is for the sum, not the mean
	return n.emit(&runtime.LRN{Size: size, Alpha: o.float(2, 0) * float32(size), Beta: o.float(3, 0), Bias: o.float(1, 0)},
		x)
}
