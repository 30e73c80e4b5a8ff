package tflite

import (
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerPostprocess() {
	registerCustom("TFLite_Detection_PostProcess", postProcess)
}

// postProcess makes detections of boxes and scores; its four outputs are parts of what the operation makes.
func postProcess(n *node) error {
	op, err := n.postProcessOptions()
	if err != nil {
		return err
	}
	var in [2]*axes.Tensor
	for i := range in {
		x, err := n.input(i)
		if err == nil && (len(x.Dims) != 3 || x.Dims[0] != 1) {
			err = fmt.Errorf("input %d of dimensions %v, want a row for each box of one image: %w", i, x.Dims,
				runtime.ErrShape)
		}
		if err == nil {
			in[i], err = n.real(x)
		}
		if err != nil {
			return err
		}
	}
	t := n.tensor(2)
	if t == nil || len(t.shape) != 2 || t.shape[1] != 4 || len(n.outputs) != 4 {
		return fmt.Errorf("anchors that are no constant of four numbers each, or %d outputs: %w", len(n.outputs),
			runtime.ErrGraph)
	}
	if op.Anchors, err = n.reals(t); err != nil {
		return err
	}
	all, err := n.b.Add(n.name+"/detections", op, in[0], in[1])
	if err != nil {
		return err
	}
	rows, first := op.Detections*op.PerDetection, 0
	for i, dims := range [][]int{{1, rows, 4}, {1, rows}, {1, rows}, {1}} {
		out := &n.sub.tensors[n.outputs[i]]
		part := make([]int32, axes.Elements(dims))
		for j := range part {
			part[j] = int32(first + j)
		}
		first += len(part)
		if len(out.shape) == 0 { // as converters leave those of custom operations
			out.shape = dims
		}
		name := n.outputName(i)
		x, err := n.b.Add(name+"/row", &runtime.Take{Channels: part}, all)
		if err != nil {
			return err
		}
		if err := n.gives(i)(n.b.Rearrange(name, x, nil, dims)); err != nil {
			return err
		}
	}
	return nil
}

// postProcessOptions reads the operation's parameters.
func (n *node) postProcessOptions() (*runtime.PostProcess, error) {
	if len(n.customOptions) < 3 {
		return nil, corrupt("no options")
	}
	m := flexMap(n.customOptions)
	if _, ok := m["detections_per_class"]; !ok {
		m["detections_per_class"] = 100
	}
	op := &runtime.PostProcess{Regular: m["use_regular_nms"] != 0, MinScore: float32(m["nms_score_threshold"]),
		MaxOverlap: float32(m["nms_iou_threshold"])}
	for i, name := range []string{"y_scale", "x_scale", "h_scale", "w_scale"} {
		op.Scale[i] = float32(m[name])
	}
	for name, v := range map[string]*int{"max_detections": &op.Detections, "max_classes_per_detection": &op.PerDetection,
		"detections_per_class": &op.PerClass, "num_classes": &op.Classes} {
		if m[name] != math.Trunc(m[name]) || math.Abs(m[name]) > 1<<20 {
			return nil, fmt.Errorf("%s is %v: %w", name, m[name], runtime.ErrShape)
		}
		*v = int(m[name])
	}
	return op, nil
}
