package tflite

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// Values of tensors are given after the outputs, in the file's dimensions; one that nothing computes is refused.
func TestWithNodes(t *testing.T) {
	var f file
	x := f.outOf("x", 1, 2, 3)
	soft := f.op(opSoftmax, options(opt{0, float32(1)}), f.outOf("soft", 1, 2, 3), x)
	k := f.floats("k", []float32{1, 2, 3}, 3)
	f.inputs = []int{x}
	f.outputs = []int{f.op(opAdd, options(), f.outOf("y", 1, 2, 3), soft, k)}
	g, err := Load(f.bytes(), WithNodes("soft", "x"), WithNodes("y"))
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Outputs) != 4 {
		t.Fatalf("%d outputs", len(g.Outputs))
	}
	for i, v := range g.Outputs {
		if d, _ := v.Dims(); !slices.Equal(d, []int{1, 2, 3}) {
			t.Errorf("output %d is %v", i, d)
		}
	}
	plan, err := runtime.Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	s, err := plan.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	in := []float32{1, 2, 3, 4, 5, 7}
	if err := s.Input(0).CopyFrom(in); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	got := make([][]float32, 4)
	for i := range got {
		got[i] = make([]float32, 6)
		if err := s.Output(i).CopyTo(got[i]); err != nil {
			t.Fatal(err)
		}
	}
	for i := range in {
		if got[0][i] != got[1][i]+float32(1+i%3) || got[0][i] != got[3][i] || got[2][i] != in[i] {
			t.Errorf("element %d: %v", i, got)
		}
	}
	for _, name := range []string{"k", "sof", ""} {
		if _, err := Load(f.bytes(), WithNodes(name)); !errors.Is(err, runtime.ErrGraph) ||
			name == "sof" && !strings.Contains(err.Error(), `"soft"`) {
			t.Errorf("%q: %v", name, err)
		}
	}
}
