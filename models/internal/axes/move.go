package axes

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/runtime"
)

// A Rearrange reads a value in channel-major order, N, C, H, W, and so it writes. What follows says every movement of
// memory in these terms.

// moved names a tensor in another layout, so that it is moved once however many ask.
type moved struct {
	v *runtime.Value
	l runtime.Layout
}

// channelMajor returns the indices of r dimensions in channel-major order.
func channelMajor(l runtime.Layout, r int) []int {
	order := make([]int, r)
	for i := range order {
		order[i] = i
	}
	if l == runtime.AsWritten && r > 2 { // the last is C: before H and W
		images := max(1, r-3)
		copy(order[images+1:], order[images:r-1])
		order[images] = r - 1
	}
	return order
}

// Permutes reports whether perm has each of 0 … rank−1 once.
func Permutes(perm []int, rank int) bool {
	seen := make([]bool, rank)
	for _, p := range perm {
		if p < 0 || p >= rank || seen[p] {
			return false
		}
		seen[p] = true
	}
	return len(perm) == rank
}

// move permutes t's dimensions, so that dimension j becomes that at perm[j], into a layout, by a copy.
func (b *Builder) move(name string, t *Tensor, perm []int, l runtime.Layout) (*Tensor, error) {
	v, err := b.Value(t)
	if err != nil {
		return nil, err
	}
	r := len(t.Dims)
	dims, from := make([]int, r), make([]int, r)
	at := make([]int, r) // where in from each dimension is
	for j, d := range perm {
		dims[j] = t.Dims[d]
	}
	for i, d := range channelMajor(t.Layout, r) {
		from[i], at[d] = t.Dims[d], i
	}
	to := make([]int, r)
	for i, j := range channelMajor(l, r) {
		to[i] = at[perm[j]]
	}
	out, err := b.add(name, &runtime.Rearrange{Dims: from, Perm: to, To: runtime.ShapeOf(dims, l)}, v)
	if err != nil {
		return nil, err
	}
	return over(out, dims, l), nil
}

// As returns t in a layout, moved if it must be.
func (b *Builder) As(name string, t *Tensor, l runtime.Layout) (*Tensor, error) {
	switch {
	case t.Layout == l:
		return t, nil
	case len(t.Dims) <= 2 && !t.flat: // the same memory
		return t.with(t.Dims, l), nil
	}
	v, err := b.Value(t)
	if err != nil {
		return nil, err
	}
	if len(t.Dims) <= 2 {
		return over(v, t.Dims, l), nil
	}
	key := moved{v, l}
	if out := b.moved[key]; out != nil && slices.Equal(out.Dims, t.Dims) {
		return out, nil
	}
	out, err := b.move(name+"/"+v.Name+"/moved", over(v, t.Dims, t.Layout),
		channelMajor(runtime.ChannelsLast, len(t.Dims)), l)
	if err == nil {
		b.moved[key] = out
	}
	return out, err
}

// Transpose permutes t's dimensions, so that dimension j becomes that at perm[j]. It is free if some layout of the
// result is the memory that t has; else it is a copy into t's layout.
func (b *Builder) Transpose(name string, t *Tensor, perm []int) (*Tensor, error) {
	v, err := b.Value(t)
	if err != nil {
		return nil, err
	}
	t = over(v, t.Dims, t.Layout)
	if same := t.reread(perm); same != nil {
		return same, nil
	}
	ones := true // nothing but dimensions of 1 changes its place
	last := -1
	for _, d := range perm {
		if t.Dims[d] > 1 {
			ones, last = ones && d > last, d
		}
	}
	if ones {
		dims := make([]int, len(perm))
		for j, d := range perm {
			dims[j] = t.Dims[d]
		}
		return b.Rearrange(name, t, nil, dims)
	}
	return b.move(name, t, perm, t.Layout)
}

// reread returns t's memory as that of a transposition; nil if it is in no layout.
func (t *Tensor) reread(perm []int) *Tensor {
	r := len(t.Dims)
	dims := make([]int, r)
	for j, d := range perm {
		dims[j] = t.Dims[d]
	}
	var have []int // the order of memory, without dimensions of 1
	for _, d := range t.Layout.Order(r) {
		if t.Dims[d] > 1 {
			have = append(have, d)
		}
	}
	for _, l := range []runtime.Layout{t.Layout, runtime.ChannelsLast, runtime.AsWritten} {
		var want []int
		for _, j := range l.Order(r) {
			if dims[j] > 1 {
				want = append(want, perm[j])
			}
		}
		if slices.Equal(have, want) && runtime.ShapeOf(dims, l) == t.v.Shape {
			return t.with(dims, l)
		}
	}
	return nil
}

