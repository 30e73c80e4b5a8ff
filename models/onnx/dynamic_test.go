package onnx

import (
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/models/internal/wire"
)

// A model that is quantised dynamically computes its activations, as they are, times what the levels of its weights
// stand for.
func TestDynamicQuantisation(t *testing.T) {
	quantised := nodeOf("DynamicQuantizeLinear", "x", "xq xs xz")
	for _, c := range []struct {
		name  string
		dims  []int64
		inits []wire.Msg
		nodes []wire.Msg
		want  []float32 // of 1, 2, …
		says  string    // of the refusal
	}{
		{"product", []int64{1, 2}, []wire.Msg{ints(elemInt8, "w", []int64{2, 2}, 1, -2, 3, 4),
			floats("ws", []int64{2}, 0.5, 2),
			ints(elemInt8, "wz", []int64{2}, 0, 1), floats("b", []int64{2}, 100, 200)},
			nodes(quantised, nodeOf("MatMulInteger", "xq w xz wz", "i"), nodeOf("Cast", "i", "f", attrInt("to", 1)),
				nodeOf("Mul", "xs ws", "s"), nodeOf("Mul", "f s", "p"), nodeOf("Add", "p b", "y")),
			[]float32{0.5*(1+2*3) + 100, 2*(-3+2*3) + 200}, ""},
		{"convolution", []int64{1, 1, 1, 3}, []wire.Msg{ints(elemUint8, "w", []int64{1, 1, 1, 3}, 129, 130, 127),
			floats("ws", nil, 0.5), ints(elemUint8, "wz", nil, 128)},
			nodes(quantised, nodeOf("ConvInteger", "xq w xz wz", "i", attrInts("pads", 0, 1, 0, 1)),
				nodeOf("Cast", "i", "f", attrInt("to", 1)), nodeOf("Mul", "ws xs", "s"), nodeOf("Mul", "s f", "y")),
			[]float32{0.5 * (1*2 - 2*1), 0.5 * (1*1 + 2*2 - 3*1), 0.5 * (2*1 + 3*2)}, ""},
		{"in one node", []int64{1, 2}, []wire.Msg{ints(elemInt8, "w", []int64{2, 2}, 1, -2, 3, 4), floats("ws", nil, 0.5),
			floats("b", []int64{2}, 1, 2)},
			nodes(contribOf("DynamicQuantizeMatMul", "x w ws _ b", "y")), []float32{0.5*7 + 1, 0.5*6 + 2}, ""},
		{"sums by another scale", []int64{1, 2}, []wire.Msg{ints(elemInt8, "w", []int64{2, 2}, 1, 2, 3, 4)},
			nodes(quantised, nodeOf("Relu", "x", "r"), nodeOf("DynamicQuantizeLinear", "r", "rq rs rz"),
				nodeOf("MatMulInteger", "xq w xz", "i"), nodeOf("Cast", "i", "f", attrInt("to", 1)),
				nodeOf("Mul", "f rs", "y")), nil, "another activation"},
		{"levels with another zero point", []int64{1, 2}, []wire.Msg{ints(elemInt8, "w", []int64{2, 2}, 1, 2, 3, 4)},
			nodes(quantised, nodeOf("MatMulInteger", "xq w", "i"), nodeOf("Cast", "i", "f", attrInt("to", 1)),
				nodeOf("Mul", "f xs", "y")), nil, "dynamic quantisation"},
		{"levels as they are", []int64{1, 2}, nil, nodes(quantised, nodeOf("Cast", "xq", "y", attrInt("to", 1))), nil,
			"dynamic quantisation"},
		{"a scale given", []int64{1, 2}, nil, nodes(nodeOf("DynamicQuantizeLinear", "x", "xq y xz")), nil,
			"quantize_static"},
	} {
		g, err := Load(modelOf(13, c.dims, c.inits, c.nodes...))
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
		n := 1
		for _, d := range c.dims {
			n *= int(d)
		}
		got, err := interp.Run(g, ramp(n))
		if err != nil || !slices.Equal(got[0], c.want) {
			t.Errorf("%s: %v, want %v (%v)", c.name, got, c.want, err)
		}
	}
}
