package serve

import (
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// A quantised model takes real numbers, or the levels of its own type; what it answers is real numbers.
func TestInferLevels(t *testing.T) {
	for _, signed := range []bool{false, true} {
		g := runtime.NewGraph("g")
		x, err := g.QuantisedInput("x", runtime.Shape{N: 1, H: 1, W: 2, C: 3}, runtime.Quant{Scale: .5, Zero: 130})
		must(t, err)
		y, err := g.Add("y", &runtime.GlobalPool{}, x)
		must(t, err)
		must(t, g.Output(y))
		own, other, levels := "UINT8", "INT8", []int{130, 132, 0, 134, 131, 255}
		if signed {
			must(t, g.SetSigned(x))
			own, other, levels = other, own, []int{2, 4, -128, 6, 3, 127}
		}
		plan, err := runtime.Compile(g)
		must(t, err)
		s, err := New([]Model{{Name: "m", Graph: g, Plan: plan,
			Card: card.Card{Input: &preprocess.Spec{Width: 2, Height: 1}}}}, Options{})
		must(t, err)
		defer s.Close()
		want := []float32{2, 1, 62.5}
		for dt, data := range map[string]any{own: levels, "FP32": []float32{0, 1, -65, 2, .5, 62.5}} {
			var a inferAnswer
			decode(t, do(s, "POST", "/v2/models/m/infer", tensorBody(t, s, dt, data)), 200, &a)
			if o := a.Outputs[0]; o.DataType != "FP32" || !slices.Equal(o.Data, want) {
				t.Errorf("signed %v, %s: %+v, want %v", signed, dt, o, want)
			}
		}
		refused(t, do(s, "POST", "/v2/models/m/infer", tensorBody(t, s, other, levels)), 400, "want FP32 or "+own)
		var meta struct{ Inputs, Outputs []struct{ DataType string } }
		decode(t, do(s, "GET", "/v2/models/m", nil), 200, &meta)
		if meta.Inputs[0].DataType != own || meta.Outputs[0].DataType != "FP32" {
			t.Errorf("signed %v: %+v", signed, meta)
		}
	}
}
