package axes

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/runtime"
)

// Concat joins tensors of one type and scale along dimension d.
func (b *Builder) Concat(name string, d int, ts ...*Tensor) (*Tensor, error) {
	if d < 0 || d >= len(ts[0].Dims) {
		return nil, fmt.Errorf("dimension %d of %v: %w", d, ts[0].Dims, runtime.ErrShape)
	}
	l := ts[0].Layout
	if slices.ContainsFunc(ts, func(t *Tensor) bool { return t.Layout != l }) {
		l = runtime.ChannelsLast
	}
	dims := slices.Clone(ts[0].Dims)
	dims[d] = 0
	for _, t := range ts {
		if len(t.Dims) != len(dims) {
			return nil, fmt.Errorf("%v beside %v: %w", t.Dims, ts[0].Dims, runtime.ErrShape)
		}
		for j, n := range t.Dims {
			if j == d {
				dims[d] += n
			} else if n != dims[j] {
				return nil, fmt.Errorf("%v beside %v along dimension %d: %w", t.Dims, ts[0].Dims, d, runtime.ErrShape)
			}
		}
	}
	if err := b.Fits(dims); err != nil {
		return nil, err
	}
	if len(ts) == 1 {
		return ts[0], nil
	}
	order := l.Order(len(dims))
	before := order[:slices.Index(order, d)] // what is outside d in memory
	in := make([]*runtime.Value, len(ts))
	for i, t := range ts {
		t, err := b.As(name, t, l)
		if err == nil {
			in[i], err = b.Value(t)
		}
		if err != nil {
			return nil, err
		}
		if len(before)+1 == len(order) { // channels
			continue
		}
		row := runtime.Shape{N: 1, H: 1, W: 1, C: Elements(t.Dims)} // the rest is a row
		for _, j := range before {
			row.N, row.C = row.N*dims[j], row.C/dims[j]
		}
		if in[i], err = b.recast(fmt.Sprintf("%s/input%d", name, i), in[i], row); err != nil {
			return nil, err
		}
	}
	v, err := b.add(name, &runtime.Concat{}, in...)
	if err != nil {
		return nil, err
	}
	if v, err = b.recast(name+"/shaped", v, runtime.ShapeOf(dims, l)); err != nil {
		return nil, err
	}
	return over(v, dims, l), nil
}

// Constant makes numbers of the file a value of the graph, quantised if q is not nil. It costs a pass over the numbers
// in each run.
func (b *Builder) Constant(name string, k *Source, q *runtime.Quant) (*Tensor, error) {
	f, err := b.Floats(k)
	if err != nil {
		return nil, err
	}
	t, err := b.constant(name, k.Dims, &runtime.Constant{Floats: f})
	if err != nil || q == nil {
		return t, err
	}
	return b.Add(name+"/quantised", &runtime.Quantize{To: *q}, t)
}
