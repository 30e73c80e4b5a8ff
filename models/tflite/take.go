package tflite

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

const (
	opGather      = 36
	opSplit       = 49
	opSlice       = 65
	opTile        = 69
	opUnpack      = 88
	opSplitV      = 102
	opReverse     = 105
	opGatherND    = 107
	opBroadcastTo = 130
)

func registerTake() {
	// Operations that pick and repeat elements by indices that are constants. Each is a [runtime.Take].
	register(opGather, form{handle: gather, options: 23, fields: 2}) // axis, batch_dims
	register(opSplit, form{handle: split, options: 35, fields: 1})   // num_splits
	register(opSlice, form{handle: slice, options: 48})
	register(opTile, form{handle: tile, options: 51})
	register(opUnpack, form{handle: unpack, options: 64, fields: 2})     // num, axis
	register(opSplitV, form{handle: splitSizes, options: 79, fields: 1}) // num_splits
	register(opReverse, form{handle: reverse, options: 81})
	register(opGatherND, form{handle: gatherND, options: 83})
	register(opBroadcastTo, form{handle: broadcast, options: 104})
}

// integers are those of input i, which must be a constant.
func (n *node) integers(i int) ([]int, error) {
	t := n.tensor(i)
	if t == nil || !t.constant() {
		return nil, fmt.Errorf("input %d is no constant: %w", i, runtime.ErrGraph)
	}
	size := map[dtype]int{typeInt32: 4, typeInt64: 8}[t.dtype]
	if size == 0 {
		return nil, fmt.Errorf("constant %q is %v, want integers: %w", t.name, t.dtype, runtime.ErrGraph)
	}
	raw, err := n.raw(t, size)
	if err != nil {
		return nil, err
	}
	v := make([]int, len(raw)/size)
	for i := range v {
		wide := int64(int32(binary.LittleEndian.Uint32(raw[size*i:])))
		if size == 8 {
			wide = int64(binary.LittleEndian.Uint64(raw[size*i:]))
		}
		if v[i] = int(wide); wide != int64(int32(wide)) {
			return nil, corrupt("%d in the constant %q", wide, t.name)
		}
	}
	return v, nil
}

// axis is input i, or −1 − i an option, as an index below rank.
func axisOf(v, rank int) (int, error) {
	if v < -rank || v >= rank {
		return 0, fmt.Errorf("axis %d of %d: %w", v, rank, runtime.ErrShape)
	}
	if v < 0 {
		v += rank
	}
	return v, nil
}

// axisInput is the axis that input i, a constant, names of rank dimensions.
func (n *node) axisInput(i, rank int) (int, error) {
	v, err := n.integers(i)
	if err != nil {
		return 0, err
	}
	if len(v) != 1 {
		return 0, fmt.Errorf("axes %v, want one: %w", v, runtime.ErrShape)
	}
	return axisOf(v[0], rank)
}

func slice(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	begin, err := n.integers(1)
	if err != nil {
		return err
	}
	size, err := n.integers(2)
	if err != nil {
		return err
	}
	if len(begin) != len(x.Dims) || len(size) != len(x.Dims) {
		return fmt.Errorf("from %v on %v of %v: %w", begin, size, x.Dims, runtime.ErrShape)
	}
	ranges := make([]axes.Range, len(x.Dims))
	for d := range ranges {
		if ranges[d] = (axes.Range{From: begin[d], Step: 1, Count: size[d]}); size[d] == -1 {
			ranges[d].Count = x.Dims[d] - begin[d]
		}
	}
	return n.is(n.b.Slice(n.name, x, ranges))
}

func split(n *node) error {
	x, err := n.input(1)
	if err != nil {
		return err
	}
	axis, err := n.axisInput(0, len(x.Dims))
	if err != nil {
		return err
	}
	parts := len(n.outputs)
	if parts < 1 || x.Dims[axis]%parts != 0 || n.options.int(0, parts) != parts {
		return fmt.Errorf("%v in %d parts along axis %d: %w", x.Dims, parts, axis, runtime.ErrShape)
	}
	return n.parts(x, axis, slices.Repeat([]int{x.Dims[axis] / parts}, parts))
}

func splitSizes(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	sizes, err := n.integers(1)
	if err != nil {
		return err
	}
	axis, err := n.axisInput(2, len(x.Dims))
	if err != nil {
		return err
	}
	rest := x.Dims[axis]
	for _, v := range sizes {
		if v != -1 {
			rest -= v
		}
	}
	if i := slices.Index(sizes, -1); i >= 0 {
		sizes[i] = rest
	}
	return n.parts(x, axis, sizes)
}

