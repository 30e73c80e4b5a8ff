package tflite

import (
	"fmt"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

const (
	opSoftmax    = 25
	opLogSoftmax = 50
)

func registerSoftmax() {
	register(opLogSoftmax, form{handle: logSoftmax, options: 36})
	register(opSoftmax, form{handle: softmax, options: 9, fields: 1}) // beta
}

// softmax is over the last dimension, which is that of the channels.
func softmax(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	beta := n.options.float(0, 0)
	out, err := n.output()
	if err != nil {
		return err
	}
	if x.DType == runtime.U8 && beta == 1 && out.dtype != typeFloat32 {
		to, err := out.quant()
		if err != nil {
			return err
		}
		return n.emit(&runtime.Quantised{Op: &runtime.Softmax{}, Out: to}, x)
	}
	if x, err = n.real(x); err != nil {
		return err
	}
	if beta != 1 {
		if x, err = n.b.Affine(n.name+"/beta", x, []float32{beta}, nil); err != nil {
			return err
		}
	}
	return n.isReal(n.b.Add(n.name, &runtime.Softmax{}, x))
}

// logSoftmax is over the last dimension too.
func logSoftmax(n *node) error {
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
	over := make([]bool, len(x.Dims))
	over[len(over)-1] = true
	return n.isReal(n.b.Softmax(n.name, x, over, kernels.SoftmaxLog))
}
