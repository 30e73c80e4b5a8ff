package onnx

import "github.com/gneiss-go/gneiss/runtime"

func registerBlocks() {
	register("DepthToSpace", operator{handle: blocks, heeds: "blocksize mode", takes: onQuanta, integers: true})
	register("SpaceToDepth", operator{handle: blocks, heeds: "blocksize", takes: onQuanta, integers: true})
}

// blocks imports DepthToSpace and SpaceToDepth, of [N C H W].
func blocks(c *call) (*value, error) {
	t, err := c.tensor(0)
	if t == nil || err != nil {
		return nil, err
	}
	if len(t.Dims) != 4 {
		c.unsupported("of %d dimensions; only four", len(t.Dims))
		return nil, nil
	}
	side := c.int("blocksize", 0)
	if c.n.op == "SpaceToDepth" {
		return c.add(&runtime.SpaceToDepth{Block: side}, t)
	}
	mode := c.str("mode", "DCR")
	if mode != "DCR" && mode != "CRD" {
		c.unsupported("mode %q; only DCR and CRD", mode)
		return nil, nil
	}
	return c.add(&runtime.DepthToSpace{Block: side, ChannelMajor: mode == "CRD"}, t)
}