// parts makes each output one of the parts of an axis, one after another.
func (n *node) parts(x *axes.Tensor, axis int, sizes []int) error {
	sum := 0
	for _, v := range sizes {
		sum += min(max(v, 0), 1<<30)
	}
	if sum != x.Dims[axis] || len(sizes) != len(n.outputs) || slices.Min(sizes) < 1 {
		return fmt.Errorf("%d outputs of parts %v of axis %d of %v: %w", len(n.outputs), sizes, axis, x.Dims,
			runtime.ErrShape)
	}
	at := 0
	for i, size := range sizes {
		ranges := make([]axes.Range, len(x.Dims))
		ranges[axis] = axes.Range{From: at, Step: 1, Count: size}
		if err := n.gives(i)(n.b.Slice(n.outputName(i), x, ranges)); err != nil {
			return err
		}
		at += size
	}
	return nil
}

// unpack makes each output one index of an axis, which is dropped.
func unpack(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	axis, err := axisOf(n.options.int(1, 0), len(x.Dims))
	if err != nil {
		return err
	}
	if len(n.outputs) != x.Dims[axis] {
		return fmt.Errorf("%d outputs along axis %d of %v: %w", len(n.outputs), axis, x.Dims, runtime.ErrShape)
	}
	for i := range n.outputs {
		if err := n.gives(i)(n.b.Pick(n.outputName(i), x, axis, []int32{int32(i)}, nil)); err != nil {
			return err
		}
	}
	return nil
}

func gather(n *node) error {
	if t := n.tensor(1); t != nil && !t.constant() {
		return gatherBy(n)
	}
	x, err := n.input(0)
	if err != nil {
		return err
	}
	indices, err := n.integers(1)
	if err != nil {
		return err
	}
	axis, err := axisOf(n.options.int(0, 0), len(x.Dims))
	if err != nil {
		return err
	}
	if b := n.options.int(1, 0); b != 0 {
		return fmt.Errorf("batch_dims %d: %w", b, runtime.ErrGraph)
	}
	at := make([]int32, len(indices))
	for i, v := range indices {
		at[i] = int32(v)
	}
	return n.is(n.b.Pick(n.name, x, axis, at, n.tensor(1).shape))
}

// gatherND picks what lists of indices name along the first dimensions.
func gatherND(n *node) error {
	if t := n.tensor(1); t != nil && !t.constant() {
		return gatherNDBy(n)
	}
	x, err := n.input(0)
	if err != nil {
		return err
	}
	lists, err := n.integers(1)
	if err != nil {
		return err
	}
	shape := n.tensor(1).shape
	if len(shape) == 0 || shape[len(shape)-1] > len(x.Dims) {
		return fmt.Errorf("indices of shape %v over %v: %w", shape, x.Dims, runtime.ErrShape)
	}
	depth := shape[len(shape)-1]
	at := make([]int32, len(lists)/depth)
	for i := range at {
		for d, v := range lists[i*depth:][:depth] {
			if v < 0 || v >= x.Dims[d] {
				return fmt.Errorf("index %d of dimension %d of %v: %w", v, d, x.Dims, runtime.ErrShape)
			}
			at[i] = at[i]*int32(x.Dims[d]) + int32(v)
		}
	}
	if depth > 1 {
		flat := slices.Concat([]int{axes.Elements(x.Dims[:depth])}, x.Dims[depth:])
		if x, err = n.b.Rearrange(n.name+"/flat", x, nil, flat); err != nil {
			return err
		}
	}
	return n.is(n.b.Pick(n.name, x, 0, at, shape[:len(shape)-1]))
}

func tile(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	times, err := n.integers(1)
	if err != nil {
		return err
	}
	if len(times) != len(x.Dims) {
		return fmt.Errorf("%v repeated %v times: %w", x.Dims, times, runtime.ErrShape)
	}
	return n.is(n.b.Repeat(n.name, x, times))
}

func broadcast(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	dims, err := n.integers(1)
	if err != nil {
		return err
	}
	return n.is(n.b.Expand(n.name, x, dims))
}

func reverse(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	list, err := n.integers(1)
	if err != nil {
		return err
	}
	ranges := make([]axes.Range, len(x.Dims))
	for _, d := range list {
		if d, err = axisOf(d, len(x.Dims)); err != nil {
			return err
		}
		ranges[d] = axes.Range{From: x.Dims[d] - 1, Step: -1, Count: x.Dims[d]}
	}
	return n.is(n.b.Slice(n.name, x, ranges))
}
