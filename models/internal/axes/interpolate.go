package axes

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// Rows returns t so that no dimension but those of rows and columns has taps, and the operation over it; nil if there
// is no such layout.
func (b *Builder) Rows(name string, t *Tensor, taps []kernels.Taps, fill float32) (*Tensor, *runtime.Interpolate,
	error) {
	for _, l := range []runtime.Layout{t.Layout, runtime.ChannelsLast, runtime.AsWritten} {
		op, left := &runtime.Interpolate{Fill: fill}, 0
		of := axesOf(len(taps), l)
		for axis, to := range map[int]*kernels.Taps{1: &op.Rows, 2: &op.Cols} {
			if len(of[axis]) == 1 {
				*to = taps[of[axis][0]]
			}
		}
		for _, t := range taps {
			if t.Per > 0 {
				left++
			}
		}
		for _, t := range []kernels.Taps{op.Rows, op.Cols} {
			if t.Per > 0 {
				left--
			}
		}
		if left == 0 && (l == t.Layout || len(t.Dims) <= MaxRank) {
			t, err := b.As(name, t, l)
			return t, op, err
		}
	}
	return nil, nil, nil
}

// Interpolate makes each index of a dimension a weighted sum of t's, by taps for each dimension, one after another.
func (b *Builder) Interpolate(name string, t *Tensor, taps []kernels.Taps, fill float32) (*Tensor, error) {
	t, err := b.As(name, t, runtime.AsWritten)
	if err != nil {
		return nil, err
	}
	for d, of := range taps {
		if of.Per == 0 {
			continue
		}
		dims := slices.Clone(t.Dims)
		flat := []int{Elements(dims[:d]), dims[d], Elements(dims[d+1:])}
		if t, err = b.Rearrange(fmt.Sprintf("%s/flat%d", name, d), t, nil, flat); err != nil {
			return nil, err
		}
		if t, err = b.Add(name, &runtime.Interpolate{Cols: of, Fill: fill}, t); err != nil {
			return nil, err
		}
		dims[d] = len(of.At) / of.Per
		if t, err = b.Rearrange(fmt.Sprintf("%s/shaped%d", name, d), t, nil, dims); err != nil {
			return nil, err
		}
	}
	return t, nil
}
