package onnx

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// What would change the numbers and is not heeded is refused by its name.
func TestRefusesForms(t *testing.T) {
	bn := []wire.Msg{floats("s", []int64{2}, 1, 2), floats("b", []int64{2}, 0, 1), floats("m", []int64{2}, 0, 1),
		floats("v", []int64{2}, 1, 1)}
	for _, tc := range []struct {
		name, want string
		opset      int64
		inits      []wire.Msg
		node       wire.Msg
	}{
		{"five outputs are training mode", "statistics of the batch", 9, bn,
			nodeOf("BatchNormalization", "x s b m v", "y mean var smean svar")},
		{"three outputs", "statistics of the batch", 14, bn, nodeOf("BatchNormalization", "x s b m v", "y mean var")},
		{"an attribute that is not heeded", `its attribute "consumed_inputs"`, 9, bn,
			nodeOf("BatchNormalization", "x s b m v", "y", attrInts("consumed_inputs", 0, 0, 0, 1, 1))},
		{"an attribute of another operator", `its attribute "alpha"`, 13, nil,
			nodeOf("Relu", "x", "y", attrFloat("alpha", .5))},
	} {
		_, err := Load(modelOf(tc.opset, []int64{1, 2, 1, 2}, tc.inits, tc.node))
		var u *runtime.UnsupportedError
		if !errors.As(err, &u) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	typed := nodeOf("Softmax", "x", "y", attrFloat("axis", 1).Int(20, 1))
	if _, err := Load(modelOf(13, []int64{1, 2, 1, 2}, nil, typed)); !errors.Is(err, runtime.ErrCorrupt) {
		t.Errorf("an axis of type float: %v", err)
	}
	twice := nodeOf("Softmax", "x", "y", attrInt("axis", 1), attrInt("axis", 2))
	if _, err := Load(modelOf(13, []int64{1, 2, 1, 2}, nil, twice)); !errors.Is(err, runtime.ErrCorrupt) {
		t.Errorf("two axes: %v", err)
	}
}

// An attribute of 0 may be written as a type alone.
func TestAttributeZero(t *testing.T) {
	soft := nodeOf("Softmax", "x", "y", wire.Msg{}.Str(1, "axis").Int(20, 2))
	g, err := Load(modelOf(13, []int64{2, 3}, nil, soft))
	if err != nil {
		t.Fatal(err)
	}
	out, err := interp.Run(g, []float32{0, 1, 2, 0, 1, 2})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range out[0] { // over the two rows, not the three columns
		if math.Abs(float64(v)-.5) > 1e-6 {
			t.Errorf("element %d is %v, want 0.5", i, v)
		}
	}
}
