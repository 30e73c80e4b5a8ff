package axes

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// Affine appends out = in·scale + shift per channel. scale and shift have one element, for all channels, or one per
// channel; nil means 1 and 0.
func (b *Builder) Affine(name string, t *Tensor, scale, shift []float32) (*Tensor, error) {
	c := t.Channels()
	scale, err := b.Spread(scale, c, 1)
	if err != nil {
		return nil, err
	}
	if shift, err = b.Spread(shift, c, 0); err != nil {
		return nil, err
	}
	return b.Add(name, &runtime.Affine{Scale: scale, Shift: shift}, t)
}

// Spreading is a constant beside a tensor, broadcast to its dimensions.
type Spreading struct {
	Of    []float32 // one number for all, or one for each channel of Over
	Over  *Tensor   // the tensor, or its memory as rows whose channels are all elements
	shape runtime.Shape
	dims  []int
	lay   runtime.Layout
}

// Beside aligns a constant with t at their last dimensions and repeats it along those that are 1, as NumPy does. The
// constant must not be larger than t.
func (b *Builder) Beside(name string, t *Tensor, k *Source) (*Spreading, error) {
	d := k.Dims
	for len(d) > len(t.Dims) && d[0] == 1 {
		d = d[1:]
	}
	ok := len(d) <= len(t.Dims)
	d = slices.Concat(slices.Repeat([]int{1}, max(0, len(t.Dims)-len(d))), d)
	plain := true // nothing but channels
	for i := range d {
		ok = ok && (d[i] == 1 || d[i] == t.Dims[i])
		plain = plain && (d[i] == 1 || i == t.ChannelAxis())
	}
	if !ok {
		return nil, fmt.Errorf("a constant of %v over %v: %w", k.Dims, t.Dims, runtime.ErrShape)
	}
	f, err := b.Floats(k)
	if err != nil {
		return nil, err
	}
	if plain {
		return &Spreading{Of: f, Over: t}, nil
	}
	v, err := b.Value(t)
	if err != nil {
		return nil, err
	}
	row := runtime.Shape{N: 1, H: 1, W: 1, C: v.Shape.Elements()}
	if d[0] == 1 && len(d) > 1 { // the same for every image
		row.N, row.C = t.Dims[0], row.C/t.Dims[0]
	}
	s := &Spreading{shape: v.Shape, dims: t.Dims, lay: t.Layout}
	if s.Of, err = b.layOut(f, d, t, row.C); err != nil {
		return nil, err
	}
	if v, err = b.recast(name+"/row", v, row); err != nil {
		return nil, err
	}
	s.Over = over(v, []int{row.N, row.C}, runtime.AsWritten)
	return s, nil
}

// layOut writes a constant of dimensions d, repeated over t, in the order of t's memory: its last n elements.
func (b *Builder) layOut(f []float32, d []int, t *Tensor, n int) ([]float32, error) {
	out, err := b.alloc(n)
	if err != nil {
		return nil, err
	}
	r := len(d)
	step := make([]int, r) // in f of each dimension
	for i, at := r-1, 1; i >= 0; i-- {
		if d[i] > 1 {
			step[i] = at
		}
		at *= d[i]
	}
	order := t.Layout.Order(r)
	for i := range out {
		at, left := 0, i
		for j := r - 1; j >= 0 && left > 0; j-- {
			n := t.Dims[order[j]]
			at += left % n * step[order[j]]
			left /= n
		}
		out[i] = f[at]
	}
	return out, nil
}

// Affine appends out = in·scale + shift, of which either is made of s.Of, or nil; the result has the tensor's
// dimensions.
func (s *Spreading) Affine(b *Builder, name string, scale, shift []float32) (*Tensor, error) {
	if s.dims == nil {
		return b.Affine(name, s.Over, scale, shift)
	}
	t, err := b.Affine(name+"/spread", s.Over, scale, shift)
	if err != nil {
		return nil, err
	}
	v, err := b.recast(name, t.v, s.shape)
	if err != nil {
		return nil, err
	}
	return over(v, s.dims, s.lay), nil
}

// Whole reports whether the constant differs within a channel.
func (s *Spreading) Whole() bool { return s.dims != nil }

// Binary appends arithmetic between two tensors whose dimensions are aligned at their ends and repeated where they are
// 1.
func (b *Builder) Binary(name string, how kernels.Arithmetic, x, y *Tensor) (*Tensor, error) {
	rank := max(len(x.Dims), len(y.Dims))
	l := x.Layout
	if len(x.Dims) < 3 {
		l = y.Layout
	}
	dims := make([]int, rank)
	ts := [2]*Tensor{x, y}
	for i, t := range ts {
		var err error
		if ts[i], err = b.As(name, t, l); err != nil {
			return nil, err
		}
		d := slices.Concat(slices.Repeat([]int{1}, rank-len(t.Dims)), t.Dims)
		for j, n := range d {
			if i > 0 && n != dims[j] && n != 1 && dims[j] != 1 {
				return nil, fmt.Errorf("activations of %v and %v: %w", x.Dims, y.Dims, runtime.ErrShape)
			}
			dims[j] = max(dims[j], n)
		}
		if ts[i], err = b.Rearrange(name+"/aligned", ts[i], nil, d); err != nil {
			return nil, err
		}
	}
	if rank > MaxRank && !slices.Equal(ts[0].Dims, ts[1].Dims) {
		return nil, fmt.Errorf("activations of %v and %v: broadcasting has at most %d dimensions: %w",
			x.Dims, y.Dims, MaxRank, runtime.ErrShape)
	}
	return b.Add(name, &runtime.Binary{How: how}, ts[0], ts[1])
}
