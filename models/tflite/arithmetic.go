package tflite

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

const (
	opAdd   = 0
	opMul   = 18
	opSub   = 41
	opPReLU = 54
	opAddN  = 106
)

// words are the operations of arithmetic, and the kind of their options.
var words = map[int]struct {
	how     kernels.Arithmetic
	options int
	fields  int
}{
	opAdd: {kernels.Plus, 11, 2}, // activation, pot_scale_int16
	opMul: {kernels.Times, 21, 1},
	opSub: {kernels.Minus, 28, 2},
	42:    {kernels.Over, 29, 1},
	55:    {kernels.Larger, 39, 0},
	57:    {kernels.Smaller, 39, 0},
	78:    {kernels.Power, 56, 0},
	90:    {kernels.FloorQuotient, 65, 0},
	95:    {kernels.FloorRemainder, 72, 0},
	99:    {kernels.SquaredDifference, 76, 0},
	156:   {kernels.Angle, 0, 0},
}

func registerArithmetic() {
	for code, w := range words {
		register(code, form{handle: arithmetic, options: w.options, fields: w.fields})
	}
	register(opPReLU, form{handle: arithmetic})
	register(opAddN, form{handle: addN, options: 82})
}

// arithmetic is of two values, or of a value and a constant, whose dimensions are aligned at their ends and repeated
// where they are 1.
func arithmetic(n *node) error {
	op := runtime.Binary{How: kernels.Sloped}
	if w, ok := words[n.code]; ok {
		if op.How = w.how; w.fields > 0 {
			var err error
			if op.Act, err = activation(n.options.byte(0)); err != nil {
				return err
			}
		}
	}
	for i := range 2 {
		if t := n.tensor(i); t != nil && t.constant() {
			op.First = i == 0
			return n.beside(op, t, 1-i)
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
	if op.How == kernels.Plus && slices.Equal(a.Dims, b.Dims) && a.DType == b.DType { // of which there are fast kernels
		var sum runtime.Op = &runtime.Add{Act: op.Act}
		if a.DType == runtime.U8 {
			to, err := n.quantised()
			if err != nil {
				return err
			}
			sum = &runtime.Quantised{Op: sum, Out: to}
			if kernels.FixedSum(a.Quant().Scale, b.Quant().Scale, to.Scale) {
				sum = &runtime.LevelAdd{Act: op.Act, Out: to}
			}
		}
		return n.emit(sum, a, b)
	}
	if a, err = n.real(a); err != nil {
		return err
	}
	if b, err = n.real(b); err != nil {
		return err
	}
	return n.isReal(n.b.Binary(n.name, op, a, b))
}

// beside is arithmetic of input i and a constant. Of float, one that is a scale or shift of channels is told as such.
func (n *node) beside(op runtime.Binary, t *tensor, i int) error {
	x, err := n.input(i)
	if err != nil {
		return err
	}
	float := x.DType == runtime.F32
	if !float && op.How == kernels.Sloped && i == 0 {
		if tables, err := n.sloped(x, t); tables != nil || err != nil {
			if err != nil {
				return err
			}
			return n.emit(tables, x)
		}
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
	k := &axes.Source{Dims: t.shape, Decode: func(dst []float32, from int) { copy(dst, c[from:]) }}
	if float {
		if f, err := n.b.PerChannel(x, k); f != nil || err != nil {
			if scale, shift, ok := line(op, f); err == nil && ok {
				y, err := n.b.Affine(n.name, x, scale, shift)
				if err != nil || !op.Act.On {
					return n.isReal(y, err)
				}
				return n.activate(y, op.Act)
			}
			if err != nil {
				return err
			}
		}
	}
	return n.isReal(n.b.Beside(n.name, op, x, k))
}

// line returns arithmetic with constants as scales and shifts; ok is false if it is none.
func line(op runtime.Binary, f []float32) (scale, shift []float32, ok bool) {
	negative := make([]float32, len(f))
	for i, v := range f {
		negative[i] = -v
	}
	switch {
	case op.How == kernels.Plus:
		return nil, f, true
	case op.How == kernels.Times:
		return f, nil, true
	case op.How == kernels.Minus && op.First:
		return []float32{-1}, f, true
	case op.How == kernels.Minus:
		return nil, negative, true
	}
	return nil, nil, false
}

// addN is the sum of any number of values.
func addN(n *node) error {
	sum, err := n.input(0)
	if err == nil {
		sum, err = n.real(sum)
	}
	for i := 1; i < len(n.inputs) && err == nil; i++ {
		var x *axes.Tensor
		if x, err = n.input(i); err == nil {
			x, err = n.real(x)
		}
		if err == nil {
			sum, err = n.b.Add(n.name, &runtime.Add{}, sum, x)
		}
	}
	return n.isReal(sum, err)
}
