package axes

import (
	"fmt"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// Softmax appends a softmax, or its logarithm, or 1 for the largest, over the flagged dimensions of t together. Where
// kernels do not tell those apart, or their order does not count them as written, memory is moved and moved back.
func (b *Builder) Softmax(name string, t *Tensor, flags []bool, form kernels.SoftmaxForm) (*Tensor, error) {
	if len(flags) != len(t.Dims) {
		return nil, fmt.Errorf("%d flags for %v: %w", len(flags), t.Dims, runtime.ErrShape)
	}
	perm, rows, dims := []int{}, []int{1, 1}, []int{}
	several := -1 // dimensions that are flagged and not 1, less 1
	for part := range 2 {
		for i, d := range t.Dims {
			if flags[i] == (part == 1) {
				perm, dims, rows[part] = append(perm, i), append(dims, d), rows[part]*d
				if part == 1 && d > 1 {
					several++
				}
			}
		}
	}
	if a, ok := t.axes(flags); ok && (form != kernels.SoftmaxHard || several < 1) {
		return b.Add(name, SoftmaxOf(form, a, t.Shape()), t)
	}
	y, err := b.Rearrange(name+"/rows", t, perm, rows)
	if err == nil {
		y, err = b.Add(name+"/softmax", SoftmaxOf(form, kernels.Axes{C: true}, y.Shape()), y)
	}
	if err == nil {
		y, err = b.Rearrange(name+"/shaped", y, nil, dims)
	}
	if err != nil {
		return nil, err
	}
	back := make([]int, len(perm))
	for j, d := range perm {
		back[d] = j
	}
	return b.Transpose(name, y, back)
}

// SoftmaxOf is a softmax over axes of memory of a shape: over channels alone by the faster kernels.
func SoftmaxOf(form kernels.SoftmaxForm, a kernels.Axes, s runtime.Shape) runtime.Op {
	a = kernels.Axes{N: a.N && s.N > 1, H: a.H && s.H > 1, W: a.W && s.W > 1, C: a.C}
	if form == kernels.SoftmaxPlain && a == (kernels.Axes{C: true}) {
		return &runtime.Softmax{}
	}
	return &runtime.SoftmaxOver{Form: form, Over: a}
}

// PlainSoftmax returns the softmax over the flagged dimensions of t if they are its channels alone.
func (b *Builder) PlainSoftmax(t *Tensor, flags []bool) (op *runtime.Softmax, ok bool) {
	a, ok := t.axes(flags)
	if ok {
		op, ok = SoftmaxOf(kernels.SoftmaxPlain, a, t.Shape()).(*runtime.Softmax)
	}
	return op, ok
}