// Reshape gives t other dimensions without moving data. It reports false if the graph has no way to say that:
// then images or rows would have to be cut or joined.
func (b *Builder) Reshape(t *Tensor, dims []int) (*Tensor, bool) {
	p, ok := Product(b.limits.MaxElements, dims...)
	if q, ok2 := Product(b.limits.MaxElements, t.Dims...); !ok || !ok2 || p != q {
		return nil, false
	}
	if t.pad != (Pad{}) {
		v, err := b.Value(t)
		if err != nil {
			return nil, false
		}
		t = over(v, t.Dims, t.Layout)
	}
	from, to := t.v.Shape, runtime.ShapeOf(dims, t.Layout) // from is before any pending flattening
	if t.Layout == runtime.AsWritten {
		return t.with(dims, t.Layout), from == to && len(dims) <= runtime.MaxRank
	}
	if len(dims) > MaxRank {
		return nil, false
	}
	vector := to.H == 1 && to.W == 1 && to.N == from.N
	switch {
	case from == to:
		return t.with(dims, t.Layout), true
	case vector && from.H*from.W > 1:
		out := t.with(dims, t.Layout)
		out.flat = true
		return out, true
	}
	return nil, false
}

// Rearrange permutes t's dimensions, so that dimension j becomes that at perm[j] (nil: none moves), and gives the
// result other dimensions of as many elements. It costs a copy, unless [Builder.Reshape] can say the same. What lies as
// written stays so.
func (b *Builder) Rearrange(name string, t *Tensor, perm, dims []int) (*Tensor, error) {
	if err := b.Fits(dims); err != nil {
		return nil, err
	}
	if t.Layout == runtime.AsWritten {
		var err error
		if perm != nil && !slices.IsSorted(perm) {
			if t, err = b.move(name+"/transposed", t, perm, t.Layout); err != nil {
				return nil, err
			}
		}
		return b.relabel(name, t, dims)
	}
	moves := !slices.IsSorted(perm)
	if !moves {
		if same, ok := b.Reshape(t, dims); ok {
			return same, nil
		}
		perm = channelMajor(runtime.ChannelsLast, len(t.Dims))
	}
	v, err := b.Value(t)
	if err != nil {
		return nil, err
	}
	if to := runtime.ShapeOf(dims, t.Layout); moves || v.Shape != to {
		if v, err = b.add(name, &runtime.Rearrange{Dims: slices.Clone(t.Dims), Perm: slices.Clone(perm), To: to},
			v); err != nil {
			return nil, err
		}
	}
	return over(v, dims, t.Layout), nil
}

// relabel gives t, which lies as written, other dimensions: the memory stays as it is, though it may cost a copy.
func (b *Builder) relabel(name string, t *Tensor, dims []int) (*Tensor, error) {
	if len(dims) > runtime.MaxRank {
		return nil, fmt.Errorf("%d dimensions %v, at most %d are supported: %w",
			len(dims), dims, runtime.MaxRank, runtime.ErrShape)
	}
	v, err := b.Value(t)
	if err != nil {
		return nil, err
	}
	if v, err = b.recast(name, v, runtime.ShapeOf(dims, runtime.AsWritten)); err != nil {
		return nil, err
	}
	return over(v, dims, runtime.AsWritten), nil
}

// recast gives the memory of v another shape.
func (b *Builder) recast(name string, v *runtime.Value, to runtime.Shape) (*runtime.Value, error) {
	from := v.Shape
	list := func(s runtime.Shape) []int { return []int{s.N, s.C, s.H, s.W} }
	plain := func(s runtime.Shape) bool { return s.C == 1 || s.H*s.W == 1 } // channel-major is the order of memory
	switch {
	case from == to:
		return v, nil
	case plain(to):
		return b.add(name, &runtime.Rearrange{Dims: list(from), Perm: []int{0, 2, 3, 1}, To: to}, v)
	case plain(from):
		return b.add(name, &runtime.Rearrange{Dims: []int{to.N, to.H, to.W, to.C}, Perm: []int{0, 3, 1, 2}, To: to}, v)
	}
	if from.N == to.N && from.C == to.C { // images of another width
		return b.add(name, &runtime.Rearrange{Dims: []int{from.N, from.C, from.H * from.W}, Perm: []int{0, 1, 2}, To: to}, v)
	}
	v, err := b.recast(name+"/row", v, runtime.Shape{N: 1, H: 1, W: 1, C: from.Elements()})
	if err != nil {
		return nil, err
	}
	return b.recast(name, v, to)
}

// ResolveReshape returns the dimensions that want gives to a tensor of dimensions from: −1 stands for what is left, and
// 0 for the dimension at its place if zeroCopies is true.
func ResolveReshape(from, want []int, zeroCopies bool) ([]int, error) {
	const most = 1 << 30
	bad := func() ([]int, error) {
		return nil, fmt.Errorf("cannot reshape %v to %v: %w", from, want, runtime.ErrShape)
	}
	total, ok := Product(most, from...)
	if !ok || len(want) > 32 {
		return bad()
	}
	dims, known, open := slices.Clone(want), 1, -1
	for i, d := range dims {
		switch {
		case d == -1 && open < 0:
			open = i
			continue
		case d == 0 && zeroCopies && i < len(from):
			dims[i] = from[i]
		}
		if known, ok = Product(most, known, dims[i]); !ok {
			return bad()
		}
	}
	if open >= 0 {
		dims[open] = total / known
		known *= dims[open]
	}
	if known != total {
		return bad()
	}
	return dims, nil
}
