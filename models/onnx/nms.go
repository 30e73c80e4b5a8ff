package onnx

import (
	"fmt"
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/runtime"
)

func registerNms() {
	register("NonMaxSuppression", operator{handle: nonMaxSuppression, heeds: "center_point_box"})
}

// nonMaxSuppression gives as many rows as the model says its output has or, if it does not say, as there may be; those
// that are not taken are −1. Other nodes would take them for boxes.
func nonMaxSuppression(c *call) (*value, error) {
	if slices.ContainsFunc(c.im.m.graph.nodes, func(n *node) bool { return slices.Contains(n.in, c.name()) }) {
		c.unsupported("how many boxes it chooses is known in the run only, and nodes read them; " +
			"take its inputs with WithOutputs and choose there")
		return nil, nil
	}
	if len(c.in) < 2 {
		return nil, fmt.Errorf("%d inputs: %w", len(c.in), runtime.ErrGraph)
	}
	boxes, err := c.operand(0)
	if boxes == nil || err != nil {
		return nil, err
	}
	scores, err := c.operand(1)
	if scores == nil || err != nil {
		return nil, err
	}
	if len(boxes.Dims) != 3 || len(scores.Dims) != 3 {
		return nil, fmt.Errorf("boxes %v and scores %v: %w", boxes.Dims, scores.Dims, runtime.ErrShape)
	}
	op := &runtime.NMS{Least: float32(math.Inf(-1)), Centre: c.int("center_point_box", 0) != 0}
	if c.has(2) {
		most, ok, err := c.list("", 2)
		if !ok || err != nil {
			return nil, err
		}
		if len(most) == 1 {
			op.Most = min(most[0], boxes.Dims[1])
		}
	}
	if op.Most < 1 {
		c.unsupported("max_output_boxes_per_class is not there, or chooses none")
		return nil, nil
	}
	for i, v := range []*float32{&op.IoU, &op.Least} {
		if !c.has(3 + i) {
			continue
		}
		f, err := c.vector(3+i, 1)
		if f == nil || err != nil {
			return nil, err
		}
		*v = f[0]
	}
	op.Rows = boxes.Dims[0] * scores.Dims[1] * op.Most
	for _, p := range c.im.m.graph.outputs {
		if p.name == c.name() && len(p.dims) == 2 && p.dims[0] > 0 {
			op.Rows = min(op.Rows, p.dims[0])
		}
	}
	t, err := c.im.b.Choose(c.name(), op, boxes, scores)
	return of(elemInt64, t, err)
}
