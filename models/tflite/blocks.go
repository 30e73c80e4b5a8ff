package tflite

import "github.com/gneiss-go/gneiss/runtime"

const (
	opDepthToSpace = 5
	opSpaceToDepth = 26
)

func registerBlocks() {
	register(opDepthToSpace, form{handle: depthToSpace, options: 94, fields: 1}) // block_size
	register(opSpaceToDepth, form{handle: spaceToDepth, options: 19, fields: 1}) // block_size
}

func depthToSpace(n *node) error {
	x, err := n.image(0)
	if err != nil {
		return err
	}
	return n.emit(&runtime.DepthToSpace{Block: n.options.int(0, 0)}, x)
}

func spaceToDepth(n *node) error {
	x, err := n.image(0)
	if err != nil {
		return err
	}
	return n.emit(&runtime.SpaceToDepth{Block: n.options.int(0, 0)}, x)
}
