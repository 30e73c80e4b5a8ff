package onnx

import (
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// take adds a Gather for each axis of which elements are picked. What is filled is picked from behind the axis, where
// a Pad puts it.
func (q *writer) take(n *runtime.Node, op *runtime.Take) {
	x := n.In[0]
	s, name := x.Shape, q.square(x)
	behind := make([]int64, 8)
	type gather struct {
		axis int
		at   []int64
	}
	var gathers []gather
	for i, axis := range []struct {
		at []int32
		n  int
	}{{op.Images, s.N}, {op.Channels, s.C}, {op.Rows, s.H}, {op.Cols, s.W}} {
		g := gather{axis: i}
		for _, v := range axis.at {
			if v < 0 {
				v, behind[4+i] = int32(axis.n), 1
			}
			g.at = append(g.at, int64(v))
		}
		if g.at != nil {
			gathers = append(gathers, g)
		}
	}
	step := func(kind string, in []string, last bool, attrs ...wire.Msg) {
		out := n.Name
		if !last {
			out = q.unused(n.Name + "_" + kind)
		}
		q.op(kind, out, append([]string{name}, in...), attrs...)
		name = out
	}
	if behind[4]+behind[5]+behind[6]+behind[7] > 0 || len(gathers) == 0 {
		step("Pad", []string{q.int64s(n.Name+"_pads", behind...), q.float32s(n.Name+"_fill", []float32{op.Fill})},
			len(gathers) == 0)
	}
	for i, g := range gathers {
		step("Gather", []string{q.int64s(n.Name+"_indices", g.at...)}, i == len(gathers)-1, intAttr("axis", g.axis))
	}
}
