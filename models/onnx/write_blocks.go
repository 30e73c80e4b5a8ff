package onnx

import (
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// blocks adds an operation that moves blocks of pixels to channels or back; it reports false of another.
func (q *writer) blocks(n *runtime.Node, op runtime.Op) bool {
	in := []string{q.square(n.In[0])}
	switch op := op.(type) {
	case *runtime.DepthToSpace:
		mode := "DCR"
		if op.ChannelMajor {
			mode = "CRD"
		}
		q.op("DepthToSpace", n.Name, in, intAttr("blocksize", op.Block),
			wire.Msg{}.Str(1, "mode").Str(4, mode).Int(20, int64(attrStringType)))
	case *runtime.SpaceToDepth:
		q.op("SpaceToDepth", n.Name, in, intAttr("blocksize", op.Block))
	default:
		return false
	}
	return true
}
