package onnx

import (
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/models/internal/wire"
)

// What operator sets before 7 say otherwise means what it meant.
func TestOldOperatorSets(t *testing.T) {
	x := []int64{1, 2, 2, 2}
	two := floats("k", []int64{2}, 10, 20)
	from1 := []wire.Msg{attrInt("axis", 1), attrInt("broadcast", 1)}
	for _, c := range []struct {
		name  string
		opset int64
		inits []wire.Msg
		nodes []wire.Msg
		want  []float32 // of 1, 2, …, 8
		says  string    // of the refusal
	}{
		{"an axis to broadcast from", 6, []wire.Msg{two}, nodes(nodeOf("Add", "x k", "y", from1...)),
			[]float32{11, 12, 13, 14, 25, 26, 27, 28}, ""},
		{"an axis from behind", 6, []wire.Msg{two}, nodes(nodeOf("Mul", "x k", "y", attrInt("axis", -3),
			attrInt("broadcast", 1))), []float32{10, 20, 30, 40, 100, 120, 140, 160}, ""},
		{"the last axis", 6, []wire.Msg{two}, nodes(nodeOf("Sub", "x k", "y", attrInt("broadcast", 1))),
			[]float32{-9, -18, -7, -16, -5, -14, -3, -12}, ""},
		{"a slope for each channel", 6, []wire.Msg{floats("k", []int64{2}, 0.5, 0.25), floats("m", nil, -1)},
			nodes(nodeOf("Mul", "x m", "n", attrInt("broadcast", 1)), nodeOf("PRelu", "n k", "y")),
			[]float32{-0.5, -1, -1.5, -2, -1.25, -1.5, -1.75, -2}, ""},
		{"a type by its name, pads by theirs, and memory used again", 1, nil, nodes(nodeOf("Cast", "x", "a",
			attrStr("to", "FLOAT")), nodeOf("Pad", "a", "p", attrInts("paddings", 0, -1, 0, 0, 0, 0, 0, 0)),
			nodeOf("Relu", "p", "y", attrInts("consumed_inputs", 0))), []float32{5, 6, 7, 8}, ""},
		{"for inference", 6, nil, nodes(nodeOf("Dropout", "x", "y", attrInt("is_test", 1))),
			[]float32{1, 2, 3, 4, 5, 6, 7, 8}, ""},
		{"in training", 6, nil, nodes(nodeOf("Dropout", "x", "y")), nil, "is_test"},
		{"scaled by width and height", 6, nil, nodes(nodeOf("Upsample", "x", "y", attrFloat("width_scale", 2))), nil,
			"operator set 6"},
		{"repeated along one axis", 5, []wire.Msg{int64s("k", nil, 2), int64s("a", nil, 2)},
			nodes(nodeOf("Tile", "x k a", "y")), nil, "operator set 5"},
	} {
		g, err := Load(modelOf(c.opset, x, c.inits, c.nodes...))
		if c.want == nil {
			if !unsupported(err) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got, err := interp.Run(g, interp.ToNHWC(g.Inputs[0].Shape, ramp(8)))
		if err != nil || !slices.Equal(interp.ToNCHW(g.Outputs[0].Shape, got[0]), c.want) {
			t.Errorf("%s: %v, want %v (%v)", c.name, got, c.want, err)
		}
	}
}
