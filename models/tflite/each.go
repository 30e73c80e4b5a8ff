package tflite

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

const (
	opAdd        = 0
	opDequantize = 6
	opLogistic   = 14
	opMul        = 18
	opReLU       = 19
	opReLUN1To1  = 20
	opReLU6      = 21
	opTanh       = 28
	opSub        = 41
	opQuantize   = 114
)

var (
	_ = register(opAdd, form{handle: add, options: 11, fields: 2}) // activation, pot_scale_int16
	_ = register(opDequantize, form{handle: dequantize})
	_ = register(opLogistic, form{handle: curve})
	_ = register(opMul, form{handle: mul, options: 21, fields: 1})
	_ = register(opReLU, form{handle: relu})
	_ = register(opReLUN1To1, form{handle: relu})
	_ = register(opReLU6, form{handle: relu})
	_ = register(opTanh, form{handle: curve})
	_ = register(opSub, form{handle: sub, options: 28, fields: 2})
	_ = register(opQuantize, form{handle: quantize})
)

func relu(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	clamp, err := activation(map[int]int{opReLU: 1, opReLUN1To1: 2, opReLU6: 3}[n.code])
	if err != nil {
		return err
	}
	return n.activate(x, clamp)
}

// curve is LOGISTIC and TANH.
func curve(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	of := kernels.Sigmoid
	if n.code == opTanh {
		of = kernels.Tanh
	}
	if x, err = n.real(x); err != nil {
		return err
	}
	return n.isReal(n.b.Add(n.name, &runtime.Curve{Of: of}, x))
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

func add(n *node) error { return n.arithmetic(kernels.Plus) }
func sub(n *node) error { return n.arithmetic(kernels.Minus) }
func mul(n *node) error { return n.arithmetic(kernels.Times) }

// arithmetic is of two values, or of a value and a constant, whose dimensions are aligned at their ends and repeated
// where they are 1.
func (n *node) arithmetic(how kernels.Arithmetic) error {
	clamp, err := activation(n.options.byte(0))
	if err != nil {
		return err
	}
	for i := range 2 {
		if t := n.tensor(i); t != nil && t.constant() {
			return n.beside(t, 1-i, how, clamp)
		}
	}
	a, err := n.input(0)
	if err != nil {
		return err
	}
	b, err := n.input(1)
	if err != nil {
		return err
	}
	if how == kernels.Plus && slices.Equal(a.Dims, b.Dims) && a.DType == b.DType { // of which there are fast kernels
		var op runtime.Op = &runtime.Add{Act: clamp}
		if a.DType == runtime.U8 {
			to, err := n.quantised()
			if err != nil {
				return err
			}
			op = &runtime.Quantised{Op: op, Out: to}
		}
		return n.emit(op, a, b)
	}
	if a, err = n.real(a); err != nil {
		return err
	}
	if b, err = n.real(b); err != nil {
		return err
	}
	y, err := n.b.Binary(n.name, how, a, b)
	if err != nil {
		return err
	}
	if !clamp.On {
		return n.isReal(y, nil)
	}
	return n.activate(y, clamp)
}

// beside is arithmetic of input i and a constant.
func (n *node) beside(t *tensor, i int, how kernels.Arithmetic, clamp runtime.Clamp) error {
	x, err := n.input(i)
	if err != nil {
		return err
	}
	if x, err = n.real(x); err != nil {
		return err
	}
	if _, ok := axes.Product(1<<28, t.shape...); !ok {
		return fmt.Errorf("a constant of shape %v: %w", t.shape, runtime.ErrShape)
	}
	c, err := n.reals(t)
	if err != nil {
		return err
	}
	if extra := len(t.shape) - len(x.Dims); extra > 0 { // the result has the constant's rank
		if x, err = n.b.Rearrange(n.name+"/aligned", x, nil,
			slices.Concat(slices.Repeat([]int{1}, extra), x.Dims)); err != nil {
			return err
		}
	}
	side, err := n.b.Beside(n.name, x, &axes.Source{Dims: t.shape, Decode: func(dst []float32) { copy(dst, c) }})
	if err != nil {
		return err
	}
	var scale, shift []float32
	switch {
	case how == kernels.Plus:
		shift = side.Of
	case how == kernels.Times:
		scale = side.Of
	case i == 1: // the constant less the value
		scale, shift = []float32{-1}, side.Of
	default:
		if shift, err = n.b.Scaled(side.Of, -1); err != nil {
			return err
		}
	}
	y, err := side.Affine(n.b, n.name, scale, shift)
	if err != nil {
		return err
	}
	if !clamp.On {
		return n.isReal(y, nil)
	}
	return n.activate(y, clamp)
}
