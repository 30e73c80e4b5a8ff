package tflite

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

const (
	opConcatenation = 2
	opReshape       = 22
	opPad           = 34
	opTranspose     = 39
	opSqueeze       = 43
)

var (
	_ = register(opConcatenation, form{handle: concatenation, options: 10, fields: 2})
	_ = register(opReshape, form{handle: reshape, options: 17, fields: 1}) // new_shape: the output's shape says it
	_ = register(opPad, form{handle: pad, options: 22, fields: 0})
	_ = register(opTranspose, form{handle: transpose, options: 26, fields: 0})
	_ = register(opSqueeze, form{handle: reshape, options: 30, fields: 1})
)

// reshape is RESHAPE and SQUEEZE: the elements stay in their order, and get the output's dimensions.
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
		if p < 0 || int(p) >= len(x.Dims) || slices.Contains(perm[:i], int(p)) || len(list) != len(x.Dims) {
			return fmt.Errorf("permutation %v of %v: %w", list, x.Dims, runtime.ErrShape)
		}
		perm[i], dims[i] = int(p), x.Dims[p]
	}
	return n.is(n.b.Rearrange(n.name, x, perm, dims))
}

func concatenation(n *node) error {
	out, err := n.output()
	if err != nil {
		return err
	}
	rank := len(out.shape)
	axis := n.options.int(0, 0)
	if axis < 0 {
		axis += rank
	}
	if axis < 0 || axis >= rank || len(n.inputs) == 0 {
		return fmt.Errorf("axis %d of %d: %w", axis, rank, runtime.ErrShape)
	}
	var in []*axes.Tensor
	dims := slices.Clone(out.shape)
	dims[axis] = 0
	for i := range n.inputs {
		x, err := n.input(i)
		if err != nil {
			return err
		}
		if len(x.Dims) != rank {
			return fmt.Errorf("%v in %v: %w", x.Dims, out.shape, runtime.ErrShape)
		}
		for j, d := range x.Dims {
			if j == axis {
				dims[j] += d
			} else if d != dims[j] {
				return fmt.Errorf("%v in %v along axis %d: %w", x.Dims, out.shape, axis, runtime.ErrShape)
			}
		}
		if x.DType == runtime.U8 { // all in the output's scale
			to, err := out.quant()
			if err != nil {
				return err
			}
			if x, err = n.requantised(x, to); err != nil {
				return err
			}
		}
		if axis != rank-1 { // side by side, as rows
			rows := []int{axes.Elements(x.Dims[:axis]), axes.Elements(x.Dims[axis:])}
			if x, err = n.b.Rearrange(fmt.Sprintf("%s/input%d", n.name, i), x, nil, rows); err != nil {
				return err
			}
		}
		in = append(in, x)
	}
	y := in[0]
	if len(in) > 1 {
		if y, err = n.b.Add(n.name, &runtime.Concat{}, in...); err != nil {
			return err
		}
	}
	if y, err = n.b.Rearrange(n.name+"/shaped", y, nil, dims); err != nil {
		return err
	}
	return n.clamped(y, n.options.byte(1))
}

// pad keeps zeros around rows and columns for the convolution that follows.
func pad(n *node) error {
	x, err := n.image(0)
	if err != nil {
		return err
	}
	t := n.tensor(1)
	if t == nil || len(t.shape) != 2 || t.shape[0] != 4 || t.shape[1] != 2 {
		return fmt.Errorf("paddings are not a 4×2 constant: %w", runtime.ErrGraph)
	}
	p, err := n.int32s(t)
	if err != nil {
		return err
	}
	for i, v := range p {
		if v < 0 || v > 1<<13 || v != 0 && (i < 2 || i > 5) {
			return fmt.Errorf("paddings %v; only rows and columns are padded: %w", p, runtime.ErrGraph)
		}
	}
	y, ok := n.b.Pad(x, axes.Pad{Top: int(p[2]), Bottom: int(p[3]), Left: int(p[4]), Right: int(p[5])})
	if !ok {
		return fmt.Errorf("paddings %v over %v: %w", p, x.Dims, runtime.ErrLimit)
	}
	return n.is(y, nil)
}
