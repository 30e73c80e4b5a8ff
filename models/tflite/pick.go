package tflite

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

// argMax is ARG_MAX and ARG_MIN, along an axis that is a constant.
func argMax(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	d, err := n.axisInput(1, len(x.Dims))
	if err != nil {
		return err
	}
	y, err := n.b.Along(n.name+"/kept", &runtime.Arg{Least: n.code == opArgMin}, x, d)
	if err == nil {
		y, err = n.b.Without(n.name, y, d)
	}
	return n.is(y, err)
}

// topK has two outputs, the best of the last dimension and their indices.
func topK(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	k, err := n.integers(1)
	if err != nil {
		return err
	}
	last := len(x.Dims) - 1
	if len(k) != 1 || last < 0 || k[0] < 1 || k[0] > x.Dims[last] || len(n.outputs) != 2 {
		return fmt.Errorf("the best %v of %v in %d outputs: %w", k, x.Dims, len(n.outputs), runtime.ErrShape)
	}
	if err := n.gives(0)(n.b.Along(n.outputName(0), &runtime.TopK{K: k[0]}, x, last)); err != nil {
		return err
	}
	return n.gives(1)(n.b.Along(n.outputName(1), &runtime.TopK{K: k[0], Indices: true}, x, last))
}

// gatherBy is GATHER by indices that are computed.
func gatherBy(n *node) error {
	x, at, err := n.indexed(0, 1)
	if err != nil {
		return err
	}
	axis, err := axisOf(n.options.int(0, 0), len(x.Dims))
	if err != nil {
		return err
	}
	return n.is(n.b.Gather(n.name, x, at, axis, n.options.int(1, 0)))
}

// gatherNDBy is GATHER_ND by indices that are computed.
func gatherNDBy(n *node) error {
	x, at, err := n.indexed(0, 1)
	if err != nil {
		return err
	}
	return n.is(n.b.GatherND(n.name, x, at, 0))
}

// indexed are the input that is picked from, in the file's own numbers if it is computed, and the indices.
func (n *node) indexed(data, indices int) (x, at *axes.Tensor, err error) {
	if t := n.tensor(data); t != nil && t.constant() {
		x, err = n.operand(data)
	} else {
		x, err = n.input(data)
	}
	if err != nil {
		return nil, nil, err
	}
	if at, err = n.operand(indices); err != nil {
		return nil, nil, err
	}
	if at.DType != runtime.I32 || len(at.Dims) == 0 && indices > 0 && n.code != opGather {
		return nil, nil, fmt.Errorf("indices of %v, %v: %w", at.Dims, at.DType, runtime.ErrShape)
	}
	return x, at, nil
}

// scatterND writes updates into zeros.
func scatterND(n *node) error {
	ts, err := n.operands(3)
	if err != nil {
		return err
	}
	at, updates := ts[0], ts[1]
	t, err := n.output()
	if err != nil {
		return err
	}
	if len(at.Dims) == 0 {
		return fmt.Errorf("into %v by indices of %v: %w", t.shape, at.Dims, runtime.ErrShape)
	}
	if err := n.b.Fits(t.shape); err != nil {
		return err
	}
	size := axes.Elements(t.shape)
	if err := n.b.Take(size); err != nil {
		return err
	}
	var zeros *axes.Tensor
	if updates.DType == runtime.I32 {
		zeros, err = n.b.Ints(n.name+"/zeros", t.shape, make([]int32, size))
	} else {
		zeros, err = n.b.Constant(n.name+"/zeros", &axes.Source{Dims: t.shape, Decode: func([]float32, int) {}}, nil)
	}
	if err != nil {
		return err
	}
	return n.is(n.b.ScatterND(n.name, zeros, at, updates))
}

// oneHot compares each index with those of a new axis, and chooses between two values.
func oneHot(n *node) error {
	if len(n.inputs) != 4 {
		return fmt.Errorf("%d inputs, want 4: %w", len(n.inputs), runtime.ErrGraph)
	}
	depth, err := n.integers(1)
	if err != nil {
		return err
	}
	const most = 1 << 20
	if len(depth) != 1 || depth[0] < 1 || depth[0] > most {
		return fmt.Errorf("a depth of %v: %w", depth, runtime.ErrShape)
	}
	var ts [3]*axes.Tensor
	for i, in := range []int{0, 2, 3} {
		if ts[i], err = n.operand(in); err != nil {
			return err
		}
	}
	rank := len(ts[0].Dims)
	a, err := axisOf(n.options.int(0, 0), rank+1)
	if err != nil {
		return err
	}
	at, err := n.b.Rearrange(n.name+"/wide", ts[0], nil, slices.Insert(slices.Clone(ts[0].Dims), a, 1))
	if err != nil {
		return err
	}
	if err := n.b.Take(depth[0]); err != nil {
		return err
	}
	all, dims := make([]int32, depth[0]), slices.Repeat([]int{1}, rank+1)
	for i := range all {
		all[i] = int32(i)
	}
	dims[a] = depth[0]
	places, err := n.b.Ints(n.name+"/places", dims, all)
	if err != nil {
		return err
	}
	is, err := n.b.Broadcast(n.name+"/is", &runtime.Compare{How: kernels.Equal}, at, places)
	if err != nil {
		return err
	}
	return n.is(n.b.Broadcast(n.name, &runtime.Where{}, is, ts[1], ts[2]))
}
