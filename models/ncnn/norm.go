package ncnn

import (
	"fmt"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerNorm() {
	register("LayerNorm", kind{knows: []int{0, 1, 2}, handle: layerNorm, arrays: func(r *reader) []array {
		if n := r.int(0, 0); r.bool(2, 1) {
			return []array{raw(n), raw(n)}
		}
		return nil
	}})
	register("CELU", kind{knows: []int{0}, handle: func(c *call) ([]*axes.Tensor, error) {
		return c.curve(&runtime.Curve{Of: kernels.Celu, A: c.float(0, 1)})
	}})
	register("Erf", kind{handle: curveOf(kernels.Erf)})
	register("Power", kind{knows: []int{0, 1, 2}, handle: power})
}

// layerNorm takes the mean of each row away and divides by its deviation; of each channel of an image, if its size is
// that of rows and columns together. A factor and a shift for each place follow.
func layerNorm(c *call) ([]*axes.Tensor, error) {
	n, eps, affine := c.int(0, 0), c.float(1, 0.001), c.bool(2, 1)
	t := c.in[0]
	if c.err != nil {
		return nil, c.err
	}
	rank := len(t.Dims)
	over, size := make([]bool, rank), []int{t.Dims[rank-1]}
	over[rank-1] = true
	if rank == 4 && n != size[0] {
		over[2], size = true, t.Dims[2:]
	}
	if rank < 2 || rank > 4 || axes.Elements(size) != n {
		return nil, fmt.Errorf("a size of %d over %v: %w", n, t.Dims[1:], runtime.ErrShape)
	}
	name := c.name
	if affine {
		name += "/normal"
	}
	y, err := c.b.Normalise(name, t, over, kernels.NormVariance, eps)
	if err != nil || !affine {
		return done(y, err)
	}
	for i, how := range []kernels.Arithmetic{kernels.Times, kernels.Plus} {
		of, err := c.vector(i, n)
		if err != nil {
			return nil, err
		}
		name := c.name
		if i == 0 {
			name += "/scaled"
		}
		k := &axes.Source{Dims: size, Decode: func(dst []float32, from int) { copy(dst, of[from:]) }}
		if y, err = c.b.Beside(name, runtime.Binary{How: how}, y, k); err != nil {
			return nil, err
		}
	}
	return done(y, nil)
}

// power is (shift + scale·x)^power.
func power(c *call) ([]*axes.Tensor, error) {
	p, scale, shift := c.float(0, 1), c.float(1, 1), c.float(2, 0)
	if c.err != nil {
		return nil, c.err
	}
	name := c.name
	if p != 1 {
		name += "/line"
	}
	t, err := c.b.Each(name+"/scaled", scalar(kernels.Times, scale, false), c.in[0])
	if err == nil {
		t, err = c.b.Each(name, scalar(kernels.Plus, shift, false), t)
	}
	if err != nil || p == 1 {
		return done(t, err)
	}
	return done(c.b.Each(c.name, scalar(kernels.Power, p, false), t))
}
