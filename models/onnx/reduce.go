package onnx

import (
	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

// reductions are the operators of package kernels' reductions.
var reductions = map[string]kernels.Reduction{"ReduceSum": kernels.Sum, "ReduceMean": kernels.Mean,
	"ReduceMax": kernels.Maximum, "ReduceMin": kernels.Minimum, "ReduceProd": kernels.Product, "ReduceL1": kernels.L1,
	"ReduceL2": kernels.L2, "ReduceSumSquare": kernels.SumSquare, "ReduceLogSum": kernels.LogSum,
	"ReduceLogSumExp": kernels.LogSumExp}

const reduceHeeds = "axes keepdims noop_with_empty_axes"

func registerReduce() {
	register("GlobalLpPool", operator{handle: globalLpPool, heeds: "p"})
	register("ReduceL1", operator{handle: reduce, heeds: reduceHeeds, old: true})
	register("ReduceL2", operator{handle: reduce, heeds: reduceHeeds, old: true})
	register("ReduceLogSum", operator{handle: reduce, heeds: reduceHeeds, old: true})
	register("ReduceLogSumExp", operator{handle: reduce, heeds: reduceHeeds, old: true})
	register("ReduceMax", operator{handle: reduce, heeds: reduceHeeds, takes: onQuanta, integers: true, old: true})
	register("ReduceMean", operator{handle: reduce, heeds: reduceHeeds, takes: onQuanta, old: true})
	register("ReduceMin", operator{handle: reduce, heeds: reduceHeeds, takes: onQuanta, integers: true, old: true})
	register("ReduceProd", operator{handle: reduce, heeds: reduceHeeds, old: true})
	register("ReduceSum", operator{handle: reduce, heeds: reduceHeeds, takes: onQuanta, old: true})
	register("ReduceSumSquare", operator{handle: reduce, heeds: reduceHeeds, old: true})
}

// reduce is of the axes of an attribute or an input; of none it is of all, or nothing.
func reduce(c *call) (*value, error) {
	as, ok, err := c.list("axes", 1)
	keep, noop := c.int("keepdims", 1) != 0, c.int("noop_with_empty_axes", 0) != 0
	if !ok || err != nil {
		return nil, err
	}
	t, err := c.any(0)
	if t == nil || err != nil {
		return nil, err
	}
	if len(as) == 0 && noop {
		return c.done(t, nil)
	}
	if len(as) == 0 {
		for i := range t.Dims {
			as = append(as, i)
		}
	}
	over, err := flagged(as, len(t.Dims))
	if err != nil {
		return nil, err
	}
	return c.reduceOver(t, over, keep, reductions[c.n.op])
}

// reduceOver is a reduction over the flagged dimensions, quantised if they are.
func (c *call) reduceOver(t *axes.Tensor, over []bool, keep bool, how kernels.Reduction) (*value, error) {
	float := func(a kernels.Axes) runtime.Op { return axes.Reduction(how, a) }
	if !c.quanta || how == kernels.Maximum || how == kernels.Minimum {
		return c.done(c.im.b.Reduce(c.name(), t, over, keep, float))
	}
	return c.putOff(t, func(x *axes.Tensor, act runtime.Clamp) (*axes.Tensor, error) {
		y, err := c.im.b.Reduce(c.name(), x, over, keep, float)
		if err != nil || !act.On {
			return y, err
		}
		return c.im.b.Each(c.name()+"/activation", &runtime.Activation{Act: act}, y)
	}, func(to runtime.Quant, act runtime.Clamp) (*axes.Tensor, error) {
		cells := 1
		for i, d := range t.Dims {
			if over[i] {
				cells *= d
			}
		}
		if cells > 1<<23 || act.On || !hasQuantised(&runtime.Reduce{How: how}, to, []*axes.Tensor{t}) {
			return nil, nil
		}
		return c.im.b.Reduce(c.name(), t, over, keep, func(a kernels.Axes) runtime.Op {
			return &runtime.Quantised{Op: float(a), Out: to}
		})
	}), nil
}

// globalLpPool is a norm of each channel.
func globalLpPool(c *call) (*value, error) {
	how, ok := map[int]kernels.Reduction{1: kernels.L1, 2: kernels.L2}[c.int("p", 2)]
	if !ok {
		c.unsupported("p = %d; only 1 and 2", c.int("p", 2))
		return nil, c.err
	}
	t, err := c.any(0)
	if t == nil || err != nil {
		return nil, err
	}
	over := make([]bool, len(t.Dims))
	for i := range over {
		over[i] = i > 1
	}
	return c.reduceOver(t, over, true, how)
}
