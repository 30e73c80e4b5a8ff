package onnx

import (
	"fmt"

	"github.com/gneiss-go/gneiss/runtime"
)

// lookup adds the functions that a table of numbers stands for.
func (q *writer) lookup(n *runtime.Node, op *runtime.Lookup) error {
	x := n.In[0]
	for i, o := range op.Of {
		step := &runtime.Node{Name: n.Name, Op: o, In: []*runtime.Value{x}, Out: n.Out}
		if i < len(op.Of)-1 {
			step.Name = q.unused(fmt.Sprint(n.Name, "_", o.Kind()))
			step.Out = &runtime.Value{Name: step.Name, Shape: n.Out.Shape}
		}
		if err := q.plain(step, o); err != nil {
			return err
		}
		x = step.Out
	}
	return nil
}
