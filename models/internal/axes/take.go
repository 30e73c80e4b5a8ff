package axes

import (
	"fmt"
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/runtime"
)

// What picks, repeats, turns round or surrounds elements is a [runtime.Take]: a list of indices for each dimension.
// The layout stays, and nothing is moved but what is taken.

// Select picks along dimensions: lists[d] has the index in t for each of the result along dimension d, −1 where the
// result is fill. A nil list names the whole dimension.
func (b *Builder) Select(name string, t *Tensor, lists [][]int32, fill float32) (*Tensor, error) {
	dims, same := slices.Clone(t.Dims), true
	for d, list := range lists {
		if list == nil {
			continue
		}
		same = same && len(list) == dims[d]
		for i, v := range list {
			if v < -1 || int(v) >= t.Dims[d] {
				return nil, fmt.Errorf("index %d of %d along dimension %d: %w", v, t.Dims[d], d, runtime.ErrShape)
			}
			same = same && int(v) == i
		}
		dims[d] = len(list)
	}
	if same {
		return t, nil
	}
	if err := b.Fits(dims); err != nil {
		return nil, err
	}
	v, err := b.Value(t)
	if err != nil {
		return nil, err
	}
	op := &runtime.Take{Fill: fill}
	of := axesOf(len(dims), t.Layout)
	for i, list := range []*[]int32{&op.Images, &op.Rows, &op.Cols, &op.Channels} {
		if *list, err = b.crossed(of[i], lists, t.Dims); err != nil {
			return nil, err
		}
	}
	if v, err = b.add(name, op, v); err != nil {
		return nil, err
	}
	return over(v, dims, t.Layout), nil
}

// axesOf returns which dimensions the images, rows, columns and channels of a shape are made of: see
// [runtime.ShapeOf].
func axesOf(rank int, l runtime.Layout) (of [4][]int) {
	const images, rows, cols, channels = 0, 1, 2, 3
	for d := range rank {
		axis := cols
		switch behind := rank - 1 - d; {
		case l == runtime.ChannelsLast && rank > 1:
			axis = []int{images, channels, rows, cols}[min(d, 3)]
		case behind == 0:
			axis = channels
		case d == 0 || behind > 2:
			axis = images
		case behind == 2:
			axis = rows
		}
		of[axis] = append(of[axis], d)
	}
	return of
}

// crossed is the list of an axis that is made of several dimensions; nil if it is whole.
func (b *Builder) crossed(of []int, lists [][]int32, dims []int) ([]int32, error) {
	if !slices.ContainsFunc(of, func(d int) bool { return lists[d] != nil }) {
		return nil, nil
	}
	if Elements(dims) > math.MaxInt32 {
		return nil, fmt.Errorf("indices of %v: %w", dims, runtime.ErrLimit)
	}
	at := []int32{0}
	for _, d := range of {
		n := dims[d]
		if lists[d] != nil {
			n = len(lists[d])
		}
		if err := b.Take(len(at) * n); err != nil {
			return nil, err
		}
		next := make([]int32, 0, len(at)*n)
		for _, i := range at {
			for j := range n {
				k := int32(j)
				if lists[d] != nil {
					k = lists[d][j]
				}
				if i < 0 || k < 0 {
					next = append(next, -1)
				} else {
					next = append(next, i*int32(dims[d])+k)
				}
			}
		}
		at = next
	}
	return at, nil
}

// Range is every Step-th index of a dimension from From on, Count of them; the zero Range is the whole dimension.
type Range struct{ From, Step, Count int }

// Slice keeps a range of each dimension. Steps may be negative.
func (b *Builder) Slice(name string, t *Tensor, ranges []Range) (*Tensor, error) {
	lists := make([][]int32, len(t.Dims))
	for d, r := range ranges {
		if r == (Range{}) || r == (Range{0, 1, t.Dims[d]}) {
			continue
		}
		last := r.From + (r.Count-1)*r.Step
		if r.Count < 1 || r.Count > t.Dims[d] || min(r.From, last) < 0 || max(r.From, last) >= t.Dims[d] {
			return nil, fmt.Errorf("%d from %d by %d of dimension %d of %v: %w", r.Count, r.From, r.Step, d, t.Dims,
				runtime.ErrShape)
		}
		if err := b.Take(r.Count); err != nil {
			return nil, err
		}
		for i := range r.Count {
			lists[d] = append(lists[d], int32(r.From+i*r.Step))
		}
	}
	return b.Select(name, t, lists, 0)
}

// Pick takes elements of indices along dimension d, which becomes the dimensions shape, as many as there are indices.
func (b *Builder) Pick(name string, t *Tensor, d int, indices []int32, shape []int) (*Tensor, error) {
	lists := make([][]int32, len(t.Dims))
	lists[d] = indices
	if len(indices) == 0 || slices.Min(indices) < 0 {
		return nil, fmt.Errorf("indices %v: %w", indices, runtime.ErrShape)
	}
	out, err := b.Select(name, t, lists, 0)
	if err != nil || len(shape) == 1 {
		return out, err
	}
	return b.Rearrange(name+"/shaped", out, nil, slices.Concat(t.Dims[:d], shape, t.Dims[d+1:]))
}

// Repeat lays t's elements out several times along each dimension.
func (b *Builder) Repeat(name string, t *Tensor, times []int) (*Tensor, error) {
	lists, dims := make([][]int32, len(t.Dims)), slices.Clone(t.Dims)
	for d, n := range times {
		if n < 1 || n > b.limits.MaxElements/t.Dims[d] {
			return nil, fmt.Errorf("%v repeated %v times: %w", t.Dims, times, runtime.ErrShape)
		}
		dims[d] *= n
	}
	if err := b.Fits(dims); err != nil {
		return nil, err
	}
	for d, n := range times {
		if n == 1 {
			continue
		}
		if err := b.Take(n * t.Dims[d]); err != nil {
			return nil, err
		}
		lists[d] = make([]int32, 0, dims[d])
		for i := range dims[d] {
			lists[d] = append(lists[d], int32(i%t.Dims[d]))
		}
	}
	return b.Select(name, t, lists, 0)
}

// Expand aligns t with dimensions at their ends and repeats it along those where it is 1, as NumPy's broadcasting does.
// Where dims is 1, t's own dimension stays.
func (b *Builder) Expand(name string, t *Tensor, dims []int) (*Tensor, error) {
	rank := max(len(dims), len(t.Dims))
	dims = slices.Concat(slices.Repeat([]int{1}, rank-len(dims)), dims)
	from := slices.Concat(slices.Repeat([]int{1}, rank-len(t.Dims)), t.Dims)
	times := make([]int, rank)
	for d, n := range from {
		switch {
		case n == 1:
			times[d] = dims[d]
		case dims[d] == 1 || dims[d] == n:
			times[d] = 1
		default:
			return nil, fmt.Errorf("%v expanded to %v: %w", t.Dims, dims, runtime.ErrShape)
		}
	}
	if rank > len(t.Dims) {
		var err error
		if t, err = b.Rearrange(name+"/aligned", t, nil, from); err != nil {
			return nil, err
		}
	}
	return b.Repeat(name, t, times)
}
