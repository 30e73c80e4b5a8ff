package models

import (
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

func TestStats(t *testing.T) {
	g := runtime.NewGraph("g")
	x, err := g.Input("data", runtime.Shape{N: 1, H: 4, W: 4, C: 4})
	add := func(name string, op runtime.Op) {
		if err == nil {
			x, err = g.Add(name, op, x)
		}
	}
	add("conv", &runtime.Conv{K: 6, Groups: 2, Window: runtime.Window{R: 3, S: 3}, Weights: make([]float32, 6*3*3*2),
		Bias: make([]float32, 6)})
	add("scale", &runtime.Affine{Scale: make([]float32, 6), Shift: make([]float32, 6)})
	add("fc", &runtime.FC{K: 5, Weights: make([]float32, 5*2*2*6)})
	if err != nil {
		t.Fatal(err)
	}
	s := Stats(g)
	for i, want := range []struct {
		params int
		macs   int64
	}{{6*18 + 6, 2 * 2 * 6 * 18}, {12, 0}, {120, 120}} {
		if s[i].Params != want.params || s[i].MACs != want.macs {
			t.Errorf("%s: %d parameters, %d MACs; want %v", s[i].Name, s[i].Params, s[i].MACs, want)
		}
	}
	if p, m := Total(s, ""); p != 246 || m != 552 {
		t.Errorf("total %d, %d", p, m)
	}
}
