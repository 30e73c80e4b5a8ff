package axes

import (
	"fmt"
	"slices"

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

// PerChannel returns a constant as one number for all of t, or one for each channel. It returns nil if the constant
// differs otherwise, or does not fit.
func (b *Builder) PerChannel(t *Tensor, k *Source) ([]float32, error) {
	d := k.Dims
	if extra := len(d) - len(t.Dims); extra > 0 {
		return nil, nil
	}
	for i, n := range d {
		if j := len(t.Dims) - len(d) + i; n != 1 && (j != t.ChannelAxis() || n != t.Dims[j]) {
			return nil, nil
		}
	}
	return b.Floats(k)
}

// Beside appends arithmetic of t and a constant, op.How, aligned at their last dimensions and repeated along those that
// are 1, as NumPy does. The result may be larger than t.
func (b *Builder) Beside(name string, op runtime.Binary, t *Tensor, k *Source) (*Tensor, error) {
	dims, err := broadcast(t.Dims, k.Dims)
	if err != nil {
		return nil, err
	}
	f, err := b.Floats(k)
	if err != nil {
		return nil, err
	}
	if len(f) == 1 && len(dims) == len(t.Dims) {
		op.Of, op.Shape = f, runtime.Shape{N: 1, H: 1, W: 1, C: 1}
		return b.Each(name, &op, t)
	}
	x, kd, l := padded(t.Dims, len(dims)), padded(k.Dims, len(dims)), t.Layout
	if len(dims) > MaxRank {
		x, kd, l = joined(x, kd), joined(kd, x), runtime.AsWritten
	}
	if t, err = b.aligned(name, t, x, l); err != nil {
		return nil, err
	}
	if op.Shape = runtime.ShapeOf(kd, l); len(kd) > MaxRank {
		return nil, tooMany(t.Dims, k.Dims)
	}
	if op.Of, err = b.layOut(f, kd, l); err != nil {
		return nil, err
	}
	y, err := b.Add(name, &op, t)
	if err != nil || slices.Equal(y.Dims, dims) {
		return y, err
	}
	return b.Rearrange(name+"/shaped", y, nil, dims)
}

// aligned returns t with other dimensions of as many elements, in a layout.
func (b *Builder) aligned(name string, t *Tensor, dims []int, l runtime.Layout) (*Tensor, error) {
	t, err := b.As(name, t, l)
	if err != nil {
		return nil, err
	}
	return b.Rearrange(name+"/aligned", t, nil, dims)
}

// broadcast returns the dimensions of arithmetic between two tensors.
func broadcast(x, y []int) ([]int, error) {
	rank := max(len(x), len(y))
	dims, other := padded(x, rank), padded(y, rank)
	for i, n := range other {
		if n != dims[i] && n != 1 && dims[i] != 1 {
			return nil, fmt.Errorf("%v and %v do not broadcast: %w", x, y, runtime.ErrShape)
		}
		dims[i] = max(dims[i], n)
	}
	return dims, nil
}

// padded returns dimensions with ones before them.
func padded(d []int, rank int) []int { return slices.Concat(slices.Repeat([]int{1}, rank-len(d)), d) }

// joined returns x's dimensions with neighbours made one where both x and y are repeated alike.
func joined(x, y []int) (out []int) {
	last := -1
	for i := range x {
		kind := 0
		switch {
		case x[i] == 1 && y[i] == 1:
			continue
		case x[i] == 1:
			kind = 1
		case y[i] == 1:
			kind = 2
		}
		if kind == last {
			out[len(out)-1] *= x[i]
		} else {
			out = append(out, x[i])
		}
		last = kind
	}
	return out
}

func tooMany(x, y []int) error {
	return fmt.Errorf("%v and %v: broadcasting tells at most %d dimensions apart: %w", x, y, MaxRank, runtime.ErrShape)
}

// layOut writes the elements of a constant as they lie in memory.
func (b *Builder) layOut(f []float32, d []int, l runtime.Layout) ([]float32, error) {
	r := len(d)
	order := l.Order(r)
	if slices.IsSorted(order) {
		return f, nil
	}
	out, err := b.alloc(len(f))
	if err != nil {
		return nil, err
	}
	step := make([]int, r) // in f of each dimension
	for i, at := r-1, 1; i >= 0; i-- {
		step[i] = at
		at *= d[i]
	}
	for i := range out {
		at, left := 0, i
		for j := r - 1; j >= 0 && left > 0; j-- {
			n := d[order[j]]
			at += left % n * step[order[j]]
			left /= n
		}
		out[i] = f[at]
	}
	return out, nil
}

// Binary appends arithmetic between two tensors whose dimensions are aligned at their ends and repeated where they are
// 1.
func (b *Builder) Binary(name string, op runtime.Binary, x, y *Tensor) (*Tensor, error) {
	dims, err := broadcast(x.Dims, y.Dims)
	if err != nil {
		return nil, err
	}
	l := x.Layout
	if len(x.Dims) < 3 {
		l = y.Layout
	}
	dx, dy := padded(x.Dims, len(dims)), padded(y.Dims, len(dims))
	if len(dims) > MaxRank && !slices.Equal(dx, dy) {
		dx, dy, l = joined(dx, dy), joined(dy, dx), runtime.AsWritten
		if len(dx) > MaxRank {
			return nil, tooMany(x.Dims, y.Dims)
		}
	}
	if x, err = b.aligned(name, x, dx, l); err != nil {
		return nil, err
	}
	if y, err = b.aligned(name, y, dy, l); err != nil {
		return nil, err
	}
	z, err := b.Add(name, &op, x, y)
	if err != nil || slices.Equal(z.Dims, dims) {
		return z, err
	}
	return b.Rearrange(name+"/shaped", z, nil, dims)
}
