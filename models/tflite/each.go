package tflite

import (
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

const (
	opDequantize = 6
	opReLU       = 19
	opReLUN1To1  = 20
	opReLU6      = 21
	opReLU0To1   = 152
	opQuantize   = 114
)

func registerEach() {
	register(opDequantize, form{handle: dequantize})
	register(opReLU, form{handle: relu})
	register(opReLUN1To1, form{handle: relu})
	register(opReLU6, form{handle: relu})
	register(opReLU0To1, form{handle: relu})
	register(opQuantize, form{handle: quantize})
}

func relu(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	one := runtime.Clamp{On: true, Lo: -1, Hi: 1}
	return n.activate(x, map[int]runtime.Clamp{opReLU: runtime.ReLU, opReLUN1To1: one, opReLU6: {On: true, Hi: 6},
		opReLU0To1: {On: true, Hi: 1}}[n.code])
}

// requantised is a quantised value in another scale.
func (n *node) requantised(x *axes.Tensor, to runtime.Quant) (*axes.Tensor, error) {
	if x.Quant() == to {
		return x, nil
	}
	v, err := n.real(x)
	if err != nil {
		return nil, err
	}
	return n.b.Add(n.name+"/rescaled", &runtime.Quantize{To: to}, v)
}

func quantize(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	to, err := n.quantised()
	if err != nil {
		return err
	}
	if x.DType == runtime.U8 {
		if op := rescaled(x.Quant(), to); op != nil && x.Quant() != to {
			return n.emit(op, x)
		}
		return n.is(n.requantised(x, to))
	}
	return n.emit(&runtime.Quantize{To: to}, x)
}

func dequantize(n *node) error {
	if t := n.tensor(0); t != nil && t.constant() {
		return nil // weights in half precision; see floatWeights
	}
	x, err := n.input(0)
	if err != nil {
		return err
	}
	if x.DType == runtime.F32 {
		return n.is(x, nil)
	}
	return n.emit(&runtime.Dequantize{}, x)
}
