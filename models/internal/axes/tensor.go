package axes

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/runtime"
)

// Tensor is a value with its dimensions as the file sees them. A nil *Tensor is a value whose shape is unknown because
// an unsupported operation makes it.
type Tensor struct {
	Dims   []int
	DType  runtime.DType
	Layout runtime.Layout

	v    *runtime.Value // before flattening or padding
	flat bool           // v is still to be flattened in channel-major order; v lies channels last
	pad  Pad            // v is still to be padded
}

// MaxRank is the largest number of dimensions that kernels tell apart.
const MaxRank = 4

// Fits refuses dimensions that are empty or too many elements. What lists the indices of a result asks first: a list
// takes time and memory before the operation it is for is looked at.
func (b *Builder) Fits(dims []int) error {
	if _, ok := Product(b.limits.MaxElements, dims...); !ok {
		return fmt.Errorf("dimensions %v are empty or exceed %d elements: %w",
			dims, b.limits.MaxElements, runtime.ErrLimit)
	}
	return nil
}

// dimsOf are the dimensions of a result of shape s over a tensor whose rank and layout it has.
func dimsOf(s runtime.Shape, rank int, l runtime.Layout) []int {
	switch {
	case rank == 0:
		return []int{}
	case rank == 1:
		return []int{s.C}
	case rank == 2:
		return []int{s.N, s.C}
	case l == runtime.ChannelsLast:
		return []int{s.N, s.C, s.H, s.W}[:rank]
	case rank == 3:
		return []int{s.N, s.W, s.C}
	}
	return []int{s.N, s.H, s.W, s.C}
}

// Quant returns how a quantised tensor stands for numbers; the zero value for a float one.
func (t *Tensor) Quant() runtime.Quant { return t.v.Quant }

// Name returns the name of the value behind t.
func (t *Tensor) Name() string { return t.v.Name }

// Shape returns the shape that kernels see, flattened and padded as t is to be.
func (t *Tensor) Shape() runtime.Shape { return runtime.ShapeOf(t.Dims, t.Layout) }

// Channels returns the size of the channel axis.
func (t *Tensor) Channels() int { return t.Shape().C }

// ChannelAxis returns the index of the channel axis in Dims: the last as written, or 1; −1 of a scalar.
func (t *Tensor) ChannelAxis() int {
	if t.Layout == runtime.AsWritten {
		return len(t.Dims) - 1
	}
	return min(1, len(t.Dims)-1)
}

// rowAxis returns the index of an image's rows in Dims, before that of its columns.
func (t *Tensor) rowAxis() int {
	if t.Layout == runtime.AsWritten {
		return 1
	}
	return 2
}

// with returns another view of t's memory.
func (t *Tensor) with(dims []int, l runtime.Layout) *Tensor {
	return &Tensor{Dims: slices.Clone(dims), DType: t.DType, Layout: l, v: t.v}
}

// over returns a tensor over a value of the graph.
func over(v *runtime.Value, dims []int, l runtime.Layout) *Tensor {
	return &Tensor{Dims: slices.Clone(dims), DType: v.DType, Layout: l, v: v}
}

// Wrap returns a tensor of that rank over a value of the graph that lies channels last.
func (b *Builder) Wrap(v *runtime.Value, rank int) *Tensor {
	return over(v, dimsOf(v.Shape, rank, runtime.ChannelsLast), runtime.ChannelsLast)
}

// Product multiplies dimensions; ok is false if one is not positive or the product exceeds limit.
func Product(limit int, dims ...int) (p int, ok bool) {
	p = 1
	for _, d := range dims {
		if d < 1 || p > limit/d {
			return 0, false
		}
		p *= d
	}
	return p, true
}

// Elements is the product of dimensions that were checked.
func Elements(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}
