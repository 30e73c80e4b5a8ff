package ncnn

import (
	"fmt"
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerMore() {
	register("LRN", kind{knows: []int{0, 1, 2, 3, 4}, handle: lrn})
	register("InstanceNorm", kind{knows: []int{0, 1, 2}, handle: instanceNorm, arrays: func(r *reader) []array {
		if n := r.int(0, 0); r.bool(2, 1) {
			return []array{raw(n), raw(n)}
		}
		return nil
	}})
	register("Normalize", kind{knows: []int{0, 1, 2, 3, 4, 9}, handle: normalize,
		arrays: func(r *reader) []array { return []array{raw(r.int(3, 0))} }})
	register("Reduction", kind{knows: []int{0, 1, 2, 3, 4, 5}, handle: reduction})
	register("PixelShuffle", kind{knows: []int{0, 1}, handle: pixelShuffle})
	register("Reorg", kind{knows: []int{0, 1}, handle: reorg})
}

func lrn(c *call) ([]*axes.Tensor, error) {
	op := &runtime.LRN{Size: c.int(1, 5), Alpha: c.float(2, 1), Beta: c.float(3, 0.75), Bias: c.float(4, 1)}
	region := c.int(0, 0)
	t, err := c.image()
	switch {
	case c.err != nil || err != nil:
		return nil, orElse(c.err, err)
	case region != 0:
		return c.unsupported("region_type %d; only 0, across channels", region)
	case op.Size%2 == 0:
		return nil, fmt.Errorf("local_size %d is even: %w", op.Size, runtime.ErrShape)
	}
	return done(c.b.Add(c.name, op, t))
}

func instanceNorm(c *call) ([]*axes.Tensor, error) {
	n, eps, affine := c.int(0, 0), c.float(1, 0.001), c.bool(2, 1)
	t, err := c.image()
	if err = orElse(c.err, err); err != nil {
		return nil, err
	}
	name := c.name
	if affine {
		name += "/normal"
	}
	y, err := c.b.Normalise(name, t, []bool{false, false, true, true}, kernels.NormVariance, eps)
	if err != nil || !affine {
		return done(y, err)
	}
	return c.factors(y, n, 0, 1)
}

// factors multiplies channels by the first array of weights, and adds the second one if there is one.
func (c *call) factors(t *axes.Tensor, n int, arrays ...int) ([]*axes.Tensor, error) {
	if n != 1 && n != t.Channels() {
		return nil, fmt.Errorf("%d factors for %d channels: %w", n, t.Channels(), runtime.ErrShape)
	}
	var of [2][]float32
	for i, a := range arrays {
		var err error
		if of[i], err = c.vector(a, n); err != nil {
			return nil, err
		}
	}
	return done(c.b.Affine(c.name, t, of[0], of[1]))
}

func normalize(c *call) ([]*axes.Tensor, error) {
	whole, shared, eps, n := c.bool(0, 0), c.bool(1, 0), c.float(2, 0.0001), c.int(3, 0)
	across, mode := c.bool(4, 1), c.int(9, 0)
	t, err := c.image()
	switch {
	case c.err != nil || err != nil:
		return nil, orElse(c.err, err)
	case !whole && !across || mode < 0 || mode > 2:
		return c.unsupported("across_spatial %t, across_channel %t, eps_mode %d", whole, across, mode)
	case shared && n != 1:
		return nil, fmt.Errorf("%d factors, shared by all channels: %w", n, runtime.ErrShape)
	}
	norm := kernels.NormL2Sum
	if mode > 0 {
		norm = kernels.NormL2
	}
	if mode == 2 { // √max(Σ, ε) is max(√Σ, √ε)
		eps = float32(math.Sqrt(float64(eps)))
	}
	y, err := c.b.Normalise(c.name+"/normal", t, []bool{false, across, whole, whole}, norm, eps)
	if err != nil {
		return nil, err
	}
	return c.factors(y, n, 0)
}

var reductions = []kernels.Reduction{kernels.Sum, kernels.L1, kernels.SumSquare, kernels.Mean, kernels.Maximum,
	kernels.Minimum, kernels.Product, kernels.L1, kernels.L2, kernels.LogSum, kernels.LogSumExp}

// reduction works over all of an image, or over axes. Files without the mark 5=1 count the axes with one for the batch.
func reduction(c *call) ([]*axes.Tensor, error) {
	of, all, coeff, at, keep, fixed := c.int(0, 0), c.bool(1, 1), c.float(2, 1), c.ints(3), c.bool(4, 0), c.bool(5, 0)
	t := c.in[0]
	switch {
	case c.err != nil:
		return nil, c.err
	case of < 0 || of >= len(reductions):
		return c.unsupported("operation %d", of)
	case !all && len(at) > 0 && !fixed:
		return c.unsupported("axes in the form of old versions of ncnn; convert the model again")
	}
	over := make([]bool, len(t.Dims))
	for d := range over[1:] {
		over[d+1] = all || len(at) == 0
	}
	for _, a := range at {
		d, err := axis(a, t)
		if err != nil {
			return nil, err
		}
		over[d] = true
	}
	name := c.name
	if coeff != 1 {
		name += "/reduced"
	}
	t, err := c.b.Reduce(name, t, over, keep, func(a kernels.Axes) runtime.Op { return axes.Reduction(reductions[of], a) })
	if err == nil && len(t.Dims) == 1 { // a number is [1]
		t, err = c.b.Rearrange(name+"/number", t, nil, []int{t.Dims[0], 1})
	}
	if err != nil || coeff == 1 {
		return done(t, err)
	}
	return done(c.b.Each(c.name, scalar(kernels.Times, coeff, false), t))
}

func pixelShuffle(c *call) ([]*axes.Tensor, error) {
	n, other := c.int(0, 1), c.bool(1, 0)
	t, err := c.image()
	if err = orElse(c.err, err); err != nil {
		return nil, err
	}
	return done(c.b.Add(c.name, &runtime.DepthToSpace{Block: n, ChannelMajor: !other}, t))
}

// reorg makes channels of squares of pixels: those of one channel stand together, or those of one place in the square.
func reorg(c *call) ([]*axes.Tensor, error) {
	n, other := c.int(0, 1), c.bool(1, 0)
	t, err := c.image()
	if err = orElse(c.err, err); err != nil {
		return nil, err
	}
	if other {
		return done(c.b.Add(c.name, &runtime.SpaceToDepth{Block: n}, t))
	}
	y, err := c.b.Add(c.name+"/places", &runtime.SpaceToDepth{Block: n}, t)
	if err != nil {
		return nil, err
	}
	ch := t.Dims[1]
	at := make([]int32, y.Dims[1])
	if err := c.b.Take(len(at)); err != nil {
		return nil, err
	}
	for i := range at {
		at[i] = int32(i%(n*n)*ch + i/(n*n))
	}
	return done(c.b.Pick(c.name, y, 1, at, slices.Clone(y.Dims[1:2])))
}
