package axes

import (
	"fmt"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// Reduce appends what make gives of the axes of memory that the flagged dimensions of t are; those become 1, or are
// left out without keep. Dimensions that kernels do not tell apart are brought together by a copy.
func (b *Builder) Reduce(name string, t *Tensor, flags []bool, keep bool, make func(kernels.Axes) runtime.Op) (*Tensor,
	error) {
	if len(flags) != len(t.Dims) {
		return nil, fmt.Errorf("%d flags for %v: %w", len(flags), t.Dims, runtime.ErrShape)
	}
	left, ones := []int{}, []int{}
	var kept, dropped []int
	for i, d := range t.Dims {
		switch {
		case !flags[i]:
			left, ones, kept = append(left, d), append(ones, d), append(kept, i)
		default:
			ones, dropped = append(ones, 1), append(dropped, i)
			if keep {
				left = append(left, 1)
			}
		}
	}
	axes, ok := t.axes(flags)
	if !ok {
		rows := []int{1, 1}
		for i, d := range t.Dims {
			if flags[i] {
				rows[1] *= d
			} else {
				rows[0] *= d
			}
		}
		var err error
		if t, err = b.Rearrange(name+"/rows", t, append(kept, dropped...), rows); err != nil {
			return nil, err
		}
		axes, ones = kernels.Axes{C: true}, []int{rows[0], 1}
	}
	v, err := b.Value(t)
	if err != nil {
		return nil, err
	}
	if v, err = b.add(name, make(axes), v); err != nil {
		return nil, err
	}
	return b.Rearrange(name+"/shaped", over(v, ones, t.Layout), nil, left)
}

// Reduction is a reduction over axes of memory, the mean over rows and columns by the faster kernels of pooling.
func Reduction(how kernels.Reduction, a kernels.Axes) runtime.Op {
	if how == kernels.Mean && a == (kernels.Axes{H: true, W: true}) {
		return &runtime.GlobalPool{Type: runtime.AvgPool}
	}
	return &runtime.Reduce{How: how, Over: a}
}

// axes are those of memory that the flagged dimensions are. It reports false if one of them is made of flagged and of
// other dimensions, of which those of 1 are either.
func (t *Tensor) axes(flags []bool) (a kernels.Axes, ok bool) {
	var in, out, named [4]bool // N, H, W, C
	for i, d := range t.Dims {
		at := t.axisOf(i)
		named[at] = named[at] || flags[i]
		in[at], out[at] = in[at] || flags[i] && d > 1, out[at] || !flags[i] && d > 1
	}
	for i := range in {
		if in[i] && out[i] {
			return a, false
		}
		named[i] = named[i] && !out[i]
	}
	a = kernels.Axes{N: named[0], H: named[1], W: named[2], C: named[3]}
	s := t.Shape()
	a.H, a.W = a.H || a.W && s.H == 1, a.W || a.H && s.W == 1 // the whole map, for Reduction
	return a, true
}

// axisOf returns the axis of memory, of N, H, W and C, that a dimension is, or a part of.
func (t *Tensor) axisOf(i int) int {
	r := len(t.Dims)
	switch {
	case i == t.ChannelAxis():
		return 3
	case t.Layout == runtime.ChannelsLast && i > 0:
		return min(i-1, 2)
	case t.Layout == runtime.AsWritten && i == r-2 && r > 2:
		return 2
	case t.Layout == runtime.AsWritten && i == r-3 && r > 3:
		return 1
	}
	return 0
}
