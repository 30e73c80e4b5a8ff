package tflite

import (
	"fmt"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

const (
	opPad       = 34
	opPadV2     = 60
	opMirrorPad = 100
)

func registerPad() {
	register(opPad, form{handle: pad, options: 22})
	register(opPadV2, form{handle: pad, options: 43})
	register(opMirrorPad, form{handle: mirrorPad, options: 77, fields: 1}) // mode
}

// pad puts a number around the elements. Zeros around rows and columns wait for the convolution that follows.
func pad(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	fill := float32(0)
	if t := n.tensor(2); t != nil && n.code == opPadV2 {
		if fill, err = n.fill(t, x); err != nil {
			return err
		}
	}
	return n.surround(x, axes.Constant, fill)
}

// fill is the number that a constant puts around x; the bytes of quantised values are those of x.
func (n *node) fill(t *tensor, x *axes.Tensor) (float32, error) {
	if len(t.shape) > 0 && axes.Elements(t.shape) != 1 {
		return 0, fmt.Errorf("a value of shape %v: %w", t.shape, runtime.ErrShape)
	}
	if x.DType != runtime.U8 {
		f, err := n.floats(t)
		if err != nil {
			return 0, err
		}
		return f[0], nil
	}
	if t.dtype != typeUint8 && t.dtype != typeInt8 {
		return 0, fmt.Errorf("the value %q is %v: %w", t.name, t.dtype, runtime.ErrGraph)
	}
	raw, err := n.raw(t, 1)
	if err != nil {
		return 0, err
	}
	level := int(raw[0])
	if t.dtype == typeInt8 {
		level = int(int8(raw[0])) + 128
	}
	return float32(level-int(x.Quant().Zero)) * x.Quant().Scale, nil
}

func mirrorPad(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	switch mode := n.options.byte(0); mode {
	case 0:
		return n.surround(x, axes.Reflect, 0)
	case 1:
		return n.surround(x, axes.Symmetric, 0)
	default:
		return fmt.Errorf("mode %d: %w", mode, runtime.ErrGraph)
	}
}

func (n *node) surround(x *axes.Tensor, kind axes.Border, fill float32) error {
	before, behind, err := n.pairs(1, len(x.Dims))
	if err != nil {
		return err
	}
	for d, size := range x.Dims {
		most := 1 << 24
		switch kind {
		case axes.Reflect:
			most = size - 1
		case axes.Symmetric:
			most = size
		}
		if max(before[d], behind[d]) > most {
			return fmt.Errorf("%d and %d around dimension %d of %v: %w", before[d], behind[d], d, x.Dims, runtime.ErrShape)
		}
	}
	return n.is(n.b.Surround(n.name, x, before, behind, kind, fill))
}

// pairs are two counts for each of some dimensions, in input i, a constant.
func (n *node) pairs(i, dims int) (before, behind []int, err error) {
	v, err := n.integers(i)
	if err != nil {
		return nil, nil, err
	}
	if t := n.tensor(i); len(t.shape) != 2 || t.shape[0] != dims || t.shape[1] != 2 {
		return nil, nil, fmt.Errorf("counts of shape %v, want %d×2: %w", t.shape, dims, runtime.ErrShape)
	}
	before, behind = make([]int, dims), make([]int, dims)
	for d := range dims {
		if before[d], behind[d] = v[2*d], v[2*d+1]; min(before[d], behind[d]) < 0 {
			return nil, nil, fmt.Errorf("counts %v: %w", v, runtime.ErrShape)
		}
	}
	return before, behind, nil
}
