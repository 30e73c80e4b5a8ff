package tflite

import (
	"errors"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// What is not computed along the axes that the file means is refused.
func TestRefusesOtherAxes(t *testing.T) {
	for name, build := range map[string]func(f *file, x int) int{
		"a constant over rows": func(f *file, x int) int {
			row := f.tensor(tensorSpec{name: "row", shape: []int{1, 4, 1, 1}, data: floatBytes([]float32{1, 2, 3, 4})})
			return f.op(opAdd, options(), f.tensor(tensorSpec{name: "y", shape: []int{1, 4, 4, 4}}), x, row)
		},
		"softmax over what was flattened": func(f *file, x int) int {
			flat := f.op(opReshape, nil, f.tensor(tensorSpec{name: "flat", shape: []int{1, 64}}), x)
			return f.op(opSoftmax, options(opt{0, float32(1)}), f.tensor(tensorSpec{name: "y", shape: []int{1, 64}}), flat)
		},
		"joining what was flattened": func(f *file, x int) int {
			flat := f.op(opReshape, nil, f.tensor(tensorSpec{name: "flat", shape: []int{1, 64}}), x)
			return f.op(opConcatenation, options(opt{0, int32(1)}), f.tensor(tensorSpec{name: "y", shape: []int{1, 128}}), flat, flat)
		},
	} {
		var f file
		x := f.tensor(tensorSpec{name: "x", shape: []int{1, 4, 4, 4}})
		f.inputs, f.outputs = []int{x}, []int{build(&f, x)}
		var ne *runtime.NodeError
		if _, err := Load(f.bytes()); !errors.As(err, &ne) || ne.Node != "y" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
