package axes

import (
	"slices"

	"github.com/gneiss-go/gneiss/runtime"
)

// Along appends an operation over the channels of t's pixels that is to work along dimension d. The result has as many
// elements along d as that has channels, and lies as t does.
func (b *Builder) Along(name string, op runtime.Op, t *Tensor, d int) (*Tensor, error) {
	if d == t.ChannelAxis() {
		return b.Add(name, op, t)
	}
	perm, back := lastly(len(t.Dims), d)
	turned, err := b.Transpose(name+"/turned", t, perm)
	if err == nil {
		turned, err = b.As(name, turned, runtime.AsWritten)
	}
	if err != nil {
		return nil, err
	}
	out, err := b.Add(name+"/along", op, turned)
	if err != nil {
		return nil, err
	}
	if out, err = b.Transpose(name+"/back", out, back); err != nil {
		return nil, err
	}
	return b.As(name, out, t.Layout)
}

// Without returns t without dimension d, which is 1.
func (b *Builder) Without(name string, t *Tensor, d int) (*Tensor, error) {
	return b.Rearrange(name, t, nil, slices.Delete(slices.Clone(t.Dims), d, d+1))
}
