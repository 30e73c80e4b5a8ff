package tflite

import (
	"fmt"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

const (
	opMean       = 40
	opSum        = 74
	opReduceProd = 81
	opReduceMax  = 82
	opReduceMin  = 89
)

func registerReduce() {
	register(opMean, form{handle: reduce, options: 27, fields: 1}) // keep_dims, as all of them
	register(opReduceMax, form{handle: reduce, options: 27, fields: 1})
	register(opReduceMin, form{handle: reduce, options: 27, fields: 1})
	register(opReduceProd, form{handle: reduce, options: 27, fields: 1})
	register(opSum, form{handle: reduce, options: 27, fields: 1})
}

// reduce is a mean, sum, product, maximum or minimum over the axes of a constant.
func reduce(n *node) error {
	x, err := n.input(0)
	if err != nil {
		return err
	}
	t := n.tensor(1)
	if t == nil {
		return fmt.Errorf("no axes: %w", runtime.ErrGraph)
	}
	list, err := n.int32s(t)
	if err != nil {
		return err
	}
	rank := int32(len(x.Dims))
	over, cells := make([]bool, rank), 1
	for _, a := range list {
		if a < -rank || a >= rank {
			return fmt.Errorf("axes %v of %v: %w", list, x.Dims, runtime.ErrShape)
		}
		over[(a+rank)%rank] = true
	}
	for i, d := range x.Dims {
		if over[i] {
			cells *= d
		}
	}
	how := map[int]kernels.Reduction{opMean: kernels.Mean, opSum: kernels.Sum, opReduceProd: kernels.Product,
		opReduceMax: kernels.Maximum, opReduceMin: kernels.Minimum}[n.code]
	keep := n.options.byte(0) != 0
	averages := x.DType == runtime.U8 && (how == kernels.Mean || how == kernels.Sum) && cells <= 1<<23 // in int32
	extreme := how == kernels.Maximum || how == kernels.Minimum
	switch {
	case averages:
		to, err := n.quantised()
		if err != nil {
			return err
		}
		return n.is(n.b.Reduce(n.name, x, over, keep, func(a kernels.Axes) runtime.Op {
			return &runtime.Quantised{Op: axes.Reduction(how, a), Out: to}
		}))
	case !extreme:
		if x, err = n.real(x); err != nil {
			return err
		}
	}
	y, err := n.b.Reduce(n.name, x, over, keep, func(a kernels.Axes) runtime.Op { return axes.Reduction(how, a) })
	if err == nil && y.DType == runtime.U8 {
		to, err := n.quantised()
		if err != nil {
			return err
		}
		return n.is(n.requantised(y, to))
	}
	return n.isReal(y, err)
}
