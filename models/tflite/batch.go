package tflite

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

const (
	opBatchToSpace = 37
	opSpaceToBatch = 38
)

func registerBatch() {
	register(opBatchToSpace, form{handle: batchToSpace, options: 24})
	register(opSpaceToBatch, form{handle: spaceToBatch, options: 25})
}

// blocks are the sides of the blocks of an operation between space and batch, and its pads or crops.
func (n *node) blocks(x *axes.Tensor) (sides, before, behind []int, err error) {
	if sides, err = n.integers(1); err != nil {
		return nil, nil, nil, err
	}
	if len(sides) == 0 || len(sides) > 2 || len(x.Dims) != len(sides)+2 || slices.Min(sides) < 1 ||
		slices.Max(sides) > 1<<14 {
		return nil, nil, nil, fmt.Errorf("blocks %v of %v: %w", sides, x.Dims, runtime.ErrShape)
	}
	before, behind, err = n.pairs(2, len(sides))
	return sides, before, behind, err
}

// spaceToBatch makes images of the pixels that have one place in their blocks: the first index in a block is that
// before all others.
func spaceToBatch(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	sides, before, behind, err := n.blocks(x)
	if err != nil {
		return err
	}
	around := func(v []int) []int { return slices.Concat([]int{0}, v, []int{0}) }
	if x, err = n.b.Surround(n.name+"/padded", x, around(before), around(behind), axes.Constant, 0); err != nil {
		return err
	}
	images, last := x.Dims[0], len(x.Dims)-1
	cut, perm, rest, dims := []int{images}, []int{}, []int{0}, []int{images}
	for d, side := range sides { // [N, H/a, a, W/b, b, C] → [a, b, N, H/a, W/b, C]
		if x.Dims[1+d]%side != 0 {
			return fmt.Errorf("blocks %v of %v: %w", sides, x.Dims, runtime.ErrShape)
		}
		cut = append(cut, x.Dims[1+d]/side, side)
		perm, rest = append(perm, 2+2*d), append(rest, 1+2*d)
		dims = append(dims, x.Dims[1+d]/side)
		dims[0] *= side
	}
	cut, perm, dims = append(cut, x.Dims[last]), slices.Concat(perm, rest, []int{len(cut)}), append(dims, x.Dims[last])
	return n.turn(x, cut, perm, dims, nil, nil)
}

// batchToSpace is the inverse of spaceToBatch.
func batchToSpace(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	sides, before, behind, err := n.blocks(x)
	if err != nil {
		return err
	}
	images := x.Dims[0]
	for _, side := range sides {
		if images%side != 0 {
			return fmt.Errorf("blocks %v of %v: %w", sides, x.Dims, runtime.ErrShape)
		}
		images /= side
	}
	k, last := len(sides), len(x.Dims)-1
	cut := slices.Concat(sides, []int{images}, x.Dims[1:]) // [a, b, N, H, W, C] → [N, H, a, W, b, C]
	perm, dims := []int{k}, []int{images}
	for d, side := range sides {
		perm, dims = append(perm, k+1+d, d), append(dims, x.Dims[1+d]*side)
	}
	perm, dims = append(perm, 2*k+1), append(dims, x.Dims[last])
	return n.turn(x, cut, perm, dims, before, behind)
}

// turn gives x the dimensions cut, permutes and joins them, and takes something from rows and columns.
func (n *node) turn(x *axes.Tensor, cut, perm, dims, before, behind []int) error {
	x, err := n.b.Rearrange(n.name+"/cut", x, nil, cut)
	if err != nil {
		return err
	}
	if x, err = n.b.Rearrange(n.name+"/turned", x, perm, dims); err != nil {
		return err
	}
	ranges := make([]axes.Range, len(dims))
	for d := range before {
		ranges[1+d] = axes.Range{From: before[d], Step: 1, Count: dims[1+d] - before[d] - behind[d]}
	}
	return n.is(n.b.Slice(n.name, x, ranges))
}

