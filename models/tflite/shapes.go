package tflite

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

const (
	opConcatenation = 2
	opReshape       = 22
	opExpandDims    = 70
	opPack          = 83
	opTranspose     = 39
	opSqueeze       = 43
)

func registerShapes() {
	register(opConcatenation, form{handle: concatenation, options: 10, fields: 2})
	register(opReshape, form{handle: reshape, options: 17, fields: 1}) // new_shape: the output's shape says it
	register(opExpandDims, form{handle: reshape, options: 52})
	register(opPack, form{handle: pack, options: 59, fields: 2}) // values_count, axis
	register(opTranspose, form{handle: transpose, options: 26, fields: 0})
	register(opSqueeze, form{handle: reshape, options: 30, fields: 1})
}

// reshape is RESHAPE, SQUEEZE and EXPAND_DIMS: the elements stay in their order, and get the output's dimensions.
func reshape(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	out, err := n.output()
	if err != nil {
		return err
	}
	if p, ok := axes.Product(1<<30, out.shape...); !ok || p != axes.Elements(x.Dims) {
		return fmt.Errorf("from %v to %v: %w", x.Dims, out.shape, runtime.ErrShape)
	}
	return n.is(n.b.Rearrange(n.name, x, nil, out.shape))
}

func transpose(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	t := n.tensor(1)
	if t == nil {
		return fmt.Errorf("no permutation: %w", runtime.ErrGraph)
	}
	list, err := n.int32s(t)
	if err != nil {
		return err
	}
	perm, dims := make([]int, len(list)), make([]int, len(list))
	for i, p := range list {
		perm[i] = int(p)
	}
	if !axes.Permutes(perm, len(x.Dims)) {
		return fmt.Errorf("permutation %v of %v: %w", list, x.Dims, runtime.ErrShape)
	}
	for i, p := range perm {
		dims[i] = x.Dims[p]
	}
	return n.is(n.b.Rearrange(n.name, x, perm, dims))
}

// concatenation joins values and constants, quantised ones in the output's scale.
func concatenation(n *node) error {
	out, err := n.output()
	if err != nil {
		return err
	}
	axis, err := axisOf(n.options.int(0, 0), len(out.shape))
	if err != nil || len(n.inputs) == 0 {
		return errors.Join(err, fmt.Errorf("of %d inputs: %w", len(n.inputs), runtime.ErrShape))
	}
	var to *runtime.Quant
	if out.dtype != typeFloat32 {
		q, err := out.quant()
		if err != nil {
			return err
		}
		to = &q
	}
	in, err := n.sides(to)
	if err != nil {
		return err
	}
	y, err := n.b.Concat(n.name, axis, in...)
	if err != nil {
		return err
	}
	return n.clamped(y, n.options.byte(1))
}

// sides are the inputs that are to be joined, of which one is computed at least.
func (n *node) sides(to *runtime.Quant) ([]*axes.Tensor, error) {
	in := make([]*axes.Tensor, len(n.inputs))
	computed := false
	for i := range in {
		if t := n.tensor(i); t != nil && t.constant() {
			continue
		}
		x, err := n.input(i)
		if err == nil && x.DType == runtime.U8 && to != nil {
			x, err = n.requantised(x, *to)
		}
		if err != nil {
			return nil, err
		}
		in[i], computed = x, true
	}
	if !computed {
		return nil, fmt.Errorf("all inputs are constants: %w", runtime.ErrGraph)
	}
	for i := range in {
		if in[i] != nil {
			continue
		}
		t := n.tensor(i)
		if _, ok := axes.Product(1<<28, t.shape...); !ok {
			return nil, fmt.Errorf("a constant of shape %v: %w", t.shape, runtime.ErrShape)
		}
		k, err := n.reals(t)
		if err == nil {
			in[i], err = n.b.Constant(fmt.Sprintf("%s/input%d", n.name, i),
				&axes.Source{Dims: t.shape, Decode: func(dst []float32, from int) { copy(dst, k[from:]) }}, to)
		}
		if err != nil {
			return nil, err
		}
	}
	return in, nil
}

// pack joins values along a dimension that none of them has.
func pack(n *node) error {
	out, err := n.output()
	if err != nil {
		return err
	}
	axis, err := axisOf(n.options.int(1, 0), len(out.shape))
	if err != nil || len(n.inputs) == 0 {
		return errors.Join(err, fmt.Errorf("of %d inputs: %w", len(n.inputs), runtime.ErrShape))
	}
	var to *runtime.Quant
	if out.dtype != typeFloat32 {
		q, err := out.quant()
		if err != nil {
			return err
		}
		to = &q
	}
	in, err := n.sides(to)
	if err != nil {
		return err
	}
	for i, x := range in {
		if len(x.Dims) != len(out.shape)-1 {
			return fmt.Errorf("%v in %v: %w", x.Dims, out.shape, runtime.ErrShape)
		}
		if in[i], err = n.b.Rearrange(fmt.Sprintf("%s/side%d", n.name, i), x, nil,
			slices.Insert(slices.Clone(x.Dims), axis, 1)); err != nil {
			return err
		}
	}
	return n.is(n.b.Concat(n.name, axis, in...))
}
