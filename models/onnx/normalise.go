package onnx

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerNormalise() {
	register("GroupNormalization", operator{handle: groupNorm, heeds: "epsilon num_groups | stash_type"})
	register("InstanceNormalization", operator{handle: instanceNorm, heeds: "epsilon", old: true})
	register("LayerNormalization", operator{handle: layerNorm, heeds: "axis epsilon | stash_type"})
	register("LpNormalization", operator{handle: lpNorm, heeds: "axis p", old: true})
	register("MeanVarianceNormalization", operator{handle: meanVariance, heeds: "axes"})
}

// scaled multiplies t by input i and adds input i+1, which may be left out; either is a constant or computed, and
// broadcast to t. In both, dims gives a constant the dimensions that it has beside t.
func (c *call) scaled(t *axes.Tensor, i int, dims func(*axes.Source) ([]int, error)) (*value, error) {
	want := t.Dims
	for j, how := range []kernels.Arithmetic{kernels.Times, kernels.Plus} {
		if !c.has(i + j) {
			continue
		}
		name := c.name()
		if j == 0 && c.has(i+1) {
			name += "/scaled"
		}
		v, op := c.in[i+j], runtime.Binary{How: how}
		var err error
		switch {
		case v.c != nil:
			k, e := c.real(i + j)
			if k == nil || e != nil {
				return nil, e
			}
			src := k.src
			if dims != nil {
				d, e := dims(src)
				if e != nil {
					return nil, e
				}
				src = &axes.Source{Dims: d, Decode: src.Decode}
			}
			t, err = c.im.b.Beside(name, op, t, src)
		case v.t == nil:
			return nil, nil
		default:
			u := v.t
			if dims != nil {
				var d []int
				if d, err = dims(&axes.Source{Dims: u.Dims}); err == nil {
					u, err = c.im.b.Rearrange(name+"/beside", u, nil, d)
				}
			}
			if err == nil {
				t, err = c.im.b.Binary(name, op, t, u)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	if !slices.Equal(t.Dims, want) {
		return nil, fmt.Errorf("a scale or shift that makes %v of %v: %w", t.Dims, want, runtime.ErrShape)
	}
	return c.done(t, nil)
}

// perChannelOf gives a vector of n numbers the dimensions of one for each channel of t.
func perChannelOf(t *axes.Tensor, n int) func(*axes.Source) ([]int, error) {
	return func(k *axes.Source) ([]int, error) {
		if k.Elements() != n {
			return nil, fmt.Errorf("a scale or shift of %v for %d channels: %w", k.Dims, n, runtime.ErrShape)
		}
		return append([]int{n}, slices.Repeat([]int{1}, len(t.Dims)-2)...), nil
	}
}

// epsilon reads the ε of a node.
func (c *call) epsilon() (float32, error) {
	e := c.float("epsilon", 1e-5)
	if c.err == nil && !(e >= 0) {
		return 0, fmt.Errorf("epsilon %v: %w", e, runtime.ErrShape)
	}
	return e, c.err
}

// layerNorm is over all dimensions from an axis on. Its other outputs are the mean and what divides, inverted.
func layerNorm(c *call) (*value, error) {
	e, err := c.epsilon()
	if err != nil {
		return nil, err
	}
	t, err := c.any(0)
	if t == nil || err != nil {
		return nil, err
	}
	a, err := axis(c.int("axis", -1), len(t.Dims))
	if err != nil {
		return nil, err
	}
	over := make([]bool, len(t.Dims))
	for i := a; i < len(over); i++ {
		over[i] = true
	}
	if !c.has(1) {
		return nil, fmt.Errorf("no scale: %w", runtime.ErrGraph)
	}
	if err := c.moments(t, over, e); err != nil {
		return nil, err
	}
	y, err := c.im.b.Normalise(c.name()+"/normal", t, over, kernels.NormVariance, e)
	if err != nil {
		return nil, err
	}
	return c.scaled(y, 1, nil)
}

// moments makes the outputs of a node after the first that are read: a mean, and 1/√(variance + ε).
func (c *call) moments(t *axes.Tensor, over []bool, e float32) error {
	read := func(i int) bool { return i < len(c.n.out) && c.n.out[i] != "" && c.im.uses[c.n.out[i]] > 0 }
	if !read(1) && !read(2) {
		return nil
	}
	b := c.im.b
	average := func(name string, x *axes.Tensor) (*axes.Tensor, error) {
		return b.Reduce(name, x, over, true, func(a kernels.Axes) runtime.Op { return axes.Reduction(kernels.Mean, a) })
	}
	mean, err := average(c.name()+"/mean", t)
	if err != nil {
		return err
	}
	c.more = []*value{{t: mean, typ: elemFloat}, nil}
	if !read(2) {
		return nil
	}
	x, err := b.Binary(c.name()+"/above", runtime.Binary{How: kernels.Minus}, t, mean)
	if err == nil {
		x, err = b.Binary(c.name()+"/square", runtime.Binary{How: kernels.Times}, x, x)
	}
	if err == nil {
		x, err = average(c.name()+"/variance", x)
	}
	if err == nil {
		x, err = b.Affine(c.name()+"/epsilon", x, nil, []float32{e})
	}
	if err == nil {
		x, err = b.Each(c.name()+"/inverse", &runtime.Curve{Of: kernels.Rsqrt}, x)
	}
	c.more[1] = &value{t: x, typ: elemFloat}
	return err
}

// instanceNorm is over the map of each channel.
func instanceNorm(c *call) (*value, error) {
	e, err := c.epsilon()
	if err != nil {
		return nil, err
	}
	t, err := c.any(0)
	if t == nil || err != nil {
		return nil, err
	}
	if len(t.Dims) < 3 || !c.has(1) || !c.has(2) {
		return nil, fmt.Errorf("an input of %d dimensions, or no scale and shift: %w", len(t.Dims), runtime.ErrShape)
	}
	over := make([]bool, len(t.Dims))
	for i := 2; i < len(over); i++ {
		over[i] = true
	}
	y, err := c.im.b.Normalise(c.name()+"/normal", t, over, kernels.NormVariance, e)
	if err != nil {
		return nil, err
	}
	return c.scaled(y, 1, perChannelOf(t, t.Dims[1]))
}

// groupNorm is over groups of channels and their maps. Before operator set 21 there is a scale for each group.
func groupNorm(c *call) (*value, error) {
	e, err := c.epsilon()
	if err != nil {
		return nil, err
	}
	t, err := c.any(0)
	if t == nil || err != nil {
		return nil, err
	}
	groups := c.int("num_groups", 0)
	if len(t.Dims) < 2 || groups < 1 || t.Dims[1]%groups != 0 || !c.has(1) || !c.has(2) {
		return nil, fmt.Errorf("%v in %d groups, scale and shift: %w", t.Dims, groups, runtime.ErrShape)
	}
	n, ch := t.Dims[0], t.Dims[1]
	cut := []int{n, groups, axes.Elements(t.Dims[1:]) / groups}
	b := c.im.b
	y, err := b.Rearrange(c.name()+"/groups", t, nil, cut)
	if err == nil {
		y, err = b.Normalise(c.name()+"/normal", y, []bool{false, false, true}, kernels.NormVariance, e)
	}
	if c.im.m.opset < 21 && err == nil {
		v, err := c.scaled(y, 1, perChannelOf(y, groups))
		if v == nil || err != nil {
			return nil, err
		}
		return c.done(b.Rearrange(c.name()+"/shaped", v.t, nil, t.Dims))
	}
	if err == nil {
		y, err = b.Rearrange(c.name()+"/shaped", y, nil, t.Dims)
	}
	if err != nil {
		return nil, err
	}
	return c.scaled(y, 1, perChannelOf(y, ch))
}

// lpNorm divides by a norm along one axis.
func lpNorm(c *call) (*value, error) {
	norm, ok := map[int]kernels.Norm{1: kernels.NormL1, 2: kernels.NormL2}[c.int("p", 2)]
	t, err := c.any(0)
	if t == nil || err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("p = %d: %w", c.int("p", 2), runtime.ErrShape)
	}
	a, err := axis(c.int("axis", -1), len(t.Dims))
	if err != nil {
		return nil, err
	}
	over := make([]bool, len(t.Dims))
	over[a] = true
	return c.done(c.im.b.Normalise(c.name(), t, over, norm, 0))
}

// meanVariance is over axes together, by the definition's ε.
func meanVariance(c *call) (*value, error) {
	as := c.ints("axes")
	if as == nil {
		as = []int{0, 2, 3}
	}
	t, err := c.any(0)
	if t == nil || err != nil {
		return nil, err
	}
	over, err := flagged(as, len(t.Dims))
	if err != nil {
		return nil, err
	}
	return c.done(c.im.b.Normalise(c.name(), t, over, kernels.NormDeviation, 1e-9))
}