// dilation is what a convolution has of a SPACE_TO_BATCH_ND before and a BATCH_TO_SPACE_ND behind it.
type dilation struct {
	h, w int
	pads axes.Pad
}

// dilate makes of a convolution between space and batch a dilated one, as it was before a converter took it apart: it
// takes the place of all three.
func (im *importer) dilate() {
	uses := map[int]int{}
	for _, op := range im.sub.operators {
		for _, t := range op.inputs {
			uses[t]++
		}
	}
	for _, t := range im.sub.outputs {
		uses[t]++
	}
	maker := map[int]int{} // operators, by their only output that has one reader
	gone := map[int]bool{}
	for k, op := range im.sub.operators {
		if len(op.outputs) == 1 && uses[op.outputs[0]] == 1 {
			maker[op.outputs[0]] = k
		}
		if op.code != opBatchToSpace || op.custom != "" || len(op.inputs) != 3 || len(op.outputs) != 1 {
			continue
		}
		j, ok := maker[op.inputs[0]]
		if !ok || len(im.sub.operators[j].inputs) == 0 {
			continue
		}
		c := &im.sub.operators[j]
		i, ok := maker[c.inputs[0]]
		if !ok {
			continue
		}
		s := im.sub.operators[i]
		if d := im.dilationOf(s, *c, op); d != nil {
			c.inputs = slices.Concat(s.inputs[:1], c.inputs[1:])
			c.outputs, c.dilated = op.outputs, d
			gone[i], gone[k] = true, true
		}
	}
	left := im.sub.operators[:0:0]
	for i, op := range im.sub.operators {
		if !gone[i] {
			left = append(left, op)
		}
	}
	im.sub.operators = left
}

// dilationOf is what the convolution c becomes between s and b; nil if it is no plain one.
func (im *importer) dilationOf(s, c, b operator) *dilation {
	conv := map[int]int{opConv2D: 4, opDepthwiseConv2D: 5}[c.code] // the field of the dilation of columns
	if s.code != opSpaceToBatch || s.custom != "" || c.custom != "" || conv == 0 || len(s.inputs) != 3 ||
		c.options.byte(0) != 1 || // VALID
		c.options.int(1, 1) != 1 || c.options.int(2, 1) != 1 || c.options.int(conv, 1) != 1 || c.options.int(conv+1, 1) != 1 {
		return nil
	}
	var lists [4][]int
	for i, t := range []int{s.inputs[1], b.inputs[1], s.inputs[2], b.inputs[2]} {
		n := node{importer: im, operator: operator{inputs: []int{t}}}
		var err error
		if lists[i], err = n.integers(0); err != nil || len(lists[i]) != 2+2*(i/2) {
			return nil
		}
	}
	sides, pads, crops := lists[0], lists[2], lists[3]
	d := &dilation{h: sides[0], w: sides[1], pads: axes.Pad{Top: pads[0] - crops[0], Bottom: pads[1] - crops[1],
		Left: pads[2] - crops[2], Right: pads[3] - crops[3]}}
	if !slices.Equal(sides, lists[1]) || slices.Min(pads) < 0 || slices.Min(crops) < 0 ||
		min(d.pads.Top, d.pads.Bottom, d.pads.Left, d.pads.Right) < 0 || slices.Max(pads) > 1<<13 {
		return nil
	}
	if t := im.sub.tensors; s.outputs[0] >= len(t) || !sameQuant(&t[s.inputs[0]], &t[s.outputs[0]]) ||
		!sameQuant(&t[c.outputs[0]], &t[b.outputs[0]]) {
		return nil
	}
	return d
}

// sameQuant reports whether two tensors stand for numbers in one way.
func sameQuant(a, b *tensor) bool {
	return a.dtype == b.dtype && slices.Equal(a.scale, b.scale) && slices.Equal(a.zero, b.zero)
}
