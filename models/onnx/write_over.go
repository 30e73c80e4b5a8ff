package onnx

import (
	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// over adds an operation over several axes. It reports false if it is no such.
func (q *writer) over(n *runtime.Node, op runtime.Op) bool {
	x := n.In[0]
	switch op := op.(type) {
	case *runtime.Reduce:
		var axes []int
		for i, over := range []bool{op.Over.N, op.Over.C, op.Over.H, op.Over.W} {
			if over {
				axes = append(axes, i)
			}
		}
		kind := ""
		for name, how := range reductions {
			if how == op.How {
				kind = name
			}
		}
		if len(axes) == 0 { // which would be all of them
			return false
		}
		in, attrs := []string{q.square(x)}, []wire.Msg{intsAttr("axes", axes...)}
		if kind == "ReduceSum" { // by an input since operator set 13
			in, attrs = append(in, q.int64s(n.Name+"_axes", wide(axes)...)), nil
		}
		q.op(kind, n.Name, in, attrs...)
	case *runtime.SoftmaxOver:
		kind, axis := op.Kind(), -1
		for i, over := range []bool{op.Over.N, op.Over.C, op.Over.H, op.Over.W} {
			if over && axis >= 0 {
				return false
			} else if over {
				axis = i
			}
		}
		if op.Form == kernels.SoftmaxPlain {
			kind = "Softmax"
		}
		if axis < 0 {
			return false
		}
		q.op(kind, n.Name, []string{q.square(x)}, intAttr("axis", axis))
	default:
		return false
	}
	return true
}
