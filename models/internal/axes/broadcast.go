package axes

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/runtime"
)

// Ints makes whole numbers in row-major order a value of the graph.
func (b *Builder) Ints(name string, dims []int, v []int32) (*Tensor, error) {
	return b.constant(name, dims, &runtime.Constant{Ints: v})
}

// constant makes numbers in row-major order a value of the graph.
func (b *Builder) constant(name string, dims []int, k *runtime.Constant) (*Tensor, error) {
	if err := b.Fits(dims); err != nil {
		return nil, err
	}
	if len(dims) > runtime.MaxRank {
		return nil, fmt.Errorf("a constant of %d dimensions %v, at most %d are supported: %w", len(dims), dims,
			runtime.MaxRank, runtime.ErrShape)
	}
	k.Shape = runtime.ShapeOf(dims, runtime.AsWritten)
	v, err := b.add(name, k)
	if err != nil {
		return nil, err
	}
	return over(v, dims, runtime.AsWritten), nil
}

// Broadcast appends an operation whose inputs are aligned at the ends of their dimensions and repeated where they are
// 1.
func (b *Builder) Broadcast(name string, op runtime.Op, ts ...*Tensor) (*Tensor, error) {
	rank, l, most := 0, runtime.AsWritten, 0
	for _, t := range ts {
		rank = max(rank, len(t.Dims))
		if n := Elements(t.Dims); len(t.Dims) > 2 && n > most { // the largest keeps its layout
			l, most = t.Layout, n
		}
	}
	dims, all := slices.Repeat([]int{1}, rank), make([][]int, len(ts))
	for i, t := range ts {
		all[i] = slices.Concat(slices.Repeat([]int{1}, rank-len(t.Dims)), t.Dims)
		for j, n := range all[i] {
			if n != dims[j] && n != 1 && dims[j] != 1 {
				return nil, fmt.Errorf("%v beside %v: %w", t.Dims, ts[0].Dims, runtime.ErrShape)
			}
			dims[j] = max(dims[j], n)
		}
	}
	if rank > MaxRank && slices.ContainsFunc(all, func(d []int) bool { return !slices.Equal(d, dims) }) {
		if l, all = runtime.AsWritten, merged(all); len(all[0]) > MaxRank {
			return nil, fmt.Errorf("dimensions %v by broadcasting, which tells %d apart: %w", dims, MaxRank, runtime.ErrShape)
		}
	}
	in := make([]*Tensor, len(ts))
	for i, t := range ts {
		t, err := b.As(name, t, l)
		if err == nil {
			in[i], err = b.Rearrange(name+"/aligned", t, nil, all[i])
		}
		if err != nil {
			return nil, err
		}
	}
	out, err := b.Add(name, op, in...)
	if err != nil || slices.Equal(out.Dims, dims) {
		return out, err
	}
	return b.Rearrange(name+"/shaped", out, nil, dims)
}

// merged joins neighbouring dimensions along which the same tensors are repeated.
func merged(all [][]int) [][]int {
	out := make([][]int, len(all))
	var last []bool // who is 1
	for j := range all[0] {
		ones := make([]bool, len(all))
		for i, d := range all {
			ones[i] = d[j] == 1
		}
		if !slices.Contains(ones, false) {
			continue
		}
		for i, d := range all {
			if slices.Equal(ones, last) {
				out[i][len(out[i])-1] *= d[j]
			} else {
				out[i] = append(out[i], d[j])
			}
		}
		last = ones
	}
	return out
}
