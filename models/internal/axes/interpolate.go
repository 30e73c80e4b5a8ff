package axes

import (
	"fmt"
	"math"
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

// Linear are the two neighbours of each pixel and their weights.
func Linear(n, out int, corners bool) kernels.Taps {
	scale := float64(n) / float64(out)
	if corners {
		scale = float64(n-1) / float64(max(out-1, 1))
	}
	t := kernels.Taps{Per: 2}
	for i := range out {
		f := float32((float64(i)+0.5)*scale - 0.5)
		if corners {
			f = float32(float64(i) * scale)
		}
		whole := float32(math.Floor(float64(f)))
		first, ratio := int(whole), f-whole
		if first < 0 {
			first, ratio = 0, 0
		}
		if first >= n-1 {
			first, ratio = max(n-2, 0), 1
		}
		if n == 1 {
			ratio = 0
		}
		t.At = append(t.At, int32(first), int32(min(first+1, n-1)))
		t.Weights = append(t.Weights, 1-ratio, ratio)
	}
	return t
}
