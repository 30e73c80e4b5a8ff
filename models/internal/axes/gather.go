package axes

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/runtime"
)

// plain returns t as written with these dimensions.
func (b *Builder) plain(name string, t *Tensor, dims ...int) (*Tensor, error) {
	t, err := b.As(name, t, runtime.AsWritten)
	if err != nil {
		return nil, err
	}
	return b.Rearrange(name, t, nil, dims)
}

// GatherND picks elements of t, or what is behind, by tensors of indices: the last dimension of at has an index for
// each of so many dimensions of t behind the first, along which both are alike.
func (b *Builder) GatherND(name string, t, at *Tensor, alike int) (*Tensor, error) {
	k := at.Dims[len(at.Dims)-1]
	if alike < 0 || alike >= len(at.Dims) || k < 1 || alike+k > len(t.Dims) ||
		!slices.Equal(t.Dims[:alike], at.Dims[:alike]) {
		return nil, fmt.Errorf("%v by indices of %v, of which %d are alike: %w", t.Dims, at.Dims, alike, runtime.ErrShape)
	}
	images, picked, rest := t.Dims[:alike], t.Dims[alike:alike+k], t.Dims[alike+k:]
	out := slices.Concat(images, at.Dims[alike:len(at.Dims)-1], rest)
	return b.gather(name, t, at, Elements(images), Elements(images), picked, Elements(rest), out)
}

// Gather picks along dimension d by a tensor of indices, whose dimensions the result has in place of d. The first
// dimensions of both, so many as are alike, are those of images of which each has indices of its own: d is none of
// them, and comes next.
func (b *Builder) Gather(name string, t, at *Tensor, d, alike int) (*Tensor, error) {
	if alike > 0 && alike != d || alike > len(at.Dims) || !slices.Equal(t.Dims[:alike], at.Dims[:alike]) {
		return nil, fmt.Errorf("%v along %d by indices of %v, of which %d are alike: %w", t.Dims, d, at.Dims, alike,
			runtime.ErrShape)
	}
	images, rest := t.Dims[:d], t.Dims[d+1:]
	out := slices.Concat(images, at.Dims[alike:], rest)
	return b.gather(name, t, at, Elements(images), Elements(images[:alike]), t.Dims[d:d+1], Elements(rest), out)
}

// GatherElements picks along dimension d, each element by an index of its own.
func (b *Builder) GatherElements(name string, t, at *Tensor, d int) (*Tensor, error) {
	if len(at.Dims) != len(t.Dims) {
		return nil, fmt.Errorf("%v by indices of %v: %w", t.Dims, at.Dims, runtime.ErrShape)
	}
	ranges := make([]Range, len(t.Dims))
	for j, n := range at.Dims {
		if j != d && n > t.Dims[j] {
			return nil, fmt.Errorf("%v by indices of %v: %w", t.Dims, at.Dims, runtime.ErrShape)
		} else if j != d && n < t.Dims[j] {
			ranges[j] = Range{Count: n, Step: 1}
		}
	}
	t, err := b.Slice(name+"/sliced", t, ranges)
	if err != nil {
		return nil, err
	}
	perm, back := lastly(len(t.Dims), d)
	for _, x := range []**Tensor{&t, &at} {
		if *x, err = b.Transpose(name+"/turned", *x, perm); err != nil {
			return nil, err
		}
	}
	rows := Elements(at.Dims) / at.Dims[len(at.Dims)-1]
	out, err := b.gather(name, t, at, rows, rows, t.Dims[len(t.Dims)-1:], 1, at.Dims)
	if err != nil {
		return nil, err
	}
	return b.Transpose(name+"/back", out, back)
}

// lastly is the permutation of so many dimensions that puts d last, and its inverse.
func lastly(rank, d int) (perm, back []int) {
	back = make([]int, rank)
	for j := range rank {
		if j != d {
			perm = append(perm, j)
		}
	}
	perm = append(perm, d)
	for i, j := range perm {
		back[j] = i
	}
	return perm, back
}

// gather picks among the dimensions picked of t, which is so many images of them, of size elements each; at has indices
// for as many images, or for all.
func (b *Builder) gather(name string, t, at *Tensor, images, own int, picked []int, size int, dims []int) (*Tensor,
	error) {
	if err := b.Fits(dims); err != nil {
		return nil, err
	}
	data, err := b.plain(name+"/data", t, images, Elements(picked), size)
	if err != nil {
		return nil, err
	}
	k := len(picked)
	if at, err = b.plain(name+"/at", at, own, Elements(at.Dims)/own/k, k); err != nil {
		return nil, err
	}
	out, err := b.Add(name+"/gathered", &runtime.GatherBy{Dims: slices.Clone(picked)}, data, at)
	if err != nil {
		return nil, err
	}
	return b.Rearrange(name, out, nil, dims)
}

// ScatterND writes updates over t, where the last dimension of at has an index for each of its first dimensions.
func (b *Builder) ScatterND(name string, t, at, updates *Tensor) (*Tensor, error) {
	k := at.Dims[len(at.Dims)-1]
	if k < 1 || k > len(t.Dims) {
		return nil, fmt.Errorf("%v by indices of %v: %w", t.Dims, at.Dims, runtime.ErrShape)
	}
	return b.scatter(name, t, at, updates, 1, t.Dims[:k])
}

// ScatterElements writes updates over t along dimension d, each by an index of its own. All have the same other
// dimensions.
func (b *Builder) ScatterElements(name string, t, at, updates *Tensor, d int) (*Tensor, error) {
	perm, back := lastly(len(t.Dims), d)
	if !slices.Equal(at.Dims, updates.Dims) || len(at.Dims) != len(t.Dims) {
		return nil, fmt.Errorf("%v by indices of %v for %v: %w", t.Dims, at.Dims, updates.Dims, runtime.ErrShape)
	}
	var err error
	for _, x := range []**Tensor{&t, &at, &updates} {
		if *x, err = b.Transpose(name+"/turned", *x, perm); err != nil {
			return nil, err
		}
	}
	last := len(t.Dims) - 1
	if !slices.Equal(t.Dims[:last], at.Dims[:last]) {
		return nil, fmt.Errorf("%v by indices of %v: only along the axis may they differ: %w", t.Dims, at.Dims,
			runtime.ErrShape)
	}
	out, err := b.scatter(name, t, at, updates, Elements(t.Dims[:last]), t.Dims[last:])
	if err != nil {
		return nil, err
	}
	return b.Transpose(name+"/back", out, back)
}

func (b *Builder) scatter(name string, t, at, updates *Tensor, images int, picked []int) (*Tensor, error) {
	k, n := len(picked), Elements(at.Dims)/images/len(picked)
	size := Elements(t.Dims) / images / Elements(picked)
	if Elements(updates.Dims) != images*n*size {
		return nil, fmt.Errorf("%v at places of %v in %v: %w", updates.Dims, at.Dims, t.Dims, runtime.ErrShape)
	}
	data, err := b.plain(name+"/data", t, images, Elements(picked), size)
	if err != nil {
		return nil, err
	}
	places, err := b.plain(name+"/at", at, images, n, k)
	if err != nil {
		return nil, err
	}
	if updates, err = b.plain(name+"/updates", updates, images, n, size); err != nil {
		return nil, err
	}
	out, err := b.Add(name+"/scattered", &runtime.Scatter{Dims: slices.Clone(picked)}, data, places, updates)
	if err != nil {
		return nil, err
	}
	return b.Rearrange(name, out, nil, t.Dims)
}
